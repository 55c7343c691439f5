// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/host.hpp>

#ifdef KOKKOS_VERSION
#error "host.hpp must not bring in Kokkos"
#endif
#ifdef _OPENMP
#error "tomoedx::host must not hand on the flags of Kokkos"
#endif

#include <cmath>
#include <cstdio>
#include <vector>

// A voxel of 1 in the middle of each slice: at every tilt its strip shadow has mass 1.
int main() {
  constexpr std::size_t n = 9, slices = 2, tilts = 3;
  std::vector<float> volume(n * slices * n), stack(tilts * slices * n);
  for (std::size_t y = 0; y < slices; ++y) volume[(n / 2 * slices + y) * n + n / 2] = 1;

  tomoedx::parallel_beam beam;
  beam.tilts_deg = {-30, 0, 45};
  tomoedx::host::project(beam, tomoedx::host::projector::strip, {volume.data(), {n, slices, n}},
                         {stack.data(), {tilts, slices, n}});

  double mass = 0;
  for (float const v : stack) mass += v;
  std::printf("mass %g\n", mass);
  return std::abs(mass - double(tilts * slices)) < 1e-5 ? 0 : 1;
}
