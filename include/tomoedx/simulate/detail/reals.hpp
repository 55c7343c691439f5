// SPDX-License-Identifier: BSD-3-Clause
// IWYU pragma: private, include "tomoedx/simulate/poisson.hpp"
#ifndef TOMOEDX_SIMULATE_DETAIL_REALS_HPP
#define TOMOEDX_SIMULATE_DETAIL_REALS_HPP

#include <tomoedx/core/error.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace tomoedx::simulate {

/// Float or double values next to each other on the host: a span, a vector, an array.
template <class R>
concept real_values = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    (std::same_as<std::remove_cv_t<std::ranges::range_value_t<R>>, float> ||
     std::same_as<std::remove_cv_t<std::ranges::range_value_t<R>>, double>);

/// The same, to be written to.
template <class R>
concept writable_values =
    real_values<R> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

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
