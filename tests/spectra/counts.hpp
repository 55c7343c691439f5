// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SPECTRA_COUNTS_HPP
#define TOMOEDX_TESTS_SPECTRA_COUNTS_HPP

#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/// Spectra with a known truth.
namespace counts {

/// Poisson counts of mean(pixel, channel).
template <class Mean>
tomoedx::spectrum_image draw(std::size_t rows, std::size_t columns, tomoedx::energy_axis const& energy,
                             std::uint64_t seed, Mean const& mean) {
  tomoedx::spectrum_image s{rows, columns, energy, {0}, {}, {}, {}};
  for (std::size_t p = 0; p < s.pixels(); ++p) {
    tomoedx::random_stream random(seed, p);
    for (std::size_t c = 0; c < energy.channels; ++c)
      if (auto const n = tomoedx::simulate::poisson(random, mean(p, c))) {
        s.channel.push_back(static_cast<std::uint16_t>(c));
        s.count.push_back(static_cast<std::uint32_t>(n));
      }
    s.begin.push_back(s.events());
  }
  return s;
}

/// The share of a Gaussian line in a channel.
inline double line_share(tomoedx::energy_axis const& e, std::size_t c, double kev, double fwhm) {
  double const s = 2 * std::sqrt(std::log(2.0)) / fwhm, x = e.energy(static_cast<double>(c)) - kev;
  return (std::erf((x + e.width_kev / 2) * s) - std::erf((x - e.width_kev / 2) * s)) / 2;
}

/// All values of an image, (y, x, channel).
template <class T>
std::vector<T> dense(tomoedx::spectrum_image const& s) {
  std::vector<T> all(s.pixels() * s.energy.channels);
  for (std::size_t p = 0; p < s.pixels(); ++p)
    for (std::size_t i = s.begin[p]; i < s.begin[p + 1]; ++i)
      all[p * s.energy.channels + s.channel[i]] = static_cast<T>(s.count[i]);
  return all;
}

struct moments {
  double mean = 0, variance = 0, error = 0;  ///< error of the mean
};
template <class Values>
moments of(Values const& values) {
  moments m;
  double const n = static_cast<double>(values.size());
  for (double const v : values) m.mean += v / n;
  for (double const v : values) m.variance += (v - m.mean) * (v - m.mean) / (n - 1);
  m.error = std::sqrt(m.variance / n);
  return m;
}

}  // namespace counts

#endif
