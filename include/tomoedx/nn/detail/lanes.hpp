// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_LANES_HPP
#define TOMOEDX_NN_DETAIL_LANES_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/core/detail/simd.hpp>

/// What the convolution engine knows of hardware vectors.
namespace tomoedx::nn::detail {

using tomoedx::detail::simd::compiled_for;

/// `N` values of T in one register.
template <class T, int N>
using lanes = tomoedx::detail::simd::pack<T, N* static_cast<int>(sizeof(T))>;
template <class T, int N>
using vector_t = typename lanes<T, N>::type;

/// The vector at an aligned place.
template <class T, int N>
[[gnu::always_inline]] inline auto const& at(T const* place) {
  return lanes<T, N>::at_aligned(place);
}
template <class T, int N>
[[gnu::always_inline]] inline auto& at(T* place) {
  return lanes<T, N>::at_aligned(place);
}

/// The largest tile of sums that the registers of an instruction set hold, in vectors by rows.
template <isa Level>
struct registers {
  static constexpr int vectors = 2;
  static constexpr int rows(int columns) { return columns == 2 ? 6 : 12; }
};
template <>
struct registers<isa::avx512> {
  static constexpr int vectors = 4;
  static constexpr int rows(int columns) {
    return columns == 4 ? 6 : columns == 3 ? 8 : columns == 2 ? 12 : 14;
  }
};

/// Values of T in a vector of that level: the channels of a block.
template <class T, isa Level>
inline constexpr int block_of = tomoedx::detail::simd::vector_bytes(Level) / static_cast<int>(sizeof(T));

/// The larger of both in `a`, and what is no number stays none.
template <class T, int N>
[[gnu::always_inline]] inline void keep_larger(vector_t<T, N>& a, vector_t<T, N> const& b) {
  a = (a > b) | (a != a) ? a : b;
}

}  // namespace tomoedx::nn::detail

#endif
