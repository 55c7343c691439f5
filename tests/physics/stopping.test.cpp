// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/stopping.hpp>

#include "csv.hpp"

#include <cmath>
#include <limits>

using namespace tomoedx::physics;
using doctest::Approx;
using tomoedx::value_error;
using tomoedx_tests::kev;

TEST_CASE("both stopping powers are as tabulated") {
  double const energies[] = {20, 60, 100, 200, 300};
  struct expected {
    char const* symbol;
    stopping_model model;
    double mev_cm2_g[5];
  };
  for (auto const& row : {expected{"Si", stopping_model::joy_luo, {9.62, 3.92, 2.55, 1.41, 0.99}},
                          {"Si", stopping_model::bethe, {10.11, 4.57, 3.27, 2.25, 1.90}},
                          {"Au", stopping_model::joy_luo, {5.37, 2.35, 1.57, 0.90, 0.64}},
                          {"Au", stopping_model::bethe, {5.58, 2.73, 2.01, 1.42, 1.22}}})
    for (int i = 0; i < 5; ++i) {
      double const s = stopping_kev_cm2_g(element_named(row.symbol), kev(energies[i]), row.model);
      // printed with two decimals, and by constants of the last digit different
      CHECK(std::abs(s / 1000 - row.mev_cm2_g[i]) < 0.005 + 0.001 * row.mev_cm2_g[i]);
    }
}

TEST_CASE("the mean ionisation potential is that of Berger and Seltzer") {
  CHECK(ionization_potential(element(6)).value == Approx(0.069));
  CHECK(ionization_potential(element(12)).value == Approx(0.138));
  CHECK(ionization_potential(element(79)).value == Approx(0.797).epsilon(0.001));
  for (int z = 14; z <= 98; ++z)
    CHECK(ionization_potential(element(z)).value > ionization_potential(element(z - 1)).value);
}

TEST_CASE("Joy-Luo follows the published anchors for slow electrons") {
  // eV per Angstrom at 1 g/cm3, with a tabulated J that differs somewhat from ours
  CHECK(stopping_kev_cm2_g(element_named("Mn"), kev(10), stopping_model::joy_luo) * 1e-5 ==
        Approx(0.13504).epsilon(0.01));
  CHECK(stopping_kev_cm2_g(element_named("U"), kev(1), stopping_model::joy_luo) * 1e-5 ==
        Approx(0.25534).epsilon(0.03));
}

TEST_CASE("the automatic choice changes over at 20 keV and the step is small") {
  double largest = 0;
  for (int z = 3; z <= 98; ++z) {
    element const e(z);
    CHECK(stopping_kev_cm2_g(e, kev(19.999)) == stopping_kev_cm2_g(e, kev(19.999), stopping_model::joy_luo));
    CHECK(stopping_kev_cm2_g(e, kev(20)) == stopping_kev_cm2_g(e, kev(20), stopping_model::bethe));
    largest = std::max(largest, stopping_kev_cm2_g(e, kev(20)) / stopping_kev_cm2_g(e, kev(19.999)) - 1);
    for (double const k : {0.1, 0.5, 2.0, 10.0, 50.0, 100.0, 400.0}) CHECK(stopping_kev_cm2_g(e, kev(k)) > 0);
    for (double k = 25; k < 400; k *= 1.2)  // faster electrons lose less
      CHECK(stopping_kev_cm2_g(e, kev(k)) > stopping_kev_cm2_g(e, kev(1.2 * k > 400 ? 400 : 1.2 * k)));
  }
  MESSAGE("largest step: " << 100 * largest << " %");
  CHECK(largest > 0);
  CHECK(largest < 0.07);
}

TEST_CASE("an energy outside the models is refused") {
  element const si(14);
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const e : {nan, -1.0, 0.0, 0.05, 401.0, inf})
    CHECK_THROWS_WITH_AS(stopping_kev_cm2_g(si, kev(e)), doctest::Contains("outside the 0.1 to 400 keV"),
                         value_error);
  CHECK_THROWS_AS(stopping_kev_cm2_g(si, kev(4), stopping_model::bethe), value_error);
  CHECK_NOTHROW(stopping_kev_cm2_g(si, kev(4), stopping_model::joy_luo));
}
