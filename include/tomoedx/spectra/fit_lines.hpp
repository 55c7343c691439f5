// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_FIT_LINES_HPP
#define TOMOEDX_SPECTRA_FIT_LINES_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/spectra/calibrate_spectrum.hpp>
#include <tomoedx/spectra/detail/pixel_events.hpp>
#include <tomoedx/spectra/fit_spectrum.hpp>
#include <tomoedx/spectra/linear_estimator.hpp>
#include <tomoedx/spectra/maps.hpp>
#include <tomoedx/spectra/poisson_regression.hpp>
#include <tomoedx/spectra/spectral_model.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// How the amplitudes of a pixel are estimated.
enum class line_estimator {
  local,  ///< weighted sums of its counts, the weights best for the mean of the pixels around it (itself not
  ///< among them): no bias at any number of counts, and the variance of the Cramer-Rao bound. An image of
  ///< a few pixels has none around: one alone is its own mean, with too much of what is absent
  linear,  ///< the same weights for all pixels, best for the mean of the image: no bias, and maps of summed
           ///< pixels are sums of maps; more noise where a pixel is unlike the mean
  likelihood  ///< the likeliest amplitudes >= 0: nearest to the truth in one pixel where elements are absent, but
              ///< biased upwards there; not for maps that are summed or reconstructed
};

/// How fit_lines works and what it gives.
struct line_map_options {
  line_estimator estimator = line_estimator::local;
  bool everything = false;  ///< maps of companions, artefacts and backgrounds as well, after those asked for
};

namespace detail {

/// What all pixels of an image share while their lines are fitted.
struct line_fit {
  spectral_model const& model;
  spectrum_image const& image;
  component_spectra spectra;
  std::vector<double> mean;     ///< amplitudes of the mean pixel
  double mean_counts = 0;       ///< of it
  std::vector<double> weights;  ///< of its estimator, (channel, component)
  std::vector<double> spread;  ///< (component, component): variance of the first for each count of the second
  std::size_t most = 0;        ///< events of a pixel

  line_fit(spectral_model const& m, spectrum_image const& s)
      : model(m), image(s), spectra(rows_of(spectra_of(m))), mean(spectra.components), most(most_events(s)) {
    auto const sum = sum_spectrum(s);
    counted_channels const data(sum, m, "fit_lines");
    double const pixels = static_cast<double>(s.pixels());
    mean_counts = data.total / pixels;
    auto a = even_start(spectra, std::max(data.total, 1.0));
    if (data.total > 0) poisson_regression(spectra).fit(data.channel, data.count, a);
    for (std::size_t j = 0; j < a.size(); ++j) mean[j] = a[j] / pixels;
    linear_estimator estimator(spectra);
    expects<value_error>(
        estimator.expect(mean, floor_of(mean)),
        "fit_lines: the {} components of the model cannot all be told apart in this image; name "
        "fewer",
        spectra.components);
    weights = estimator.weights();
    std::size_t const k = spectra.components;
    spread.assign(k * k, 0);
    for (std::size_t c = 0; c < spectra.channels; ++c)
      for (std::size_t i = spectra.begin[c]; i < spectra.begin[c + 1]; ++i)
        for (std::size_t j = 0; j < k; ++j)
          spread[j * k + spectra.index[i]] += weights[c * k + j] * weights[c * k + j] * spectra.value[i];
  }

  /// A thousandth of the counts spread over all channels: no weight is without bound where a model expects nothing.
  double floor_of(std::span<double const> amplitude) const {
    double sum = 0;
    for (std::size_t j = 0; j < amplitude.size(); ++j) sum += amplitude[j] * spectra.total[j];
    return std::max(1e-3 * sum, 1e-6) / static_cast<double>(spectra.channels);
  }

  void estimate(pixel_events const& e, std::span<double> a) const {
    std::size_t const k = a.size();
    std::ranges::fill(a, 0.0);
    for (std::size_t i = 0; i < e.channels().size(); ++i) {
      double const n = e.counts()[i];
      double const* const w = &weights[e.channels()[i] * k];
      for (std::size_t j = 0; j < k; ++j) a[j] += n * w[j];
    }
  }

