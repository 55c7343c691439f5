// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_RESERVE_HPP
#define TOMOEDX_IO_DETAIL_RESERVE_HPP
// IWYU pragma: private, include "tomoedx/io/part_writer.hpp"

#include <tomoedx/io/detail/input.hpp>

#if defined(__linux__)
#include <fcntl.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

namespace tomoedx::io::detail {

/// Throw unless the disk that `target` shall lie on has room for so many bytes.
inline void check_room(std::filesystem::path const& target, std::uint64_t bytes) {
  std::error_code ec;
  auto const folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  auto const free = std::filesystem::space(folder, ec).available;
  expects<file_error>(ec || bytes <= free,
                      "{}: needs {} bytes, the disk has {} free; make room or write elsewhere",
                      target.string(), bytes, free);
}

/// Give the open file `f` at least this size, and where the system can, set the room for it aside, so that no later
/// write finds the disk full.
inline void reserve(std::FILE* f, std::filesystem::path const& path, std::uint64_t bytes,
                    std::string const& name) {
  std::error_code ec;
  bytes = std::max<std::uint64_t>(bytes, std::filesystem::file_size(path, ec));
#if defined(__linux__)
  if (!ec && fallocate(fileno(f), 0, 0, static_cast<off_t>(bytes)) != 0 && errno != EOPNOTSUPP &&
      errno != ENOSYS)
    ec.assign(errno, std::generic_category());
#else
  static_cast<void>(f);
#endif
  if (!ec) std::filesystem::resize_file(path, bytes, ec);
  expects<file_error>(!ec, "{}: there is no room for {} bytes: {}", name, bytes, ec.message());
}

}  // namespace tomoedx::io::detail

#endif
