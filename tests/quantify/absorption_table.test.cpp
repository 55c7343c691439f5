// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/absorption_table.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace tomoedx;
using physics::line_named;

TEST_CASE("a table has each line's absorption by each element") {
  std::vector<physics::xray_line> const lines{line_named("Al_Ka"), line_named("Zn_Ka"), line_named("O_Ka")};
  auto const t = absorption_of(lines);
  REQUIRE(t.elements == 3);
  for (std::size_t l = 0; l < 3; ++l)
    for (std::size_t e = 0; e < 3; ++e)
      CHECK(t(l, e) == physics::mass_absorption_cm2_g(lines[e].of, kiloelectronvolt(lines[l].energy_kev)));
  CHECK(t(0, 1) > 10 * t(0, 0));  // zinc above its L edges stops aluminium's line
}

TEST_CASE("a mixture keeps the volumes of its parts, so that half Al and half Zn has 3.9 g/cm3 and not 4.9") {
  double const half[] = {0.5, 0.5}, rho[] = {2.7, 7.14};
  CHECK(mixture_density(half, rho) == doctest::Approx(3.918).epsilon(1e-3));
  double const pure[] = {0, 1};
  CHECK(mixture_density(pure, rho) == doctest::Approx(7.14));
}

TEST_CASE("the slab correction undoes the mean of what comes through at every depth") {
  for (double chi : {1e-9, 1e-5, 9.9e-5, 1.01e-4, 1e-3, 0.1, 1.0, 5.0, 60.0}) {
    double mean = 0;
    int const n = 20000;
    for (int i = 0; i < n; ++i) mean += std::exp(-chi * (i + 0.5) / n) / n;
    CHECK(slab_correction(chi) * mean == doctest::Approx(1).epsilon(2e-6));
  }
  CHECK(slab_correction(0) == 1);
  CHECK(slab_correction(-0.2) == doctest::Approx(slab_correction(0.2) * std::exp(-0.2)));
}

TEST_CASE("the depth of a slab is mu rho t over the sine of the take-off angle") {
  absorption_table const t{2, {300, 4000, 40, 50}};
  double const c[] = {0.25, 0.75};
  // 100 nm of 5 g/cm3 are 5e-4 kg/m2 = 5e-5 g/cm2
  CHECK(slab_depth(t, 0, c, 5e-4, degree(30)) == doctest::Approx((0.25 * 300 + 0.75 * 4000) * 5e-5 / 0.5));
  CHECK(slab_depth(t, 1, c, 5e-4, degree(90)) == doctest::Approx((0.25 * 40 + 0.75 * 50) * 5e-5));
}

TEST_CASE("tables, fractions and densities that mean nothing are refused") {
  CHECK_THROWS_AS(absorption_of({}), shape_error);
  CHECK_THROWS_AS(validate(absorption_table{2, {1, 2, 3}}, 2, "test"), shape_error);
  CHECK_THROWS_AS(validate(absorption_table{1, {1}}, 2, "test"), shape_error);
  CHECK_THROWS_AS(validate(absorption_table{1, {-1}}, 1, "test"), value_error);
  double const half[] = {0.5, 0.5}, third[] = {0.5, 0.3}, rho[] = {2.7, 7.14}, none[] = {2.7, 0};
  CHECK_THROWS_AS(mixture_density(half, none), value_error);
  CHECK_THROWS_AS(mixture_density(third, rho), value_error);
  CHECK_THROWS_AS(slab_depth(absorption_table{2, {1, 2, 3, 4}}, 0, half, 1e-3, degree(0)), value_error);
}
