// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SIBLING_HPP
#define TOMOEDX_IO_DETAIL_SIBLING_HPP
// IWYU pragma: private, include "tomoedx/io/atomic_file.hpp"

#include <tomoedx/core/error.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>

namespace tomoedx::io::detail {

/// A hidden name beside `target` that nobody else uses: renaming never leaves the file system.
inline std::filesystem::path sibling(std::filesystem::path const& target, std::string_view ending) {
  std::random_device random;
  auto const name = target.filename().string();
  return target.parent_path() /
         fmt::format(".{}.{:08x}{:08x}.{}", name.substr(0, 160), random(), random(), ending);
}

/// Throw unless the folder `target` shall lie in exists.
inline void check_folder(std::filesystem::path const& target) {
  namespace fs = std::filesystem;
  fs::path const folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  std::error_code ec;
  auto const status = fs::status(folder, ec);
  expects<file_error>(fs::exists(status), "{}: the folder {} does not exist; create it first",
                      target.string(), folder.string());
  expects<file_error>(fs::is_directory(status), "{}: {} is not a folder", target.string(), folder.string());
}

}  // namespace tomoedx::io::detail

#endif
