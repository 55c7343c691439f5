// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_POISSON_REGRESSION_HPP
#define TOMOEDX_SPECTRA_POISSON_REGRESSION_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/detail/cholesky.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tomoedx {

/// Spectra of the components of a model, kept channel by channel: most components are 0 in most channels.
///
/// shapes   the components that are not 0 in channel c are [begin[c], begin[c + 1]) of index and value
struct component_spectra {
  std::size_t channels = 0, components = 0;
  std::vector<std::uint32_t> begin;
  std::vector<std::uint16_t> index;
  std::vector<double> value;
  std::vector<double> total;  ///< of each component over all channels

  /// What the components expect in channel c.
  double expected(std::size_t c, std::span<double const> amplitude) const {
    double sum = 0;
    for (std::size_t i = begin[c]; i < begin[c + 1]; ++i) sum += value[i] * amplitude[index[i]];
    return sum;
  }
};

/// The rows of a matrix (channel, component), without what is below 1e-9 of the largest of a component.
///
/// throws   value_error for a component that is negative, not finite or 0 everywhere
inline component_spectra rows_of(Eigen::MatrixXd const& spectra) {
  component_spectra r{
      static_cast<std::size_t>(spectra.rows()), static_cast<std::size_t>(spectra.cols()), {0}, {}, {}, {}};
  Eigen::VectorXd const most = spectra.colwise().maxCoeff();
  r.total.assign(r.components, 0);
  for (Eigen::Index c = 0; c < spectra.rows(); ++c) {
    for (Eigen::Index j = 0; j < spectra.cols(); ++j) {
      expects<value_error>(spectra(c, j) >= 0 && std::isfinite(spectra(c, j)) && most[j] > 0,
                           "component {} is {} in channel {} and at most {}; it is positive somewhere", j,
                           spectra(c, j), c, most[j]);
      if (!(spectra(c, j) > 1e-9 * most[j])) continue;
      r.index.push_back(static_cast<std::uint16_t>(j));
      r.value.push_back(spectra(c, j));
      r.total[static_cast<std::size_t>(j)] += spectra(c, j);
    }
    r.begin.push_back(static_cast<std::uint32_t>(r.index.size()));
  }
  return r;
}

/// How amplitudes are held.
enum class amplitude_bounds {
  unbounded,  ///< lines may come out negative where the model as a whole stays positive: no bias in rich spectra
  non_negative  ///< the likeliest amplitudes that can be: right for one spectrum, biased upwards where counts are few
};

/// How a fit ended.
struct regression_end {
  std::size_t iterations = 0;
  bool converged = false;  ///< else at the edge of where the model is positive, or after too many iterations
};

/// Maximum-likelihood amplitudes of a sum of spectra in Poisson counts, by a projected Newton method on the channels
/// that counted: min over a of  sum of total(j) a(j) - sum over c of n(c) log sum of value(c, j) a(j).
///
/// Owns the scratch of a fit; use one for each thread. The problem is convex, so its minimum does not depend on the
/// start.
class poisson_regression {
 public:
  explicit poisson_regression(component_spectra const& s)
      : s_(&s),
        k_(s.components),
        free_(k_),
        gradient_(k_),
        step_(k_),
        trial_(k_),
        curvature_(k_ * k_),
        packed_(k_ * k_) {}

  /// Fit, starting at `a`, whose components in [0, unbounded) may become negative.
  ///
  /// shapes   channel and count one for each channel that counted; a (components)
  /// requires a >= 0 expects something in every channel that counted (one where the model is 0 everywhere is left
  ///          out)
  regression_end fit(std::span<std::uint16_t const> channel, std::span<double const> count,
                     std::span<double> a, std::size_t unbounded = 0) {
    regression_end end;
    double total = 0;
    for (std::size_t e = 0; e < channel.size(); ++e)
      if (s_->begin[channel[e]] < s_->begin[channel[e] + 1]) total += count[e];
    if (total <= 0) {
      std::ranges::fill(a, 0.0);
      return {0, true};
    }
    double damping = 1e-9;
    double value = objective(channel, count, a);
    for (; end.iterations < 200; ++end.iterations) {
      differentiate(channel, count, a);
      std::size_t const n = choose_free(a, unbounded);
      if (n == 0) return end.converged = true, end;
      bool moved = false;
      for (; damping < 1e6; damping *= 30) {
        double const promised = solve(n, total, damping);
        if (promised < 1e-9) return end.converged = true, end;
        if (double const now = search(channel, count, a, n, unbounded, value); now < value) {
          moved = true;
          end.converged = value - now < 1e-10 && damping < 1e-6;
          value = now;
          break;
        }
      }
      if (!moved || end.converged) return end;
      damping = std::max(1e-9, damping / 30);
    }
    return end;
  }

