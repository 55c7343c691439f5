// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/calibration.hpp>

#include <doctest/doctest.h>

#include <limits>

TEST_CASE("response ratios alone are a calibration in counts") {
  auto const c = tomoedx::from_response_ratios({3, 0.5});
  CHECK(c.elements() == 2);
  CHECK(c.sensitivity == std::vector<double>{1, 1});
  CHECK(c.haadf == std::vector<double>{3, 0.5});
  CHECK_NOTHROW(tomoedx::validate(c, 7, 9));
}

TEST_CASE("a change of units leaves what is measured of the same volume as it is") {
  tomoedx::calibration const c{
      .sensitivity = {0.02, 0.03}, .haadf = {800, 400}, .gamma = 1.5, .dose = {1, 2}};
  auto const u = tomoedx::in_units(c, {4, 0.5});
  for (std::size_t e = 0; e < 2; ++e) {
    double const unit = e == 0 ? 4 : 0.5;
    CHECK(u.sensitivity[e] == doctest::Approx(c.sensitivity[e] * unit));
    CHECK(u.haadf[e] == doctest::Approx(c.haadf[e] * unit));
  }
  CHECK(u.gamma == c.gamma);
  CHECK(u.dose == c.dose);
  CHECK_THROWS_WITH_AS(tomoedx::in_units(c, {1}), doctest::Contains("1 units for 2 elements"),
                       tomoedx::shape_error);
}

TEST_CASE("a calibration that means nothing or does not fit the series is refused") {
  using tomoedx::validate, tomoedx::calibration;
  double const inf = std::numeric_limits<double>::infinity();
  calibration const good{
      .sensitivity = {1, 2}, .haadf = {3, 0}, .dose = {1, 1, 1}, .gain = {1, 2, 3, 4}, .offset = {-5}};
  CHECK_NOTHROW(validate(good, 3, 4));
  CHECK_THROWS_WITH_AS(validate(good, 4, 4), doctest::Contains("3 doses for 4 EDX tilts"),
                       tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(validate(good, 3, 3), doctest::Contains("4 HAADF gains for 3 tilts"),
                       tomoedx::shape_error);
  auto const with = [&](auto change) {
    calibration c = good;
    change(c);
    return c;
  };
  CHECK_NOTHROW(validate(with([](auto& c) { c.dose.assign(6, 1.0); }), 3, 4));
  CHECK_THROWS_AS(validate(with([](auto& c) { c.dose.assign(5, 1.0); }), 3, 4), tomoedx::shape_error);
  CHECK_THROWS_AS(validate(with([](auto& c) { c.sensitivity = {}; }), 3, 4), tomoedx::shape_error);
  CHECK_THROWS_AS(validate(with([](auto& c) { c.haadf = {1}; }), 3, 4), tomoedx::shape_error);
  CHECK_THROWS_AS(validate(with([](auto& c) { c.offset = {1, 2}; }), 3, 4), tomoedx::shape_error);
  CHECK_THROWS_AS(validate(with([](auto& c) { c.sensitivity[0] = 0; }), 3, 4), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(validate(with([](auto& c) { c.haadf[1] = -1; }), 3, 4),
                       doctest::Contains("HAADF factor 1 is -1"), tomoedx::value_error);
  CHECK_THROWS_AS(validate(with([](auto& c) { c.dose[2] = 0; }), 3, 4), tomoedx::value_error);
  CHECK_THROWS_AS(validate(with([&](auto& c) { c.gain[0] = inf; }), 3, 4), tomoedx::value_error);
  CHECK_THROWS_AS(validate(with([&](auto& c) { c.offset[0] = std::nan(""); }), 3, 4), tomoedx::value_error);
  for (double const gamma : {0.9, 3.1, std::nan("")})
    CHECK_THROWS_AS(validate(with([&](auto& c) { c.gamma = gamma; }), 3, 4), tomoedx::value_error);
}
