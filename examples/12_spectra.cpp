// SPDX-License-Identifier: BSD-3-Clause
// From spectra to element maps: a tilt series of spectrum images of a ball of silica with an iron core, on a copper
// grid, counts in all; a model calibrated on the sum of the series; maps with their uncertainties, and whether they are
// right. With a file name the series is kept there, as `tomoedx maps` reads it.
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/io/spectrum_file.hpp>
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/spectra/fit_lines.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

std::size_t const n = 32;  // pixels along each edge

/// The way of a beam at distance r from the middle through a ball.
double chord(double radius, double r) {
  return r < radius ? 2 * std::sqrt(radius * radius - r * r) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Kokkos::ScopeGuard const kokkos;

  // what is looked for, and what a detector of 130 eV makes of it
  std::vector<std::string> const lines{"O", "Si", "Fe"};
  tomoedx::energy_axis const axis{-0.1, 0.01, 1024};
  auto const model = tomoedx::make_model(axis, lines, {.artefacts = {"Cu"}});
  auto const spectra = spectra_of(model);
  std::size_t const parts = static_cast<std::size_t>(spectra.cols());

  // the measurement: counts of each line per pixel, and what is drawn from them
  std::vector<tomoedx::spectrum_image> series;
  std::vector<std::vector<float>> truth;  // of each tilt: (line, y, x)
  for (double tilt = -60; tilt <= 60; tilt += 15) {
    double const middle = 4 * tomoedx::direction_of(tilt).cos;  // the ball is not on the tilt axis
    std::vector<std::uint32_t> counts(n * n * axis.channels);
    truth.emplace_back(lines.size() * n * n);
    for (std::size_t p = 0; p < n * n; ++p) {
      double const r =
          std::hypot(static_cast<double>(p / n) - 15.5, static_cast<double>(p % n) - 15.5 - middle);
      double const core = chord(5, r), shell = chord(10, r) - core;
      std::vector<double> amplitude(parts, 0.2);  // of copper and the background
      amplitude[0] = 3 * shell;
      amplitude[1] = 2 * shell;
      amplitude[2] = 4 * core;
      for (std::size_t l = 0; l < lines.size(); ++l)
        truth.back()[l * n * n + p] = static_cast<float>(amplitude[l]);
      tomoedx::random_stream draw(1, series.size() * n * n + p);
      for (std::size_t c = 0; c < model.range.size(); ++c) {
        double expected = 0;
        for (std::size_t j = 0; j < parts; ++j)
          expected += amplitude[j] * spectra(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(j));
        counts[p * axis.channels + model.range.begin + c] =
            static_cast<std::uint32_t>(tomoedx::simulate::poisson(draw, expected));
      }
    }
    series.push_back(tomoedx::sparse<std::uint32_t>(counts, n, n, axis,
                                                    {.pixel_nm = 2.0, .beam_kev = 200.0, .tilt_deg = tilt}));
  }

  // energies, resolution and the background are found on the sum of the series, then every pixel is fitted
  std::vector<double> sum(axis.channels);
  for (auto const& image : series) {
    auto const one = sum_spectrum(image);
    std::transform(sum.begin(), sum.end(), one.begin(), sum.begin(), std::plus<>());
  }
  auto const calibrated = tomoedx::calibrate_spectrum(model, sum).model;
  std::vector<double> pull(lines.size()), spread(lines.size());
  for (std::size_t t = 0; t < series.size(); ++t) {
    auto const maps = tomoedx::fit_lines(calibrated, series[t]);
    for (std::size_t l = 0; l < lines.size(); ++l)
      for (std::size_t p = 0; p < n * n; ++p) {
        double const off =
            static_cast<double>(maps.counts_of(l)[p]) - static_cast<double>(truth[t][l * n * n + p]);
        double const sigma = static_cast<double>(maps.sigma_of(l)[p]);
        pull[l] += off;
        spread[l] += sigma * sigma;
      }
  }
  bool right = true;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    double const sigmas = pull[l] / std::sqrt(spread[l]);
    std::printf("%s: %+.0f counts off over the series, %+.1f standard deviations\n", lines[l].c_str(),
                pull[l], sigmas);
    right = right && std::abs(sigmas) < 4;
  }

  if (argc > 1) {
#ifdef TOMOEDX_HDF5
    tomoedx::io::write_event_list(argv[1], series);
    std::printf("%s: %zu spectrum images of %zu x %zu pixels\n", argv[1], series.size(), n, n);
#else
    return std::printf("%s: not written, this build has no HDF5\n", argv[1]), 1;
#endif
  }
  return right ? 0 : 1;
}
