// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_PCA_HPP
#define TOMOEDX_SPECTRA_PCA_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/spectra/detail/block_krylov.hpp>
#include <tomoedx/spectra/detail/counts_matrix.hpp>
#include <tomoedx/spectra/detail/noise_edge.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/line_window.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace tomoedx {

/// What counts are divided by before they are taken apart.
enum class pca_weighting {
  none,
  poisson  ///< the square roots of mean image and mean spectrum, which gives all noise about one variance
};

/// How components are computed.
enum class pca_method {
  automatic,  ///< exact up to 384 channels, else randomised
  exact,      ///< from the dense matrix of all pairs of channels: seconds for 1000 channels
  randomised  ///< from a few passes over the counts
};

/// Data without structure, whose largest singular value says which components could be noise.
enum class pca_null {
  signs,    ///< each count with a random sign: the noise of these very data (Hong, Sheng and Dobriban 2020)
  permuted  ///< counts dealt out anew among pixels, as if all had one spectrum (Horn's parallel analysis)
};

/// How to do principal component analysis.
struct pca_options {
  std::vector<energy_range> ranges = {};  ///< channels to look at; none: all
  std::size_t components = 0;             ///< to keep; 0: those that stand out of noise
  std::size_t most = 30;                  ///< to keep when they are chosen, and to show on a scree plot
  pca_weighting weighting = pca_weighting::poisson;
  pca_method method = pca_method::automatic;
  pca_null null = pca_null::signs;
  std::size_t nulls = 4;    ///< data sets without structure that are drawn
  std::size_t passes = 12;  ///< over the counts, at most, when randomised
  std::uint64_t seed = 1;
};

/// A series of spectrum images as sums of few spectra: count(pixel, channel) is about the sum over components of score
/// times loading.
///
/// shapes   channels (chosen); loadings (component, chosen channel); scores (component, image, y, x); noise_variance
///          (chosen), in units of `weight`
/// source   weighting: Keenan and Kotula, Surf. Interface Anal. 36 (2004) 203
struct pca_model {
  std::size_t images = 0, rows = 0, columns = 0;
  energy_axis energy;
  std::vector<std::uint16_t> channels;  ///< that were looked at
  std::vector<double> loadings;
  std::vector<float> scores;
  std::vector<double> weight;           ///< (chosen) that counts of a channel were divided by
  std::vector<double> noise_variance;   ///< (chosen) of a count so divided, in the mean over pixels
  std::vector<double> singular_values;  ///< of the weighted counts: those of the components, then others
  double noise_singular_value = 0;      ///< the largest that noise has; 0 when nobody asked
  double total = 0;                     ///< sum of squares of all singular values there are

  std::size_t pixels() const { return images * rows * columns; }
  std::size_t components() const { return channels.empty() ? 0 : loadings.size() / channels.size(); }
  std::span<double const> loadings_of(std::size_t component) const {
    return std::span(loadings).subspan(component * channels.size(), channels.size());
  }
  std::span<float const> scores_of(std::size_t component) const {
    return std::span(scores).subspan(component * pixels(), pixels());
  }
  /// The share of the variance that is in component i; most of the rest is noise.
  double explained(std::size_t i) const { return singular_values[i] * singular_values[i] / total; }
};

