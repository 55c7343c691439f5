// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/project.hpp>

#include "../spaces.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>

TEST_CASE_TEMPLATE("project and backproject take plain arrays and their sizes from them", Space,
                   TOMOEDX_SPACES) {
  Space const space;
  tomoedx::parallel_beam const open{.tilts_deg = {-31, 0, 62.5}, .axis_offset = 0.7};
  tomoedx::parallel_beam full = open;
  full.width = 17, full.depth = 9, full.detector = 21;
  std::size_t const rows = 4;
  auto in = cases::random_values(full.voxels() * rows, 31, 0, 1);
  std::vector<double> out(full.rays() * rows), back(in.size());
  auto const volume = tomoedx::upload(space, tomoedx::borrow(in.data(), 9, rows, 17));
  auto const stack = tomoedx::zeros<double>(space, tomoedx::extents<3>{3, rows, 21});
  tomoedx::project<tomoedx::joseph>(space, open, volume, stack);
  tomoedx::download(space, stack, tomoedx::borrow(out.data(), 3, rows, 21));
  CHECK(cases::relative_l2(
            out, tomoedx::reference::project(full, tomoedx::reference::weight::joseph, rows, in)) < 1e-13);
  tomoedx::backproject<tomoedx::joseph>(space, open, stack, volume);
  tomoedx::download(space, volume, tomoedx::borrow(back.data(), 9, rows, 17));
  CHECK(cases::relative_l2(back, tomoedx::reference::backproject(full, tomoedx::reference::weight::joseph,
                                                                 rows, out)) < 1e-13);
}

TEST_CASE("project says which two sizes do not fit") {
  Kokkos::DefaultExecutionSpace const space;
  auto const volume = tomoedx::zeros<float>(space, tomoedx::extents<3>{8, 2, 8});
  auto const stack = tomoedx::zeros<float>(space, tomoedx::extents<3>{3, 2, 8});
  CHECK_THROWS_WITH_AS(tomoedx::project(space, {.tilts_deg = {0, 1}}, volume, stack),
                       "project: the stack has 3 tilts, the geometry 2", tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::project(space, {.tilts_deg = {0, 1, 2}, .detector = 9}, volume, stack),
                       "project: the stack is 8 wide, the detector 9", tomoedx::shape_error);
  auto const low = tomoedx::zeros<float>(space, tomoedx::extents<3>{3, 1, 8});
  CHECK_THROWS_WITH_AS(tomoedx::project(space, {.tilts_deg = {0, 1, 2}}, volume, low),
                       "project: the stack has 1 rows (y), the volume 2", tomoedx::shape_error);
}
