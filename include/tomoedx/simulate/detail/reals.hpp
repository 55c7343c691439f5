// SPDX-License-Identifier: BSD-3-Clause
// IWYU pragma: private, include "tomoedx/simulate/poisson.hpp"
#ifndef TOMOEDX_SIMULATE_DETAIL_REALS_HPP
#define TOMOEDX_SIMULATE_DETAIL_REALS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/real_range.hpp>

#include <cmath>
#include <cstddef>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace tomoedx::simulate {
namespace detail {

template <class R>
auto span_of(R&& r) {
  using value = std::remove_reference_t<std::ranges::range_reference_t<R>>;
  return std::span<value>(std::ranges::data(r), std::ranges::size(r));
}

/// Refuse what cannot be an expected count: negative, not finite, or above `most`.
template <class T>
void check_expected(std::string_view who, std::span<T> values, double most) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    double const v = values[i];
    if (!(v >= 0 && v <= most))
      fail<value_error>("{}: value {} is {}, expected counts lie between 0 and {:g}", who, i, v, most);
  }
}

}  // namespace detail
}  // namespace tomoedx::simulate

#endif
