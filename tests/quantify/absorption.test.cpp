// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/absorption.hpp>
#include <tomoedx/quantify/detector.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace tomoedx;

namespace {

mass_scale const absolute{{1, 1}, true};  // volumes in g/cm3
absorption_table const table{2, {400, 5000, 40, 45}};

absorption_setup setup(std::vector<double> tilts, std::vector<detector_segment> segments, double nm) {
  return {table, std::move(tilts), std::move(segments), nanometre(nm)};
}

}  // namespace

TEST_CASE("attenuation is mu rho per voxel, from densities or from fractions and a given density") {
  std::vector<float> const volumes{2, 0, 1, 6, 0, 0.5f};  // (element, voxel)
  auto const s = setup({0}, {{}}, 50);
  auto const mu = attenuation(volumes, absolute, s);
  CHECK(mu[0] == doctest::Approx((400 * 2 + 5000 * 6) * 50e-7));
  CHECK(mu[3] == doctest::Approx((40 * 2 + 45 * 6) * 50e-7));
  CHECK(mu[1] == 0);
  auto relative = s;
  mass_scale const shares{{1, 1}};
  relative.density = 5;
  CHECK(attenuation(volumes, shares, relative)[0] == doctest::Approx((400 * 0.25 + 5000 * 0.75) * 5 * 50e-7));
  relative.density.reset();
  relative.densities = {2.7, 7.14};
  double const rho = 1 / (0.25 / 2.7 + 0.75 / 7.14);
  CHECK(attenuation(volumes, shares, relative)[0] ==
        doctest::Approx((400 * 0.25 + 5000 * 0.75) * rho * 50e-7));
  CHECK(attenuation(volumes, absolute, s, 3)[2] == 0);  // 1.5 g/cm3 is vacuum now
}

TEST_CASE("a film seen from straight above lets through (1 - exp(-chi)) / chi") {
  volume_shape const shape{40, 3, 5};
  std::vector<float> volumes(2 * shape.voxels(), 0.0f);
  for (std::size_t i = 0; i < shape.voxels(); ++i) volumes[i] = 1, volumes[shape.voxels() + i] = 4;
  auto const s = setup({0}, {{.elevation_deg = 90, .azimuth_deg = 0}}, 20);
  auto const mu = attenuation(volumes, absolute, s);
  auto const through = transmission(mu, shape, s, 0);
  for (std::size_t l = 0; l < 2; ++l) {
    double const chi = (table(l, 0) * 1 + table(l, 1) * 4) * 40 * 20e-7;  // 1.6 for the first: strong
    double mean = 0;
    for (std::size_t z = 0; z < 40; ++z) mean += through[l * shape.voxels() + z * 15 + 7] / 40.0;
    CHECK(mean * slab_correction(chi) == doctest::Approx(1).epsilon(1e-4));
  }
  // the top is brighter than the bottom, and from the other side it is the other way round
  CHECK(through[39 * 15] > 4 * through[0]);
  auto below = s;
  below.side = beam_side::low_z;
  auto const from_below = transmission(mu, shape, below, 0);
  CHECK(from_below[0] == doctest::Approx(through[39 * 15]).epsilon(1e-6));
}

TEST_CASE("a film seen under the take-off angle lets through as the slab formula says, tilted or not") {
  // wide enough for the ways in its middle to leave through the surface
  volume_shape const shape{12, 101, 101};
  std::vector<float> volumes(2 * shape.voxels(), 0.0f);
  for (std::size_t i = 0; i < shape.voxels(); ++i) volumes[i] = 1, volumes[shape.voxels() + i] = 4;
  detector_segment const d{.elevation_deg = 30, .azimuth_deg = 35};
  for (double const tilt : {0.0, 20.0, -8.0}) {
    auto const s = setup({tilt}, {d}, 15);
    auto const mu = attenuation(volumes, absolute, s);
    auto const through = transmission(mu, shape, s, tilt);
    double const sine = std::sin(to_radian(take_off_angle(d, degree(tilt))).value);
    double const chi = (400 * 1 + 5000 * 4) * 12 * 15e-7 / sine;
    double mean = 0;
    for (std::size_t z = 0; z < 12; ++z) mean += through[(z * 101 + 50) * 101 + 50] / 12.0;
    CHECK(mean * slab_correction(chi) == doctest::Approx(1).epsilon(2e-3));
  }
}

