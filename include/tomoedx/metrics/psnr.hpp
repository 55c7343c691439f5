// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_PSNR_HPP
#define TOMOEDX_METRICS_PSNR_HPP

#include <tomoedx/metrics/detail/checks.hpp>

#include <limits>

namespace tomoedx::metrics {

namespace detail {

template <class R, class S, class Inside>
double psnr_over(std::span<R const> x, std::span<S const> y, std::size_t count, Inside inside) {
  double peak = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!inside(i)) continue;
    double const xi = x[i], d = static_cast<double>(y[i]) - xi;
    peak = std::max(peak, xi);
    sum += d * d;
  }
  expects<value_error>(peak > 0, "psnr: the largest value of the reference is {}, it must be positive", peak);
  if (sum == 0) return std::numeric_limits<double>::infinity();
  return finished("psnr", 20 * std::log10(peak) - 10 * std::log10(sum / static_cast<double>(count)));
}

}  // namespace detail

/// Peak signal to noise ratio: 10 log10(max(reference)^2 / MSE).
///
/// units    decibel
/// throws   shape_error for unequal sizes; value_error for no voxels, a value that is not finite, or a
///          reference without a positive value
/// returns  +infinity when the two are equal
/// source   Wang et al. 2025, equation 2
template <real_range R, real_range S>
double psnr(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("psnr", x, y);
  return detail::psnr_over(x, y, x.size(), [](std::size_t) { return true; });
}

/// The same over a region: peak and error are both taken from its voxels only.
///
/// throws   as above; shape_error for a region of another size, value_error for an empty one
template <real_range R, real_range S>
double psnr(R const& reference, S const& result, region_mask region) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("psnr", x, y);
  auto const count = detail::check_region("psnr", region, x.size());
  return detail::psnr_over(x, y, count, [region](std::size_t i) { return region[i] != 0; });
}

}  // namespace tomoedx::metrics

#endif
