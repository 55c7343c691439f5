// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_REAL_RANGE_HPP
#define TOMOEDX_CORE_REAL_RANGE_HPP

#include <concepts>
#include <ranges>
#include <type_traits>

namespace tomoedx {

/// Float or double values next to each other on the host: a span, a vector, an array.
template <class R>
concept real_range = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    (std::same_as<std::remove_cv_t<std::ranges::range_value_t<R>>, float> ||
     std::same_as<std::remove_cv_t<std::ranges::range_value_t<R>>, double>);

/// The same, to be written to.
template <class R>
concept writable_real_range =
    real_range<R> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

}  // namespace tomoedx

#endif
