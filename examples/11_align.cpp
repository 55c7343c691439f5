// SPDX-License-Identifier: BSD-3-Clause
// A drifting tilt series of few counts into register: centre of mass first, then its own reconstruction.
#include <tomoedx/align/centre_of_mass.hpp>
#include <tomoedx/align/reprojection.hpp>
#include <tomoedx/projectors/project.hpp>
#include <tomoedx/simulate/dose.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <cstdio>

using stack = Kokkos::View<float***, Kokkos::LayoutRight, Kokkos::HostSpace>;

int main() {
  Kokkos::ScopeGuard const kokkos;
  std::size_t const n = 48;
  std::vector<double> tilts;
  for (int t = -64; t <= 64; t += 4) tilts.push_back(t);

  // a specimen of small grains, and a stage that jumps: by any part of a pixel across the axis, by whole ones along it
  stack const volume("volume", n, n, n), seen("series", tilts.size(), n, n);
  for (std::size_t grain = 0; grain < 16; ++grain) {
    tomoedx::random_stream random(1, grain);
    auto const place = [&] { return static_cast<std::size_t>(12 + 21 * random.uniform()); };
    std::size_t const z = place(), y = place(), x = place();
    for (std::size_t i = 0; i < 27; ++i) volume(z + i / 9, y + i / 3 % 3, x + i % 3) += 1;
  }
  tomoedx::alignment truth(tilts.size());
  for (std::size_t t = 0; t < tilts.size(); ++t) {
    tomoedx::random_stream random(2, t);
    truth.dx[t] = 4 * random.uniform() - 2;
    truth.dy[t] = std::nearbyint(4 * random.uniform() - 2);
  }
  tomoedx::parallel_beam const beam{.tilts_deg = tilts, .width = n, .depth = n, .detector = n};
  tomoedx::project(Kokkos::DefaultHostExecutionSpace(), tomoedx::aligned_geometry(beam, truth), volume, seen);
  std::vector<float> series(seen.data(), seen.data() + seen.size());
  std::vector<double> away(truth.dy);
  for (double& d : away) d = -d;
  tomoedx::shift_rows(series, {tilts.size(), n, n}, away);
  tomoedx::simulate::scale_to_counts(series, tilts.size(), 1000);
  series = tomoedx::simulate::poisson_counts(series, 3);

  auto const start = tomoedx::align_by_centre_of_mass(series, {tilts.size(), n, n}, tilts);
  auto const found = tomoedx::align_by_reprojection(
      tomoedx::host_reprojector(), beam, series, n, start,
      {.likelihood = tomoedx::likelihood::poisson,
       .registration = {.taper = 0.1, .smooth = 0, .max_shift = 8, .passes = 2}});

  for (auto const& step : found.steps) {
    std::printf("%s:", step.name.c_str());
    for (auto const& [name, value] : step.figures) std::printf(" %s %.3f", name.c_str(), value);
    std::printf("\n");
  }
  auto const first = distance(start, truth, tilts), last = distance(found, truth, tilts);
  std::printf("rms error in pixels (x, y): %.3f, %.3f by centre of mass; %.3f, %.3f by reprojection\n",
              first.x, first.y, last.x, last.y);
  return last.x < 0.1 && last.y < 0.1 ? 0 : 1;
}
