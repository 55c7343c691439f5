// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/quantify/calibrate.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace tomoedx;
using physics::element_named;

namespace {

std::vector<physics::element> const of{element_named("Fe"), element_named("S"), element_named("Ni")};
double const truth[] = {150, 220, 170};  // zeta

/// A standard with the counts that it gives on average.
standard ideal(std::vector<double> c, double rho_t, double dose) {
  standard s{.counts = {}, .weight_fractions = std::move(c), .mass_thickness = rho_t, .dose = dose};
  for (std::size_t e = 0; e < s.weight_fractions.size(); ++e)
    s.counts.push_back(s.weight_fractions[e] * rho_t * dose / truth[e]);
  return s;
}

}  // namespace

TEST_CASE("one exact standard gives the factors it was made with, in every unit") {
  std::vector<standard> const one{ideal({0.5, 0.3, 0.2}, 2e-4, 1e11)};
  auto const zeta = calibrate_zeta(one);
  auto const sigma = calibrate_cross_sections(one, of);
  auto const k = calibrate_k(one, of, 1);
  for (std::size_t e = 0; e < 3; ++e) {
    CHECK(zeta[e].factor.value == doctest::Approx(truth[e]));
    CHECK(zeta[e].sigma == doctest::Approx(truth[e] / std::sqrt(one[0].counts[e])));
    CHECK(sigma[e].factor.value == doctest::Approx(to_cross_section(zeta_factor(truth[e]), of[e]).value));
    CHECK(sigma[e].sigma / sigma[e].factor.value == doctest::Approx(zeta[e].sigma / truth[e]));
    CHECK(k[e].factor.value == doctest::Approx(truth[e] / truth[1]));
    CHECK(k[e].factor.reference == of[1]);
    if (e != 1)
      CHECK(k[e].sigma / k[e].factor.value ==
            doctest::Approx(std::sqrt(1 / one[0].counts[e] + 1 / one[0].counts[1])));
  }
  CHECK(k[1].sigma == 0);
}

TEST_CASE("uncertainties of composition, thickness and dose enter") {
  auto s = ideal({0.5, 0.3, 0.2}, 2e-4, 1e11);
  s.fraction_sigma = {0.05, 0, 0};
  s.mass_thickness_sigma = 0.03 * s.mass_thickness;
  s.dose_sigma = 0.02 * s.dose;
  s.sigma = {0.04 * s.counts[0], 0.04 * s.counts[1], 0.04 * s.counts[2]};
  std::vector<standard> const one{s};
  CHECK(calibrate_zeta(one)[0].sigma / truth[0] ==
        doctest::Approx(std::sqrt(0.01 + 0.0016 + 0.0009 + 0.0004)));
  CHECK(calibrate_zeta(one)[1].sigma / truth[1] == doctest::Approx(std::sqrt(0.0016 + 0.0009 + 0.0004)));
  auto const k = calibrate_k(one, of, 1);  // neither thickness nor dose matter
  CHECK(k[0].sigma / k[0].factor.value == doctest::Approx(std::sqrt(0.01 + 0.0016 + 0.0016)));
}

