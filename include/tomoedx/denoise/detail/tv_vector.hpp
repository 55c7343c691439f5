// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_TV_VECTOR_HPP
#define TOMOEDX_DENOISE_DETAIL_TV_VECTOR_HPP
// IWYU pragma: private, include "tomoedx/denoise/total_variation.hpp"

#include <tomoedx/core/detail/simd.hpp>

#include <cstddef>

/// What the two methods for total variation do with hardware vectors, and the rows these walk along.
namespace tomoedx::detail {

/// result <- 1 / sqrt(v) to the last digit or two, finite (and large) for v = 0.
///
/// source   the initial guess from the exponent is C. Lomont, "Fast inverse square root", 2003; then Newton
template <class T, int Bytes>
[[gnu::always_inline]] inline void inverse_root(typename simd::pack<T, Bytes>::type const& v,
                                                typename simd::pack<T, Bytes>::type& result) {
  using pack = simd::pack<T, Bytes>;
  using bits = typename pack::bits;
  using integer = typename pack::integer;
  constexpr integer magic = sizeof(T) == 4 ? integer(0x5f375a86) : integer(0x5fe6eb50c7b537a9);
  constexpr int steps = sizeof(T) == 4 ? 3 : 4;
  bits const guess = magic - ((bits)v >> 1);
  auto y = (typename pack::type)guess;  // the same bits
  auto const half = v * T(0.5);
  TOMOEDX_UNROLL
  for (int i = 0; i < steps; ++i) y = y * (T(1.5) - (half * y) * y);
  result = y;
}

/// The sum of the lanes, in double and always in the same order.
template <class T, int Bytes>
[[gnu::always_inline]] inline double double_sum(typename simd::pack<T, Bytes>::type const& v, int lanes) {
  double sum = 0;
  for (int i = 0; i < lanes; ++i) sum += static_cast<double>(v[i]);
  return sum;
}

/// Rows in scratch memory: values 0 .. width-1 with room before and behind them, so that whole vectors may be
/// read and written at both ends and neighbours exist.
template <class T>
struct row_layout {
  static constexpr std::size_t halo = 64 / sizeof(T);

  explicit row_layout(std::size_t n = 0) : width(n), stride((n + halo - 1) / halo * halo + 2 * halo) {}

  std::size_t width;
  std::size_t stride;  ///< from one row to the next
};

}  // namespace tomoedx::detail

#endif
