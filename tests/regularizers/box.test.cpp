// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/regularizers/box.hpp>

#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("a box has its two bounds everywhere, infinite ones too") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  static_assert(tomoedx::constraint<tomoedx::box<float>>);
  auto const some = tomoedx::make_box(-1.5f, 4.0f);
  auto const half = tomoedx::make_box(2.0f, infinity);
  for (std::size_t const i : {0, 1, 77777}) {
    CHECK(some.lower(i) == -1.5f);
    CHECK(some.upper(i) == 4.0f);
    CHECK(half.lower(i) == 2.0f);
    CHECK(half.upper(i) == infinity);
  }
  CHECK(tomoedx::make_box(3.0, 3.0).upper(0) == 3.0);
}

TEST_CASE("a box that holds no finite value is refused") {
  double const infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  CHECK_THROWS_WITH_AS(tomoedx::make_box(2.0, 1.0), doctest::Contains("between 2 and 1"),
                       tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::make_box(nan, 1.0), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::make_box(0.0, nan), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::make_box(infinity, infinity), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::make_box(-infinity, -infinity), tomoedx::value_error);
}
