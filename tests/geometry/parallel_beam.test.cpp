// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/geometry/parallel_beam.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

TEST_CASE("a geometry counts its tilts, rays and voxels") {
  tomoedx::parallel_beam const g{.tilts_deg = {-10, 0, 10}, .width = 5, .depth = 7, .detector = 11};
  CHECK(g.tilts() == 3);
  CHECK(g.rays() == 33);
  CHECK(g.voxels() == 35);
  CHECK(g.shift(2) == 0);
}

TEST_CASE("the tilt axis falls on the middle of the detector, moved by the offset and the tilt's shift") {
  tomoedx::parallel_beam g{.tilts_deg = {-10, 0, 10}, .width = 5, .depth = 7, .detector = 11};
  CHECK(g.axis_bin(0) == 5);
  g.detector = 12;
  CHECK(g.axis_bin(0) == 5.5);
  g.detector = 1;
  CHECK(g.axis_bin(0) == 0);
  g.detector = 11;
  g.axis_offset = 1.5;
  g.shifts = {0, 2, -0.25};
  CHECK(g.axis_bin(0) == 6.5);
  CHECK(g.axis_bin(1) == 4.5);  // a shift moves the tilt's image back into register
  CHECK(g.axis_bin(2) == 6.75);
}

TEST_CASE("cosine and sine are exact at every multiple of 90 degrees") {
  for (int turn = -4; turn <= 4; ++turn) {
    auto const at = [&](double degrees) { return tomoedx::direction_of(degrees + 360.0 * turn); };
    CHECK(at(0).cos == 1);
    CHECK(at(0).sin == 0);
    CHECK(at(90).cos == 0);
    CHECK(at(90).sin == 1);
    CHECK(at(180).cos == -1);
    CHECK(at(180).sin == 0);
    CHECK(at(270).cos == 0);
    CHECK(at(270).sin == -1);
  }
}

TEST_CASE("cosine and sine are those of long double arithmetic, everywhere between -360 and 360") {
  for (double a = -360; a <= 360; a += 0.37) {
    CAPTURE(a);
    long double const radian = static_cast<long double>(a) * std::numbers::pi_v<long double> / 180;
    auto const d = tomoedx::direction_of(a);
    CHECK(std::abs(static_cast<double>(d.cos - std::cos(radian))) < 2e-16);
    CHECK(std::abs(static_cast<double>(d.sin - std::sin(radian))) < 2e-16);
  }
  // close to a quarter turn the small one keeps its relative precision
  for (double const tiny : {1e-3, 1e-7, 1e-12}) {
    double const s = std::sin(tiny * std::numbers::pi / 180);
    CHECK(tomoedx::direction_of(tiny).sin == doctest::Approx(s).epsilon(1e-15));
    CHECK(tomoedx::direction_of(-tiny).sin == doctest::Approx(-s).epsilon(1e-15));
  }
}

TEST_CASE("opposite and mirrored tilts have exactly opposite and mirrored directions") {
  for (double a = 0; a <= 180; a += 1.7) {
    auto const d = tomoedx::direction_of(a), mirrored = tomoedx::direction_of(-a),
               opposite = tomoedx::direction_of(a - 180);
    CHECK(mirrored.cos == d.cos);
    CHECK(mirrored.sin == -d.sin);
    CHECK(opposite.cos == doctest::Approx(-d.cos).epsilon(1e-14).scale(1));
    CHECK(opposite.sin == doctest::Approx(-d.sin).epsilon(1e-14).scale(1));
  }
}
