// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SPECTRA_PHASES_HPP
#define TOMOEDX_TESTS_SPECTRA_PHASES_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "counts.hpp"

/// A specimen of a few phases, each with two lines of its own on a common background: expected counts of rank `kinds`.
namespace phases {

struct specimen {
  std::size_t rows, columns, kinds;
  tomoedx::energy_axis energy;
  double counts;                ///< per pixel
  std::vector<double> spectra;  ///< (kind, channel), each of sum 1
  std::vector<double> share;    ///< (pixel, kind)

  double mean(std::size_t p, std::size_t c) const {
    double sum = 0;
    for (std::size_t k = 0; k < kinds; ++k) sum += share[p * kinds + k] * spectra[k * energy.channels + c];
    return counts * sum;
  }
  tomoedx::spectrum_image draw(std::uint64_t seed) const {
    return counts::draw(rows, columns, energy, seed,
                        [&](std::size_t p, std::size_t c) { return mean(p, c); });
  }
};

inline double line_kev(std::size_t kind) {
  return 0.7 + 0.45 * static_cast<double>(kind);
}

inline specimen make(std::size_t rows, std::size_t columns, std::size_t kinds, double per_pixel,
                     tomoedx::energy_axis const& energy = {0.2, 0.02, 160}) {
  specimen s{rows,
             columns,
             kinds,
             energy,
             per_pixel,
             std::vector<double>(kinds * energy.channels),
             std::vector<double>(rows * columns * kinds)};
  for (std::size_t k = 0; k < kinds; ++k) {
    double* const v = s.spectra.data() + k * energy.channels;
    double sum = 0;
    for (std::size_t c = 0; c < energy.channels; ++c) {
      double const kev = energy.energy(static_cast<double>(c));
      v[c] = 0.3 * energy.width_kev * std::exp(-kev) +
             0.5 * counts::line_share(energy, c, line_kev(k), 0.08) +
             0.2 * counts::line_share(energy, c, line_kev(k) + 0.2, 0.09);
      sum += v[c];
    }
    for (std::size_t c = 0; c < energy.channels; ++c) v[c] /= sum;
  }
  for (std::size_t p = 0; p < rows * columns; ++p) {
    double const y = static_cast<double>(p / columns) / static_cast<double>(rows),
                 x = static_cast<double>(p % columns) / static_cast<double>(columns);
    double sum = 0;
    for (std::size_t k = 0; k < kinds; ++k) {
      double const a = 6.283 * static_cast<double>(k) / static_cast<double>(kinds);
      double const dy = y - 0.5 - 0.3 * std::sin(a), dx = x - 0.5 - 0.3 * std::cos(a);
      sum += s.share[p * kinds + k] = std::exp(-(dy * dy + dx * dx) / 0.03) + 0.01;
    }
    double const dose = 0.6 + 0.8 * x;  // mean 1
    for (std::size_t k = 0; k < kinds; ++k) s.share[p * kinds + k] *= dose / sum;
  }
  return s;
}

}  // namespace phases

#endif
