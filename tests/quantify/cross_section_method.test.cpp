// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/cross_section_method.hpp>

#include <doctest/doctest.h>
#include <quantify/hyperspy_case.hpp>

#include <cmath>
#include <vector>

using namespace tomoedx;
using physics::element_named;
using tomoedx_tests::hyperspy_case;

namespace {
std::vector<physics::element> const of{element_named("Al"), element_named("Zn")};
using sections = std::vector<partial_cross_section>;
}  // namespace

TEST_CASE("HyperSpy's 36.2969 at% Al and 49.4889 at% are met, and its numbers of atoms") {
  hyperspy_case const c;
  auto r = cross_section_method(
      c.counts, sections{partial_cross_section(22.402), partial_cross_section(21.7132)}, of, c.dose);
  CHECK(std::abs(100 * r.fractions[0] - 36.2969) < 5e-5);
  r = cross_section_method(c.counts, sections{partial_cross_section(3), partial_cross_section(5)}, of,
                           c.dose);
  CHECK(std::abs(100 * r.fractions[0] - 49.4889) < 5e-5);
  // pixels of 0.25 nm2
  CHECK(r.atoms[0] * 0.25 == doctest::Approx(21517.1649).epsilon(1e-6));
  CHECK(r.atoms[1] * 0.25 == doctest::Approx(21961.6168).epsilon(1e-6));
}

TEST_CASE("HyperSpy's 44.0253 at% Zn with absorption are met at its second round") {
  hyperspy_case const c;
  map_options o;
  o.absorption = absorbing_slab{.table = c.table, .take_off = degree(35)};
  o.iterations = 2;
  // its cross sections are made from zeta 20 and 50 with its atomic weights
  auto const r = cross_section_method(
      c.counts,
      sections{partial_cross_section(22.401949468879568), partial_cross_section(21.713208842365216)}, of,
      c.dose, o);
  CHECK(std::abs(100 * r.fractions[1] - 44.0253) < 5e-5);
}

TEST_CASE("it is the zeta method, counting atoms") {
  hyperspy_case const c;
  sections const sigma{partial_cross_section(12), partial_cross_section(9)};
  std::vector<zeta_factor> zeta;
  for (std::size_t e = 0; e < 2; ++e) zeta.push_back(to_zeta(sigma[e], of[e]));
  map_options o;
  o.absorption = absorbing_slab{.table = c.table, .take_off = degree(35)};
  double const u[] = {0.02, 0.05};
  o.factor_uncertainty = u;
  auto const a = cross_section_method(c.counts, sigma, of, 10 * c.dose, o);
  auto const w = zeta_method(c.counts, zeta, 10 * c.dose, o);
  REQUIRE(a.unconverged == 0);
  CHECK(a.mass_thickness[0] == doctest::Approx(w.mass_thickness[0]).epsilon(1e-6));
  CHECK(a.mass_thickness_sigma[0] == doctest::Approx(w.mass_thickness_sigma[0]).epsilon(1e-5));
  double const n = w.fractions[0] / of[0].weight() + w.fractions[1] / of[1].weight();
  CHECK(a.fractions[0] == doctest::Approx(w.fractions[0] / of[0].weight() / n).epsilon(1e-6));
  // atoms per nm2 weigh what the mass thickness says: M / N_A kg each, 1e18 nm2 in a m2
  double mass = 0;
  for (std::size_t e = 0; e < 2; ++e) mass += a.atoms[e] * 1e18 * of[e].weight() * 1e-3 / 6.02214076e23;
  CHECK(mass == doctest::Approx(a.mass_thickness[0]).epsilon(1e-6));
}

TEST_CASE("a thin map's numbers of atoms scatter as its counts do, and vacuum has none") {
  std::vector<float> const counts{400, 0, 900, 0};
  auto const r =
      cross_section_method(counts, sections{partial_cross_section(5), partial_cross_section(8)}, of, 1e9);
  CHECK(r.atoms_sigma[0] / r.atoms[0] == doctest::Approx(1.0 / 20));
  CHECK(r.atoms_sigma[2] / r.atoms[2] == doctest::Approx(1.0 / 30));
  CHECK((r.atoms[1] == 0 && r.atoms[3] == 0 && r.inside[1] == 0));
}

TEST_CASE("nonsense is refused") {
  std::vector<float> const counts{1, 2};
  CHECK_THROWS_AS(cross_section_method(counts, sections{partial_cross_section(5)}, of, 1), shape_error);
  CHECK_THROWS_AS(
      cross_section_method(counts, sections{partial_cross_section(5), partial_cross_section(0)}, of, 1),
      value_error);
  CHECK_THROWS_AS(
      cross_section_method(counts, sections{partial_cross_section(5), partial_cross_section(1)}, of, -1),
      value_error);
}
