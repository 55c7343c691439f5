// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_R_SQUARED_HPP
#define TOMOEDX_METRICS_R_SQUARED_HPP

#include <tomoedx/metrics/detail/checks.hpp>

namespace tomoedx::metrics {

namespace detail {

template <class R, class S, class Inside>
double r_squared_over(std::span<R const> x, std::span<S const> y, std::size_t count, Inside inside) {
  double mean = 0, low = 0, high = 0;
  bool first = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!inside(i)) continue;
    double const xi = x[i];
    mean += xi / static_cast<double>(count);
    low = first ? xi : std::min(low, xi);
    high = first ? xi : std::max(high, xi);
    first = false;
  }
  expects<value_error>(
      low < high, "r_squared: the data are constant ({} in all {} voxels), there is no variance to explain",
      low, count);
  double residual = 0, total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!inside(i)) continue;
    double const r = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    double const d = static_cast<double>(x[i]) - mean;
    residual += r * r;
    total += d * d;
  }
  return finished("r_squared", 1 - residual / total);
}

}  // namespace detail

/// Coefficient of determination of a model: 1 - sum (data - model)^2 / sum (data - mean data)^2.
///
/// 1 for a perfect model, 0 for one that does no better than the mean, negative for a worse one. For HEBT
/// `data` is the HAADF series and `model` the maps weighted by the response ratios.
/// throws   shape_error for unequal sizes; value_error for no pixels, a value that is not finite, or constant
///          data
/// source   Zhong et al. 2017, section 4.1; Yuan et al. 2020, section 3.1.3
template <real_range R, real_range S>
double r_squared(R const& data, S const& model) {
  auto const x = detail::values(data);
  auto const y = detail::values(model);
  detail::check_pair("r_squared", x, y);
  return detail::r_squared_over(x, y, x.size(), [](std::size_t) { return true; });
}

/// The same over a region, for instance the pixels that entered the fit.
///
/// throws   as above; shape_error for a region of another size, value_error for an empty one
template <real_range R, real_range S>
double r_squared(R const& data, S const& model, region_mask region) {
  auto const x = detail::values(data);
  auto const y = detail::values(model);
  detail::check_pair("r_squared", x, y);
  auto const count = detail::check_region("r_squared", region, x.size());
  return detail::r_squared_over(x, y, count, [region](std::size_t i) { return region[i] != 0; });
}

}  // namespace tomoedx::metrics

#endif