namespace detail {

/// The channels in any of the ranges, in order.
inline std::vector<std::uint16_t> chosen_channels(std::vector<energy_range> const& ranges,
                                                  energy_axis const& energy) {
  std::vector<char> in(energy.channels, ranges.empty());
  for (energy_range const& r : ranges) {
    channel_range const c = r.empty() ? channel_range{} : channels_between(energy, r.from_kev, r.to_kev);
    expects<value_error>(
        !c.empty(), "principal_components: no channel between {} and {} keV; the spectra have {} to {}",
        r.from_kev, r.to_kev, energy.energy(0), energy.energy(static_cast<double>(energy.channels - 1)));
    std::fill(in.begin() + static_cast<std::ptrdiff_t>(c.begin),
              in.begin() + static_cast<std::ptrdiff_t>(c.end), char(1));
  }
  std::vector<std::uint16_t> chosen;
  for (std::size_t c = 0; c < in.size(); ++c)
    if (in[c]) chosen.push_back(static_cast<std::uint16_t>(c));
  return chosen;
}

/// The counts of chosen channels of all pixels of all images, scaled by 1.
inline counts_matrix counts_of(std::span<spectrum_image const> series,
                               std::vector<std::uint16_t> const& chosen) {
  std::vector<std::uint32_t> place(series.front().energy.channels, std::numeric_limits<std::uint32_t>::max());
  for (std::size_t c = 0; c < chosen.size(); ++c) place[chosen[c]] = static_cast<std::uint32_t>(c);
  counts_matrix m;
  m.columns = chosen.size();
  m.begin = {0};
  for (spectrum_image const& s : series) {
    m.rows += s.pixels();
    for (std::size_t p = 0; p < s.pixels(); ++p) {
      for (std::size_t i = s.begin[p]; i < s.begin[p + 1]; ++i)
        if (std::uint32_t const c = place[s.channel[i]]; c < m.columns && s.count[i] > 0) {
          expects<value_error>(s.count[i] <= 0x7fffffff,
                               "principal_components: {} counts in one channel of a pixel are too many",
                               s.count[i]);
          m.column.push_back(static_cast<std::uint16_t>(c));
          m.count.push_back(static_cast<std::int32_t>(s.count[i]));
        }
      m.begin.push_back(m.column.size());
    }
  }
  m.row_scale.assign(m.rows, 1);
  m.column_scale.assign(m.columns, 1);
  return m;
}

/// Divide by the square roots of mean image and mean spectrum, where these are below a twentieth of their mean by that.
inline void weigh(counts_matrix& m) {
  std::vector<double> image(m.rows), spectrum(m.columns);
  double counts = 0;
  for (std::size_t row = 0; row < m.rows; ++row)
    for (std::size_t i = m.begin[row]; i < m.begin[row + 1]; ++i) {
      image[row] += m.count[i];
      spectrum[m.column[i]] += m.count[i];
      counts += m.count[i];
    }
  double const rows = static_cast<double>(m.rows), columns = static_cast<double>(m.columns);
  for (std::size_t row = 0; row < m.rows; ++row)
    m.row_scale[row] = 1 / std::sqrt(std::max(image[row] / counts * rows, 0.05));
  for (std::size_t c = 0; c < m.columns; ++c)
    m.column_scale[c] = 1 / std::sqrt(std::max(spectrum[c], 0.05 * counts / columns) / rows);
}

inline leading_pairs pairs_of(counts_matrix const& m, std::size_t wanted, pca_options const& options) {
  bool const exact =
      options.method == pca_method::exact || (options.method == pca_method::automatic && m.columns <= 384);
  if (exact) return dense_pairs(gram(m), m.columns, wanted);
  std::size_t const passes = std::max(options.passes, wanted / block_width + 2);
  return randomised_pairs(m, {.wanted = wanted, .passes = passes}, options.seed);
}

/// The squared singular value that noise does not exceed.
inline double noise_of(counts_matrix const& m, pca_options const& options) {
  std::vector<double> largest;
  bool const signs = options.null == pca_null::signs;
  std::size_t const nth = signs ? 0 : 1;  // dealt out anew, counts still have the mean as first component
  for (std::size_t i = 0; i < options.nulls; ++i) {
    std::uint64_t const seed = options.seed + 0x9E3779B9 * (i + 1);
    auto const null = signs ? with_random_signs(m, seed) : permuted(m, seed);
    auto const pairs = randomised_pairs(
        null, {.wanted = nth + 1, .passes = std::max<std::size_t>(options.passes, 8), .tolerance = 1e-2},
        options.seed);
    if (pairs.pairs() > nth) largest.push_back(pairs.values[nth]);
  }
  return largest.empty() ? 0 : noise_edge(largest, m.rows, m.columns);
}

}  // namespace detail

