// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/mass_scale.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace tomoedx;
using physics::element_named;

namespace {
std::vector<physics::element> const of{element_named("Co"), element_named("Zn")};
template <class Factor>
std::span<Factor const> all(std::vector<Factor> const& v) {
  return v;
}
}  // namespace

TEST_CASE("factors of every kind that say the same give the same ratios of masses") {
  std::vector<f_factor> const f{f_factor(2.25), f_factor(1.84)};
  steradian const omega(0.7);
  std::vector<zeta_factor> zeta;
  std::vector<partial_cross_section> sigma;
  std::vector<k_factor<fraction::weight>> k;
  std::vector<k_factor<fraction::atomic>> atoms;
  for (std::size_t e = 0; e < 2; ++e) {
    zeta.push_back(to_zeta(f[e], omega));
    sigma.push_back(to_cross_section(f[e], omega, of[e]));
    k.push_back(to_k(f[e], f[0], of[0]));
    atoms.push_back(to_atomic(k[e], of[e]));
  }
  double const expected = 2.25 / 1.84;
  for (mass_scale const& s :
       {masses(all(f)), masses(all(zeta)), masses(all(sigma), of), masses(all(k)), masses(all(atoms), of),
        densities(all(zeta), 1e6, nanometre(2)), densities(all(f), omega, 1e6, nanometre(2)),
        densities(all(sigma), of, 1e6, nanometre(2))})
    CHECK(s.per_value[1] / s.per_value[0] == doctest::Approx(expected));
  CHECK(!masses(all(f)).absolute);
  CHECK(densities(all(zeta), 1e6, nanometre(2)).absolute);
}

TEST_CASE("z factors divide, too") {
  std::vector<z_factor> const z{z_factor(9.49e4), z_factor(9.96e4)};
  auto const s = masses(all(z));
  CHECK(s.per_value[1] / s.per_value[0] == doctest::Approx(9.49 / 9.96));
}

TEST_CASE("densities are what the equations of the signals say") {
  // Yuan eq. 4 by hand: counts of a voxel of pure cobalt, 8.9 g/cm3, 2 nm wide
  double const dose = 3.121e8, omega = 0.7, f = 2.25;
  double const grams_per_cm2 = 8.9 * 2e-7;
  double const counts = 6.02214076e23 * (f * 1e-24) * grams_per_cm2 * dose * omega / (4 * 3.14159265358979);
  auto const s = densities(std::vector<f_factor>{f_factor(f)}, steradian(omega), dose, nanometre(2));
  CHECK(counts * s.per_value[0] == doctest::Approx(8.9));
  // eq. 13: electrons
  double const electrons = 1e5 * 6.02214076e23 * (9.49e4 * 1e-24) * grams_per_cm2;
  auto const h = densities(std::vector<z_factor>{z_factor(9.49e4)}, 1e5, nanometre(2));
  CHECK(electrons * h.per_value[0] == doctest::Approx(8.9));
  CHECK(h.absolute);
}

TEST_CASE("lists that do not fit, doses and voxels that mean nothing are refused") {
  std::vector<partial_cross_section> const one{partial_cross_section(3)};
  CHECK_THROWS_AS(masses(all(one), of), shape_error);
  CHECK_THROWS_AS(masses(std::span<f_factor const>{}), shape_error);
  std::vector<f_factor> const bad{f_factor(0)};
  CHECK_THROWS_AS(masses(all(bad)), value_error);
  std::vector<zeta_factor> const zeta{zeta_factor(100)};
  CHECK_THROWS_AS(densities(all(zeta), 0, nanometre(1)), value_error);
  CHECK_THROWS_AS(densities(all(zeta), 1, nanometre(-1)), value_error);
}
