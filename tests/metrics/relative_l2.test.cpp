// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <tomoedx/metrics/relative_l2.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

TEST_CASE("relative_l2 of a case computed by hand") {
  std::vector<double> const reference{3, 4}, result{3, 3};
  CHECK(m::relative_l2(reference, result) == doctest::Approx(0.2));
  CHECK(m::relative_l2(reference, std::vector<double>{0, 0}) == doctest::Approx(1.0));
}

TEST_CASE_TEMPLATE("relative_l2 agrees with a plain loop and ignores a common factor", T, float, double) {
  auto const x = support::random_values<T>(513, 3, -1, 1), y = support::random_values<T>(513, 4, -1, 1);
  long double above = 0, below = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    long double const d = static_cast<long double>(y[i]) - x[i];
    above += d * d;
    below += static_cast<long double>(x[i]) * x[i];
  }
  double const expected = static_cast<double>(std::sqrt(above / below));
  CHECK(m::relative_l2(x, y) == doctest::Approx(expected).epsilon(1e-13));
  CHECK(m::relative_l2(support::scaled(x, -8), support::scaled(y, -8)) ==
        doctest::Approx(expected).epsilon(1e-13));
}

TEST_CASE("relative_l2 refuses a zero reference, unequal sizes and values out of range") {
  std::vector<double> const zero{0, 0}, a{1, 2}, three{1, 2, 3}, huge{1e300, -1e300};
  std::vector<double> const infinite{1, std::numeric_limits<double>::infinity()};
  CHECK_THROWS_AS(m::relative_l2(zero, a), tomoedx::value_error);
  CHECK_THROWS_AS(m::relative_l2(a, three), tomoedx::shape_error);
  CHECK_THROWS_AS(m::relative_l2(a, infinite), tomoedx::value_error);
  CHECK(support::contains(support::message_of<tomoedx::value_error>([&] { m::relative_l2(a, huge); }),
                          "leave the range of double"));
}
