// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/saturation.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

std::vector<double> const tilts{-60, -40, -20, 0, 20, 40, 60};

/// An ellipsoid-like group, thicker along one direction, and its damped signal.
std::vector<float> thin() {
  std::vector<ball> balls;
  for (int k = -3; k <= 3; ++k) balls.push_back({0, 0.5 * k, 3.0 * k, 6, 1});
  return series_of(balls, tilts, 48, 48);
}

std::vector<float> damped(std::vector<float> signal, double saturation) {
  for (float& v : signal)
    v = static_cast<float>(saturation * -std::expm1(-static_cast<double>(v) / saturation));
  return signal;
}

}  // namespace

TEST_CASE("damping is found from totals over tilt and from noisy maps, and undone") {
  auto const signal = thin();
  auto const haadf = damped(signal, 60);
  auto const by_tilt = damping_from_tilts(haadf, {7, 48, 48}, tilts, specimen_extent::isolated);
  CHECK(1 / by_tilt.inverse_saturation == doctest::Approx(60).epsilon(0.02));
  CHECK(by_tilt.misfit < 0.1 * by_tilt.misfit_undamped);
  auto maps = signal;
  for (float& v : maps) v *= 3;
  auto const by_maps = damping_from_maps(haadf, simulate::poisson_counts(maps, 1));
  CHECK(1 / by_maps.inverse_saturation == doctest::Approx(60).epsilon(0.1));
  CHECK(by_maps.misfit < by_maps.misfit_undamped);
  auto restored = haadf;
  linearize(restored, haadf_damping{1.0 / 60});
  for (std::size_t i = 0; i < signal.size(); i += 37)
    CHECK(restored[i] == doctest::Approx(signal[i]).epsilon(1e-4));
}

TEST_CASE("a slab's totals go as 1 / cos") {
  std::vector<float> series;
  for (double const t : tilts)
    for (int i = 0; i < 64; ++i) series.push_back(static_cast<float>(10 / direction_of(t).cos));
  auto const found = damping_from_tilts(damped(series, 25), {7, 8, 8}, tilts, specimen_extent::slab);
  CHECK(1 / found.inverse_saturation == doctest::Approx(25).epsilon(0.01));
}

TEST_CASE("a linear signal is left as it is") {
  auto const signal = thin();
  auto const none = damping_from_tilts(signal, {7, 48, 48}, tilts, specimen_extent::isolated);
  CHECK(none.inverse_saturation < 1e-3);
  auto same = signal;
  linearize(same, haadf_damping{});
  CHECK(same == signal);
}

TEST_CASE("signals beyond saturation and sizes that differ are refused") {
  std::vector<float> v{1, 5};
  CHECK_THROWS_AS(linearize(v, haadf_damping{0.2}), value_error);
  CHECK(v == std::vector<float>{1, 5});
  CHECK_THROWS_AS(damping_from_maps(v, std::vector<float>{1}), shape_error);
  auto const against =
      damping_from_maps(v, std::vector<float>{-1, -5});  // not proportional, whatever the damping
  CHECK(against.misfit == 1);
  CHECK(against.inverse_saturation == 0);
  CHECK_THROWS_AS(damping_from_maps(v, std::vector<float>{0, 0}), value_error);
  CHECK_THROWS_AS(damping_from_maps(std::vector<float>{0, 0}, v), value_error);
  CHECK_THROWS_AS(damping_from_tilts(v, {2, 1, 1}, std::vector<double>{0, 90}, specimen_extent::slab),
                  value_error);
  CHECK_THROWS_AS(damping_from_tilts(v, {2, 1, 1}, std::vector<double>{0}, specimen_extent::slab),
                  shape_error);
}
