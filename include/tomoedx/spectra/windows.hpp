// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_WINDOWS_HPP
#define TOMOEDX_SPECTRA_WINDOWS_HPP

#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/spectra/dense_spectra.hpp>
#include <tomoedx/spectra/detail/window_table.hpp>
#include <tomoedx/spectra/line_window.hpp>
#include <tomoedx/spectra/maps.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {
namespace detail {

inline line_maps empty_maps(std::span<line_window const> windows, std::size_t rows, std::size_t columns) {
  line_maps m;
  m.rows = rows;
  m.columns = columns;
  for (line_window const& w : windows) m.names.push_back(w.name);
  m.counts.resize(m.maps() * m.pixels());
  m.sigma.resize(m.maps() * m.pixels());
  return m;
}

inline void store(window_sums const& sums, std::size_t pixel, line_maps& m) {
  for (std::size_t w = 0; w < m.maps(); ++w) {
    m.counts[w * m.pixels() + pixel] = static_cast<float>(sums.counts[w]);
    m.sigma[w * m.pixels() + pixel] =
        static_cast<float>(std::sqrt(sums.variance[w] + sums.common[w] * sums.common[w]));
  }
}

}  // namespace detail

/// Count lines in windows: the counts of the signal window less the background that the windows beside it tell of.
/// One pass over the events serves all windows.
///
/// units    counts; sigma as the counts themselves tell (Poisson, of the signal and of the background windows): 0 where
///          nothing was counted. A power law's sigma holds the uncertainty of its exponent, which all pixels share
/// throws   shape_error, value_error for windows that are not on the axis or lie over each other
inline line_maps integrate_windows(spectrum_image const& image, std::span<line_window const> windows) {
  validate(image, "integrate_windows");
  detail::window_table const table(windows, image.energy, sum_spectrum(image));
  line_maps m = detail::empty_maps(windows, image.rows, image.columns);
  on_host_threads(
      "windows::integrate", image.pixels(), [&] { return detail::window_sums(table.windows()); },
      [&](detail::window_sums& sums, std::size_t p) {
        sums.clear();
        for (std::size_t i = image.begin[p]; i < image.begin[p + 1]; ++i)
          for (auto const& e : table.of(image.channel[i])) sums.add(e, image.count[i]);
        detail::store(sums, p, m);
      });
  return m;
}

/// The same for spectra with a value in every channel.
///
/// units    sigma takes the values for counts: it is not that of spectra that were denoised
inline line_maps integrate_windows(dense_spectra const& spectra, std::span<line_window const> windows) {
  validate(spectra, "integrate_windows");
  std::vector<double> all(spectra.energy.channels);
  for (std::size_t i = 0; i < spectra.values.size(); ++i) all[i % all.size()] += spectra.values[i];
  detail::window_table const table(windows, spectra.energy, all);
  line_maps m = detail::empty_maps(windows, spectra.rows, spectra.columns);
  on_host_threads(
      "windows::integrate", spectra.pixels(), [&] { return detail::window_sums(table.windows()); },
      [&](detail::window_sums& sums, std::size_t p) {
        sums.clear();
        auto const values = spectra.of(p);
        for (std::size_t const c : table.used())
          for (auto const& e : table.of(c)) sums.add(e, values[c]);
        detail::store(sums, p, m);
      });
  return m;
}

}  // namespace tomoedx

#endif
