// SPDX-License-Identifier: BSD-3-Clause
// One volume forth and back on Views, with each of the three footprints,
// and the test every projector must pass.
#include <tomoedx/core/random.hpp>
#include <tomoedx/projectors/project.hpp>

#include <cmath>
#include <cstdio>

template <class Footprint>
bool transposes() {
  Kokkos::DefaultExecutionSpace const space;
  tomoedx::parallel_beam const beam{.tilts_deg = {-60, -25, 0, 31.5, 70}, .axis_offset = 1.25};
  std::vector<double> x(40 * 3 * 40), y(5 * 3 * 50), ax(y.size()), aty(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = tomoedx::random_stream(1, i).uniform();
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = tomoedx::random_stream(2, i).uniform();

  auto const volume = tomoedx::upload(space, tomoedx::borrow(x.data(), 40, 3, 40));  // (z, y, x)
  auto const stack = tomoedx::zeros<double>(space, tomoedx::extents<3>{5, 3, 50});   // (tilt, y, x)
  tomoedx::project<Footprint>(space, beam, volume, stack);
  tomoedx::download(space, stack, tomoedx::borrow(ax.data(), 5, 3, 50));

  auto const given = tomoedx::upload(space, tomoedx::borrow(y.data(), 5, 3, 50));
  tomoedx::backproject<Footprint>(space, beam, given, volume);
  tomoedx::download(space, volume, tomoedx::borrow(aty.data(), 40, 3, 40));

  double left = 0, right = 0;
  for (std::size_t i = 0; i < y.size(); ++i) left += ax[i] * y[i];
  for (std::size_t i = 0; i < x.size(); ++i) right += x[i] * aty[i];
  std::printf("%-6s  <Ax, y> = %.12f   <x, A'y> = %.12f\n", Footprint::name, left, right);
  return std::abs(left - right) <= 1e-13 * left;
}

int main() {
  Kokkos::ScopeGuard const kokkos;  // a program starts Kokkos; a library must not
  return transposes<tomoedx::strip>() && transposes<tomoedx::joseph>() && transposes<tomoedx::siddon>() ? 0
                                                                                                        : 1;
}
