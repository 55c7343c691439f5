// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/theory.hpp>

#include <doctest/doctest.h>

using namespace tomoedx;
using namespace tomoedx::physics;
using kev = kiloelectronvolt;

TEST_CASE("Yuan's factors of cobalt and zinc at 80 keV are met but for the efficiency of his detector") {
  auto const set = yuan2020();
  auto const perfect = perfect_detector(steradian(0.7));
  double const co = f_factor_of(line_named("Co_Ka"), kev(80), perfect, set).value;
  double const zn = f_factor_of(line_named("Zn_Ka"), kev(80), perfect, set).value;
  CHECK(co == doctest::Approx(2.342).epsilon(0.003));
  CHECK(zn == doctest::Approx(1.913).epsilon(0.003));
  CHECK(2.25 / co == doctest::Approx(0.961).epsilon(0.004));
  CHECK(1.84 / zn == doctest::Approx(0.962).epsilon(0.004));

  // a detector that lets 96.15 % through and is else perfect gives the printed factors
  auto as_printed = perfect;
  as_printed.open = 0.9615;
  CHECK(f_factor_of(line_named("Co_Ka"), kev(80), as_printed, set).value ==
        doctest::Approx(2.25).epsilon(0.003));
  CHECK(f_factor_of(line_named("Zn_Ka"), kev(80), as_printed, set).value ==
        doctest::Approx(1.84).epsilon(0.003));

  double const z_co = z_factor_of(element_named("Co"), kev(80), {}, set).value;
  double const z_zn = z_factor_of(element_named("Zn"), kev(80), {}, set).value;
  CHECK(z_co == doctest::Approx(9.49e4).epsilon(0.002));
  CHECK(z_zn == doctest::Approx(9.96e4).epsilon(0.002));

  // ratio of partial cross sections, and of response ratios
  CHECK(cross_section_of(line_named("Co_Ka"), kev(80), perfect, set) /
            cross_section_of(line_named("Zn_Ka"), kev(80), perfect, set) ==
        doctest::Approx(1.104).epsilon(0.002));
  double const r = response_ratio(z_factor(z_zn), f_factor(zn), steradian(0.7), 1, 1) /
                   response_ratio(z_factor(z_co), f_factor(co), steradian(0.7), 1, 1);
  CHECK(r == doctest::Approx(1.283).epsilon(0.003));
}

TEST_CASE("z of an annulus follows the angles, and the total one where the models say so") {
  annulus const haadf{94, 611};
  auto const z = [&](char const* name, model_set const& m) {
    return z_factor_of(element_named(name), kev(80), haadf, m).value;
  };
  CHECK(z("Co", default_models()) == doctest::Approx(1.096e4).epsilon(0.02));
  CHECK(z("Co", default_models()) / z("C", default_models()) == doctest::Approx(3.42).epsilon(0.03));
  CHECK(z("Co", yuan2020()) / z("C", yuan2020()) == doctest::Approx(1.65).epsilon(0.01));
  CHECK(z_factor_of(element_named("Co"), kev(80)).value > 5 * z("Co", default_models()));
}

TEST_CASE("all factors of a line are the same number in other units") {
  edx_detector const d{.solid_angle = steradian(0.9)};
  auto const& fe = line_named("Fe_Ka");
  auto const& si = line_named("Si_Ka");
  auto const f = f_factor_of(fe, kev(200), d);
  CHECK(zeta_factor_of(fe, kev(200), d) == to_zeta(f, steradian(0.9)));
  CHECK(cross_section_of(fe, kev(200), d) == to_cross_section(f, steradian(0.9), fe.of));
  auto const k = k_factor_of(fe, si, kev(200), d);
  CHECK(k.value == doctest::Approx(f_factor_of(si, kev(200), d) / f));
  CHECK(k.reference == element_named("Si"));
  CHECK(k_factor_of(si, si, kev(200), d).value == 1);
}
