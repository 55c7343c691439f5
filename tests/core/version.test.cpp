// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/version.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("the version as text is the version as numbers") {
  CHECK(std::string(tomoedx::version) == std::to_string(TOMOEDX_VERSION_MAJOR) + "." +
                                             std::to_string(TOMOEDX_VERSION_MINOR) + "." +
                                             std::to_string(TOMOEDX_VERSION_PATCH));
}
