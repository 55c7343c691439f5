// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_VECTOR_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_VECTOR_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/core/detail/simd.hpp>

#include <algorithm>

/// Hardware vectors of BM3D. Everything here is inlined into the variants of bm3d_engine.hpp, one for each
/// instruction set, so vectors travel by reference only.
namespace tomoedx::detail {

/// The edge of a block, and the values in it.
inline constexpr int bm3d_edge = 8;
inline constexpr int bm3d_block = bm3d_edge * bm3d_edge;

/// The vector for rows of a block: as wide as the processor and the row allow.
template <class T, int Bytes>
using bm3d_row = simd::pack<T, std::min(Bytes, bm3d_edge* static_cast<int>(sizeof(T)))>;

/// Where the lanes of two vectors of N come from (0 to N - 1 the first, N on the second) when their parts of `Half`
/// lanes on the wrong side of the diagonal change places.
template <int N, int Half>
struct exchanged_lanes {
  int first[N]{}, second[N]{};
  constexpr exchanged_lanes() {
    for (int l = 0; l < N; ++l) {
      first[l] = (l & Half) == 0 ? l : N + l - Half;
      second[l] = (l & Half) == 0 ? l + Half : N + l;
    }
  }
};

/// Let them change places. (Lanes are named one by one: nvcc loses a parameter pack in a shuffle.)
template <int N, int Half, class V>
[[gnu::always_inline]] inline void exchange(V& a, V& b) {
  static_assert(N == 2 || N == 4 || N == 8);
  constexpr exchanged_lanes<N, Half> from;
  V first;
  if constexpr (N == 2) {
    first = __builtin_shufflevector(a, b, from.first[0], from.first[1]);
    b = __builtin_shufflevector(a, b, from.second[0], from.second[1]);
  } else if constexpr (N == 4) {
    first = __builtin_shufflevector(a, b, from.first[0], from.first[1], from.first[2], from.first[3]);
    b = __builtin_shufflevector(a, b, from.second[0], from.second[1], from.second[2], from.second[3]);
  } else {
    first = __builtin_shufflevector(a, b, from.first[0], from.first[1], from.first[2], from.first[3],
                                    from.first[4], from.first[5], from.first[6], from.first[7]);
    b = __builtin_shufflevector(a, b, from.second[0], from.second[1], from.second[2], from.second[3],
                                from.second[4], from.second[5], from.second[6], from.second[7]);
  }
  a = first;
}

/// Transpose `Lanes` vectors of `Lanes` lanes.
template <int Lanes, class V, int Half = Lanes / 2>
[[gnu::always_inline]] inline void transpose(V (&v)[Lanes]) {
  if constexpr (Half > 0) {
    TOMOEDX_UNROLL
    for (int i = 0; i < Lanes; ++i)
      if ((i & Half) == 0) exchange<Lanes, Half>(v[i], v[i + Half]);
    transpose<Lanes, V, Half / 2>(v);
  }
}

/// Transpose a block in memory.
template <class Row, class T>
[[gnu::always_inline]] inline void transpose_block(T* block) {
  constexpr int n = Row::size;
  TOMOEDX_UNROLL
  for (int i = 0; i < bm3d_edge; i += n) {
    TOMOEDX_UNROLL
    for (int j = i; j < bm3d_edge; j += n) {
      typename Row::type a[n], b[n];
      TOMOEDX_UNROLL
      for (int k = 0; k < n; ++k) {
        a[k] = Row::at(block + (i + k) * bm3d_edge + j);
        b[k] = Row::at(block + (j + k) * bm3d_edge + i);
      }
      transpose(a);
      transpose(b);
      TOMOEDX_UNROLL
      for (int k = 0; k < n; ++k) {
        Row::at(block + (j + k) * bm3d_edge + i) = a[k];
        Row::at(block + (i + k) * bm3d_edge + j) = b[k];
      }
    }
  }
}

}  // namespace tomoedx::detail

#endif
