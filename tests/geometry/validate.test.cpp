// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/geometry/validate.hpp>

#include <doctest/doctest.h>

#include <limits>

namespace {

tomoedx::parallel_beam const good{.tilts_deg = {-70, 0, 33.3},
                                  .width = 8,
                                  .depth = 5,
                                  .detector = 9,
                                  .axis_offset = -2.5,
                                  .shifts = {0, 1.5, -3}};

template <class Error, class Change>
void refused(char const* text, Change const& change) {
  CAPTURE(text);
  auto g = good;
  change(g);
  CHECK_THROWS_WITH_AS(tomoedx::validate(g, "me"), doctest::Contains(text), Error);
}

}  // namespace

TEST_CASE("a geometry that means something passes") {
  CHECK_NOTHROW(tomoedx::validate(good, "me"));
  auto g = good;
  g.shifts.clear();
  CHECK_NOTHROW(tomoedx::validate(g, "me"));
  g.tilts_deg = {-360, 360, 0, 0};
  g.width = g.depth = g.detector = 1;
  CHECK_NOTHROW(tomoedx::validate(g, "me"));
  g.width = g.depth = g.detector = std::size_t{1} << 24;
  CHECK_NOTHROW(tomoedx::validate(g, "me"));
}

TEST_CASE("one that does not is refused, by name and with the number") {
  using tomoedx::shape_error, tomoedx::value_error;
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  refused<shape_error>("me: the geometry has no tilts",
                       [](auto& g) { g.tilts_deg.clear(), g.shifts.clear(); });
  refused<shape_error>("width 0", [](auto& g) { g.width = 0; });
  refused<shape_error>("depth 0", [](auto& g) { g.depth = 0; });
  refused<shape_error>("detector 0", [](auto& g) { g.detector = 0; });
  refused<shape_error>("16777217", [](auto& g) { g.width = (1u << 24) + 1; });
  refused<shape_error>("18446744073709551615", [](auto& g) { g.depth = std::size_t(-1); });
  refused<shape_error>("none may exceed", [](auto& g) { g.detector = std::size_t{1} << 60; });
  refused<shape_error>("2 shifts for 3 tilts", [](auto& g) { g.shifts.pop_back(); });
  refused<shape_error>("4 shifts for 3 tilts", [](auto& g) { g.shifts.push_back(0); });
  for (double const bad : {nan, inf, -inf}) {
    refused<value_error>("tilt 1 is", [&](auto& g) { g.tilts_deg[1] = bad; });
    refused<value_error>("the shift of tilt 2 is", [&](auto& g) { g.shifts[2] = bad; });
    refused<value_error>("the axis offset is", [&](auto& g) { g.axis_offset = bad; });
  }
  refused<value_error>("tilt 0 is 360.5 degrees", [](auto& g) { g.tilts_deg[0] = 360.5; });
  refused<value_error>("tilt 2 is -1000", [](auto& g) { g.tilts_deg[2] = -1000; });
  refused<value_error>("the shift of tilt 0", [](auto& g) { g.shifts[0] = 1e9; });
  refused<value_error>("the axis offset", [](auto& g) { g.axis_offset = -1e30; });
}
