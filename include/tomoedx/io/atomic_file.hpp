// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_ATOMIC_FILE_HPP
#define TOMOEDX_IO_ATOMIC_FILE_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/sibling.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tomoedx::io {

/// A file that appears under its name complete or not at all.
///
/// Everything goes into a temporary file beside the target; commit() renames it, which also replaces an
/// older file in one step. Without commit() the destructor removes it and the older file stays as it was.
class atomic_file {
 public:
  /// Open the temporary file. A symbolic link is followed: the file it names is the target.
  ///
  /// throws   file_error: target is a directory or a device, folder missing or not writable
  explicit atomic_file(std::filesystem::path const& target) {
    namespace fs = std::filesystem;
    expects<file_error>(target.has_filename(), "'{}': is not a file name", target.string());
    std::error_code ec;
    auto const status = fs::status(target, ec);
    expects<file_error>(!fs::is_directory(status), "{}: is a directory; give a file name", target.string());
    expects<file_error>(!fs::exists(status) || fs::is_regular_file(status),
                        "{}: exists and is not a regular file", target.string());
    target_ = target;
    if (fs::is_symlink(fs::symlink_status(target, ec))) {
      target_ = fs::weakly_canonical(target, ec);
      expects<file_error>(!ec && !target_.empty(), "{}: cannot follow the link", target.string());
    }
    detail::check_folder(target_);
    temporary_ = detail::sibling(target_, "partial");
    errno = 0;
    file_ = std::fopen(temporary_.c_str(), "wbx");
    int const code = errno;
    expects<file_error>(file_ != nullptr, "{}: cannot be written: {}", target_.string(),
                        detail::reason(code, "refused"));
  }

  atomic_file(atomic_file const&) = delete;
  atomic_file& operator=(atomic_file const&) = delete;

  ~atomic_file() {
    if (file_ != nullptr) std::fclose(file_);
    std::error_code ignored;
    if (!committed_) std::filesystem::remove(temporary_, ignored);
  }

  /// Where the bytes are until commit(): for writers that open files themselves, after release().
  std::filesystem::path const& temporary() const noexcept { return temporary_; }
  std::filesystem::path const& target() const noexcept { return target_; }

  /// Append bytes.
  void write(void const* data, std::size_t bytes) {
    expects<file_error>(file_ != nullptr, "{}: was already closed", target_.string());
    errno = 0;
    bool const good = bytes == 0 || std::fwrite(data, 1, bytes, file_) == bytes;
    int const code = errno;
    expects<file_error>(good, "{}: writing {} bytes failed: {}", target_.string(), bytes,
                        detail::reason(code, "is the disk full?"));
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Close our handle of the temporary file; another writer may open it now.
  void release() {
    if (file_ == nullptr) return;
    errno = 0;
    int const failed = std::fclose(std::exchange(file_, nullptr));
    int const code = errno;
    expects<file_error>(failed == 0, "{}: closing failed: {}", target_.string(),
                        detail::reason(code, "is the disk full?"));
  }

  /// Take the released file back, to write from byte `at` on what another writer left room for.
  void reopen(std::uint64_t at) {
    release();
    errno = 0;
    file_ = std::fopen(temporary_.c_str(), "r+b");
    bool const there = file_ != nullptr && std::fseek(file_, static_cast<long>(at), SEEK_SET) == 0;
    int const code = errno;
    expects<file_error>(there, "{}: cannot be written from byte {}: {}", target_.string(), at,
                        detail::reason(code, "refused"));
  }

  /// Give the file its name.
  void commit() {
    release();
    std::error_code ec;
    std::filesystem::rename(temporary_, target_, ec);
    expects<file_error>(!ec, "{}: cannot be put in place: {}", target_.string(), ec.message());
    committed_ = true;
  }

 private:
  std::filesystem::path target_, temporary_;
  std::FILE* file_ = nullptr;
  bool committed_ = false;
};

}  // namespace tomoedx::io

#endif
