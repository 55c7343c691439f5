// SPDX-License-Identifier: BSD-3-Clause
// IWYU pragma: private, include "tomoedx/metrics/metrics.hpp"
#ifndef TOMOEDX_METRICS_DETAIL_CHECKS_HPP
#define TOMOEDX_METRICS_DETAIL_CHECKS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/real_range.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace tomoedx::metrics {

/// Which voxels take part: one byte for each voxel, those that are not zero count.
using region_mask = std::span<std::uint8_t const>;

namespace detail {

template <real_range R>
auto values(R const& r) {
  using value = std::remove_cv_t<std::ranges::range_value_t<R>>;
  return std::span<value const>(std::ranges::data(r), std::ranges::size(r));
}

template <class T>
void check_finite(std::string_view who, std::string_view which, std::span<T const> a) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!std::isfinite(a[i]))
      fail<value_error>("{}: voxel {} of the {} is {}, all values must be finite; clean the array first", who,
                        i, which, static_cast<double>(a[i]));
}

/// What every comparison asks: something to compare, equal sizes, finite numbers.
template <class R, class S>
void check_pair(std::string_view who, std::span<R const> reference, std::span<S const> result) {
  expects<shape_error>(reference.size() == result.size(),
                       "{}: the reference has {} voxels, the result {}; compare arrays of one shape", who,
                       reference.size(), result.size());
  expects<value_error>(!reference.empty(), "{}: both arrays are empty, there is nothing to compare", who);
  check_finite(who, "reference", reference);
  check_finite(who, "result", result);
}

/// The voxels in the region, at least one.
inline std::size_t check_region(std::string_view who, region_mask region, std::size_t voxels) {
  expects<shape_error>(region.size() == voxels, "{}: the region has {} voxels, the arrays {}", who,
                       region.size(), voxels);
  auto const inside =
      region.size() - static_cast<std::size_t>(std::count(region.begin(), region.end(), std::uint8_t{0}));
  expects<value_error>(inside > 0, "{}: the region is empty, none of its {} voxels is set", who, voxels);
  return inside;
}

template <class T>
bool is_constant(std::span<T const> a) {
  return std::all_of(a.begin(), a.end(), [&](T v) { return v == a.front(); });
}

/// The result of a metric: the squares of finite input near the ends of double's range may not be finite.
inline double finished(std::string_view who, double value) {
  expects<value_error>(std::isfinite(value),
                       "{}: the sums leave the range of double (got {}); scale both arrays", who, value);
  return value;
}

}  // namespace detail
}  // namespace tomoedx::metrics

#endif
