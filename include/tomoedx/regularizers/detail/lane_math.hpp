// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_DETAIL_LANE_MATH_HPP
#define TOMOEDX_REGULARIZERS_DETAIL_LANE_MATH_HPP
// IWYU pragma: private, include "tomoedx/regularizers/total_variation.hpp"

#include <tomoedx/core/detail/simd.hpp>

#include <Kokkos_Core.hpp>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>

/// Arithmetic that is written once for a number and for a hardware vector of them. V is T, or a vector of T.
/// constexpr rather than marked for devices: a device then sees them for numbers only, since it knows no vectors.
namespace tomoedx::detail {

/// result <- 1 / sqrt(v) to the last digit or two; finite and large for v = 0.
///
/// source   the initial guess from the exponent is C. Lomont, "Fast inverse square root", 2003; then Newton
template <class T, class V>
[[gnu::always_inline]] inline constexpr void inverse_root_of(V const& v, V& result) {
  if constexpr (std::same_as<T, V>) {
    constexpr T least = std::numeric_limits<T>::min();
    result = T(1) / Kokkos::sqrt(v < least ? least : v);
  } else {
    using bits = decltype(v < v);
    using integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    constexpr integer magic = sizeof(T) == 4 ? integer(0x5f375a86) : integer(0x5fe6eb50c7b537a9);
    constexpr int steps = sizeof(T) == 4 ? 3 : 4;
    bits const guess = magic - ((bits)v >> 1);
    V y = (V)guess;  // the same bits
    V const half = v * T(0.5);
    TOMOEDX_UNROLL
    for (int i = 0; i < steps; ++i) y = y * (T(1.5) - (half * y) * y);
    result = y;
  }
}

/// factor <- min(1, limit / sqrt(square)).
template <class T, class V>
[[gnu::always_inline]] inline constexpr void shrinking(V const& square, V const& limit, V& factor) {
  V inverse;
  inverse_root_of<T>(square, inverse);
  factor = limit * inverse;
  factor = factor < T(1) ? factor : V{} + T(1);
}

/// Whether a comparison holds anywhere.
template <class M>
[[gnu::always_inline]] inline constexpr bool any_of(M const& holds) {
  if constexpr (std::same_as<M, bool>) {
    return static_cast<bool>(holds);
  } else {
    std::int64_t parts[sizeof(M) / 8], all = 0;
    std::memcpy(parts, &holds, sizeof(M));
    for (std::int64_t const part : parts) all |= part;
    return all != 0;
  }
}

}  // namespace tomoedx::detail

#endif
