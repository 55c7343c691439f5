// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_MSE_HPP
#define TOMOEDX_METRICS_MSE_HPP

#include <tomoedx/metrics/detail/checks.hpp>

namespace tomoedx::metrics {

namespace detail {

/// mean (reference - c result)^2
template <class R, class S>
double mean_square(std::span<R const> x, std::span<S const> y, double c) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double const d = static_cast<double>(x[i]) - c * static_cast<double>(y[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(x.size());
}

/// The c of the least mean square, or 0 for a result without any value.
template <class R, class S>
double least_squares_scale(std::span<R const> x, std::span<S const> y) {
  double cross = 0, square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    cross += static_cast<double>(x[i]) * static_cast<double>(y[i]);
    square += static_cast<double>(y[i]) * static_cast<double>(y[i]);
  }
  return square > 0 ? cross / square : 0.0;
}

}  // namespace detail

/// Mean squared error: mean (reference - result)^2.
///
/// throws   shape_error for unequal sizes; value_error for no voxels or a value that is not finite
/// source   Yuan et al. 2020, section 3.1 (weight fractions)
template <real_range R, real_range S>
double mse(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("mse", x, y);
  return detail::finished("mse", detail::mean_square(x, y, 1.0));
}

/// The factor c that brings the result nearest to the reference: least mean (reference - c result)^2.
///
/// throws   as mse; value_error too for a result that is zero everywhere
template <real_range R, real_range S>
double best_scale(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("best_scale", x, y);
  expects<value_error>(std::any_of(y.begin(), y.end(), [](auto v) { return v != 0; }),
                       "best_scale: all {} values of the result are zero, no factor fits them", y.size());
  return detail::finished("best_scale", detail::least_squares_scale(x, y));
}

/// Mean squared error after the best scaling: min over c of mean (reference - c result)^2.
///
/// A result of zeros has the error of every c, the mean square of the reference.
/// throws   as mse
/// source   Zhong et al. 2017, section 4; Yuan et al. 2020, section 3.1
template <real_range R, real_range S>
double mse_scaled(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("mse_scaled", x, y);
  double const c = detail::finished("mse_scaled", detail::least_squares_scale(x, y));
  return detail::finished("mse_scaled", detail::mean_square(x, y, c));
}

}  // namespace tomoedx::metrics

#endif
