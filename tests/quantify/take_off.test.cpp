// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/take_off.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace tomoedx;

TEST_CASE("take-off angles are those of the published cases") {
  // tilt 30, azimuth 0, elevation 10, and the like
  CHECK(take_off_angle({.elevation_deg = 10, .azimuth_deg = 0}, degree(30)).value == doctest::Approx(40));
  CHECK(take_off_angle({.elevation_deg = 10, .azimuth_deg = 90}, degree(0), degree(30)).value ==
        doctest::Approx(40));
  CHECK(take_off_angle({.elevation_deg = 45, .azimuth_deg = 45}, degree(45), degree(45)).value ==
        doctest::Approx(73.15788376370121).epsilon(1e-12));
}

TEST_CASE("an untilted specimen is seen under the elevation, from any azimuth") {
  for (double azimuth = 0; azimuth < 360; azimuth += 37)
    CHECK(take_off_angle({.elevation_deg = 22, .azimuth_deg = azimuth}, degree(0)).value ==
          doctest::Approx(22));
}

TEST_CASE("tilting away hides the specimen") {
  CHECK(take_off_angle({.elevation_deg = 18, .azimuth_deg = 0}, degree(-30)).value == doctest::Approx(-12));
  CHECK(take_off_angle({.elevation_deg = 18, .azimuth_deg = 180}, degree(30)).value == doctest::Approx(-12));
}

TEST_CASE("the way to the detector has unit length and the take-off angle above the specimen's surface") {
  for (double tilt = -70; tilt <= 70; tilt += 17.5)
    for (double azimuth = -90; azimuth <= 270; azimuth += 31) {
      detector_segment const d{.elevation_deg = 18, .azimuth_deg = azimuth};
      for (auto const side : {beam_side::high_z, beam_side::low_z}) {
        auto const w = way_to_detector(d, degree(tilt), side);
        CHECK(w[0] * w[0] + w[1] * w[1] + w[2] * w[2] == doctest::Approx(1));
        // from low z the series is the mirrored one with the other sign of the tilts
        double const alpha = side == beam_side::high_z ? tilt : -tilt;
        double const up = side == beam_side::high_z ? w[2] : -w[2];
        CHECK(std::asin(up) * 57.29577951308232 ==
              doctest::Approx(take_off_angle(d, degree(alpha)).value).epsilon(1e-9).scale(90));
      }
    }
}

TEST_CASE("the specimen turns and the detector stands still") {
  // turned back into the microscope by the geometry of parallel_beam the way is the same at every tilt
  detector_segment const d{.elevation_deg = 25, .azimuth_deg = 40};
  for (double tilt = -90; tilt <= 90; tilt += 22.5) {
    auto const w = way_to_detector(d, degree(tilt));
    direction const t = direction_of(tilt);
    double const s = w[0] * t.cos + w[2] * t.sin, u = -w[0] * t.sin + w[2] * t.cos;
    CHECK(s == doctest::Approx(std::cos(25 / 57.29577951308232) * std::cos(40 / 57.29577951308232)));
    CHECK(w[1] == doctest::Approx(std::cos(25 / 57.29577951308232) * std::sin(40 / 57.29577951308232)));
    CHECK(u == doctest::Approx(std::sin(25 / 57.29577951308232)));
  }
}

TEST_CASE("angles that are none are refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(take_off_angle({.elevation_deg = nan, .azimuth_deg = 0}, degree(0)), value_error);
  CHECK_THROWS_AS(take_off_angle({.elevation_deg = 0, .azimuth_deg = 1e9}, degree(0)), value_error);
  CHECK_THROWS_AS(way_to_detector({}, degree(nan)), value_error);
}
