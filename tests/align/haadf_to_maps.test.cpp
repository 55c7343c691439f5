// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/haadf_to_maps.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

TEST_CASE("HAADF is brought onto the weighted sum of noisy maps, tilt by tilt or by one shift") {
  std::vector<double> const tilts{-40, -20, 0, 20, 40};
  auto const heavy = particles(10, 18, 1), light = particles(10, 18, 2);
  std::vector<misplacement> at(5, {1.3, -0.7});
  auto const a = series_of(heavy, tilts, 64, 64), b = series_of(light, tilts, 64, 64);
  auto const ha = series_of(heavy, tilts, 64, 64, 0, at), hb = series_of(light, tilts, 64, 64, 0, at);
  std::vector<float> haadf(a.size()), counts_a(a), counts_b(b);
  for (std::size_t i = 0; i < haadf.size(); ++i) {
    haadf[i] = 5 * ha[i] + hb[i] + 3;
    counts_a[i] *= 6, counts_b[i] *= 6;
  }
  counts_a = simulate::poisson_counts(counts_a, 1), counts_b = simulate::poisson_counts(counts_b, 2);
  std::vector<double> const weights{5, 1};
  auto const sum = weighted_sum({counts_a, counts_b}, weights);
  CHECK(sum[17] == doctest::Approx(5 * counts_a[17] + counts_b[17]));
  auto const each = register_haadf_to_maps(haadf, sum, {5, 64, 64});
  for (std::size_t t = 0; t < 5; ++t) {
    CHECK(std::abs(each.dx[t] - 1.3) < 0.15);
    CHECK(std::abs(each.dy[t] + 0.7) < 0.15);
  }
  auto const one = register_haadf_to_maps(haadf, sum, {5, 64, 64}, {.each_tilt = false});
  CHECK(one.dx[0] == one.dx[4]);
  CHECK(std::abs(one.dx[0] - 1.3) < 0.08);
  CHECK(one.steps[0].figures[0].second > 0.8);
}

TEST_CASE("sums and series that do not fit are refused") {
  std::vector<float> const a(64), b(63);
  CHECK_THROWS_AS(weighted_sum({a, b}), shape_error);
  CHECK_THROWS_AS(weighted_sum({}), shape_error);
  CHECK_THROWS_AS(weighted_sum({a}, std::vector<double>{1, 2}), shape_error);
  CHECK_THROWS_AS(weighted_sum({a}, std::vector<double>{NAN}), value_error);
  CHECK_THROWS_AS(register_haadf_to_maps(a, b, {1, 8, 8}), shape_error);
}
