// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_TIFF_HANDLE_HPP
#define TOMOEDX_IO_DETAIL_TIFF_HANDLE_HPP
// IWYU pragma: private, include "tomoedx/io/tiff.hpp"

#include <tomoedx/core/error.hpp>

#include <tiffio.h>

#if TIFFLIB_VERSION < 20221213
#error "TOMOEDX_TIFF needs libtiff 4.5 or newer; older ones keep their error handlers in global variables"
#endif

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace tomoedx::io::detail {

/// An open TIFF. What libtiff complains of is kept, nothing is printed.
class tiff_handle {
 public:
  /// `mode` as TIFFOpen has it; `most` bytes at once are what libtiff may ask memory for.
  ///
  /// throws   file_error
  tiff_handle(std::filesystem::path const& path, char const* mode, std::uint64_t most, std::string name)
      : name_(std::move(name)), complaint_(std::make_unique<std::string>()) {
    std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> const options(TIFFOpenOptionsAlloc(),
                                                                               TIFFOpenOptionsFree);
    expects<file_error>(options != nullptr, "{}: libtiff has no memory", name_);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep, complaint_.get());
    TIFFOpenOptionsSetWarningHandlerExtR(
        options.get(), [](TIFF*, void*, char const*, char const*, va_list) { return 1; }, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(
        options.get(), static_cast<tmsize_t>(std::min<std::uint64_t>(most, std::uint64_t(1) << 40)));
    tiff_.reset(TIFFOpenExt(path.c_str(), mode, options.get()));
    expects<file_error>(tiff_ != nullptr, "{}: libtiff cannot open it: {}", name_, reason());
  }

  operator TIFF*() const noexcept { return tiff_.get(); }  // NOLINT: reads like the C interface
  std::string const& name() const noexcept { return name_; }

  /// libtiff's first complaint on one line, or "no reason given".
  std::string reason() const { return complaint_->empty() ? "no reason given" : *complaint_; }

  /// The value of a tag, or what stands for it.
  template <class T>
  T field(std::uint32_t tag, T otherwise) const {
    T value{};
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? value : otherwise;
  }
  std::string text(std::uint32_t tag) const {
    char const* found = nullptr;
    return TIFFGetField(tiff_.get(), tag, &found) == 1 && found != nullptr ? found : "";
  }

  void close() { tiff_.reset(); }
  bool complained() const { return !complaint_->empty(); }

 private:
  static int keep(TIFF*, void* to, char const*, char const* format, va_list arguments) {
    char line[300];
    std::vsnprintf(line, sizeof line, format, arguments);
    auto& text = *static_cast<std::string*>(to);
    if (text.empty()) text = line;
    for (char& c : text)
      if (c == '\n' || c == '\r') c = ' ';
    return 1;
  }

  std::string name_;
  std::unique_ptr<std::string> complaint_;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_{nullptr, TIFFClose};
};

}  // namespace tomoedx::io::detail

#endif
