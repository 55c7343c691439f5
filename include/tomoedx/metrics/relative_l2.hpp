// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_RELATIVE_L2_HPP
#define TOMOEDX_METRICS_RELATIVE_L2_HPP

#include <tomoedx/metrics/detail/checks.hpp>

namespace tomoedx::metrics {

/// Relative error in the 2-norm: |result - reference| / |reference|.
///
/// throws   shape_error for unequal sizes; value_error for no voxels, a value that is not finite, or a
///          reference that is zero everywhere
template <real_range R, real_range S>
double relative_l2(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("relative_l2", x, y);
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double const xi = x[i], d = static_cast<double>(y[i]) - xi;
    difference += d * d;
    norm += xi * xi;
  }
  expects<value_error>(
      norm > 0, "relative_l2: the norm of the reference is zero ({} voxels), nothing to divide by", x.size());
  return detail::finished("relative_l2", std::sqrt(difference / norm));
}

}  // namespace tomoedx::metrics

#endif
