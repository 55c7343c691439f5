// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/detector.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace tomoedx;
using physics::element, physics::element_named;
using kev = kiloelectronvolt;

TEST_CASE("a layer lets through what Beer and Lambert say") {
  absorbing_layer const silica{
      "silica", {{element_named("Si"), 0.4674}, {element_named("O"), 0.5326}}, 2.2, nanometre(500)};
  for (double e : {0.5, 1.0, 1.9, 5.0}) {
    double const mu = 0.4674 * physics::mass_absorption_cm2_g(element(14), kev(e)) +
                      0.5326 * physics::mass_absorption_cm2_g(element(8), kev(e));
    CHECK(transmission(silica, kev(e)) == doctest::Approx(std::exp(-mu * 2.2 * 500e-7)));
  }
}

TEST_CASE("a grid takes its part at low energies and less at high ones") {
  absorbing_layer const grid{"grid", {{element(14), 1}}, 2.329, nanometre(380e3), 0.23};
  CHECK(transmission(grid, kev(1)) == doctest::Approx(0.77));
  CHECK(transmission(grid, kev(60)) > 0.97);
}

TEST_CASE("efficiency falls at low energies by what lies in front, at high ones by what the crystal misses") {
  edx_detector const thin{.silicon_um = 450};
  CHECK(thin.efficiency(kev(6)) > 0.99);
  CHECK(thin.efficiency(kev(40)) < 0.2);
  CHECK(thin.efficiency(kev(40)) > 0.02);
  edx_detector windowed = thin;
  windowed.in_front = polymer_window();
  CHECK(windowed.efficiency(kev(0.28)) < 0.8 * thin.efficiency(kev(0.28)));
  CHECK(windowed.efficiency(kev(6)) == doctest::Approx(0.77).epsilon(0.01));
  edx_detector beryllium = thin;
  beryllium.in_front = {beryllium_window(nanometre(12500))};
  CHECK(beryllium.efficiency(kev(0.525)) < 1e-3);
  CHECK(beryllium.efficiency(kev(1.49)) > 0.5);
  CHECK(beryllium.efficiency(kev(1.49)) < 0.8);
}

TEST_CASE("the dead layer and the crystal both show silicon's edge") {
  edx_detector const d{.in_front = {dead_layer(nanometre(200))}};
  CHECK(d.efficiency(kev(1.83)) > d.efficiency(kev(1.85)));
}

TEST_CASE("parts multiply, and ice hides oxygen before iron") {
  edx_detector d{.in_front = {}};
  double const bare = d.efficiency(kev(0.525)), iron = d.efficiency(kev(6.4));
  d.in_front = {ice(nanometre(1000)), contact(element_named("Al"), 2.7, nanometre(20))};
  d.open = 0.5;
  CHECK(d.efficiency(kev(0.525)) == doctest::Approx(bare * 0.5 * transmission(d.in_front[0], kev(0.525)) *
                                                    transmission(d.in_front[1], kev(0.525))));
  CHECK(d.efficiency(kev(0.525)) / bare < d.efficiency(kev(6.4)) / iron);
}

TEST_CASE("a perfect detector counts every photon") {
  for (double e : {0.3, 1.0, 8.0, 30.0})
    CHECK(perfect_detector(steradian(1)).efficiency(kev(e)) == doctest::Approx(1));
}

TEST_CASE("four segments stand a quarter turn from each other") {
  auto const four = four_segments(degree(18));
  REQUIRE(four.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(four[i].azimuth_deg == 45 + 90.0 * static_cast<double>(i));
    CHECK(four[i].elevation_deg == 18);
    CHECK(four[i].share == 0.25);
  }
}

TEST_CASE("layers and detectors that mean nothing are refused") {
  CHECK_THROWS_AS(transmission({"x", {{element(6), 1}}, 0, nanometre(1)}, kev(1)), value_error);
  CHECK_THROWS_AS(transmission({"x", {{element(6), 1}}, 1, nanometre(-1)}, kev(1)), value_error);
  CHECK_THROWS_AS(transmission({"x", {{element(6), 0.7}, {element(8), 0.7}}, 1, nanometre(1)}, kev(1)),
                  value_error);
  CHECK_THROWS_AS(transmission({"x", {}, 1, nanometre(1)}, kev(1)), value_error);
  CHECK_THROWS_AS(transmission({"x", {{element(6), 1}}, 1, nanometre(1), 1.5}, kev(1)), value_error);
  edx_detector d;
  d.silicon_um = 0;
  CHECK_THROWS_AS(d.efficiency(kev(1)), value_error);
  d = {};
  d.open = 0;
  CHECK_THROWS_AS(d.efficiency(kev(1)), value_error);
}
