// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_ANSCOMBE_HPP
#define TOMOEDX_DENOISE_ANSCOMBE_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <vector>

namespace tomoedx {

/// How a detector turns counts X (Poisson) into values: gain * X + offset + read noise (Gaussian).
struct count_model {
  double gain = 1;        ///< value of one count
  double offset = 0;      ///< value of no count
  double read_noise = 0;  ///< standard deviation of the Gaussian part, in the unit of the values
};

namespace detail {

/// E[2 sqrt(max(0, x + sigma N + 3/8 + sigma^2))], N standard normal: by the trapezoidal rule in the root, where
/// the integrand is even and analytic, so that its error is far below rounding.
inline double expected_root(double x, double sigma) {
  double const c = x + 0.375 + sigma * sigma;
  if (sigma == 0) return 2 * std::sqrt(c);
  double const low = std::sqrt(std::max(0.0, c - 9 * sigma)), high = std::sqrt(c + 9 * sigma);
  constexpr int steps = 160;
  double const h = (high - low) / steps;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    double const t = low + h * i, u = (t * t - c) / sigma;
    sum += t * t * std::exp(-u * u / 2);  // both ends vanish
  }
  return 4 * h * sum / (sigma * std::sqrt(2 * std::numbers::pi));
}

/// E[f(X)] and its derivative for Poisson X of mean m; f(0), f(1), ... are given as far as they count.
struct expectation {
  double value, slope;
};
inline expectation poisson_expectation(std::vector<double> const& f, double m) {
  auto const size = static_cast<std::ptrdiff_t>(f.size()) - 1;
  auto const mode = std::min(static_cast<std::ptrdiff_t>(m), size - 1);
  double const top =
      m > 0
          ? std::exp(static_cast<double>(mode) * std::log(m) - m - std::lgamma(static_cast<double>(mode) + 1))
          : 1;
  double value = 0, slope = 0, total = 0;
  auto const add = [&](std::ptrdiff_t k, double p) {
    double const fk = f[static_cast<std::size_t>(k)];
    value += p * fk;
    slope += p * (f[static_cast<std::size_t>(k) + 1] - fk);
    total += p;
  };
  double p = top;
  for (auto k = mode; k < size && p > 1e-22 * top; p *= m / static_cast<double>(++k)) add(k, p);
  p = top;
  for (auto k = mode; k > 0 && p > 1e-22 * top;) {
    p *= static_cast<double>(k) / m;
    add(--k, p);
  }
  return {value / total, slope / total};  // takes the rounding of `top` out
}

/// The mean m as a function of D = E[2 sqrt(X + sigma N + 3/8 + sigma^2)]: a table of m - (D^2/4 - 1/8 - sigma^2)
/// with its slopes, between D(0) and where the asymptotic series is exact to rounding.
class exact_inverse {
 public:
  explicit exact_inverse(double sigma)
      : variance_(sigma * sigma), step_(std::max(1.0, sigma) / 64), last_(30 + 8 * sigma) {
    double const most = last_ * last_ / 4 + 1;
    std::vector<double> roots;
    for (double x = 0; x <= most + 12 * std::sqrt(most) + 40; ++x) roots.push_back(expected_root(x, sigma));
    first_ = roots.front();
    double m = 0;
    for (double d = first_; d < last_ + 2 * step_; d += step_) {
      auto at = poisson_expectation(roots, m);
      for (int i = 0; i < 8 && std::abs(d - at.value) > 1e-14 * d; ++i) {
        m = std::max(0.0, m + (d - at.value) / at.slope);
        at = poisson_expectation(roots, m);
      }
      knots_.push_back({m - plain(d), 1 / at.slope - d / 2});
      m += step_ / at.slope;
    }
  }

  double operator()(double d) const {
    if (!(d > first_)) return 0;
    if (d >= last_) return asymptotic(d);
    double const position = (d - first_) / step_;
    auto const i = static_cast<std::size_t>(position);
    double const t = position - static_cast<double>(i), s = 1 - t;
    auto const &a = knots_[i], &b = knots_[i + 1];
    double const correction = s * s * ((1 + 2 * t) * a.value + t * step_ * a.slope) +
                              t * t * ((1 + 2 * s) * b.value - s * step_ * b.slope);
    return std::max(0.0, plain(d) + correction);
  }

 private:
  double plain(double d) const { return d * d / 4 - 0.125 - variance_; }
  /// From the moments of X + sigma N up to the tenth.
  double asymptotic(double d) const {
    double const r = 4 / (d * d), s = variance_;
    return plain(d) +
           r * r *
               ((s / 8 + 1.0 / 64) + r * ((25 * s / 64 + 49.0 / 1024) + r * (91 * s / 64 + 175.0 / 1024)));
  }

  double variance_, step_, first_ = 0, last_;
  std::vector<expectation> knots_;
};

}  // namespace detail

/// The variance-stabilising transform of counts, which gives them noise of standard deviation about 1, with its
/// exact unbiased inverse: inverse(E[forward(z)]) is the expected value of z, for small counts too. Squaring
/// back instead, or the inverse of the formula, loses up to 3/8 of a count.
///
/// source   Anscombe, Biometrika 35 (1948) 246; Makitalo and Foi, IEEE TIP 20 (2011) 99 and 22 (2013) 91
class anscombe_transform {
 public:
  /// Prepare the table of the inverse: some milliseconds.
  ///
  /// throws   tomoedx::value_error for a gain that is not positive, or read noise above 100 gains
  explicit anscombe_transform(count_model const& model = {}) : model_(model) {
    expects<value_error>(model.gain > 0 && std::isfinite(model.gain),
                         "anscombe_transform: the gain is {}; it is the value of one count, above 0",
                         model.gain);
    expects<value_error>(std::isfinite(model.offset), "anscombe_transform: the offset is {}", model.offset);
    expects<value_error>(model.read_noise >= 0 && model.read_noise <= 100 * model.gain,
                         "anscombe_transform: the read noise is {} and the gain {}; it must be 0 to 100 "
                         "gains, beyond that the noise is Gaussian",
                         model.read_noise, model.gain);
    sigma_ = model.read_noise / model.gain;
    inverse_ = std::make_shared<detail::exact_inverse>(sigma_);
  }

  count_model const& model() const { return model_; }

  /// 2 sqrt(x + 3/8 + sigma^2) for a value of x counts with read noise of sigma counts; 0 below the root's domain.
  double forward(double value) const {
    double const x = (value - model_.offset) / model_.gain;
    return 2 * std::sqrt(std::max(0.0, x + 0.375 + sigma_ * sigma_));
  }

  /// The expected value whose transform has the expectation `d`; the offset where `d` is too small for any.
  double inverse(double d) const { return model_.gain * (*inverse_)(d) + model_.offset; }

 private:
  count_model model_;
  double sigma_ = 0;
  std::shared_ptr<detail::exact_inverse const> inverse_;  ///< shared by copies
};

}  // namespace tomoedx

#endif
