// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/metrics/r_squared.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

TEST_CASE("r_squared of a case computed by hand, whole and over a region") {
  std::vector<float> const data{1, 2, 3, 4}, model{1, 2, 3, 3};
  CHECK(m::r_squared(data, model) == doctest::Approx(0.8));  // 1 - 1 / 5
  std::vector<std::uint8_t> const region{0, 0, 1, 1};
  CHECK(m::r_squared(data, model, region) == doctest::Approx(-1.0));  // 1 - 1 / 0.5
}

TEST_CASE_TEMPLATE("r_squared is 1 for the data, 0 for their mean, and agrees with a plain loop", T, float,
                   double) {
  auto const x = support::random_values<T>(640, 25), y = support::random_values<T>(640, 26);
  long double mean = 0, residual = 0, total = 0;
  for (T const v : x) mean += v / static_cast<long double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    residual += (static_cast<long double>(x[i]) - y[i]) * (static_cast<long double>(x[i]) - y[i]);
    total += (x[i] - mean) * (x[i] - mean);
  }
  CHECK(m::r_squared(x, y) == doctest::Approx(static_cast<double>(1 - residual / total)).epsilon(1e-12));
  CHECK(m::r_squared(x, x) == 1);
  std::vector<double> const flat(x.size(), static_cast<double>(mean));
  CHECK(m::r_squared(x, flat) == doctest::Approx(0).epsilon(1e-10));
}

TEST_CASE("r_squared refuses constant data, an empty region and unequal sizes") {
  std::vector<double> const flat(3, 0.1), a{1, 2, 3}, two{1, 2};
  std::vector<double> const bad{1, 2, std::numeric_limits<double>::infinity()};
  std::vector<std::uint8_t> const nothing{0, 0, 0}, single{0, 1, 0}, short_region{1, 1};
  CHECK_THROWS_AS(m::r_squared(flat, a), tomoedx::value_error);
  CHECK_THROWS_AS(m::r_squared(a, bad), tomoedx::value_error);
  CHECK_THROWS_AS(m::r_squared(a, two), tomoedx::shape_error);
  CHECK_THROWS_AS(m::r_squared(a, flat, nothing), tomoedx::value_error);
  CHECK_THROWS_AS(m::r_squared(a, flat, single), tomoedx::value_error);
  CHECK_THROWS_AS(m::r_squared(a, flat, short_region), tomoedx::shape_error);
}
