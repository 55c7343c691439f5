// SPDX-License-Identifier: BSD-3-Clause
// Two elements from few counts: HEBT, then the joint problem, which knows that counts are Poisson numbers, that edges
// are shared, and what a unit of each element gives in both signals. Writes joint.png when PNG is there.
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/bimodal/joint.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/figures/orthoslices.hpp>
#include <tomoedx/figures/png.hpp>
#include <tomoedx/metrics/mse.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/simulate/gaussian.hpp>
#include <tomoedx/simulate/phantoms.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <cstdio>
#include <span>
#include <vector>

int main() {
  Kokkos::ScopeGuard const kokkos;
  using space = Kokkos::DefaultExecutionSpace;
  using projector = tomoedx::tilt_projector<space>;
  space const s;

  // a gold cube in a silver one; the series of both elements, in a microscope that is calibrated
  std::size_t const n = 48, rows = 24;
  auto const specimen = tomoedx::simulate::square_in_cube(
      {.size = n, .slices = rows, .extent = tomoedx::simulate::along_y::particle});
  tomoedx::parallel_beam beam{.tilts_deg = {}, .width = n, .depth = n, .detector = n};
  for (int t = -70; t <= 70; t += 10) beam.tilts_deg.push_back(t);
  projector const op(s, beam, rows);
  tomoedx::calibration const units{.sensitivity = {0.05, 0.06},  // counts per voxel of gold, of silver
                                   .haadf = {790, 470}};
  tomoedx::calibrated_operator<projector> const microscope(op, units);
  auto const truth = tomoedx::make_domain(microscope);
  for (std::size_t e = 0; e < 2; ++e)
    tomoedx::pack(s, tomoedx::upload(s, tomoedx::borrow(specimen.elements[e].values.data(), n, rows, n)),
                  microscope.element(truth, e));
  auto const series = tomoedx::make_range(microscope);
  microscope.forward(truth, series);

  // what is counted: at most 2 or 3 X-rays a pixel
  auto const counts = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), series);
  std::vector<std::span<float const>> maps;
  for (std::size_t e = 0; e < 2; ++e) {
    std::span<float> const map(&counts(e, 0), counts.extent(1));
    tomoedx::simulate::poisson_counts(map, 1 + e, map);
    maps.push_back(map);
  }
  Kokkos::deep_copy(series, counts);
  std::span<float const> const haadf(&counts(2, 0), counts.extent(1));

  // HEBT: least squares, so the maps are smoothed first; HAADF is tied to them by estimated ratios
  auto const smoothed = tomoedx::make_range(microscope);
  Kokkos::deep_copy(smoothed, series);
  auto const stack = tomoedx::zeros<float>(s, tomoedx::extents<3>{beam.tilts(), rows, n});
  for (std::size_t e = 0; e < 2; ++e) {
    tomoedx::unpack(s, microscope.edx_channel(series, e), stack);
    auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), stack);
    tomoedx::simulate::gaussian_along_x(std::span(host.data(), host.size()), n,
                                        tomoedx::simulate::zhong_filter_sigma);
    Kokkos::deep_copy(stack, host);
    tomoedx::pack(s, stack, microscope.edx_channel(smoothed, e));
  }
  auto const link = tomoedx::estimate_response_ratios<float, float>(maps, haadf);
  auto const x = tomoedx::make_domain(microscope);
  auto const volumes = [&] {  // as plain arrays (z, y, x)
    std::vector<std::vector<float>> v(2, std::vector<float>(n * rows * n));
    auto const plain = tomoedx::zeros<float>(s, tomoedx::extents<3>{n, rows, n});
    for (std::size_t e = 0; e < 2; ++e) {
      tomoedx::unpack(s, microscope.element(x, e), plain);
      tomoedx::download(s, plain, tomoedx::borrow(v[e].data(), n, rows, n));
    }
    return v;
  };
  tomoedx::hebt(op, smoothed, x, {.iterations = 100, .ratios = link.ratios});
  auto hebt = volumes();
  for (std::size_t e = 0; e < 2; ++e)
    for (float& v : hebt[e]) v /= static_cast<float>(link.ratios[e] * units.sensitivity[e]);

  // the joint problem: raw counts in, densities in calibrated units out; lambda follows the counts by itself
  auto const maps_only = Kokkos::subview(series, Kokkos::make_pair(0, 2), Kokkos::ALL);
  auto const report =
      tomoedx::joint(op, units, maps_only, microscope.haadf_channel(series), x, {.iterations = 500});
  auto const joint = volumes();

  std::printf("joint: %zu iterations, duality gap %.1e of the objective, HAADF within %.0f\n",
              report.iterations, report.relative_gap(), report.haadf_sigma);
  bool better = true;
  for (std::size_t e = 0; e < 2; ++e) {
    auto const& element = specimen.elements[e];
    double const before = tomoedx::metrics::mse(element.values, hebt[e]);
    double const after = tomoedx::metrics::mse(element.values, joint[e]);
    std::printf("%s: mean squared error %.4f by HEBT, %.4f by the joint problem\n", element.name.c_str(),
                before, after);
    better = better && after < 0.5 * before;
  }
#ifdef TOMOEDX_PNG
  tomoedx::figures::write_png(
      tomoedx::figures::orthoslices(
          std::vector<tomoedx::figures::channel>{
              {"HEBT Au", hebt[0]}, {"joint Au", joint[0]}, {"HEBT Ag", hebt[1]}, {"joint Ag", joint[1]}},
          {n, rows, n}, {.title = "HEBT and the joint problem", .composite = false}),
      "joint.png");
#endif
  return better ? 0 : 1;
}
