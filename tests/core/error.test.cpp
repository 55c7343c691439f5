// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

TEST_CASE("expects is silent while its condition holds") {
  CHECK_NOTHROW(tomoedx::expects(true, "never {}", 1));
  CHECK_NOTHROW(tomoedx::expects<tomoedx::shape_error>(true, "never"));
}

TEST_CASE("expects throws the asked error with the numbers in its text") {
  std::string const who = "project";
  CHECK_THROWS_WITH_AS(tomoedx::expects<tomoedx::shape_error>(
                           3 == 4, "{}: stack has {} tilts, geometry has {}", who, 3, std::size_t{4}),
                       "project: stack has 3 tilts, geometry has 4", tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::expects<tomoedx::value_error>(false, "alpha is {}", 1.5), "alpha is 1.5",
                       tomoedx::value_error);
  CHECK_THROWS_WITH_AS(tomoedx::expects(false, "{{}} is no place holder"), "{} is no place holder",
                       tomoedx::error);
}

TEST_CASE("fail always throws") {
  CHECK_THROWS_WITH_AS(tomoedx::fail<tomoedx::file_error>("'{}' is missing", "a.npy"), "'a.npy' is missing",
                       tomoedx::file_error);
  CHECK_THROWS_WITH_AS(tomoedx::fail("no"), "no", tomoedx::error);
}

TEST_CASE("an error knows the line that refused") {
  unsigned line = 0;
  try {
    line = __LINE__ + 1;
    tomoedx::expects(false, "here");
    FAIL("expects did not throw");
  } catch (tomoedx::error const& e) {
    CHECK(e.where().line() == line);
    CHECK(std::string_view(e.where().file_name()).ends_with("error.test.cpp"));
  }
  try {
    line = __LINE__ + 1;
    tomoedx::fail<tomoedx::value_error>("{}", 1);
  } catch (tomoedx::error const& e) {
    CHECK(e.where().line() == line);
  }
}
