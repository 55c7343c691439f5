// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/reference_risk.hpp>

#include <doctest/doctest.h>

#include <limits>

#include "risk_scene.hpp"

namespace s = risk_scene;

static_assert(tomoedx::denoiser<s::blur<float>>);

TEST_CASE_TEMPLATE("the reference risk is the mean squared error", T, float, double) {
  auto const clean = s::truth<T>(2, 24, 31, 10);
  auto const noisy = s::with_gaussian(clean, 3, 2.0);
  tomoedx::reference_risk risk(noisy, clean);
  for (double const sigma : {0.5, 2.0}) {
    s::blur<T> d{sigma};
    CHECK(risk(d) == doctest::Approx(s::true_mse(d, noisy, clean)).epsilon(1e-12));
  }
  s::nothing<T> none;
  CHECK(tomoedx::reference_risk(clean, clean)(none) == 0);
}

TEST_CASE("the reference risk refuses stacks that do not fit") {
  auto const a = s::truth<float>(1, 4, 5, 1), b = s::truth<float>(1, 5, 4, 1),
             none = s::empty<float>(0, 4, 5);
  auto const bad = s::truth<float>(1, 4, 5, 1);
  bad(0, 3, 4) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(tomoedx::reference_risk(a, b), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::reference_risk(none, none), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::reference_risk(a, bad), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::reference_risk(bad, a), tomoedx::value_error);
}
