// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_LINEAR_ESTIMATOR_HPP
#define TOMOEDX_SPECTRA_LINEAR_ESTIMATOR_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/detail/cholesky.hpp>
#include <tomoedx/spectra/poisson_regression.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tomoedx {

/// Amplitudes as weighted sums of the counts, with the weights that are best where `expected` is the spectrum:
/// a = F^-1 sum over c of n(c) value(c) / expected(c), F the Fisher information there.
///
/// Whatever `expected` is, a linear estimate has no bias at any number of counts, and the estimate of a sum of
/// spectra is the sum of their estimates. Where `expected` is the spectrum up to a factor, its variance is the
/// Cramer-Rao bound; it is one step of Fisher's scoring from there.
class linear_estimator {
 public:
  explicit linear_estimator(component_spectra const& s)
      : s_(&s), k_(s.components), inverse_(s.channels), fisher_(k_ * k_), covariance_(k_ * k_) {}

  /// Take the weights from the spectrum that these amplitudes expect, and `floor` counts more in each channel.
  ///
  /// shapes   amplitude (components)
  /// requires amplitude >= 0, floor > 0
  /// returns  whether all components can be told apart
  bool expect(std::span<double const> amplitude, double floor) {
    std::ranges::fill(fisher_, 0.0);
    for (std::size_t c = 0; c < s_->channels; ++c) {
      std::size_t const first = s_->begin[c], last = s_->begin[c + 1];
      double mu = floor;
      for (std::size_t i = first; i < last; ++i) mu += s_->value[i] * amplitude[s_->index[i]];
      double const inverse = inverse_[c] = 1 / mu;
      for (std::size_t i = first; i < last; ++i) {
        double const w = inverse * s_->value[i];
        double* const row = &fisher_[s_->index[i] * k_];
        for (std::size_t j = first; j <= i; ++j) row[s_->index[j]] += w * s_->value[j];
      }
    }
    return detail::cholesky(fisher_, k_, 1e-10);
  }

  /// The amplitudes of one spectrum.
  void estimate(std::span<std::uint16_t const> channel, std::span<std::uint32_t const> count,
                std::span<double> a) const {
    std::ranges::fill(a, 0.0);
    for (std::size_t e = 0; e < channel.size(); ++e) {
      double const n = count[e] * inverse_[channel[e]];
      for (std::size_t i = s_->begin[channel[e]]; i < s_->begin[channel[e] + 1]; ++i)
        a[s_->index[i]] += n * s_->value[i];
    }
    detail::cholesky_solve(fisher_, k_, a);
  }

  /// The inverse of the Fisher information: what the covariance is where the expected spectrum holds.
  ///
  /// shapes   (component, component), until the next call
  std::span<double const> covariance() {
    detail::cholesky_inverse(fisher_, k_, covariance_);
    return covariance_;
  }

  /// The weights themselves: component j of a spectrum n is the sum over c of weight(c, j) n(c).
  ///
  /// shapes   (channel, component)
  std::vector<double> weights() const {
    std::vector<double> w(s_->channels * k_);
    for (std::size_t c = 0; c < s_->channels; ++c) {
      auto const row = std::span(w).subspan(c * k_, k_);
      for (std::size_t i = s_->begin[c]; i < s_->begin[c + 1]; ++i)
        row[s_->index[i]] = s_->value[i] * inverse_[c];
      detail::cholesky_solve(fisher_, k_, row);
    }
    return w;
  }

 private:
  component_spectra const* s_;
  std::size_t k_;
  std::vector<double> inverse_, fisher_, covariance_;
};

}  // namespace tomoedx

#endif
