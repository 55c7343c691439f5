// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/maps.hpp>

#include <doctest/doctest.h>

TEST_CASE("a map of several is where its name is") {
  tomoedx::line_maps const m{{"Fe_Ka", "Mg_Ka"}, 1, 2, {1, 2, 3, 4}, {5, 6, 7, 8}};
  CHECK(m.counts_of(1)[0] == 3);
  CHECK(m.sigma_of(0)[1] == 6);
}
