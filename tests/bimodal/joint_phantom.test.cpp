// SPDX-License-Identifier: BSD-3-Clause
// The joint problem against HEBT on Zhong's phantom with the paper's counts a pixel, over two decades of dose: a small
// edition of bench/joint_phantom.cpp. Slices are noise realisations and are not regularised together.
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/bimodal/joint.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/simulate/gaussian.hpp>

#include "bimodal_case.hpp"

#include <doctest/doctest.h>

namespace {

using bimodal::specimen, bimodal::both;

/// HEBT as the paper runs it, smoothed maps and estimated ratios, brought to calibrated units.
both::domain_view run_hebt(specimen const& s) {
  std::size_t const rays = s.beam.rays() * s.slices;
  std::vector<float> series[3];
  auto const plain =
      tomoedx::zeros<float>(bimodal::space(), tomoedx::extents<3>{s.beam.tilts(), s.slices, s.size});
  tomoedx::mixed_operator<bimodal::projector> const stacked(s.op, tomoedx::hebt_mixing(2, 0.7));
  auto const data = tomoedx::make_range(stacked);
  for (std::size_t c = 0; c < 3; ++c) {
    series[c].resize(rays);
    auto const host = tomoedx::borrow(series[c].data(), s.beam.tilts(), s.slices, s.size);
    tomoedx::unpack(bimodal::space(), c < 2 ? s.channel(c) : s.haadf, plain);
    tomoedx::download(bimodal::space(), plain, host);
    if (c < 2) tomoedx::simulate::gaussian_along_x(series[c], s.size, tomoedx::simulate::zhong_filter_sigma);
    tomoedx::pack(bimodal::space(), tomoedx::upload(bimodal::space(), host), stacked.channel(data, c));
  }
  auto const link = tomoedx::estimate_response_ratios<float, float>({series[0], series[1]}, series[2]);
  auto const x = tomoedx::make_domain(stacked);
  tomoedx::hebt(s.op, data, x, {.iterations = 200, .ratios = link.ratios});
  for (std::size_t e = 0; e < 2; ++e)
    for (std::size_t i = 0; i < x.extent(1); ++i)
      x(e, i) /= static_cast<float>(link.ratios[e] * s.factors.sensitivity[e]);
  return x;
}

}  // namespace

TEST_CASE("raw counts, their law and coupled edges beat HEBT at every dose, with no parameter touched") {
  for (double const dose : {0.1, 1.0, 10.0}) {
    CAPTURE(dose);
    specimen const s(64, dose, 4);
    s.draw_counts(11);
    auto const hebt = run_hebt(s);
    auto const x = both::domain_view("x", 2, s.truth.extent(1));
    auto const report = tomoedx::joint(s.op, s.factors, s.maps, s.haadf, x,
                                       {.iterations = 600, .in_plane = true, .stop = {.look_every = 100}});
    MESSAGE("dose " << dose << ": Au MSE " << s.mse(x, 0) << " / " << s.mse(hebt, 0) << ", Ag " << s.mse(x, 1)
                    << " / " << s.mse(hebt, 1) << ", fractions " << s.fraction_error(x) << " / "
                    << s.fraction_error(hebt) << " (joint / HEBT) after " << report.iterations);
    for (std::size_t e = 0; e < 2; ++e) CHECK(s.mse(x, e) <= 0.5 * s.mse(hebt, e));
    CHECK(s.fraction_error(x) < 0.9 * s.fraction_error(hebt));
  }
}
