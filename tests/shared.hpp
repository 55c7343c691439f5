// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SHARED_HPP
#define TOMOEDX_TESTS_SHARED_HPP

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace tomoedx_tests {

/// The folder of reference data that some tests compare with: $TOMOEDX_SHARED, else the folder `shared`
/// beside the checkout, else nothing. The tests of the library itself never need it.
inline std::optional<std::filesystem::path> shared() {
  std::error_code ignored;
  if (char const* given = std::getenv("TOMOEDX_SHARED"); given && *given)
    return std::filesystem::is_directory(given, ignored) ? std::optional<std::filesystem::path>(given)
                                                         : std::nullopt;
#ifdef TOMOEDX_SOURCE_DIR
  auto const beside = std::filesystem::path(TOMOEDX_SOURCE_DIR).parent_path() / "shared";
  if (std::filesystem::is_directory(beside, ignored)) return beside;
#endif
  return std::nullopt;
}

/// A file or folder below it, if it is there.
inline std::optional<std::filesystem::path> shared(std::filesystem::path const& below) {
  std::error_code ignored;
  auto const root = shared();
  if (root && std::filesystem::exists(*root / below, ignored)) return *root / below;
  return std::nullopt;
}

}  // namespace tomoedx_tests

/// Declare `name`, the path of `below` in the shared folder; without it, say so and leave the test case.
#define TOMOEDX_SHARED_OR_SKIP(name, below)                                                         \
  auto const name##_if_there = ::tomoedx_tests::shared(below);                                      \
  if (!name##_if_there) {                                                                           \
    MESSAGE("skipped: no " << (below) << " in the shared folder; set TOMOEDX_SHARED to its place"); \
    return;                                                                                         \
  }                                                                                                 \
  std::filesystem::path const& name = *name##_if_there

#endif