TEST_CASE("the centre of a ball lets through exp(-mu R), whatever the tilt and segment") {
  volume_shape const shape{61, 61, 61};
  std::vector<float> volumes(2 * shape.voxels(), 0.0f);
  double const radius = 26.5;
  for (std::size_t i = 0; i < shape.voxels(); ++i)
    if (std::hypot(static_cast<double>(i % 61) - 30, static_cast<double>(i / 61 % 61) - 30,
                   static_cast<double>(i / 3721) - 30) < radius)
      volumes[i] = 2, volumes[shape.voxels() + i] = 3;
  auto const s = setup({-60, 0, 45}, four_segments(degree(18)), 30);
  auto const mean = mean_transmission(attenuation(volumes, absolute, s), shape, s);
  std::size_t const centre = 30 * 3721 + 30 * 61 + 30;
  double const mu = (400 * 2 + 5000 * 3) * 30e-7;  // per voxel; 1.26 for the radius
  CHECK(mean[centre] == doctest::Approx(std::exp(-mu * radius)).epsilon(0.02));
  CHECK(mean[shape.voxels() + centre] ==
        doctest::Approx(std::exp(-(40 * 2 + 45 * 3) * 30e-7 * radius)).epsilon(1e-3));
}

TEST_CASE("segments count by their shares, and a thin specimen lets everything through") {
  volume_shape const shape{9, 9, 9};
  std::vector<float> volumes(2 * shape.voxels(), 3.0f);
  detector_segment const a{.elevation_deg = 20, .azimuth_deg = 0, .share = 3},
      b{.elevation_deg = 20, .azimuth_deg = 180};
  auto const with = [&](std::vector<detector_segment> d) {
    auto const s = setup({25}, std::move(d), 40);
    return transmission(attenuation(volumes, absolute, s), shape, s, 25);
  };
  auto const one = with({a}), other = with({b}), both = with({a, b});
  for (std::size_t i = 0; i < both.size(); ++i)
    CHECK(both[i] == doctest::Approx(0.75 * one[i] + 0.25 * other[i]));
  CHECK(one[0] != doctest::Approx(other[0]));
  for (float& v : volumes) v = 1e-6f;
  for (float const t : with({a, b})) CHECK(t == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("setups that mean nothing are refused") {
  std::vector<float> const volumes{1, 2};
  auto const refused = [&](auto const& change, mass_scale const& scale = absolute) {
    auto s = setup({0}, {{}}, 10);
    change(s);
    CHECK_THROWS_AS(attenuation(volumes, scale, s), error);
  };
  refused([](auto& s) { s.tilts_deg.clear(); });
  refused([](auto& s) { s.segments.clear(); });
  refused([](auto& s) { s.segments[0].share = 0; });
  refused([](auto& s) { s.voxel = nanometre(0); });
  refused([](auto& s) { s.table.mu.pop_back(); });
  refused([](auto&) {}, mass_scale{{1, 1}});  // no density
  refused([](auto& s) { s.density = -1; }, mass_scale{{1, 1}});
  refused([](auto& s) { s.densities = {1}; }, mass_scale{{1, 1}});
  refused([](auto& s) { s.density = 1, s.densities = {1, 1}; }, mass_scale{{1, 1}});
  CHECK_THROWS_AS(transmission(volumes, {1, 1, 2}, setup({0}, {{}}, 1), 0), shape_error);
  CHECK_THROWS_AS(transmission(volumes, {1, 1, 1}, setup({0}, {}, 1), 0), value_error);
  CHECK_THROWS_AS(mean_transmission(volumes, {1, 1, 1}, setup({}, {{}}, 1)), shape_error);
}
