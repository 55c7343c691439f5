// SPDX-License-Identifier: BSD-3-Clause
// Weights that another program computed, as a sparse matrix: one matrix serves any number of slices.
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/solvers/em.hpp>

#include <cmath>
#include <cstdio>

int main() {
  Kokkos::ScopeGuard const kokkos;
  Kokkos::DefaultExecutionSpace const space;

  // 3 rays through 4 voxels, by compressed rows
  std::vector<std::size_t> const offsets{0, 2, 4, 6};
  std::vector<std::uint32_t> const columns{0, 1, 2, 3, 1, 3};
  std::vector<double> const weights{1, 1, 1, 1, 0.5, 0.5};
  std::size_t const slices = 5;
  tomoedx::sparse_operator<Kokkos::DefaultExecutionSpace, double> const op(
      space, {.rows = 3, .columns = 4, .offsets = offsets, .indices = columns, .values = weights}, slices);

  // counts of each slice y, from voxels (1, 2, 3, 4) (y + 1): lane y % lanes of block y / lanes
  auto const data = tomoedx::make_range(op);
  auto const host = Kokkos::create_mirror_view(data);
  double const rays[] = {3, 7, 3};
  for (std::size_t y = 0; y < slices; ++y)
    for (std::size_t ray = 0; ray < 3; ++ray)
      host(y / op.lanes(), ray, y % op.lanes()) = static_cast<double>(y + 1) * rays[ray];
  Kokkos::deep_copy(data, host);

  auto const x = tomoedx::make_domain(op);
  auto const report = tomoedx::em(op, data, x, {.iterations = 500});
  std::printf("EM: the residual fell from %.3f to %.2e\n", report.residuals.front(), report.residuals.back());
  return report.residuals.back() < 1e-6 * report.residuals.front() ? 0 : 1;
}
