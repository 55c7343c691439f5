// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/factors.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <limits>

using namespace tomoedx;
using physics::element_named;

namespace {
template <class A, class B>
concept addable = requires(A a, B b) {
  a + b;
};
// one kind of factor is not another
static_assert(!addable<f_factor, z_factor> && !std::convertible_to<f_factor, z_factor>);
static_assert(!std::convertible_to<double, zeta_factor> &&
              !std::convertible_to<zeta_factor, partial_cross_section>);
static_assert(!std::convertible_to<k_factor<fraction::weight>, k_factor<fraction::atomic>>);
}  // namespace

TEST_CASE("cobalt at f = 2.25 and 0.7 sr is 7.39 barn and 132.5 kg/m2") {
  auto const co = element_named("Co");
  steradian const omega(0.7);
  CHECK(to_cross_section(f_factor(2.25), omega, co).value == doctest::Approx(7.39).epsilon(5e-4));
  CHECK(to_zeta(f_factor(2.25), omega).value == doctest::Approx(132.5).epsilon(5e-4));
}

TEST_CASE("HyperSpy's cross sections and zeta factors of Pt and Ni are met, with its atomic weights") {
  atomic_weight const pt(195.084), ni(58.6934);
  CHECK(std::abs(to_zeta(partial_cross_section(3), pt).value - 1079.815) < 1e-3);
  CHECK(std::abs(to_zeta(partial_cross_section(6), ni).value - 162.438) < 1e-3);
  CHECK(std::abs(to_cross_section(zeta_factor(1079.815), pt).value - 3) < 1e-6);
  CHECK(std::abs(to_cross_section(zeta_factor(162.438), ni).value - 6) < 1e-5);
  // the standard weights are abridged to five figures
  CHECK(to_zeta(partial_cross_section(3), element_named("Pt")).value ==
        doctest::Approx(1079.815).epsilon(3e-5));
  CHECK(to_zeta(partial_cross_section(6), element_named("Ni")).value ==
        doctest::Approx(162.438).epsilon(3e-5));
}

TEST_CASE("conversions lead back to where they began, by every way") {
  steradian const omega(0.31);
  for (char const* name : {"O", "Fe", "Au"}) {
    auto const of = element_named(name);
    f_factor const f(1.7);
    CHECK(to_f(to_zeta(f, omega), omega).value == doctest::Approx(f.value).epsilon(1e-14));
    CHECK(to_f(to_cross_section(f, omega, of), omega, of).value == doctest::Approx(f.value).epsilon(1e-14));
    CHECK(to_zeta(to_cross_section(f, omega, of), of).value ==
          doctest::Approx(to_zeta(f, omega).value).epsilon(1e-14));
    CHECK(to_cross_section(to_zeta(f, omega), of).value ==
          doctest::Approx(to_cross_section(f, omega, of).value).epsilon(1e-14));
  }
}

TEST_CASE("k factors of weight and of atoms differ by the ratio of atomic weights") {
  auto const fe = element_named("Fe"), si = element_named("Si");
  f_factor const f_fe(2), f_si(5);
  steradian const omega(0.7);
  auto const k = to_k(f_fe, f_si, si);
  CHECK(k.value == doctest::Approx(2.5));
  CHECK(k.reference == si);
  CHECK(to_k(to_zeta(f_fe, omega), to_zeta(f_si, omega), si).value == doctest::Approx(2.5));
  auto const of_atoms = to_k(to_cross_section(f_fe, omega, fe), to_cross_section(f_si, omega, si), si);
  CHECK(of_atoms.value == doctest::Approx(2.5 * si.weight() / fe.weight()));
  CHECK(to_atomic(k, fe).value == doctest::Approx(of_atoms.value));
  CHECK(to_weight(of_atoms, fe).value == doctest::Approx(k.value));
  CHECK(to_f(k, f_si).value == doctest::Approx(f_fe.value));
  CHECK(to_zeta(k, to_zeta(f_si, omega)).value == doctest::Approx(to_zeta(f_fe, omega).value));
}

TEST_CASE("response ratios of Yuan's factors are 1.283 for zinc against cobalt") {
  steradian const omega(0.7);
  double const co = response_ratio(z_factor(9.49e4), f_factor(2.25), omega, 1e5, 3.121e8);
  double const zn = response_ratio(z_factor(9.96e4), f_factor(1.84), omega, 1e5, 3.121e8);
  CHECK(zn / co == doctest::Approx(1.283).epsilon(5e-4));
  // eq. 16 by hand: dose_H z / (dose_X Omega / 4 pi f)
  CHECK(co == doctest::Approx(1e5 * 9.49e4 / (3.121e8 * 0.7 / 12.566370614 * 2.25)).epsilon(1e-9));
}

TEST_CASE("factors and solid angles that mean nothing are refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const fe = element_named("Fe");
  CHECK_THROWS_AS(to_zeta(f_factor(0), steradian(0.7)), value_error);
  CHECK_THROWS_AS(to_zeta(f_factor(nan), steradian(0.7)), value_error);
  CHECK_THROWS_AS(to_zeta(f_factor(1), steradian(0)), value_error);
  CHECK_THROWS_WITH_AS(
      to_zeta(f_factor(1), steradian(13)),
      "factors: the solid angle is 13 sr; it must be above 0 and at most 4 pi, a whole sphere", value_error);
  CHECK_THROWS_AS(to_cross_section(zeta_factor(-1), fe), value_error);
  CHECK_THROWS_AS(to_k(f_factor(1), f_factor(0), fe), value_error);
  CHECK_THROWS_AS(response_ratio(z_factor(1), f_factor(1), steradian(1), 0, 1), value_error);
}
