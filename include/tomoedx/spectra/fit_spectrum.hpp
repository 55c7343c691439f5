// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_FIT_SPECTRUM_HPP
#define TOMOEDX_SPECTRA_FIT_SPECTRUM_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/linear_estimator.hpp>
#include <tomoedx/spectra/poisson_regression.hpp>
#include <tomoedx/spectra/spectral_model.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tomoedx {

/// The amplitudes of a model in one spectrum.
///
/// shapes   names, amplitude and sigma one for each component of the model and each background after them;
///          covariance (component, component); expected, background and residual one for each channel of the range
/// units    counts: of the main line of a component, of the whole of a background; residual in standard deviations
struct spectral_fit {
  std::vector<std::string> names;
  std::vector<double> amplitude, sigma;  ///< sigma is the Cramer-Rao bound at the fit
  Eigen::MatrixXd covariance;
  channel_range range;
  std::vector<double> expected, background, residual;
  double deviance = 0;                 ///< 2 log of the likelihood ratio to the counts themselves
  std::size_t degrees_of_freedom = 0;  ///< channels minus amplitudes above 0
  bool converged = false;

  double reduced_deviance() const {
    return degrees_of_freedom > 0 ? deviance / static_cast<double>(degrees_of_freedom) : 0;
  }
  /// throws   value_error for a name that is not in the fit
  std::size_t place_of(std::string_view name) const {
    auto const found = std::ranges::find(names, name);
    expects<value_error>(found != names.end(), "spectral_fit: there is no {} among {} components", name,
                         names.size());
    return static_cast<std::size_t>(found - names.begin());
  }
};

namespace detail {

/// Check a spectrum and keep the channels of a range that counted.
struct counted_channels {
  std::vector<std::uint16_t> channel;
  std::vector<double> count;
  double total = 0;

  counted_channels(std::span<double const> counts, spectral_model const& m, char const* who) {
    expects<shape_error>(counts.size() == m.axis.channels, "{}: {} channels for a model of {}", who,
                         counts.size(), m.axis.channels);
    for (std::size_t c = m.range.begin; c < m.range.end; ++c) {
      expects<value_error>(counts[c] >= 0 && counts[c] <= 1e15, "{}: {} counts in channel {}; give counts",
                           who, counts[c], c);
      if (counts[c] == 0) continue;
      channel.push_back(static_cast<std::uint16_t>(c - m.range.begin));
      count.push_back(counts[c]);
      total += counts[c];
    }
  }
};

/// Amplitudes that expect something in every channel: the counts shared out evenly.
inline std::vector<double> even_start(component_spectra const& s, double total) {
  std::vector<double> a(s.components);
  for (std::size_t j = 0; j < a.size(); ++j) a[j] = total / (static_cast<double>(a.size()) * s.total[j]);
  return a;
}

inline double deviance(std::span<double const> counts, std::span<double const> expected) {
  double d = 0;
  for (std::size_t c = 0; c < counts.size(); ++c)
    d += expected[c] - counts[c] +
         (counts[c] > 0 ? counts[c] * std::log(counts[c] / std::max(expected[c], 1e-300)) : 0);
  return 2 * d;
}

/// Everything a fit tells, from its amplitudes.
inline spectral_fit told(spectral_model const& m, component_spectra const& s, std::span<double const> counts,
                         std::vector<double> amplitude, bool converged, char const* who) {
  spectral_fit f;
  for (auto const& c : m.components) f.names.push_back(c.name);
  for (Eigen::Index b = 0; b < m.background.cols(); ++b) f.names.push_back(fmt::format("background {}", b));
  f.range = m.range;
  f.converged = converged;
  auto const in_range = counts.subspan(m.range.begin, m.range.size());
  std::vector<double> only(amplitude);
  std::fill_n(only.begin(), m.components.size(), 0.0);
  for (std::size_t c = 0; c < s.channels; ++c) {
    f.expected.push_back(s.expected(c, amplitude));
    f.background.push_back(s.expected(c, only));
    f.residual.push_back((in_range[c] - f.expected[c]) / std::sqrt(std::max(f.expected[c], 1e-3)));
  }
  f.deviance = deviance(in_range, f.expected);
  std::size_t used = 0;
  for (double const a : amplitude) used += a != 0;
  f.degrees_of_freedom = s.channels - std::min(s.channels, used);
  // As if one count more were spread over the channels: where nothing was counted the bound would be 0.
  linear_estimator bound(s);
  expects<value_error>(bound.expect(amplitude, 1 / static_cast<double>(s.channels)),
                       "{}: {} components cannot all be told apart here; name fewer", who, s.components);
  auto const covariance = bound.covariance();
  auto const k = static_cast<Eigen::Index>(s.components);
  f.covariance = Eigen::Map<Eigen::MatrixXd const>(covariance.data(), k, k);
  for (Eigen::Index j = 0; j < k; ++j) f.sigma.push_back(std::sqrt(f.covariance(j, j)));
  f.amplitude = std::move(amplitude);
  return f;
}

}  // namespace detail

/// Maximum-likelihood amplitudes of a model in one spectrum of counts. Backgrounds are held at 0 or above always.
///
/// With `unbounded`, lines come out without bias where the spectrum is rich enough for its background to be positive;
/// where it is not, the fit ends at the edge of what is possible and `converged` is false.
///
/// shapes   counts one for each channel of the model's axis
/// throws   shape_error, value_error for values that are no counts or components that cannot be told apart
inline spectral_fit fit_spectrum(spectral_model const& m, std::span<double const> counts,
                                 amplitude_bounds bounds = amplitude_bounds::unbounded) {
  detail::counted_channels const data(counts, m, "fit_spectrum");
  auto const s = rows_of(spectra_of(m));
  auto a = detail::even_start(s, data.total);
  poisson_regression regression(s);
  auto end = regression.fit(data.channel, data.count, a);
  if (bounds == amplitude_bounds::unbounded && data.total > 0)
    end = regression.fit(data.channel, data.count, a, m.components.size());
  return detail::told(m, s, counts, std::move(a), end.converged, "fit_spectrum");
}

}  // namespace tomoedx

#endif