/// The principal components of a series of spectrum images together; nothing is centred, so the first is the mean.
/// Where as many as `most` stand out of noise there may be more.
///
/// requires images of one size on one energy axis
/// throws   shape_error, value_error for ranges without a channel or counts in them, or more components than channels
/// returns  the same on any number of threads
inline pca_model principal_components(std::span<spectrum_image const> series,
                                      pca_options const& options = {}) {
  expects<shape_error>(!series.empty(), "principal_components: there is no image");
  for (spectrum_image const& s : series) {
    validate(s, "principal_components");
    auto const& first = series.front();
    expects<shape_error>(
        s.rows == first.rows && s.columns == first.columns && s.energy == first.energy,
        "principal_components: an image of {} x {} pixels and {} channels in a series of {} x "
        "{} and {}; take images of one size on one energy axis",
        s.rows, s.columns, s.energy.channels, first.rows, first.columns, first.energy.channels);
  }
  pca_model p;
  p.images = series.size();
  p.rows = series.front().rows;
  p.columns = series.front().columns;
  p.energy = series.front().energy;
  p.channels = detail::chosen_channels(options.ranges, p.energy);
  std::size_t const limit = std::min(p.channels.size(), p.pixels());
  expects<value_error>(options.components <= limit,
                       "principal_components: {} components of {} channels and {} pixels", options.components,
                       p.channels.size(), p.pixels());
  expects<value_error>(options.most > 0 && options.nulls > 0 && options.passes > 0,
                       "principal_components: most {}, nulls {} and passes {} are to be positive",
                       options.most, options.nulls, options.passes);

  detail::counts_matrix m = detail::counts_of(series, p.channels);
  expects<value_error>(!m.count.empty(), "principal_components: there is no count in the {} chosen channels",
                       p.channels.size());
  if (options.weighting == pca_weighting::poisson) detail::weigh(m);
  p.noise_variance.resize(m.columns);
  for (std::size_t row = 0; row < m.rows; ++row)
    for (std::size_t i = m.begin[row]; i < m.begin[row + 1]; ++i)
      p.noise_variance[m.column[i]] +=
          m.value(row, i) * m.value(row, i) / m.count[i] / static_cast<double>(m.rows);
  for (double const scale : m.column_scale) p.weight.push_back(1 / scale);

  p.total = detail::sum_of_squares(m);
  std::size_t const wanted = std::min(std::max(options.components, options.most), limit);
  detail::leading_pairs const pairs = detail::pairs_of(m, wanted, options);
  for (double const v : pairs.values) p.singular_values.push_back(std::sqrt(v));
  std::size_t keep = std::min(options.components, p.singular_values.size());
  if (options.components == 0) {
    double const edge = detail::noise_of(m, options);
    p.noise_singular_value = std::sqrt(edge);
    while (keep < p.singular_values.size() && pairs.values[keep] > edge) ++keep;
    keep = std::max<std::size_t>(keep, 1);
  }

  p.loadings.resize(keep * m.columns);
  std::vector<double> filters(m.columns * keep);  // (channel, component): scores are these times counts
  for (std::size_t k = 0; k < keep; ++k) {
    auto const v = pairs.vector(k);
    double const sign = std::accumulate(v.begin(), v.end(), 0.0) < 0 ? -1 : 1;
    for (std::size_t c = 0; c < m.columns; ++c) {
      p.loadings[k * m.columns + c] = sign * v[c] * p.weight[c];
      filters[c * keep + k] = sign * v[c] * m.column_scale[c];
    }
  }
  p.scores.resize(keep * m.rows);
  on_host_threads(
      "pca::scores", m.rows, [&] { return std::vector<double>(keep); },
      [&](std::vector<double>& sum, std::size_t row) {
        std::fill(sum.begin(), sum.end(), 0.0);
        for (std::size_t i = m.begin[row]; i < m.begin[row + 1]; ++i) {
          double const* const filter = filters.data() + m.column[i] * keep;
          for (std::size_t k = 0; k < keep; ++k) sum[k] += m.count[i] * filter[k];
        }
        for (std::size_t k = 0; k < keep; ++k) p.scores[k * m.rows + row] = static_cast<float>(sum[k]);
      });
  return p;
}

/// Those of one image.
inline pca_model principal_components(spectrum_image const& image, pca_options const& options = {}) {
  return principal_components(std::span(&image, 1), options);
}

}  // namespace tomoedx

#endif
