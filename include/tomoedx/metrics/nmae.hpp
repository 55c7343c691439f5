// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_NMAE_HPP
#define TOMOEDX_METRICS_NMAE_HPP

#include <tomoedx/metrics/detail/checks.hpp>

namespace tomoedx::metrics {

/// Normalised mean absolute error: 100 * mean |result - reference| / mean reference.
///
/// units    per cent
/// throws   shape_error for unequal sizes; value_error for no voxels, a value that is not finite, or a
///          reference whose mean is not positive
/// source   Skorikov et al. 2021, methods
template <real_range R, real_range S>
double nmae(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("nmae", x, y);
  double difference = 0, total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += std::abs(static_cast<double>(y[i]) - static_cast<double>(x[i]));
    total += static_cast<double>(x[i]);
  }
  expects<value_error>(total > 0,
                       "nmae: the mean of the reference is {}, it must be positive to divide by it",
                       total / static_cast<double>(x.size()));
  return detail::finished("nmae", 100.0 * (difference / total));
}

}  // namespace tomoedx::metrics

#endif
