// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/regularizers/variation_options.hpp>

#include <doctest/doctest.h>

#include <limits>

namespace {

void check(tomoedx::variation_options const& o, tomoedx::grid const& g = tomoedx::plain_grid(2, 3, 4, 5)) {
  tomoedx::validate(o, g, "test");
}

}  // namespace

TEST_CASE("Options of variations that mean something pass, for plain and for sliced grids") {
  CHECK_NOTHROW(check({}));
  CHECK_NOTHROW(check({.lambda = 0, .weights = {0, 2}}));
  CHECK_NOTHROW(check({.spacing = {1, 2.5, 1}}, tomoedx::sliced_grid(1, 3, 17, 5, 16)));
}

TEST_CASE("Options of variations that mean nothing are refused with the number in the text") {
  double const nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  for (double const bad : {-0.1, nan, infinity}) {
    CHECK_THROWS_AS(check({.lambda = bad}), tomoedx::value_error);
    CHECK_THROWS_AS(check({.weights = {1, bad}}), tomoedx::value_error);
    CHECK_THROWS_AS(check({.spacing = {1, 1, bad}}), tomoedx::value_error);
  }
  CHECK_THROWS_AS(check({.spacing = {0, 1, 1}}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(check({.weights = {1, 1, 1}}),
                       "test: 3 weights for 2 channels; give one for each, or none", tomoedx::shape_error);
}

TEST_CASE("Grids that are none are refused by variations") {
  CHECK_THROWS_AS(check({}, tomoedx::plain_grid(1, 0, 2, 2)), tomoedx::shape_error);
  auto overlapping = tomoedx::plain_grid(2, 3, 4, 5);
  overlapping.channel_stride -= 1;
  CHECK_THROWS_AS(check({}, overlapping), tomoedx::shape_error);
  overlapping = tomoedx::plain_grid(2, 3, 4, 5);
  overlapping.block_stride = 4;
  CHECK_THROWS_AS(check({}, overlapping), tomoedx::shape_error);
}
