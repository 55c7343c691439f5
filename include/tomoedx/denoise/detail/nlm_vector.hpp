// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_NLM_VECTOR_HPP
#define TOMOEDX_DENOISE_DETAIL_NLM_VECTOR_HPP
// IWYU pragma: private, include "tomoedx/denoise/non_local_means.hpp"

#include <tomoedx/core/detail/simd.hpp>

#include <cstdint>

namespace tomoedx::detail {

/// A hardware vector and the little arithmetic that non-local means needs.
template <class T, int Bytes>
struct nlm_vector : simd::pack<T, Bytes> {
  using pack = simd::pack<T, Bytes>;
  using typename pack::bits, typename pack::type;
  typedef std::int32_t counts __attribute__((vector_size(pack::size * 4)));

  /// v = max(v, 0).
  [[gnu::always_inline]] static void cut_at_zero(type& v) { v = (type)((bits)v & (bits)(v > 0)); }

  /// x becomes exp(-x) where 0 <= x <= most and 0 where x > most, right to the last digit but one:
  /// exp(-x) = exp(r) / 2^k, where r = k ln 2 - x is at most half of ln 2 and exp(r) is Taylor's series.
  [[gnu::always_inline]] static void decay_up_to(type& x, T most) {
    bits const kept = (bits)(x <= most);
    x = (type)((bits)x & kept);
    counts const whole = __builtin_convertvector(x * T(1.4426950408889634) + T(0.5), counts);
    type const r = __builtin_convertvector(whole, type) * T(0.6931471805599453) - x;
    constexpr int degree = sizeof(T) == 4 ? 7 : 13;
    type sum = r * inverse_factorial(degree) + inverse_factorial(degree - 1);
    TOMOEDX_UNROLL
    for (int n = degree - 2; n >= 0; --n) sum = sum * r + inverse_factorial(n);
    constexpr int fraction_bits = sizeof(T) == 4 ? 23 : 52;
    bits const k = __builtin_convertvector(whole, bits);
    x = (type)(((bits)sum - (k << fraction_bits)) & kept);
  }

 private:
  static constexpr T inverse_factorial(int n) {
    double product = 1;
    for (int i = 2; i <= n; ++i) product *= i;
    return static_cast<T>(1 / product);
  }
};

}  // namespace tomoedx::detail

#endif
