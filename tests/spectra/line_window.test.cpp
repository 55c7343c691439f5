// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/line_window.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tomoedx;

TEST_CASE("a range holds its ends, and nothing unless it was given") {
  CHECK(energy_range{}.empty());
  CHECK(!energy_range{1, 1}.empty());
  CHECK(energy_range{2, 1}.empty());
  CHECK(energy_range{1, std::numeric_limits<double>::quiet_NaN()}.empty());
}

TEST_CASE("a window has no background and counts what is in it, unless told otherwise") {
  line_window const w{"Fe_Ka", {6.3, 6.5}, {}, {}};
  CHECK(w.background == window_background::none);
  CHECK(w.fwhm_kev == 0);
}
