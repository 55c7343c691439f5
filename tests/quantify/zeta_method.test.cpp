// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/zeta_method.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <doctest/doctest.h>
#include <quantify/hyperspy_case.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace tomoedx;
using tomoedx_tests::hyperspy_case;

namespace {
std::vector<zeta_factor> const zetas{zeta_factor(20), zeta_factor(50)};
}

TEST_CASE("HyperSpy's mass thickness of 2.7126e-3 kg/m2 and 80.96229 wt% Zn are met") {
  hyperspy_case const c;
  auto const r = zeta_method(c.counts, zetas, c.dose);
  CHECK(std::abs(r.mass_thickness[0] - 2.7125736e-3) < 1e-9);
  CHECK(std::abs(100 * r.fractions[1] - 80.962288) < 1e-5);
}

TEST_CASE(
    "HyperSpy's 65.5867 wt% Zn with absorption are met at its second round, and the end is a fixed point") {
  hyperspy_case const c;
  map_options o;
  o.absorption = absorbing_slab{.table = c.table, .take_off = degree(35)};
  o.iterations = 2;
  auto const published = zeta_method(c.counts, zetas, c.dose, o);
  CHECK(std::abs(100 * published.fractions[1] - 65.5867) < 5e-5);
  CHECK(published.unconverged == 1);  // and says so

  o.iterations = 50;
  auto const r = zeta_method(c.counts, zetas, c.dose, o);
  CHECK(r.unconverged == 0);
  double const w[] = {r.fractions[0], r.fractions[1]};
  double m[2];
  for (std::size_t l = 0; l < 2; ++l)
    m[l] = zetas[l].value * c.counts[l] / c.dose *
           slab_correction(slab_depth(c.table, l, w, r.mass_thickness[0], degree(35)));
  CHECK(m[0] + m[1] == doctest::Approx(r.mass_thickness[0]).epsilon(1e-6));
  CHECK(m[1] / (m[0] + m[1]) == doctest::Approx(w[1]).epsilon(1e-6));
}

TEST_CASE("a simulated slab comes back, thin and thick") {
  hyperspy_case const c;
  for (double const rho_t : {1e-6, 1e-4, 1e-3, 3e-3}) {  // up to half a micrometre of the alloy
    double const w[] = {0.3, 0.7};
    std::vector<float> counts;
    for (std::size_t l = 0; l < 2; ++l)
      counts.push_back(static_cast<float>(w[l] * rho_t * 1e11 / zetas[l].value /
                                          slab_correction(slab_depth(c.table, l, w, rho_t, degree(20)))));
    map_options o;
    o.absorption = absorbing_slab{.table = c.table, .take_off = degree(20)};
    o.iterations = 500;
    auto const r = zeta_method(counts, zetas, 1e11, o);
    CHECK(r.unconverged == 0);
    CHECK(r.fractions[0] == doctest::Approx(0.3).epsilon(1e-5));
    CHECK(r.mass_thickness[0] == doctest::Approx(rho_t).epsilon(1e-5));
    o.absorption.reset();
    auto const thin = zeta_method(counts, zetas, 1e11, o);
    if (rho_t < 1e-5) CHECK(thin.fractions[0] == doctest::Approx(0.3).epsilon(2e-3));
    if (rho_t > 5e-4) CHECK(thin.fractions[0] < 0.25);  // so the correction did something
  }
}

TEST_CASE("more counts than the thickest slab can give are reported, not made up") {
  hyperspy_case const c;
  map_options o;
  o.absorption = absorbing_slab{.table = c.table, .take_off = degree(5)};
  std::vector<float> const counts{9e5f, 9e5f};
  auto const r = zeta_method(counts, zetas, c.dose, o);
  CHECK(r.unconverged == 1);
  CHECK(r.converged[0] == 0);
  for (float const f : r.fractions) CHECK((std::isfinite(f) && f >= 0 && f <= 1));
  CHECK(std::isfinite(r.mass_thickness[0]));
  CHECK(std::isfinite(r.sigma[0]));
}

TEST_CASE("uncertainties of fractions and mass thickness are the scatter of Poisson counts") {
  absorption_table const table{3, {370, 4800, 700, 40, 44, 30, 3000, 900, 1200}};
  std::vector<zeta_factor> const zeta{zeta_factor(200), zeta_factor(350), zeta_factor(500)};
  double const mean[] = {900, 1500, 300};
  std::size_t const n = 4000;
  std::vector<float> counts(3 * n), exact{900, 1500, 300};
  for (std::size_t e = 0; e < 3; ++e) {
    auto const map = std::span(counts).subspan(e * n, n);
    std::fill(map.begin(), map.end(), static_cast<float>(mean[e]));
    simulate::poisson_counts(std::span<float const>(map), 17 + e, map);
  }
  for (bool const thick : {false, true}) {
    map_options o;
    if (thick) o.absorption = absorbing_slab{.table = table, .take_off = degree(20)};
    double const dose = 1e9;  // 0.9e-3 kg/m2
    auto const noisy = zeta_method(counts, zeta, dose, o), once = zeta_method(exact, zeta, dose, o);
    REQUIRE(noisy.unconverged == 0);
    auto const scatter = [n](std::span<float const> values) {
      double sum = 0, squares = 0;
      for (float const f : values) sum += f, squares += static_cast<double>(f) * f;
      double const m = sum / static_cast<double>(n);
      return std::sqrt(squares / static_cast<double>(n) - m * m);
    };
    for (std::size_t e = 0; e < 3; ++e)
      CHECK(once.sigma[e] == doctest::Approx(scatter(noisy.of(e))).epsilon(0.06));
    CHECK(once.mass_thickness_sigma[0] == doctest::Approx(scatter(noisy.mass_thickness)).epsilon(0.06));
  }
}

TEST_CASE("vacuum has no mass and no NaN, and nonsense is refused") {
  std::vector<float> const counts{0, 10, 0, 20};
  auto const r = zeta_method(counts, zetas, 1e9);
  CHECK((r.mass_thickness[0] == 0 && r.mass_thickness_sigma[0] == 0 && r.fractions[0] == 0));
  CHECK(r.mass_thickness[1] == doctest::Approx((20 * 10 + 50 * 20) / 1e9));
  CHECK_THROWS_AS(zeta_method(counts, zetas, 0), value_error);
  CHECK_THROWS_AS(zeta_method(counts, std::vector<zeta_factor>{}, 1), shape_error);
  CHECK_THROWS_AS(zeta_method(counts, std::vector<zeta_factor>{zeta_factor(1), zeta_factor(-1)}, 1),
                  value_error);
}
