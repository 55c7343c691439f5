// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <tomoedx/metrics/psnr.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

TEST_CASE("psnr of a case computed by hand, whole and over a region") {
  std::vector<float> const reference{10, 0, 4, 2}, result{10, 2, 4, 2};
  CHECK(m::psnr(reference, result) == doctest::Approx(20.0));  // 100 / (4 / 4)
  std::vector<std::uint8_t> const region{0, 1, 1, 0};
  CHECK(m::psnr(reference, result, region) == doctest::Approx(10 * std::log10(16.0 / 2.0)));
}

TEST_CASE_TEMPLATE("psnr agrees with a plain loop and ignores a common factor", T, float, double) {
  auto const x = support::random_values<T>(500, 23), y = support::random_values<T>(500, 24);
  std::vector<std::uint8_t> region;
  long double sum = 0, peak = 0, count = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    region.push_back(i % 3 == 0 ? 7 : 0);
    if (i % 3 != 0) continue;
    peak = std::max(peak, static_cast<long double>(x[i]));
    sum += (static_cast<long double>(x[i]) - y[i]) * (static_cast<long double>(x[i]) - y[i]);
    count += 1;
  }
  double const expected = static_cast<double>(10 * std::log10(peak * peak / (sum / count)));
  CHECK(m::psnr(x, y, region) == doctest::Approx(expected).epsilon(1e-12));
  CHECK(m::psnr(support::scaled(x, 4), support::scaled(y, 4), region) ==
        doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("psnr of equal arrays is infinite, and degenerate input an error") {
  std::vector<double> const a{1, 2}, zeros{0, 0}, three{1, 2, 3};
  std::vector<double> const bad{1, std::numeric_limits<double>::quiet_NaN()};
  std::vector<std::uint8_t> const nothing{0, 0}, longer{1, 1, 1};
  CHECK(m::psnr(a, a) == std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(m::psnr(zeros, a), tomoedx::value_error);
  CHECK_THROWS_AS(m::psnr(a, bad), tomoedx::value_error);
  CHECK_THROWS_AS(m::psnr(a, three), tomoedx::shape_error);
  CHECK_THROWS_AS(m::psnr(a, zeros, longer), tomoedx::shape_error);
  CHECK(support::contains(support::message_of<tomoedx::value_error>([&] { m::psnr(a, zeros, nothing); }),
                          "region is empty"));
}
