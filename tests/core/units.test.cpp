// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/units.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <numbers>

namespace {

using tomoedx::degree, tomoedx::nanometre, tomoedx::radian;

template <class A, class B>
concept addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept multipliable = requires(A a, B b) {
  a* b;
};

// what keeps the unit is offered ...
static_assert(nanometre(2) + nanometre(3) == nanometre(5));
static_assert(nanometre(2) - nanometre(3) == nanometre(-1));
static_assert(-nanometre(2) == nanometre(-2));
static_assert(2 * nanometre(3) == nanometre(6) && nanometre(3) * 2 == nanometre(6));
static_assert(nanometre(3) / nanometre(2) == 1.5);
static_assert(nanometre(1) < nanometre(2) && degree().value == 0);
static_assert(std::same_as<decltype(nanometre(3) / nanometre(2)), double>);
// ... and nothing that loses or mixes it
static_assert(addable<nanometre, nanometre> && !addable<nanometre, degree> && !addable<nanometre, double>);
static_assert(!addable<degree, radian> && !std::convertible_to<degree, radian>);
static_assert(!multipliable<nanometre, nanometre>);
static_assert(!std::convertible_to<double, nanometre> && !std::convertible_to<nanometre, double>);
static_assert(sizeof(nanometre) == sizeof(double));

}  // namespace

TEST_CASE("degrees and radians go over into each other") {
  CHECK(tomoedx::to_radian(degree(180)).value == std::numbers::pi);
  CHECK(tomoedx::to_radian(degree(-45)).value == doctest::Approx(-std::numbers::pi / 4).epsilon(1e-15));
  for (double a = -360; a <= 360; a += 0.7)
    CHECK(tomoedx::to_degree(tomoedx::to_radian(degree(a))).value == doctest::Approx(a).epsilon(1e-14));
}

TEST_CASE("quantities change in place") {
  tomoedx::kiloelectronvolt e(2);
  e += tomoedx::kiloelectronvolt(1.5);
  e *= 2;
  CHECK(e.value == 7);
}
