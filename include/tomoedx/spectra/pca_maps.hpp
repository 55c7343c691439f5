// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_PCA_MAPS_HPP
#define TOMOEDX_SPECTRA_PCA_MAPS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/spectra/detail/window_table.hpp>
#include <tomoedx/spectra/line_window.hpp>
#include <tomoedx/spectra/maps.hpp>
#include <tomoedx/spectra/pca.hpp>
#include <tomoedx/spectra/windows.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// The spectra of an image of the series without the noise that is outside the components.
///
/// shapes   (y, x, chosen channel)
/// throws   value_error
inline std::vector<float> denoised_spectra(pca_model const& p, std::size_t image = 0) {
  expects<value_error>(image < p.images, "denoised_spectra: image {} of a series of {}", image, p.images);
  std::size_t const n = p.channels.size(), pixels = p.rows * p.columns;
  std::vector<float> spectra(pixels * n);
  on_host_threads(
      "pca::spectra", pixels, [&] { return std::vector<double>(n); },
      [&](std::vector<double>& sum, std::size_t pixel) {
        std::fill(sum.begin(), sum.end(), 0.0);
        for (std::size_t k = 0; k < p.components(); ++k) {
          double const score = p.scores_of(k)[image * pixels + pixel];
          auto const loading = p.loadings_of(k);
          for (std::size_t c = 0; c < n; ++c) sum[c] += score * loading[c];
        }
        for (std::size_t c = 0; c < n; ++c) spectra[pixel * n + c] = static_cast<float>(sum[c]);
      });
  return spectra;
}

/// Count lines in windows of the denoised spectra of an image of the series, without making these spectra: a window
/// asks each component once.
///
/// requires every channel of the windows is among those the components were found in
/// units    counts; sigma is the noise that is left: of the scores, and of the loadings, as far as both come from the
///          counts. It knows nothing of weak structure that went with the components left out
/// throws   value_error
inline line_maps integrate_windows(pca_model const& p, std::span<line_window const> windows,
                                   std::size_t image = 0) {
  expects<value_error>(image < p.images, "integrate_windows: image {} of a series of {}", image, p.images);
  std::size_t const n = p.channels.size(), parts = p.components(), pixels = p.rows * p.columns;
  std::vector<double> all(p.energy.channels);
  std::vector<std::size_t> place(p.energy.channels, n);
  for (std::size_t c = 0; c < n; ++c) place[p.channels[c]] = c;
  for (std::size_t k = 0; k < parts; ++k) {
    double sum = 0;
    for (float const s : p.scores_of(k)) sum += s;
    for (std::size_t c = 0; c < n; ++c) all[p.channels[c]] += sum * p.loadings_of(k)[c];
  }
  for (double& v : all) v = std::max(v, 0.0);
  detail::window_table const table(windows, p.energy, all);
  std::vector<double> weight(windows.size() * n), common(windows.size() * n);
  for (std::size_t const channel : table.used()) {
    std::size_t const c = place[channel];
    for (auto const& e : table.of(channel)) {
      expects<value_error>(c < n,
                           "integrate_windows: {} looks at {} keV, which is not among the energies of the "
                           "components; find them there too, or move the window",
                           windows[e.window].name, p.energy.energy(static_cast<double>(channel)));
      weight[e.window * n + c] += e.weight;
      common[e.window * n + c] += e.common;
    }
  }

  // A map is sum_k score_k value_k. As scores are sums over the counts x_c, it is sum_c x_c q_c too, which gives the
  // variance of the scores; a pixel's own part in the components, sum_k score_k^2 / s_k^2, times what a window lets
  // through beside them gives that of the loadings.
  struct response {
    std::vector<double> value, variance, common;
    double beside = 0;
  };
  std::vector<response> responses;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    response r{std::vector<double>(parts), std::vector<double>(parts), std::vector<double>(parts)};
    std::span const f = std::span(weight).subspan(w * n, n);
    std::vector<double> q(n);
    for (std::size_t k = 0; k < parts; ++k) {
      auto const loading = p.loadings_of(k);
      for (std::size_t c = 0; c < n; ++c) {
        r.value[k] += loading[c] * f[c];
        r.common[k] += loading[c] * common[w * n + c];
      }
      for (std::size_t c = 0; c < n; ++c) q[c] += r.value[k] * loading[c] / (p.weight[c] * p.weight[c]);
    }
    for (std::size_t c = 0; c < n; ++c) {
      double const rest = (f[c] - q[c]) * p.weight[c];
      r.beside += rest * rest * p.noise_variance[c];
      for (std::size_t k = 0; k < parts; ++k) r.variance[k] += p.loadings_of(k)[c] * q[c] * q[c];
    }
    responses.push_back(std::move(r));
  }

  line_maps m = detail::empty_maps(windows, p.rows, p.columns);
  on_host_threads("pca::windows", pixels, [&](std::size_t pixel) {
    for (std::size_t w = 0; w < responses.size(); ++w) {
      response const& r = responses[w];
      double counts = 0, variance = 0, shared = 0, own = 0;
      for (std::size_t k = 0; k < parts; ++k) {
        double const score = p.scores_of(k)[image * pixels + pixel], s = p.singular_values[k];
        counts += score * r.value[k];
        variance += score * r.variance[k];
        shared += score * r.common[k];
        own += s > 0 ? score * score / (s * s) : 0;
      }
      m.counts[w * pixels + pixel] = static_cast<float>(counts);
      m.sigma[w * pixels + pixel] =
          static_cast<float>(std::sqrt(std::max(variance, 0.0) + own * r.beside + shared * shared));
    }
  });
  return m;
}

}  // namespace tomoedx

#endif
