// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_SSIM_STRUCTURE_HPP
#define TOMOEDX_METRICS_SSIM_STRUCTURE_HPP

#include <tomoedx/metrics/detail/checks.hpp>

namespace tomoedx::metrics {

/// The structure term of SSIM over the whole array: (cov + C) / (sigma_x sigma_y + C), N - 1 in the moments.
///
/// With C = 0, as both papers have it, this is the correlation coefficient: 1 for any c * reference, c > 0.
/// requires c >= 0
/// throws   shape_error for unequal sizes; value_error for fewer than two voxels, a value that is not finite,
///          a constant reference, or a constant result when c is 0
/// source   Yuan et al. 2020, equations 19 to 22; Zhong et al. 2017, section 4
template <real_range R, real_range S>
double ssim_structure(R const& reference, S const& result, double c = 0) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("ssim_structure", x, y);
  expects<value_error>(c >= 0 && std::isfinite(c), "ssim_structure: C is {}, it must be zero or positive", c);
  expects<value_error>(x.size() > 1, "ssim_structure: {} voxel, the moments need two or more", x.size());
  expects<value_error>(!detail::is_constant(x),
                       "ssim_structure: the reference is constant ({} everywhere), it has no structure",
                       static_cast<double>(x.front()));
  expects<value_error>(c > 0 || !detail::is_constant(y),
                       "ssim_structure: the result is constant ({} everywhere) and C is 0, the index is 0/0",
                       static_cast<double>(y.front()));
  double const count = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += static_cast<double>(x[i]);
    mean_y += static_cast<double>(y[i]);
  }
  mean_x /= count;
  mean_y /= count;
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double const dx = static_cast<double>(x[i]) - mean_x, dy = static_cast<double>(y[i]) - mean_y;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  double const sigmas = std::sqrt(xx / (count - 1)) * std::sqrt(yy / (count - 1));
  return detail::finished("ssim_structure", (xy / (count - 1) + c) / (sigmas + c));
}

}  // namespace tomoedx::metrics

#endif
