// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_LANES_HPP
#define TOMOEDX_NN_DETAIL_LANES_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/core/isa.hpp>

#include <cstddef>

#if !defined(__GNUC__)
#error "tomoedx: the convolution engine needs the vector extensions of GCC or Clang"
#endif

/// A hardware vector as a value, and functions compiled once for each instruction set.
namespace tomoedx::nn::detail {

/// `N` values of T in one register.
template <class T, int N>
struct lanes {
  typedef T type __attribute__((vector_size(N * sizeof(T)), may_alias));
};
template <class T, int N>
using vector_t = typename lanes<T, N>::type;

/// The vector at an aligned place.
template <class T, int N>
[[gnu::always_inline]] inline vector_t<T, N> const& at(T const* place) {
  return *reinterpret_cast<vector_t<T, N> const*>(place);
}
template <class T, int N>
[[gnu::always_inline]] inline vector_t<T, N>& at(T* place) {
  return *reinterpret_cast<vector_t<T, N>*>(place);
}

/// What an instruction set offers: bytes of a vector, and the largest tile of sums its registers hold.
template <isa Level>
struct registers;
template <>
struct registers<isa::baseline> {
  static constexpr int bytes = 16, vectors = 2;
  static constexpr int rows(int columns) { return columns == 2 ? 6 : 12; }
};
template <>
struct registers<isa::avx2> {
  static constexpr int bytes = 32, vectors = 2;
  static constexpr int rows(int columns) { return columns == 2 ? 6 : 12; }
};
template <>
struct registers<isa::avx512> {
  static constexpr int bytes = 64, vectors = 4;
  static constexpr int rows(int columns) {
    return columns == 4 ? 6 : columns == 3 ? 8 : columns == 2 ? 12 : 14;
  }
};

/// Values of T in a vector of that level: the channels of a block.
template <class T, isa Level>
inline constexpr int block_of = registers<Level>::bytes / static_cast<int>(sizeof(T));

/// Call a function object whose operator() is always inlined with the instructions of a level.
template <isa Level>
struct compiled_for {
  template <class F>
  [[gnu::noinline]] static void call(F const& f) {
    f();
  }
};
#if TOMOEDX_ISA_VARIANTS
template <>
struct compiled_for<isa::avx2> {
  template <class F>
  TOMOEDX_TARGET_AVX2 [[gnu::noinline]] static void call(F const& f) {
    f();
  }
};
template <>
struct compiled_for<isa::avx512> {
  template <class F>
  TOMOEDX_TARGET_AVX512 [[gnu::noinline]] static void call(F const& f) {
    f();
  }
};
#endif

}  // namespace tomoedx::nn::detail

#endif
