// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <tomoedx/metrics/ssim_structure.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

TEST_CASE("ssim_structure of a case computed by hand") {
  // deviations (-1, 0, 1) and (-1, 1, 0): cov 1/2, both variances 1
  std::vector<float> const reference{1, 2, 3}, result{4, 6, 5};
  CHECK(m::ssim_structure(reference, result) == doctest::Approx(0.5));
  CHECK(m::ssim_structure(reference, result, 0.5) == doctest::Approx(1.0 / 1.5));
}

TEST_CASE_TEMPLATE("ssim_structure agrees with the equations written as sums of products", T, float, double) {
  auto const x = support::random_values<T>(900, 11, 0, 3), y = support::random_values<T>(900, 12, -1, 1);
  long double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  long double const n = static_cast<long double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    sx += x[i];
    sy += y[i];
    sxx += static_cast<long double>(x[i]) * x[i];
    syy += static_cast<long double>(y[i]) * y[i];
    sxy += static_cast<long double>(x[i]) * y[i];
  }
  long double const cov = (sxy - sx * sy / n) / (n - 1);
  long double const sigmas = std::sqrt((sxx - sx * sx / n) / (n - 1) * ((syy - sy * sy / n) / (n - 1)));
  for (double const c : {0.0, 0.01})
    CHECK(m::ssim_structure(x, y, c) ==
          doctest::Approx(static_cast<double>((cov + c) / (sigmas + c))).epsilon(1e-12));
}

TEST_CASE_TEMPLATE("ssim_structure does not see scale and offset, and changes sign with the result", T, float,
                   double) {
  auto const x = support::random_values<T>(400, 13), y = support::random_values<T>(400, 14);
  double const s = m::ssim_structure(x, y), tolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;
  CHECK(m::ssim_structure(x, x) == doctest::Approx(1.0).epsilon(1e-14));
  CHECK(m::ssim_structure(x, support::scaled(y, 7, 3)) - s == doctest::Approx(0).epsilon(tolerance));
  CHECK(m::ssim_structure(x, support::scaled(y, -7, 3)) + s == doctest::Approx(0).epsilon(tolerance));
}

TEST_CASE("ssim_structure refuses arrays without structure") {
  std::vector<float> const a{1, 2, 3}, flat(3, 0.1f), two{1, 2}, one{1};
  std::vector<float> const bad{1, 2, std::numeric_limits<float>::infinity()};
  CHECK(support::contains(support::message_of<tomoedx::value_error>([&] { m::ssim_structure(flat, a); }),
                          "reference is constant"));
  CHECK_THROWS_AS(m::ssim_structure(a, flat), tomoedx::value_error);
  CHECK(m::ssim_structure(a, flat, 0.1) == doctest::Approx(1.0));  // with C the index is defined
  CHECK_THROWS_AS(m::ssim_structure(a, two), tomoedx::shape_error);
  CHECK_THROWS_AS(m::ssim_structure(one, one), tomoedx::value_error);
  CHECK_THROWS_AS(m::ssim_structure(a, bad), tomoedx::value_error);
  CHECK_THROWS_AS(m::ssim_structure(a, a, -1.0), tomoedx::value_error);
}
