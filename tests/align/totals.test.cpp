// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/totals.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace tomoedx;

TEST_CASE("totals become equal, their mean stays, and the factors are told") {
  std::vector<float> series{1, 3, 2, 6, 4, 8};
  auto const factors = normalize_totals(series, {3, 1, 2});
  CHECK(factors == std::vector<double>{2, 1, 8.0 / 12});
  for (double const t : image_totals(series, {3, 1, 2})) CHECK(t == doctest::Approx(8));
  CHECK(series[0] == doctest::Approx(2));
}

TEST_CASE("a mask weighs what is summed, the factor acts on everything") {
  std::vector<float> series{1, 100, 2, 7};
  std::vector<float> const mask{1, 0};
  CHECK(image_totals(series, {2, 1, 2}, mask) == std::vector<double>{1, 2});
  normalize_totals(series, {2, 1, 2}, mask);
  CHECK(series[0] == doctest::Approx(1.5));
  CHECK(series[1] == doctest::Approx(150));
  CHECK(series[3] == doctest::Approx(5.25));
}

TEST_CASE("empty tilts and wrong masks are refused, and nothing is changed") {
  std::vector<float> series{1, 1, 0, 0};
  CHECK_THROWS_AS(normalize_totals(series, {2, 1, 2}), value_error);
  CHECK(series == std::vector<float>{1, 1, 0, 0});
  CHECK_THROWS_AS(image_totals(series, {2, 1, 2}, std::vector<float>{1}), shape_error);
  CHECK_THROWS_AS(image_totals(series, {2, 1, 2}, std::vector<float>{1, -1}), value_error);
  CHECK_THROWS_AS(image_totals(series, {2, 1, 3}), shape_error);
  series[0] = NAN;
  CHECK_THROWS_AS(image_totals(series, {2, 1, 2}), value_error);
}
