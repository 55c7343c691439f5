// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/cliff_lorimer.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <doctest/doctest.h>
#include <quantify/hyperspy_case.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace tomoedx;
using physics::element_named;
using tomoedx_tests::hyperspy_case;

namespace {

using by_weight = std::vector<k_factor<fraction::weight>>;

by_weight factors(std::vector<double> const& values) {
  by_weight k;
  for (double const v : values) k.push_back({v, element_named("Al")});
  return k;
}

}  // namespace

TEST_CASE("HyperSpy's 22.70779 wt% Al are met") {
  hyperspy_case const c;
  auto const k = factors({c.k[0], c.k[1]});
  auto const r = cliff_lorimer(c.counts, k);
  CHECK(std::abs(100 * r.fractions[0] - 22.70779) < 5e-6);
  CHECK(std::abs(100 * r.fractions[1] - 77.29221) < 5e-6);
}

TEST_CASE("HyperSpy's 31.8169 wt% Al through 300 nm are met step by step, with the density it takes") {
  // it ends after three rounds, and weighs densities by mass: both are done here by hand
  hyperspy_case const c;
  auto const k = factors({c.k[0], c.k[1]});
  auto const thin = cliff_lorimer(c.counts, k);
  double w[2] = {thin.fractions[0], thin.fractions[1]};
  for (int round = 0; round < 3; ++round) {
    double const rho_t = 1e3 * (w[0] * c.densities[0] + w[1] * c.densities[1]) * 300e-9;
    std::vector<float> corrected(2);
    for (std::size_t l = 0; l < 2; ++l)
      corrected[l] =
          static_cast<float>(c.counts[l] * slab_correction(slab_depth(c.table, l, w, rho_t, degree(35))));
    auto const r = cliff_lorimer(corrected, k);
    w[0] = r.fractions[0], w[1] = r.fractions[1];
  }
  CHECK(std::abs(100 * w[0] - 31.8169) < 5e-5);

  // and the whole of it agrees where the same density is given to both
  double const fixed = w[0] * c.densities[0] + w[1] * c.densities[1];
  double v[2] = {thin.fractions[0], thin.fractions[1]};
  for (int round = 0; round < 60; ++round) {
    double m[2];
    for (std::size_t l = 0; l < 2; ++l)
      m[l] =
          c.k[l] * c.counts[l] * slab_correction(slab_depth(c.table, l, v, 1e3 * fixed * 300e-9, degree(35)));
    v[0] = m[0] / (m[0] + m[1]), v[1] = m[1] / (m[0] + m[1]);
  }
  map_options o;
  o.absorption =
      absorbing_slab{.table = c.table, .take_off = degree(35), .thickness = nanometre(300), .density = fixed};
  auto const r = cliff_lorimer(c.counts, k, o);
  CHECK(r.fractions[0] == doctest::Approx(v[0]).epsilon(1e-7));
  CHECK(r.unconverged == 0);
  CHECK(r.iterations > 3);
}

TEST_CASE("densities of elements mix by volume in the correction") {
  hyperspy_case const c;
  auto const k = factors({c.k[0], c.k[1]});
  map_options o;
  o.absorption = absorbing_slab{.table = c.table,
                                .take_off = degree(35),
                                .thickness = nanometre(300),
                                .density = {},
                                .densities = {2.7, 7.14}};
  auto const r = cliff_lorimer(c.counts, k, o);
  double const w[] = {r.fractions[0], r.fractions[1]};
  o.absorption->densities = {};
  o.absorption->density = mixture_density(w, c.densities);
  auto const same = cliff_lorimer(c.counts, k, o);
  CHECK(same.fractions[0] == doctest::Approx(r.fractions[0]).epsilon(1e-6));
  // strong absorption: it must be seen
  CHECK(r.fractions[0] > 0.28);
}

TEST_CASE("HyperSpy's cases with zeros are met") {
  std::vector<float> const counts{0.5f, 0, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0, 0.5f, 0, 0.5f, 0.5f, 0.5f, 0, 0};
  map_options o;
  o.least_counts = 0.1;
  auto const r = cliff_lorimer(counts, factors({1, 1, 3}), o);
  float const expected[] = {0.2f, 0, 0.25f, 0.5f, 1, 0.2f, 0.25f, 0, 0.5f, 0, 0.6f, 0.75f, 0.75f, 0, 0};
  for (std::size_t i = 0; i < 15; ++i) CHECK(r.fractions[i] == doctest::Approx(expected[i]));
}

TEST_CASE("vacuum is 0 and no NaN, by counts or by mask") {
  std::vector<float> const counts{0, 3, 40, -5, 0, 4, 60, 2};
  auto const k = factors({1, 2});
  auto r = cliff_lorimer(counts, k, {.least_counts = 10});
  CHECK(r.inside == std::vector<std::uint8_t>{0, 0, 1, 0});
  CHECK(r.count_inside == 1);
  for (std::size_t i = 0; i < 8; ++i) CHECK(std::isfinite(r.fractions[i]));
  for (std::size_t i : {0, 1, 3, 4, 5, 7}) CHECK((r.fractions[i] == 0 && r.sigma[i] == 0));
  CHECK(r.fractions[2] + r.fractions[6] == doctest::Approx(1));
  std::vector<std::uint8_t> const mask{1, 1, 0, 1};
  r = cliff_lorimer(counts, k, {.inside = mask});
  CHECK(r.inside == std::vector<std::uint8_t>{0, 1, 0, 1});  // where nothing was counted there is no fraction
  CHECK(r.fractions[1] == doctest::Approx(3.0 / 11));
  CHECK(r.fractions[7] == 1);  // the other one was below zero
}

