// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/metrics/nmae.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;
using support::contains;
using support::message_of;

TEST_CASE("nmae of a case computed by hand") {
  std::vector<float> const reference{1, 2, 3, 4}, result{2, 2, 1, 5};
  CHECK(m::nmae(reference, result) == doctest::Approx(40.0));  // (1 + 0 + 2 + 1) / 10
  CHECK(m::nmae(reference, reference) == 0);
}

TEST_CASE_TEMPLATE("nmae agrees with a plain loop and ignores a common factor", T, float, double) {
  auto const x = support::random_values<T>(1001, 1, 0.5, 2), y = support::random_values<T>(1001, 2, 0, 3);
  long double above = 0, below = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    above += y[i] > x[i] ? static_cast<long double>(y[i]) - x[i] : static_cast<long double>(x[i]) - y[i];
    below += x[i];
  }
  CHECK(m::nmae(x, y) == doctest::Approx(static_cast<double>(100 * above / below)).epsilon(1e-13));
  CHECK(m::nmae(support::scaled(x, 4), support::scaled(y, 4)) ==
        doctest::Approx(m::nmae(x, y)).epsilon(1e-13));
}

TEST_CASE("nmae takes float and double together, and spans") {
  std::vector<double> const reference{1, 3};
  std::vector<float> const result{2, 3};
  CHECK(m::nmae(std::span<double const>(reference), result) == doctest::Approx(25.0));
}

TEST_CASE("nmae refuses what has no value") {
  std::vector<float> const a{1, 2}, three{1, 2, 3}, none{}, zero{-1, 1};
  std::vector<float> const bad{1, std::numeric_limits<float>::quiet_NaN()};
  auto const text = message_of<tomoedx::shape_error>([&] { m::nmae(a, three); });
  CHECK(contains(text, "reference has 2"));
  CHECK(contains(text, "result 3"));
  CHECK_THROWS_AS(m::nmae(none, none), tomoedx::value_error);
  CHECK(contains(message_of<tomoedx::value_error>([&] { m::nmae(zero, a); }), "mean of the reference is 0"));
  CHECK(contains(message_of<tomoedx::value_error>([&] { m::nmae(a, bad); }), "voxel 1 of the result is nan"));
  CHECK(contains(message_of<tomoedx::value_error>([&] { m::nmae(bad, a); }), "voxel 1 of the reference"));
}