 private:
  double objective(std::span<std::uint16_t const> channel, std::span<double const> count,
                   std::span<double const> a) const {
    double f = 0;
    for (std::size_t j = 0; j < k_; ++j) f += s_->total[j] * a[j];
    for (std::size_t e = 0; e < channel.size(); ++e) {
      if (s_->begin[channel[e]] == s_->begin[channel[e] + 1]) continue;
      double const mu = s_->expected(channel[e], a);
      if (!(mu > 0)) return std::numeric_limits<double>::infinity();
      f -= count[e] * std::log(mu);
    }
    return f;
  }

  void differentiate(std::span<std::uint16_t const> channel, std::span<double const> count,
                     std::span<double const> a) {
    std::ranges::copy(s_->total, gradient_.begin());
    std::ranges::fill(curvature_, 0.0);
    for (std::size_t e = 0; e < channel.size(); ++e) {
      std::size_t const first = s_->begin[channel[e]], last = s_->begin[channel[e] + 1];
      if (first == last) continue;
      double const mu = s_->expected(channel[e], a), share = count[e] / mu, second = share / mu;
      for (std::size_t i = first; i < last; ++i) {
        gradient_[s_->index[i]] -= share * s_->value[i];
        double const w = second * s_->value[i];
        double* const row = &curvature_[s_->index[i] * k_];
        for (std::size_t j = first; j <= i; ++j) row[s_->index[j]] += w * s_->value[j];
      }
    }
  }

  std::size_t choose_free(std::span<double const> a, std::size_t unbounded) {
    std::size_t n = 0;
    for (std::size_t j = 0; j < k_; ++j)
      if (j < unbounded || a[j] > 0 || gradient_[j] < 0) free_[n++] = j;
    return n;
  }

  /// The damped Newton step of the n free amplitudes; returns what the quadratic model promises.
  double solve(std::size_t n, double total, double damping) {
    for (;; damping *= 30) {
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) packed_[i * n + j] = curvature_[free_[i] * k_ + free_[j]];
      for (std::size_t i = 0; i < n; ++i) {
        double const t = s_->total[free_[i]];
        packed_[i * n + i] += damping * (t * t / total + packed_[i * n + i]);
        step_[i] = -gradient_[free_[i]];
      }
      if (cholesky(packed_, n)) break;
    }
    cholesky_solve(packed_, n);
    double promised = 0;
    for (std::size_t i = 0; i < n; ++i) promised -= 0.5 * gradient_[free_[i]] * step_[i];
    return promised;
  }

  /// Go along the step, bent at the bounds, as far as the objective falls enough; returns the objective there.
  double search(std::span<std::uint16_t const> channel, std::span<double const> count, std::span<double> a,
                std::size_t n, std::size_t unbounded, double value) {
    for (double length = 1; length > 1e-4; length *= 0.4) {
      std::ranges::copy(a, trial_.begin());
      double slope = 0;
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t const j = free_[i];
        trial_[j] += length * step_[i];
        if (j >= unbounded) trial_[j] = std::max(0.0, trial_[j]);
        slope += gradient_[j] * (trial_[j] - a[j]);
      }
      if (!(slope < 0) || (unbounded > 0 && !positive(trial_))) continue;
      double const now = objective(channel, count, trial_);
      if (now < value + 1e-4 * slope) {
        std::ranges::copy(trial_, a.begin());
        return now;
      }
    }
    return value;
  }

  bool positive(std::span<double const> a) const {
    for (std::size_t c = 0; c < s_->channels; ++c)
      if (s_->begin[c] < s_->begin[c + 1] && s_->expected(c, a) < 0) return false;
    return true;
  }

  static bool cholesky(std::span<double> a, std::size_t n) { return detail::cholesky(a, n); }
  void cholesky_solve(std::span<double const> l, std::size_t n) {
    detail::cholesky_solve(l, n, std::span(step_).first(n));
  }

  component_spectra const* s_;
  std::size_t k_;
  std::vector<std::size_t> free_;
  std::vector<double> gradient_, step_, trial_, curvature_, packed_;
};

}  // namespace tomoedx

#endif
