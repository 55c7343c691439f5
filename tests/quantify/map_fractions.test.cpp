// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/cliff_lorimer.hpp>
#include <tomoedx/quantify/cross_section_method.hpp>
#include <tomoedx/quantify/map_fractions.hpp>
#include <tomoedx/quantify/zeta_method.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace tomoedx;
using physics::element_named;

namespace {

std::size_t const n = 9000;  // several blocks

std::vector<float> counts() {
  std::vector<float> c(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    if (i % 5 == 0) continue;
    c[i] = static_cast<float>(i % 97), c[n + i] = static_cast<float>(i % 31 * 7);
  }
  return c;
}

}  // namespace

TEST_CASE("all three methods agree where their factors say the same, pixel for pixel") {
  std::vector<physics::element> const of{element_named("Mg"), element_named("Fe")};
  std::vector<zeta_factor> const zeta{zeta_factor(150), zeta_factor(400)};
  std::vector<partial_cross_section> sigma;
  std::vector<k_factor<fraction::weight>> k;
  for (std::size_t e = 0; e < 2; ++e) {
    sigma.push_back(to_cross_section(zeta[e], of[e]));
    k.push_back(to_k(zeta[e], zeta[0], of[0]));
  }
  auto const c = counts();
  auto const a = cliff_lorimer(c, k), b = zeta_method(c, zeta, 1e9);
  auto const s = cross_section_method(c, sigma, of, 1e9);
  CHECK(a.inside == b.inside);
  CHECK(a.inside == s.inside);
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE(std::abs(a.fractions[i] - b.fractions[i]) < 1e-6f);
    REQUIRE(std::abs(a.sigma[i] - b.sigma[i]) < 1e-6f);
    double const moles[] = {a.fractions[i] / of[0].weight(), a.fractions[n + i] / of[1].weight()};
    if (a.inside[i]) REQUIRE(std::abs(s.fractions[i] - moles[0] / (moles[0] + moles[1])) < 1e-6);
    REQUIRE(std::abs(a.fractions[i] + a.fractions[n + i] - a.inside[i]) < 1e-6f);
  }
}

TEST_CASE("Poisson's sigma of few counts is that of one") {
  std::vector<float> const none{0, 100};
  std::vector<k_factor<fraction::weight>> const k{{1, element_named("Fe")}, {1, element_named("Fe")}};
  auto const r = cliff_lorimer(none, k);
  CHECK(r.fractions[0] == 0);
  CHECK(r.sigma[0] == doctest::Approx(0.01));
}

TEST_CASE("options and tables are checked before anything is computed") {
  std::vector<float> const c{1, 2};
  std::vector<zeta_factor> const zeta{zeta_factor(1), zeta_factor(2)};
  auto const refused = [&](auto const& change) {
    map_options o;
    o.absorption = absorbing_slab{.table = {2, {1, 2, 3, 4}}, .take_off = degree(30)};
    change(o);
    CHECK_THROWS_AS(zeta_method(c, zeta, 1e9, o), error);
  };
  std::vector<std::uint8_t> const mask{1, 1};
  double const one[] = {0.1}, wild[] = {0.1, 50};
  refused([](map_options& o) { o.least_counts = -1; });
  refused([&](map_options& o) { o.inside = mask; });
  refused([&](map_options& o) { o.factor_uncertainty = one; });
  refused([&](map_options& o) { o.factor_uncertainty = wild; });
  refused([](map_options& o) { o.iterations = 0; });
  refused([](map_options& o) { o.tolerance = 0; });
  refused([](map_options& o) { o.absorption->take_off = degree(0); });
  refused([](map_options& o) { o.absorption->table.mu[1] = std::nan(""); });
  refused([](map_options& o) { o.absorption->table = {1, {1}}; });
  std::vector<float> const many(25);
  CHECK_THROWS_AS(zeta_method(many, std::vector<zeta_factor>(25, zeta_factor(1)), 1), shape_error);
}
