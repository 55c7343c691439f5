// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/figures/scale_bar.hpp>

namespace f = tomoedx::figures;

TEST_CASE("a round length is the largest 1, 2 or 5 below") {
  CHECK(f::round_length(1.0) == doctest::Approx(1));
  CHECK(f::round_length(1.99) == doctest::Approx(1));
  CHECK(f::round_length(2.0) == doctest::Approx(2));
  CHECK(f::round_length(4.9) == doctest::Approx(2));
  CHECK(f::round_length(5.0) == doctest::Approx(5));
  CHECK(f::round_length(9.99) == doctest::Approx(5));
  CHECK(f::round_length(1000.0) == doctest::Approx(1000));
  CHECK(f::round_length(0.03) == doctest::Approx(0.02));
  for (double const bad : {0.0, -1.0, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(f::round_length(bad), tomoedx::value_error);
}

TEST_CASE("the bar is labelled in nm, um or voxels and is at most a third of the picture") {
  auto const nm = f::bar_for(97, 1.5);
  CHECK(nm.label == "20 nm");
  CHECK(nm.voxels == doctest::Approx(20 / 1.5));
  CHECK(f::bar_for(300, 0.01).label == "1 nm");
  CHECK(f::bar_for(60, 0.01).label == "0.2 nm");
  CHECK(f::bar_for(600, 25).label == "5 um");
  CHECK(f::bar_for(600, 25).voxels == doctest::Approx(200));
  CHECK(f::bar_for(64, 0).label == "20 px");
  CHECK(f::bar_for(1, 0).label == "1 px");
  CHECK(f::bar_for(1, 0).voxels == 1);
}
