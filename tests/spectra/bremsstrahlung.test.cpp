// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/bremsstrahlung.hpp>

#include <doctest/doctest.h>

using namespace tomoedx;

namespace {
energy_axis const axis{-0.5, 0.01, 2048};
kiloelectronvolt const beam{200};
}  // namespace

TEST_CASE("splines of a background sum to one everywhere") {
  for (std::size_t const n : {4u, 7u, 12u})
    for (double const x : {0.0, 0.1, 1.0 / 3, 0.5, 0.99, 1.0}) {
      auto const b = detail::cubic_splines(x, n);
      CHECK(b.sum() == doctest::Approx(1));
      CHECK(b.minCoeff() >= 0);
    }
}

TEST_CASE("backgrounds sum to the law of Kramers seen by the detector") {
  efficiency_curve const efficiency = [](kiloelectronvolt e) { return e.value < 1 ? 0.4 : 0.9; };
  auto const range = channels_between(axis, 0.3, 19);
  auto const b = bremsstrahlung(axis, range, beam, 8, efficiency);
  CHECK(b.cols() == 8);
  CHECK(b.minCoeff() >= 0);
  CHECK(b.sum() == doctest::Approx(1));
  auto const at = [&](double kev) {
    return static_cast<Eigen::Index>(axis.channel(kev) + 0.5) - Eigen::Index(range.begin);
  };
  double const half = b.row(at(0.5)).sum() / b.row(at(5)).sum();
  CHECK(half == doctest::Approx((199.5 / 0.5 * 0.4) / (195.0 / 5 * 0.9)));
  CHECK(kramers(200, beam) == 0);
  CHECK(kramers(-1, beam) == 0);
}

TEST_CASE("backgrounds that cannot be are refused") {
  auto const range = channels_between(axis, 0.3, 19);
  CHECK_THROWS_AS(bremsstrahlung(axis, range, beam, 3), value_error);
  CHECK_THROWS_AS(bremsstrahlung(axis, {0, 500}, beam, 8), value_error);
  CHECK_THROWS_AS(bremsstrahlung(axis, {100, 104}, beam, 8), value_error);
  CHECK_THROWS_AS(bremsstrahlung(axis, range, beam, 8, [](kiloelectronvolt) { return 0.0; }), value_error);
  auto const above_1 = [](kiloelectronvolt e) { return e.value < 1 ? 0.0 : 1.0; };
  CHECK_THROWS_WITH_AS(bremsstrahlung(axis, range, beam, 8, above_1),
                       doctest::Contains("nothing is counted between 0.300 and 0.688 keV, term 0 of 8"),
                       value_error);
}