  /// From the sums over neighbours to amplitudes to expect in a pixel: `known` counts of the mean are mixed in.
  void expect_from(std::span<double> sum, double pixels, double known) const {
    double const more = mean_counts > 0 ? known / mean_counts : 1;
    for (std::size_t j = 0; j < sum.size(); ++j)
      sum[j] = std::max(0.0, (sum[j] + more * mean[j]) / (pixels + more));
  }
};

/// The scratch of a thread.
struct line_fit_scratch {
  pixel_events events;
  std::vector<double> a, expected, sums;
  linear_estimator estimator;
  poisson_regression regression;
  explicit line_fit_scratch(line_fit const& f)
      : events(f.model.range, f.most),
        a(f.spectra.components),
        expected(a.size()),
        sums(a.size()),
        estimator(f.spectra),
        regression(f.spectra) {}
};

/// Fit the pixels of one tile, and say the variances there.
template <class Put>
void fit_tile(line_fit const& f, line_fit_scratch& s, tile_sums const& tiles, std::size_t tile,
              line_estimator how, Put const& put) {
  std::size_t const k = s.a.size();
  double const pixels = tiles.around(tile, how == line_estimator::linear, s.sums);
  std::vector<double>& variance = s.sums;
  double known = 20;
  for (bool distinct = false; !distinct; known *= 100) {  // ends near the weights of the mean, which are good
    expects<value_error>(known < 1e15, "fit_lines: the {} components cannot all be told apart; name fewer",
                         k);
    std::ranges::copy(s.sums, s.expected.begin());
    f.expect_from(s.expected, pixels, known);
    distinct = how == line_estimator::linear || s.estimator.expect(s.expected, f.floor_of(s.expected));
  }
  if (how == line_estimator::linear) {
    for (std::size_t j = 0; j < k; ++j) {
      variance[j] = 0;
      for (std::size_t i = 0; i < k; ++i) variance[j] += f.spread[j * k + i] * s.expected[i];
    }
  } else {
    auto const covariance = s.estimator.covariance();
    for (std::size_t j = 0; j < k; ++j) variance[j] = covariance[j * k + j];
  }
  tiles.pixels_of(tile, [&](std::size_t p) {
    s.events.take(f.image, p);
    if (how == line_estimator::linear) {
      f.estimate(s.events, s.a);
    } else if (how == line_estimator::local) {
      s.estimator.estimate(s.events.channels(), s.events.counts(), s.a);
    } else {
      for (std::size_t j = 0; j < k; ++j)
        s.a[j] = s.expected[j] + 1e-3 * f.mean[j] + 1e-6 / f.spectra.total[j];
      s.regression.fit(s.events.channels(), s.events.counts_as_double(), s.a);
    }
    put(p, s.a, variance);
  });
}

}  // namespace detail

/// Maps of the lines of a calibrated model, one fit for each pixel.
///
/// Measured (docs/spectra.md): from 10 to 1000 counts a pixel `local` and `linear` have no bias, and `local` the
/// variance of the Cramer-Rao bound within a few per cent; `likelihood` puts counts where elements are absent.
/// Sigmas are those of a pixel like the ones around it.
///
/// shapes   the model has as many channels as the image; maps in the order of the model's components
/// units    counts of the main line of each family, background and other lines taken off
/// throws   shape_error, value_error; cancelled when `watch`, which sees rows of pixels, asks to stop
template <observer Watch = ignore>
line_maps fit_lines(spectral_model const& model, spectrum_image const& image,
                    line_map_options const& options = {}, Watch&& watch = {}) {
  validate(image, "fit_lines");
  expects<shape_error>(
      image.energy.channels == model.axis.channels,
      "fit_lines: {} channels in the image, {} in the model; make the model of its energy axis",
      image.energy.channels, model.axis.channels);
  detail::line_fit const f(model, image);
  std::size_t const k = f.spectra.components;
  std::size_t const maps = options.everything ? k : model.wanted();
  line_maps result{{}, image.rows, image.columns, {}, {}};
  for (std::size_t j = 0; j < maps; ++j)
    result.names.push_back(j < model.components.size()
                               ? model.components[j].name
                               : fmt::format("background {}", j - model.components.size()));
  result.counts.resize(maps * image.pixels());
  result.sigma.resize(maps * image.pixels());

  detail::tile_sums tiles(detail::tile_sums::edge_for(2e3, f.mean_counts), image.rows, image.columns, k);
  auto const make = [&] { return detail::line_fit_scratch(f); };
  on_host_threads("fit_lines::means", tiles.tiles(), make,
                  [&](detail::line_fit_scratch& s, std::size_t tile) {
                    std::size_t pixels = 0;
                    std::ranges::fill(s.sums, 0.0);
                    tiles.pixels_of(tile, [&](std::size_t p) {
                      s.events.take(image, p);
                      f.estimate(s.events, s.a);
                      for (std::size_t j = 0; j < k; ++j) s.sums[j] += s.a[j];
                      ++pixels;
                    });
                    std::ranges::copy(s.sums, tiles.of(tile, pixels).begin());
                  });

  auto const put = [&](std::size_t p, std::span<double const> a, std::span<double const> variance) {
    for (std::size_t j = 0; j < maps; ++j) {
      result.counts[j * image.pixels() + p] = static_cast<float>(a[j]);
      result.sigma[j * image.pixels() + p] = static_cast<float>(std::sqrt(variance[j]));
    }
  };
  std::size_t const batch = 8 * tiles.across();
  for (std::size_t first = 0; first < tiles.tiles(); first += batch) {
    std::size_t const n = std::min(batch, tiles.tiles() - first);
    on_host_threads("fit_lines::pixels", n, make, [&](detail::line_fit_scratch& s, std::size_t i) {
      detail::fit_tile(f, s, tiles, first + i, options.estimator, put);
    });
    std::size_t const rows = std::min(image.rows, (first + n) / tiles.across() * tiles.edge());
    if (watch(progress{rows, image.rows}) == decision::stop && rows < image.rows)
      fail<cancelled>("fit_lines: stopped after {} of {} rows", rows, image.rows);
  }
  return result;
}

/// The same in one call: the model of `lines`, calibrated on the sum of the image.
///
/// throws   as make_model, calibrate_spectrum and the above
inline line_maps fit_lines(spectrum_image const& image, std::vector<std::string> const& lines,
                           model_options options = {}, line_map_options const& how = {}) {
  validate(image, "fit_lines");
  return fit_lines(
      calibrate_spectrum(make_model(image.energy, lines, std::move(options)), sum_spectrum(image)).model,
      image, how);
}

}  // namespace tomoedx

#endif
