// SPDX-License-Identifier: BSD-3-Clause
// From element volumes to weight fractions and density: factors from atomic data and a model of the detector, the threshold
// between particle and vacuum, what the particle absorbs of its own X-rays, and uncertainties.
#include <tomoedx/core/random.hpp>
#include <tomoedx/quantify/correct_volumes.hpp>
#include <tomoedx/quantify/edge_threshold.hpp>
#include <tomoedx/quantify/fractions.hpp>
#include <tomoedx/quantify/theory.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

int main() {
  Kokkos::ScopeGuard const kokkos;

  // the measurement: three K lines at 200 keV, four detectors at 18 degrees with a polymer window
  std::vector<tomoedx::physics::xray_line> const lines{tomoedx::physics::line_named("Mg_Ka"),
                                                       tomoedx::physics::line_named("S_Ka"),
                                                       tomoedx::physics::line_named("Fe_Ka")};
  tomoedx::edx_detector const detector{.solid_angle = tomoedx::steradian(0.7),
                                       .segments = tomoedx::four_segments(tomoedx::degree(18)),
                                       .in_front = tomoedx::polymer_window()};
  std::vector<tomoedx::zeta_factor> zeta;
  for (auto const& line : lines)
    zeta.push_back(zeta_factor_of(line, tomoedx::kiloelectronvolt(200), detector));
  tomoedx::nanometre const voxel(25);
  auto const scale = tomoedx::densities(zeta, 2e7, voxel);  // 2e7 electrons per pixel

  // a particle of FeS with a rim that holds magnesium, 0.9 um across: g/cm3, then counts per voxel
  std::size_t const n = 48, voxels = n * n * n;
  tomoedx::volume_shape const shape{n, n, n};
  std::vector<float> truth(3 * voxels), seen(truth.size()), sigma(truth.size());
  for (std::size_t i = 0; i < voxels; ++i) {
    double const r = std::hypot(static_cast<double>(i % n) - 24, static_cast<double>(i / n % n) - 23,
                                static_cast<double>(i / n / n) - 22);
    double const inside = 0.5 * std::erfc((r - 18) / 1.4);
    double const density[] = {r < 12 ? 0 : 0.9, r < 12 ? 1.75 : 1.2, r < 12 ? 3.05 : 2.1};
    for (std::size_t e = 0; e < 3; ++e)
      truth[e * voxels + i] = static_cast<float>(inside * density[e] / scale.per_value[e]);
  }

  // what is measured of it: absorbed on the way to the detectors, at all tilts, and noisy
  tomoedx::absorption_setup setup{tomoedx::absorption_of(lines), {}, detector.segments, voxel};
  for (int t = -60; t <= 60; t += 20) setup.tilts_deg.push_back(t);
  auto const through = mean_transmission(attenuation(truth, scale, setup), shape, setup);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    tomoedx::random_stream noise(1, i);
    float const level = i < voxels ? 0.1f : i < 2 * voxels ? 0.15f : 0.2f;  // counts
    seen[i] = truth[i] * through[i] + level * static_cast<float>(noise.normal());
    sigma[i] = level;
  }

  // quantify: where the particle is, what it absorbed, what it is made of
  auto const mass = total_mass(seen, scale, tomoedx::negatives::keep);
  auto const edge = tomoedx::edge_threshold(mass);
  if (!edge.found) return std::printf("no edge: %s\n", edge.why_not.c_str()), 1;
  double volume = 0;
  for (std::size_t i = 0; i < voxels; ++i) volume += edge.threshold < static_cast<double>(mass[i]);
  std::printf("particle: density above %.2f g/cm3, %.0f voxels (a ball of 18 has 24429)\n", edge.threshold,
              volume);

  auto corrected = seen;
  auto const report = correct_volumes(corrected, shape, scale, setup, {.threshold = edge.threshold});
  auto const before = weight_fractions(seen, scale, {.threshold = edge.threshold}, sigma);
  auto const after = weight_fractions(corrected, scale, {.threshold = edge.threshold}, sigma);
  std::printf("absorption: %zu iterations, %.1f %% of Mg Ka came out\n", report.iterations,
              100 * report.through[0]);

  // mean over the rim, which hides behind nothing, and the core, which hides behind the rim
  bool good = report.converged && std::abs(volume / 24429 - 1) < 0.02;
  for (auto const& [name, from, to] : {std::tuple{"core", 0.0, 9.0}, std::tuple{"rim", 13.5, 15.5}}) {
    double sum[4] = {}, thin[3] = {}, error[3] = {}, count = 0;
    for (std::size_t i = 0; i < voxels; ++i) {
      double const r = std::hypot(static_cast<double>(i % n) - 24, static_cast<double>(i / n % n) - 23,
                                  static_cast<double>(i / n / n) - 22);
      if (r < from || r >= to) continue;
      for (std::size_t e = 0; e < 3; ++e) {
        sum[e] += static_cast<double>(after.of(e)[i]);
        thin[e] += static_cast<double>(before.of(e)[i]);
        error[e] += static_cast<double>(after.sigma_of(e)[i]);
      }
      sum[3] += static_cast<double>(after.mass[i]);
      ++count;
    }
    bool const core = from == 0;
    double const expected[] = {core ? 0 : 0.9 / 4.2, core ? 1.75 / 4.8 : 1.2 / 4.2,
                               core ? 3.05 / 4.8 : 2.1 / 4.2};
    std::printf("%-4s  %.2f g/cm3\n", name, sum[3] / count);
    for (std::size_t e = 0; e < 3; ++e) {
      std::printf("  %-2s  %5.1f wt%%, a voxel +- %.1f; without the correction %5.1f; true %5.1f\n",
                  std::string(lines[e].of.symbol()).c_str(), 100 * sum[e] / count, 100 * error[e] / count,
                  100 * thin[e] / count, 100 * expected[e]);
      good = good && std::abs(sum[e] / count - expected[e]) < 0.015;
    }
  }
  return good ? 0 : 1;
}