TEST_CASE("k factors by atoms give atomic fractions, and those by weight agree with them") {
  std::vector<physics::element> const of{element_named("Al"), element_named("Zn")};
  hyperspy_case const c;
  auto const weight = factors({c.k[0], c.k[1]});
  std::vector<k_factor<fraction::atomic>> atoms;
  for (std::size_t e = 0; e < 2; ++e) atoms.push_back(to_atomic(weight[e], of[e]));
  map_options o;
  o.absorption =
      absorbing_slab{.table = c.table, .take_off = degree(35), .thickness = nanometre(100), .density = 5};
  for (bool const thick : {false, true}) {
    if (!thick)
      o.absorption.reset();
    else
      o.absorption =
          absorbing_slab{.table = c.table, .take_off = degree(35), .thickness = nanometre(100), .density = 5};
    auto const w = cliff_lorimer(c.counts, weight, o);
    auto const a = cliff_lorimer(c.counts, std::span<k_factor<fraction::atomic> const>(atoms), of, o);
    double const n = w.fractions[0] / of[0].weight() + w.fractions[1] / of[1].weight();
    CHECK(a.fractions[0] == doctest::Approx(w.fractions[0] / of[0].weight() / n).epsilon(1e-6));
  }
}

TEST_CASE("uncertainties are the scatter of Poisson counts, thin and thick") {
  double const mean[] = {400, 900, 250};
  absorption_table const table{3, {370, 4800, 700, 40, 44, 30, 3000, 900, 1200}};
  auto const k = factors({1, 2, 0.7});
  std::size_t const n = 4000;
  std::vector<float> counts(3 * n), exact{400, 900, 250};
  for (std::size_t e = 0; e < 3; ++e) {
    auto const map = std::span(counts).subspan(e * n, n);
    std::fill(map.begin(), map.end(), static_cast<float>(mean[e]));
    simulate::poisson_counts(std::span<float const>(map), 7 + e, map);
  }
  for (double const nm : {0.0, 300.0, 800.0}) {
    map_options o;
    if (nm > 0)
      o.absorption =
          absorbing_slab{.table = table, .take_off = degree(25), .thickness = nanometre(nm), .density = 4};
    auto const noisy = cliff_lorimer(counts, k, o), once = cliff_lorimer(exact, k, o);
    for (std::size_t e = 0; e < 3; ++e) {
      double sum = 0, squares = 0;
      for (float const f : noisy.of(e)) sum += f, squares += static_cast<double>(f) * f;
      double const scatter = std::sqrt(squares / n - sum / n * sum / n);
      CHECK(once.sigma[e] == doctest::Approx(scatter).epsilon(0.06));
    }
  }
}

TEST_CASE("given sigmas are used, and uncertain factors count like uncertain counts") {
  std::vector<float> const counts{100, 300}, sigma{5, 9};
  auto const k = factors({1, 2});
  auto const r = cliff_lorimer(counts, k, {}, sigma);
  // C = a / (a + b): sigma^2 = (b^2 va + a^2 vb) / (a + b)^4
  double const a = 100, b = 600, va = 25, vb = 4 * 81;
  CHECK(r.sigma[0] == doctest::Approx(std::sqrt(b * b * va + a * a * vb) / ((a + b) * (a + b))));
  CHECK(r.sigma[1] == doctest::Approx(r.sigma[0]));
  double const u[] = {0.05, 0.03};
  auto const same = cliff_lorimer(counts, k, {.factor_uncertainty = u}, std::vector<float>{0, 0});
  double const wa = 25, wb = 4 * 81;  // 5 % of 100 is 5, 3 % of 300 is 9
  CHECK(same.sigma[0] == doctest::Approx(std::sqrt(b * b * wa + a * a * wb) / ((a + b) * (a + b))));
}

TEST_CASE("a pixel whose atoms add to less than none is vacuum, though its mass does not") {
  std::vector<physics::element> const of{element_named("Pt"), element_named("C")};
  std::vector<k_factor<fraction::atomic>> const k{{1, of[0]}, {1, of[0]}};
  std::vector<float> const counts{10, -20};  // noise, kept
  std::vector<std::uint8_t> const mask{1};
  auto const r = cliff_lorimer(counts, k, of, {.inside = mask, .below_zero = negatives::keep});
  CHECK(r.inside[0] == 0);
  CHECK(r.fractions == std::vector<float>{0, 0});
}

TEST_CASE("what means nothing is refused") {
  std::vector<float> const counts{1, 2};
  auto const k = factors({1, 2});
  float const nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(cliff_lorimer(std::vector<float>{1, nan}, k), value_error);
  CHECK_THROWS_AS(cliff_lorimer(std::vector<float>{1, 2, 3}, k), shape_error);
  CHECK_THROWS_AS(cliff_lorimer(counts, factors({1, 0})), value_error);
  CHECK_THROWS_AS(cliff_lorimer(counts, k, {.least_counts = 0}), value_error);
  CHECK_THROWS_AS(cliff_lorimer(counts, k, {}, std::vector<float>{1}), shape_error);
  CHECK_THROWS_AS(cliff_lorimer(counts, k, {}, std::vector<float>{1, -1}), value_error);
  auto mixed = k;
  mixed[1].reference = element_named("Zn");
  CHECK_THROWS_AS(cliff_lorimer(counts, mixed), value_error);
  map_options o;
  o.absorption =
      absorbing_slab{.table = {2, {1, 2, 3, 4}}, .take_off = degree(30), .thickness = nanometre(10)};
  CHECK_THROWS_WITH_AS(
      cliff_lorimer(counts, k, o),
      "cliff_lorimer: there is no density; an absorption correction needs the density of the slab, or "
      "that of each element",
      value_error);
  o.absorption->density = 5;
  o.absorption->take_off = degree(-3);
  CHECK_THROWS_AS(cliff_lorimer(counts, k, o), value_error);
}
