// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/background.hpp>
#include <tomoedx/align/centre_of_mass.hpp>
#include <tomoedx/align/tilt_axis.hpp>
#include <tomoedx/io/npy.hpp>
#include <tomoedx/simulate/dose.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include "shared.hpp"

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

constexpr std::size_t n = 48;
std::vector<double> const tilts{-64, -56, -48, -40, -32, -24, -16, -8, 0, 8, 16, 24, 32, 40, 48, 56, 64};
parallel_beam const beam{.tilts_deg = tilts, .width = n, .depth = n, .detector = n};

std::vector<float> seen(double offset, double rotation, double counts) {
  auto series = series_of(particles(14, 15, 2), tilts, n, n, offset,
                          std::vector<misplacement>(tilts.size(), {0, 0, rotation}));
  if (counts > 0) {
    simulate::scale_to_counts(series, tilts.size(), counts);
    series = simulate::poisson_counts(series, 9);
  }
  return series;
}

}  // namespace

TEST_CASE("the tilt axis is found within 0.2 pixels and 0.2 degrees, in images as good as HAADF's") {
  for (double const counts : {0.0, 100000.0}) {
    CAPTURE(counts);
    auto const found =
        find_tilt_axis(host_reprojector(), beam, seen(2.3, 1.5, counts), n, alignment(tilts.size()),
                       {.max_offset = 4, .max_rotation_deg = 3, .samples = 5});
    MESSAGE("axis offset " << found.axis_offset << " of 2.3 px, rotation " << found.rotation_deg
                           << " of 1.5 degrees");
    CHECK(std::abs(found.axis_offset - 2.3) < 0.2);
    CHECK(std::abs(found.rotation_deg - 1.5) < 0.2);
    auto const& figures = found.steps.back().figures;
    CHECK(figures[3].second < 0.7 * figures[2].second);  // inconsistency after and before
  }
}

TEST_CASE("a real needle, its axis along x and turned, becomes consistent") {
  TOMOEDX_SHARED_OR_SKIP(folder, "realdata/needle");
  auto const raw = io::read_npy<float>((folder / "haadf_tyx_u16.npy").string());
  auto const angles = io::read_npy<double>((folder / "tilt_angles_deg.npy").string()).values;
  auto const turned = exchange_axes(raw.values, {raw.shape[0], raw.shape[1], raw.shape[2]});
  auto all = rebin(turned.values, turned.shape, 2);
  std::vector<std::size_t> dropped;  // every third tilt is enough
  for (std::size_t t = 0; t < angles.size(); ++t)
    if (t % 3 != 0) dropped.push_back(t);
  auto series = drop_tilts<float>(all.values, angles.size(), dropped);
  auto const kept = drop_tilts<double>(angles, angles.size(), dropped);
  std::array<std::size_t, 3> const shape{kept.size(), all.shape[1], all.shape[2]};
  remove_background(series, shape, {.from = background_from::percentile, .percentile = 3});
  parallel_beam const real{.tilts_deg = kept, .detector = shape[2]};
  auto const start = align_by_centre_of_mass(series, shape, kept);
  auto const found =
      find_tilt_axis(host_reprojector(), real, series, shape[1], start,
                     {.max_offset = 2, .max_rotation_deg = 14, .samples = 8, .smooth = 0.75, .sweeps = 2});
  auto const& figures = found.steps.back().figures;
  MESSAGE("needle: rotation " << found.rotation_deg << " degrees, inconsistency " << figures[2].second
                              << " to " << figures[3].second);
  CHECK(found.rotation_deg > 7);
  CHECK(found.rotation_deg < 12);
  CHECK(figures[3].second < 0.2 * figures[2].second);
}

TEST_CASE("what is not to be searched stays, and the shifts are turned along") {
  alignment start(tilts.size());
  start.dx[3] = 1, start.axis_offset = 0.5;
  auto const found = find_tilt_axis(host_reprojector(), beam, seen(0.5, 0, 0), n, start,
                                    {.max_offset = 0, .max_rotation_deg = 0});
  CHECK(found.axis_offset == 0.5);
  CHECK(found.rotation_deg == 0);
  CHECK(found.dx == start.dx);
}

TEST_CASE("a search that means nothing is refused") {
  auto const series = seen(0, 0, 0);
  alignment const none(tilts.size());
  host_reprojector const model;
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n - 1, none), shape_error);
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n, alignment(2)), shape_error);
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n, none, {.max_offset = -1}), value_error);
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n, none, {.samples = 2}), value_error);
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n, none, {.folds = 12}), value_error);
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n, none, {.smooth = INFINITY}), value_error);
  CHECK_THROWS_AS(find_tilt_axis(model, beam, series, n, none, {.smooth = NAN}), value_error);
}
