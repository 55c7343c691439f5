// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/regularizers/non_negative.hpp>

#include <doctest/doctest.h>

TEST_CASE("non-negative means from 0 upwards, unbounded means anything") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  static_assert(tomoedx::constraint<tomoedx::non_negative<double>> &&
                tomoedx::constraint<tomoedx::unbounded<float>>);
  tomoedx::non_negative<double> const positive;
  tomoedx::unbounded<double> const any;
  for (std::size_t const i : {0, 5, 123456}) {
    CHECK(positive.lower(i) == 0);
    CHECK(positive.upper(i) == infinity);
    CHECK(any.lower(i) == -infinity);
    CHECK(any.upper(i) == infinity);
  }
}
