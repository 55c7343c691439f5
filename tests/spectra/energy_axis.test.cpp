// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/energy_axis.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tomoedx;

TEST_CASE("channels and energies are each other's inverse") {
  energy_axis const e{-0.4709, 0.010003, 2048};
  for (double const c : {0.0, 47.0, 687.25, 2047.0}) CHECK(e.channel(e.energy(c)) == doctest::Approx(c));
}

TEST_CASE("a range of energies holds the channels whose middle is in it") {
  energy_axis const e{0, 0.5, 10};
  CHECK(channels_between(e, 1.0, 2.0) == channel_range{2, 5});
  CHECK(channels_between(e, 1.1, 1.9) == channel_range{3, 4});
  CHECK(channels_between(e, 1.1, 1.4).empty());
  CHECK(channels_between(e, -3, 0.2) == channel_range{0, 1});
  CHECK(channels_between(e, 4, 99) == channel_range{8, 10});
  CHECK(channels_between(e, 50, 99).empty());
  CHECK(channels_between(e, 3, 2).empty());
}

TEST_CASE("axes that mean nothing are refused") {
  CHECK_THROWS_AS(validate(energy_axis{0, 0.01, 0}, "test"), shape_error);
  CHECK_THROWS_AS(validate(energy_axis{0, 0.01, 70000}, "test"), shape_error);
  CHECK_THROWS_AS(validate(energy_axis{0, 0, 10}, "test"), value_error);
  CHECK_THROWS_AS(validate(energy_axis{0, std::numeric_limits<double>::quiet_NaN(), 10}, "test"),
                  value_error);
  CHECK_THROWS_AS(validate(energy_axis{std::numeric_limits<double>::infinity(), 0.01, 10}, "test"),
                  value_error);
}
