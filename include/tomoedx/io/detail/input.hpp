// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_INPUT_HPP
#define TOMOEDX_IO_DETAIL_INPUT_HPP
// IWYU pragma: private, include "tomoedx/io/file.hpp"

#include <tomoedx/core/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace tomoedx::io::detail {

/// The operating system's words for what just failed, or `otherwise` where it left none.
inline std::string reason(int code, std::string otherwise) {
  return code == 0 ? otherwise : std::error_code(code, std::generic_category()).message();
}

/// Throw unless `path` is a file that holds something.
inline std::uint64_t checked_size(std::filesystem::path const& path) {
  namespace fs = std::filesystem;
  std::error_code ec;
  auto const status = fs::status(path, ec);
  expects<file_error>(!path.empty(), "an empty file name; give the path of a file");
  expects<file_error>(status.type() != fs::file_type::not_found, "{}: there is no such file", path.string());
  expects<file_error>(fs::status_known(status), "{}: cannot look at it: {}", path.string(), ec.message());
  expects<file_error>(!fs::is_directory(status), "{}: is a directory; give a file", path.string());
  expects<file_error>(fs::is_regular_file(status), "{}: is not a regular file", path.string());
  auto const size = fs::file_size(path, ec);
  expects<file_error>(!ec, "{}: cannot tell its size: {}", path.string(), ec.message());
  expects<file_error>(size > 0, "{}: is empty (0 bytes)", path.string());
  return size;
}

/// A file opened for reading whose every short read is an error.
class input {
 public:
  explicit input(std::filesystem::path const& path) : name_(path.string()), size_(checked_size(path)) {
    errno = 0;
    stream_.open(path, std::ios::binary);
    int const code = errno;
    expects<file_error>(stream_.is_open(), "{}: cannot be opened for reading: {}", name_,
                        reason(code, "refused"));
  }

  std::string const& name() const noexcept { return name_; }
  std::uint64_t size() const noexcept { return size_; }
  std::uint64_t position() const noexcept { return at_; }
  std::uint64_t left() const noexcept { return size_ - at_; }

  void seek(std::uint64_t to) {
    expects<file_error>(to <= size_, "{}: ends at byte {}, byte {} is wanted", name_, size_, to);
    stream_.seekg(static_cast<std::streamoff>(to));
    expects<file_error>(stream_.good(), "{}: cannot go to byte {}", name_, to);
    at_ = to;
  }

  void read(void* to, std::size_t bytes) {
    expects<file_error>(bytes <= left(), "{}: truncated: {} bytes wanted from byte {}, the file has {}",
                        name_, bytes, at_, size_);
    errno = 0;
    stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    int const code = errno;
    expects<file_error>(std::size_t(stream_.gcount()) == bytes, "{}: reading failed at byte {}: {}", name_,
                        at_ + std::uint64_t(stream_.gcount()), reason(code, "the file became shorter"));
    at_ += bytes;
  }

 private:
  std::string name_;
  std::uint64_t size_ = 0;
  std::uint64_t at_ = 0;
  std::ifstream stream_;
};

}  // namespace tomoedx::io::detail

#endif
