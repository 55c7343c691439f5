// SPDX-License-Identifier: BSD-3-Clause
// Your projector in our HEBT: two callables are enough. Here they are plain loops over a rotation by 0 and
// 90 degrees.
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/projectors/callable_operator.hpp>

#include <cmath>
#include <cstdio>

int main() {
  Kokkos::ScopeGuard const kokkos;
  Kokkos::DefaultHostExecutionSpace const space;
  std::size_t const n = 16;

  // stack (tilt, y, x) from volume (z, y, x): sums over z, then sums over x; and the transpose of that
  auto const forward = [n](auto const& volume, auto const& stack) {
    Kokkos::deep_copy(stack, 0.0f);
    for (std::size_t z = 0; z < n; ++z)
      for (std::size_t x = 0; x < n; ++x) {
        stack(0, 0, x) += volume(z, 0, x);
        stack(1, 0, z) += volume(z, 0, x);
      }
  };
  auto const adjoint = [n](auto const& stack, auto const& volume) {
    for (std::size_t z = 0; z < n; ++z)
      for (std::size_t x = 0; x < n; ++x) volume(z, 0, x) = stack(0, 0, x) + stack(1, 0, z);
  };
  auto const op = tomoedx::make_operator<float>(space, tomoedx::extents<3>{n, 1, n},
                                                tomoedx::extents<3>{2, 1, n}, forward, adjoint);

  // two elements; the right side holds their maps and then HAADF, x the two volumes
  tomoedx::mixed_operator const channels(op, tomoedx::hebt_mixing(2, 0.7));
  auto const data = tomoedx::make_range(channels);
  auto const x = tomoedx::make_domain(channels);
  auto const first = tomoedx::make_domain(op), second = tomoedx::make_domain(op);
  for (std::size_t i = 4; i < 9; ++i) first(i, 0, i) = 1, second(i + 3, 0, 14 - i) = 2;
  op.forward(first, channels.channel(data, 0));
  op.forward(second, channels.channel(data, 1));
  for (std::size_t i = 0; i < data.extent(1); ++i) data(2, i) = 3 * data(0, i) + 5 * data(1, i);

  auto const report = tomoedx::hebt(op, data, x, {.iterations = 300, .ratios = {3, 5}});
  std::printf("the residual fell from %.3f to %.6f\n", report.residuals.front(), report.residuals.back());
  return report.residuals.back() < 1e-3 * report.residuals.front() ? 0 : 1;
}
