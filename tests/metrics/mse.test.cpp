// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/metrics/mse.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

namespace {

template <class T>
double plain_mean_square(std::vector<T> const& x, std::vector<T> const& y, double c) {
  long double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    long double const d = static_cast<long double>(x[i]) - static_cast<long double>(c) * y[i];
    sum += d * d;
  }
  return static_cast<double>(sum / static_cast<long double>(x.size()));
}

}  // namespace

TEST_CASE("mse, best_scale and mse_scaled of a case computed by hand") {
  std::vector<float> const reference{1, 2}, result{2, 2};
  CHECK(m::mse(reference, result) == doctest::Approx(0.5));
  CHECK(m::best_scale(reference, result) == doctest::Approx(0.75));  // 6 / 8
  CHECK(m::mse_scaled(reference, result) == doctest::Approx(0.25));  // (0.5^2 + 0.5^2) / 2
}

TEST_CASE_TEMPLATE("mse agrees with a plain loop", T, float, double) {
  auto const x = support::random_values<T>(777, 5, -1, 2), y = support::random_values<T>(777, 6, -1, 2);
  CHECK(m::mse(x, y) == doctest::Approx(plain_mean_square(x, y, 1)).epsilon(1e-13));
  CHECK(m::mse(x, x) == 0);
}

TEST_CASE_TEMPLATE("no other factor gives a smaller error than mse_scaled", T, float, double) {
  auto const x = support::random_values<T>(777, 7), y = support::random_values<T>(777, 8);
  double const least = m::mse_scaled(x, y), c = m::best_scale(x, y);
  CHECK(least == doctest::Approx(plain_mean_square(x, y, c)).epsilon(1e-13));
  for (double const step : {-1.0, -1e-2, -1e-4, 1e-4, 1e-2, 1.0})
    CHECK(plain_mean_square(x, y, c + step) > least);
  CHECK(least < m::mse(x, y));
}

TEST_CASE_TEMPLATE("mse_scaled does not see the scale or the sign of the result", T, float, double) {
  auto const x = support::random_values<T>(777, 9), y = support::random_values<T>(777, 10);
  for (double const factor : {-2.0, 0.5, 1024.0})
    CHECK(m::mse_scaled(x, support::scaled(y, factor)) ==
          doctest::Approx(m::mse_scaled(x, y)).epsilon(1e-12));
  CHECK(m::mse_scaled(x, support::scaled(x, 4)) < 1e-28);
}

TEST_CASE("mse_scaled of zeros is the mean square of the reference, which has no best scale") {
  std::vector<double> const x{3, 4}, zeros{0, 0};
  CHECK(m::mse_scaled(x, zeros) == doctest::Approx(12.5));
  CHECK_THROWS_AS(m::best_scale(x, zeros), tomoedx::value_error);
}

TEST_CASE("mse refuses unequal sizes, nothing, and values that are not finite") {
  std::vector<double> const a{1, 2}, three{1, 2, 3}, none{};
  std::vector<double> const bad{std::numeric_limits<double>::quiet_NaN(), 1};
  CHECK_THROWS_AS(m::mse(a, three), tomoedx::shape_error);
  CHECK_THROWS_AS(m::mse_scaled(a, three), tomoedx::shape_error);
  CHECK_THROWS_AS(m::mse(none, none), tomoedx::value_error);
  CHECK_THROWS_AS(m::mse(a, bad), tomoedx::value_error);
  CHECK_THROWS_AS(m::mse_scaled(bad, a), tomoedx::value_error);
}
