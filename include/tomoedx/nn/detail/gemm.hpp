// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_GEMM_HPP
#define TOMOEDX_NN_DETAIL_GEMM_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/lanes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

/// The one product that all convolutions are made of: a few pixels times a few vectors of output channels, summed over
/// input channels and filter taps in the order of the packed weights. It is the same for every way of cutting an image
/// into pixels, so results do not depend on the number of threads.
namespace tomoedx::nn::detail {

/// A run of input channels of one filter tap.
template <class T>
struct term {
  T const* from;       ///< channel 0 of pixel 0; channels lie next to each other
  std::int32_t depth;  ///< how many channels
};

/// Sums of products for R pixels and C vectors of output channels.
///
/// shapes   weights (term, channel of the term, vector, lane); to (vector, pixel, lane) with the two strides
template <class T>
struct product {
  term<T> const* terms;
  std::int32_t number;        ///< of terms
  std::ptrdiff_t offset;      ///< of the first pixel, added to every term
  std::ptrdiff_t pixel_step;  ///< from one pixel to the next
  T const* weights;
  T const* bias;  ///< (vector, lane), or null for zeros
  T* to;
  std::ptrdiff_t vector_step, out_step;
  T below;     ///< factor of negative sums: 1 for no activation, 0 for ReLU
  bool ahead;  ///< fetch the pixels of the next tile while this one keeps the multipliers busy
};

/// One tile of sums, held in registers.
template <class T, int N, int R, int C, bool Dense>
[[gnu::always_inline]] inline void multiply_tile(product<T> const& p) {
  using vec = vector_t<T, N>;
  vec sum[R][C];
  TOMOEDX_UNROLL
  for (int r = 0; r < R; ++r) TOMOEDX_UNROLL
  for (int c = 0; c < C; ++c) sum[r][c] = vec{};
  T const* w = p.weights;
  std::ptrdiff_t const step = Dense ? N : p.pixel_step;
  for (std::int32_t k = 0; k < p.number; ++k) {
    T const* from = p.terms[k].from + p.offset;
    if (Dense && p.ahead) {
      TOMOEDX_UNROLL
      for (int r = 0; r < R; ++r) __builtin_prefetch(from + (R + r) * N);
    }
    for (std::int32_t d = p.terms[k].depth; d > 0; --d, ++from, w += C * N) {
      vec weight[C];
      TOMOEDX_UNROLL
      for (int c = 0; c < C; ++c) weight[c] = at<T, N>(w + c * N);
      TOMOEDX_UNROLL
      for (int r = 0; r < R; ++r) {
        T const x = from[r * step];
        TOMOEDX_UNROLL
        for (int c = 0; c < C; ++c) sum[r][c] += x * weight[c];
      }
    }
  }
  if (p.bias != nullptr) {
    TOMOEDX_UNROLL
    for (int c = 0; c < C; ++c) {
      vec const bias = at<T, N>(p.bias + c * N);
      TOMOEDX_UNROLL
      for (int r = 0; r < R; ++r) sum[r][c] += bias;
    }
  }
  if (p.below != T(1)) {
    TOMOEDX_UNROLL
    for (int r = 0; r < R; ++r) TOMOEDX_UNROLL
    for (int c = 0; c < C; ++c) sum[r][c] = sum[r][c] > T(0) ? sum[r][c] : sum[r][c] * p.below + T(0);
  }
  TOMOEDX_UNROLL
  for (int r = 0; r < R; ++r) TOMOEDX_UNROLL
  for (int c = 0; c < C; ++c) at<T, N>(p.to + c * p.vector_step + r * p.out_step) = sum[r][c];
}

template <class T, int N, int R, int C, bool Dense>
struct multiply_call {
  product<T> const& p;
  [[gnu::always_inline]] void operator()() const { multiply_tile<T, N, R, C, Dense>(p); }
};

/// The kernels of one level for every number of pixels, as a table.
template <class T, isa Level>
struct multiply {
  using function = void (*)(product<T> const&);
  static constexpr int width = block_of<T, Level>;
  static constexpr int most_rows = 14;

  template <int R, int C, bool Dense>
  static void run(product<T> const& p) {
    compiled_for<Level>::call(multiply_call<T, width, R, C, Dense>{p});
  }
  template <int C, bool Dense, int... R>
  static constexpr std::array<function, most_rows + 1> row_table(std::integer_sequence<int, R...>) {
    return {nullptr,
            (R < registers<Level>::rows(C) ? &run<(R < registers<Level>::rows(C) ? R + 1 : 1), C, Dense>
                                           : nullptr)...};
  }
  template <bool Dense, int... C>
  static constexpr std::array<std::array<function, most_rows + 1>, 5> table(
      std::integer_sequence<int, C...>) {
    return {{{}, row_table<C + 1, Dense>(std::make_integer_sequence<int, most_rows>{})...}};
  }

  /// The kernel for `rows` pixels and `vectors` vectors of channels; `dense` when pixels lie a vector apart.
  static function kernel(int rows, int vectors, bool dense) {
    static constexpr auto spread = table<false>(std::make_integer_sequence<int, registers<Level>::vectors>{});
    static constexpr auto close = table<true>(std::make_integer_sequence<int, registers<Level>::vectors>{});
    return (dense ? close : spread)[static_cast<std::size_t>(vectors)][static_cast<std::size_t>(rows)];
  }
};

/// `number` pixels cut into runs that fit the registers and are as even as can be.
struct even_cut {
  int number, runs;
  even_cut(int n, int most) : number(n), runs((n + most - 1) / most) {}
  int begin(int i) const { return static_cast<int>(static_cast<long long>(number) * i / runs); }
};

}  // namespace tomoedx::nn::detail

#endif
