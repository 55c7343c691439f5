// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_DIFFERENCE_PIXELS_HPP
#define TOMOEDX_METRICS_DIFFERENCE_PIXELS_HPP

#include <tomoedx/metrics/detail/checks.hpp>

#include <limits>
#include <vector>

namespace tomoedx::metrics {

/// The best cut of a result against a binary reference.
struct binarisation {
  std::size_t differing = 0;  ///< voxels on the wrong side of the threshold: DP
  double threshold = 0;       ///< voxels with result > threshold are taken as inside
};

namespace detail {

/// One sweep over all thresholds that tell two values apart; equal values change sides together.
template <class T>
binarisation sweep_thresholds(std::vector<T>& inside, std::vector<T>& outside) {
  std::sort(inside.begin(), inside.end());
  std::sort(outside.begin(), outside.end());
  // Below the least value everything is taken as inside: only the voxels outside are wrong.
  T const least = std::min(inside.front(), outside.front());
  binarisation best{outside.size(),
                    static_cast<double>(std::nextafter(least, -std::numeric_limits<T>::infinity()))};
  std::size_t lost = 0, rejected = 0;  // voxels at or below the threshold
  while (lost < inside.size() || rejected < outside.size()) {
    T const threshold = lost == inside.size()        ? outside[rejected]
                        : rejected == outside.size() ? inside[lost]
                                                     : std::min(inside[lost], outside[rejected]);
    while (lost < inside.size() && inside[lost] == threshold) ++lost;
    while (rejected < outside.size() && outside[rejected] == threshold) ++rejected;
    std::size_t const differing = lost + (outside.size() - rejected);
    if (differing < best.differing) best = {differing, static_cast<double>(threshold)};
  }
  return best;
}

}  // namespace detail

/// The threshold b for which (result > b) differs from the binary reference in the fewest voxels.
///
/// The minimum is exact, over all real b, by sorting; of equal minima the lowest threshold is taken, and it
/// is a value of the result (or just below the least one).
/// requires a reference of two values, 0 and one other; both present
/// throws   shape_error for unequal sizes; value_error for a value that is not finite or another reference
template <real_range R, real_range S>
binarisation best_threshold(R const& reference, S const& result) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("difference_pixels", x, y);
  std::vector<typename decltype(y)::value_type> inside, outside;
  double mark = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double const v = x[i];
    if (v != 0 && mark == 0) mark = v;
    expects<value_error>(v == 0 || v == mark,
                         "difference_pixels: the reference is not binary, it holds 0, {} and (voxel {}) {}",
                         mark, i, v);
    (v != 0 ? inside : outside).push_back(y[i]);
  }
  expects<value_error>(!inside.empty() && !outside.empty(),
                       "difference_pixels: the reference is {} in all {} voxels, it needs an inside and an "
                       "outside",
                       mark, x.size());
  return detail::sweep_thresholds(inside, outside);
}

/// The same with a mask as reference: what is not zero is inside.
template <real_range S>
binarisation best_threshold(region_mask reference, S const& result) {
  auto const y = detail::values(result);
  expects<shape_error>(reference.size() == y.size(),
                       "difference_pixels: the reference has {} voxels, the result {}; compare arrays of one "
                       "shape",
                       reference.size(), y.size());
  expects<value_error>(!y.empty(), "difference_pixels: both arrays are empty, there is nothing to compare");
  detail::check_finite("difference_pixels", "result", y);
  std::vector<typename decltype(y)::value_type> inside, outside;
  for (std::size_t i = 0; i < y.size(); ++i) (reference[i] != 0 ? inside : outside).push_back(y[i]);
  expects<value_error>(
      !inside.empty() && !outside.empty(),
      "difference_pixels: {} of the {} voxels of the mask are inside, it needs an inside and "
      "an outside",
      inside.size(), y.size());
  return detail::sweep_thresholds(inside, outside);
}

/// DP: the number of voxels in which the best binarisation of the result differs from the reference.
///
/// throws   as best_threshold
/// source   Zhong et al. 2017, section 4
template <real_range R, real_range S>
std::size_t difference_pixels(R const& reference, S const& result) {
  return best_threshold(reference, result).differing;
}

/// The same with a mask as reference.
template <real_range S>
std::size_t difference_pixels(region_mask reference, S const& result) {
  return best_threshold(reference, result).differing;
}

}  // namespace tomoedx::metrics

#endif
