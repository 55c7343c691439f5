// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/core/grid.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace tomoedx;

namespace {

/// Every place of a grid is inside and belongs to one value only.
void check_places(grid const& g) {
  std::set<std::size_t> places;
  for (std::size_t c = 0; c < g.channels; ++c)
    for (std::size_t l = 0; l < g.lines; ++l)
      for (std::size_t r = 0; r < g.rows; ++r)
        for (std::size_t k = 0; k < g.columns; ++k) {
          REQUIRE(g(c, l, r, k) < g.size());
          places.insert(g(c, l, r, k));
        }
  CHECK(places.size() == g.channels * g.lines * g.rows * g.columns);
}

}  // namespace

TEST_CASE("a plain grid is row-major") {
  grid const g = plain_grid(2, 3, 4, 5);
  CHECK(g.size() == 120);
  CHECK(g.blocks() == 4);
  CHECK(g(0, 0, 0, 0) == 0);
  CHECK(g(1, 2, 3, 4) == 119);
  CHECK(g(1, 0, 2, 3) == 60 + 2 * 5 + 3);
  check_places(g);
}

TEST_CASE("a sliced grid puts neighbouring rows side by side") {
  grid const g = sliced_grid(2, 3, 7, 5, 4);
  CHECK(g.blocks() == 2);
  CHECK(g.size() == 2 * 2 * 3 * 5 * 4);
  CHECK(g(0, 0, 1, 0) == g(0, 0, 0, 0) + 1);
  CHECK(g(0, 0, 4, 0) == 3 * 5 * 4);
  check_places(g);
  CHECK_THROWS_AS(sliced_grid(1, 1, 1, 1, 0), shape_error);
}

TEST_CASE("the grids of projectors are where pack puts slices") {
  parallel_beam const beam{.tilts_deg = {-30, 0, 40}, .width = 5, .depth = 4, .detector = 6};
  std::size_t const slices = 7;
  tilt_projector<Kokkos::Serial> const op(Kokkos::Serial(), beam, slices);
  mixed_operator const two(op, separate_channels(2));
  static_assert(gridded_operator<decltype(two)>);
  auto const x = make_domain(two);
  CHECK(two.domain_grid().size() == x.size());
  CHECK(two.range_grid().size() == make_range(two).size());
  Kokkos::View<float***, Kokkos::LayoutRight, Kokkos::HostSpace> plain("volume", 4, slices, 5);
  for (std::size_t i = 0; i < plain.size(); ++i) plain.data()[i] = static_cast<float>(i);
  pack(Kokkos::Serial(), plain, two.element(x, 1));
  Kokkos::fence();
  grid const g = two.domain_grid();
  for (std::size_t z = 0; z < 4; ++z)
    for (std::size_t y = 0; y < slices; ++y)
      for (std::size_t c = 0; c < 5; ++c) CHECK(x.data()[g(1, z, y, c)] == plain(z, y, c));
}