TEST_CASE("several standards with Poisson counts: unbiased, and the scatter is the stated sigma") {
  int const runs = 3000;
  double mean = 0, squares = 0, stated = 0, chi2 = 0, mean_k = 0, squares_k = 0, stated_k = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<standard> several{ideal({0.7, 0.3, 0}, 1e-4, 1e9), ideal({0.4, 0.4, 0.2}, 3e-4, 1e9),
                                  ideal({0, 0.5, 0.5}, 2e-4, 2e9)};
    std::uint64_t stream = 0;
    for (standard& s : several)
      for (double& c : s.counts) {
        random_stream g(static_cast<std::uint64_t>(run), stream++);
        c = std::round(c + std::sqrt(c) * g.normal());
      }
    auto const zeta = calibrate_zeta(several);
    auto const k = calibrate_k(several, of, 1);
    REQUIRE(zeta[0].standards == 2);
    REQUIRE(zeta[1].standards == 3);
    mean += zeta[1].factor.value / runs, squares += zeta[1].factor.value * zeta[1].factor.value / runs;
    mean_k += k[0].factor.value / runs, squares_k += k[0].factor.value * k[0].factor.value / runs;
    chi2 += zeta[1].chi2 / runs;
    double const widened = std::sqrt(std::max(zeta[1].chi2, 1.0)),
                 widened_k = std::sqrt(std::max(k[0].chi2, 1.0));
    stated += zeta[1].sigma / widened / runs, stated_k += k[0].sigma / widened_k / runs;
  }
  double const scatter = std::sqrt(squares - mean * mean), scatter_k = std::sqrt(squares_k - mean_k * mean_k);
  CHECK(std::abs(mean / truth[1] - 1) < 0.1 * scatter / truth[1]);
  CHECK(stated == doctest::Approx(scatter).epsilon(0.06));
  CHECK(chi2 == doctest::Approx(1).epsilon(0.1));
  CHECK(mean_k == doctest::Approx(truth[0] / truth[1]).epsilon(0.005));
  CHECK(stated_k == doctest::Approx(scatter_k).epsilon(0.06));
}

TEST_CASE("standards that contradict each other say so, and widen the uncertainty") {
  std::vector<standard> two{ideal({0.5, 0.3, 0.2}, 2e-4, 1e11), ideal({0.5, 0.3, 0.2}, 2e-4, 1e11)};
  two[1].mass_thickness *= 1.2;  // wrongly measured
  auto const r = calibrate_zeta(two);
  CHECK(r[0].chi2 > 100);
  CHECK(r[0].sigma / r[0].factor.value == doctest::Approx(std::log(1.2) / 2).epsilon(0.01));
}

TEST_CASE("a thick standard gives the same factors once its own absorption is undone") {
  absorption_table const table{3, {70, 200, 90, 1200, 240, 1500, 380, 170, 60}};
  auto s = ideal({0.5, 0.3, 0.2}, 2e-3, 1e11);
  for (std::size_t e = 0; e < 3; ++e)
    s.counts[e] /= slab_correction(slab_depth(table, e, s.weight_fractions, s.mass_thickness, degree(20)));
  CHECK(calibrate_zeta(std::vector<standard>{s})[1].factor.value > 1.2 * truth[1]);
  auto const undone = calibrate_zeta(std::vector<standard>{without_absorption(s, table, degree(20))});
  for (std::size_t e = 0; e < 3; ++e) {
    CHECK(undone[e].factor.value == doctest::Approx(truth[e]));
    CHECK(undone[e].sigma == doctest::Approx(truth[e] / std::sqrt(s.counts[e])));
  }
}

TEST_CASE("standards that say nothing are refused") {
  auto const good = ideal({0.5, 0.3, 0.2}, 2e-4, 1e11);
  auto const refused = [&](auto const& change) {
    auto s = good;
    change(s);
    std::vector<standard> const one{s};
    CHECK_THROWS_AS(calibrate_zeta(one), error);
  };
  CHECK_THROWS_AS(calibrate_zeta({}), shape_error);
  refused([](standard& s) { s.counts.pop_back(); });
  refused([](standard& s) { s.counts[0] = 0; });
  refused([](standard& s) { s.counts[0] = std::nan(""); });
  refused([](standard& s) { s.weight_fractions[0] = 0.9; });
  refused([](standard& s) { s.weight_fractions[0] = 0; });
  refused([](standard& s) { s.mass_thickness = 0; });
  refused([](standard& s) { s.dose = -1; });
  refused([](standard& s) { s.sigma = {1, 1, 0}; });
  refused([](standard& s) { s.fraction_sigma = {0.1}; });
  refused([](standard& s) { s.dose_sigma = std::numeric_limits<double>::infinity(); });
  auto uneven = good;
  uneven.sigma = {1};
  CHECK_THROWS_AS(without_absorption(uneven, {3, std::vector<double>(9, 100.0)}, degree(20)), shape_error);
  std::vector<standard> const apart{ideal({1, 0, 0}, 1e-4, 1e9), ideal({0, 1, 0}, 1e-4, 1e9)};
  CHECK_THROWS_AS(calibrate_k(apart, of, 1), value_error);
}
