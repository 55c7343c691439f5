// SPDX-License-Identifier: BSD-3-Clause
// Plain float buffers in, element volumes out: no Kokkos in sight. The program links tomoedx::host.
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/host.hpp>

#include <cmath>
#include <cstdio>

namespace host = tomoedx::host;

int main() {
  std::size_t const n = 48, rows = 4;  // a volume of 48 x 4 x 48 voxels (z, y, x)
  std::vector<double> tilts;
  for (int t = -70; t <= 70; t += 10) tilts.push_back(t);

  // a core of gold in a disc of silver, and the series they give
  std::vector<float> au(n * rows * n), ag(au.size()), gold(tilts.size() * rows * n), silver(gold.size());
  for (std::size_t i = 0; i < au.size(); ++i) {
    double const r = std::hypot(static_cast<double>(i % n) - 23.5, static_cast<double>(i / n / rows) - 23.5);
    (r < 8 ? au : ag)[i] = r < 18 ? 1.0f : 0.0f;
  }
  host::project({.tilts_deg = tilts}, host::projector::strip, {au.data(), {n, rows, n}},
                {gold.data(), {15, rows, n}});
  host::project({.tilts_deg = tilts}, host::projector::strip, {ag.data(), {n, rows, n}},
                {silver.data(), {15, rows, n}});
  std::vector<float> haadf(gold.size());
  for (std::size_t i = 0; i < haadf.size(); ++i) haadf[i] = 8 * gold[i] + 4 * silver[i];

  // what links HAADF to the maps, then one joint reconstruction of both elements
  auto const link = tomoedx::estimate_response_ratios<float, float>({gold, silver}, haadf);
  std::vector<float> x_au(au.size()), x_ag(au.size());
  auto const report =
      host::hebt({.tilts_deg = tilts}, host::projector::strip,
                 {{gold.data(), {15, rows, n}}, {silver.data(), {15, rows, n}}},
                 {haadf.data(), {15, rows, n}}, {{x_au.data(), {n, rows, n}}, {x_ag.data(), {n, rows, n}}},
                 {.iterations = 60, .alpha = 0.7, .ratios = link.ratios});

  std::size_t const centre = (n / 2 * rows + 1) * n + n / 2;
  std::printf(
      "ratios %.2f and %.2f, R^2 %.3f; the residual fell from %.0f to %.0f; gold in the middle: %.2f of 8\n",
      link.ratios[0], link.ratios[1], link.r_squared, report.residuals.front(), report.residuals.back(),
      static_cast<double>(x_au[centre]));
  return std::abs(x_au[centre] - 8) < 0.8 && x_ag[centre] < 0.8 ? 0 : 1;
}
