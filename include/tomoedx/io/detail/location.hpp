// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_LOCATION_HPP
#define TOMOEDX_IO_DETAIL_LOCATION_HPP
// IWYU pragma: private, include "tomoedx/io/file.hpp"

#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/npy_header.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace tomoedx::io::detail {

/// The formats we read and write.
enum class kind { npy, mrc, hdf5, unknown };

inline constexpr std::string_view known_extensions =
    ".npy, .mrc .ali .st .rec .map (MRC), .h5 .hdf5 .emd .hspy (HDF5, also as file.h5:/path)";

/// The format an extension stands for.
inline kind kind_of_name(std::filesystem::path const& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (ending == ".npy") return kind::npy;
  static constexpr std::string_view mrc[] = {".mrc", ".mrcs", ".ali", ".st", ".rec", ".map", ".ccp4"};
  static constexpr std::string_view hdf5[] = {".h5", ".hdf5", ".hdf", ".emd", ".hspy", ".nxs"};
  if (std::find(std::begin(mrc), std::end(mrc), ending) != std::end(mrc)) return kind::mrc;
  if (std::find(std::begin(hdf5), std::end(hdf5), ending) != std::end(hdf5)) return kind::hdf5;
  return kind::unknown;
}

/// A file and, for HDF5, the dataset inside.
struct location {
  std::filesystem::path file;
  std::string dataset;
};

/// Take "file.h5:/path" apart. A file whose own name has a colon is found first.
inline location locate(std::string const& text) {
  std::error_code ec;
  if (std::filesystem::exists(text, ec)) return {text, ""};
  for (auto at = text.find(':'); at != std::string::npos; at = text.find(':', at + 1)) {
    std::filesystem::path const file = text.substr(0, at);
    bool const wanted = kind_of_name(file) == kind::hdf5 && text.compare(at, 2, ":/") == 0;
    if (at > 0 && (wanted || std::filesystem::is_regular_file(file, ec))) return {file, text.substr(at + 1)};
  }
  return {text, ""};
}

/// The format of an existing file: by its first bytes, then by its extension.
///
/// throws   file_error: missing, empty, a directory, not readable, or of no format we know
inline kind kind_of_file(location const& where) {
  input in(where.file);
  unsigned char start[4096] = {};
  in.read(start, std::size_t(std::min<std::uint64_t>(in.size(), sizeof start)));
  auto const begins = [&start](std::string_view text, std::size_t at = 0) {
    return std::memcmp(start + at, text.data(), text.size()) == 0;
  };
  using std::string_view_literals::operator""sv;
  kind const by_name = kind_of_name(where.file);
  kind by_content = kind::unknown;
  if (begins("\x93NUMPY")) by_content = kind::npy;
  if (begins("MAP", 208)) by_content = kind::mrc;
  for (std::size_t const at : {0, 512, 1024, 2048})
    if (begins("\x89HDF\r\n\x1a\n", at)) by_content = kind::hdf5;
  if (by_content == kind::unknown) {
    auto const refuse = [&in](std::string_view what, std::string_view remedy) {
      fail<file_error>("{}: is {}; {}", in.name(), what, remedy);
    };
    if (begins("PK\x03\x04")) refuse("a zip archive (perhaps .npz)", "save each array as .npy");
    if (begins("II*\0"sv) || begins("MM\0*"sv)) refuse("a TIFF image", "convert it to .npy, .mrc or .h5");
    if (begins("\x89PNG")) refuse("a PNG image", "convert it to .npy, .mrc or .h5");
    if (begins("\x1f\x8b")) refuse("packed with gzip", "unpack it first");
    by_content = by_name;
  }
  expects<file_error>(by_content != kind::unknown, "{}: of no format we know; we read {}", in.name(),
                      known_extensions);
  expects<file_error>(where.dataset.empty() || by_content == kind::hdf5,
                      "{}: is no HDF5 file, so there is no ':{}' in it", in.name(), where.dataset);
  return by_content;
}

}  // namespace tomoedx::io::detail

#endif
