// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_POWER_LAW_FIT_HPP
#define TOMOEDX_SPECTRA_DETAIL_POWER_LAW_FIT_HPP

// IWYU pragma: private, include <tomoedx/spectra/eels.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace tomoedx::detail {

/// exp(log_amplitude - exponent * t) with t = ln(E / unit), and the inverse of its information matrix.
struct power_law {
  bool good = false;
  double log_amplitude = 0, exponent = 0;
  double aa = 0, ar = 0, rr = 0;  ///< derivatives of the parameters by their scores

  double at(double t) const { return std::exp(log_amplitude - exponent * t); }
};

/// A symmetric 2 x 2 matrix inverted into `fit`; false where it has no inverse to speak of.
inline bool invert(double s0, double s1, double s2, power_law& fit) {
  double const d = s0 * s2 - s1 * s1;
  if (!(d > 1e-12 * s0 * s2) || !std::isfinite(d)) return false;
  fit.aa = s2 / d;
  fit.ar = s1 / d;  // the derivative of ln B by the exponent is -t: signs cancel
  fit.rr = s0 / d;
  return true;
}

/// Least squares of the logarithms, where there are values above 0.
///
/// returns  not good with fewer than three values above 0
inline power_law fit_logarithms(std::span<float const> x, std::span<double const> t) {
  power_law fit;
  double s0 = 0, s1 = 0, s2 = 0, l0 = 0, l1 = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] > 0) {
      double const l = std::log(static_cast<double>(x[i]));
      s0 += 1;
      s1 += t[i];
      s2 += t[i] * t[i];
      l0 += l;
      l1 += l * t[i];
    }
  if (s0 < 3 || !invert(s0, s1, s2, fit)) return fit;
  fit.log_amplitude = fit.aa * l0 - fit.ar * l1;
  fit.exponent = fit.ar * l0 - fit.rr * l1;
  fit.good = std::abs(fit.exponent) < 50;
  return fit;
}

/// The most likely power law for Poisson counts, by Newton's method; the likelihood is concave.
///
/// returns  not good where counts do not determine one: their sum is not positive, all are at one end, or the exponent
///          is beyond 50
inline power_law fit_counts(std::span<float const> x, std::span<double const> t) {
  double n = 0, first = 0, low = t[0], high = t[0];
  for (std::size_t i = 0; i < x.size(); ++i) {
    n += x[i];
    first += x[i] * t[i];
    low = std::min(low, t[i]);
    high = std::max(high, t[i]);
  }
  power_law fit;
  if (!(n > 0) || !(first > n * low) || !(first < n * high)) return fit;
  // The amplitude that keeps the sum is known for any exponent, so Newton walks in the exponent alone: the mean of t
  // weighed by the model is that weighed by the counts.
  double const wanted = first / n, spread = (high - low) * (high - low) / 12;
  double r = std::clamp(((low + high) / 2 - wanted) / spread, -40.0, 40.0);
  for (int step = 0; step < 60; ++step) {
    double s0 = 0, s1 = 0, s2 = 0;
    for (double const ti : t) {
      double const v = std::exp(-r * ti);
      s0 += v;
      s1 += v * ti;
      s2 += v * ti * ti;
    }
    double const mean = s1 / s0, variance = s2 / s0 - mean * mean;
    double const change = std::clamp((mean - wanted) / variance, -5.0, 5.0);
    if (!std::isfinite(change)) return fit;
    r += change;
    if (std::abs(r) > 50) return fit;
    if (std::abs(change) < 1e-9 * (1 + std::abs(r))) {
      fit.log_amplitude = std::log(n / s0) + change * mean;
      fit.exponent = r;
      double const scale = n / s0;
      fit.good = invert(s0 * scale, s1 * scale, s2 * scale, fit);
      return fit;
    }
  }
  return fit;
}

}  // namespace tomoedx::detail

#endif
