// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_TRANSFORMS_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_TRANSFORMS_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/denoise/detail/bm3d_vector.hpp>

#include <array>
#include <bit>
#include <numbers>

/// The transforms of BM3D: eight values along a block's edge, and 1 to 32 values along a group. They take any
/// arithmetic type, vectors too, and leave out factors: `scale()` holds what is missing between forward and
/// inverse, `norms()` how much white noise of variance 1 is amplified.
namespace tomoedx::detail {

constexpr double constexpr_sqrt(double x) {
  double root = x > 1 ? x : 1;
  for (int i = 0; i < 64; ++i) root = (root + x / root) / 2;
  return root;
}

/// cos(pi k / 16), by its series.
constexpr double cosine_of_sixteenths(int k) {
  double const x = std::numbers::pi * k / 16;
  double term = 1, sum = 1;
  for (int i = 1; i < 16; ++i) sum += term *= -x * x / ((2 * i - 1) * (2 * i));
  return sum;
}

/// The orthonormal cosine transform (type II).
struct dct8 {
  template <class T>
  static constexpr T c(int k) {
    return static_cast<T>(cosine_of_sixteenths(k) / 2);
  }

  template <class T, class V>
  [[gnu::always_inline]] static constexpr void forward(V (&v)[8]) {
    constexpr T c1 = c<T>(1), c2 = c<T>(2), c3 = c<T>(3), c4 = c<T>(4), c5 = c<T>(5), c6 = c<T>(6),
                c7 = c<T>(7);
    V const s0 = v[0] + v[7], s1 = v[1] + v[6], s2 = v[2] + v[5], s3 = v[3] + v[4];
    V const d0 = v[0] - v[7], d1 = v[1] - v[6], d2 = v[2] - v[5], d3 = v[3] - v[4];
    V const a = s0 + s3, b = s1 + s2, e = s0 - s3, f = s1 - s2;
    v[0] = (a + b) * c4;
    v[4] = (a - b) * c4;
    v[2] = e * c2 + f * c6;
    v[6] = e * c6 - f * c2;
    v[1] = d0 * c1 + d1 * c3 + d2 * c5 + d3 * c7;
    v[3] = d0 * c3 - d1 * c7 - d2 * c1 - d3 * c5;
    v[5] = d0 * c5 - d1 * c1 + d2 * c7 + d3 * c3;
    v[7] = d0 * c7 - d1 * c5 + d2 * c3 - d3 * c1;
  }

  template <class T, class V>
  [[gnu::always_inline]] static constexpr void inverse(V (&v)[8]) {
    constexpr T c1 = c<T>(1), c2 = c<T>(2), c3 = c<T>(3), c4 = c<T>(4), c5 = c<T>(5), c6 = c<T>(6),
                c7 = c<T>(7);
    V const a = (v[0] + v[4]) * c4, b = (v[0] - v[4]) * c4;
    V const e = v[2] * c2 + v[6] * c6, f = v[2] * c6 - v[6] * c2;
    V const s0 = a + e, s3 = a - e, s1 = b + f, s2 = b - f;
    V const d0 = v[1] * c1 + v[3] * c3 + v[5] * c5 + v[7] * c7;
    V const d1 = v[1] * c3 - v[3] * c7 - v[5] * c1 - v[7] * c5;
    V const d2 = v[1] * c5 - v[3] * c1 + v[5] * c7 + v[7] * c3;
    V const d3 = v[1] * c7 - v[3] * c5 + v[5] * c3 - v[7] * c1;
    v[0] = s0 + d0, v[7] = s0 - d0;
    v[1] = s1 + d1, v[6] = s1 - d1;
    v[2] = s2 + d2, v[5] = s2 - d2;
    v[3] = s3 + d3, v[4] = s3 - d3;
  }

  static constexpr std::array<double, 8> scale() { return {1, 1, 1, 1, 1, 1, 1, 1}; }
};

/// The biorthogonal wavelet 1.5 on a circle of eight: Haar, with one lifting step at the finest level. (Its outer
/// taps, and all of them at the coarser levels, cancel on so small a circle.)
///
/// source   Cohen, Daubechies, Feauveau 1992
struct bior15 {
  template <class T>
  static constexpr T lift = static_cast<T>(22.0 / 128);

  template <class T, class V>
  [[gnu::always_inline]] static constexpr void forward(V (&v)[8]) {
    V const d0 = v[0] - v[1], d1 = v[2] - v[3], d2 = v[4] - v[5], d3 = v[6] - v[7];
    V const p = (d1 - d3) * lift<T>, q = (d2 - d0) * lift<T>;
    V const s0 = v[0] + v[1] + p, s1 = v[2] + v[3] + q, s2 = v[4] + v[5] - p, s3 = v[6] + v[7] - q;
    V const t0 = s0 + s1, t1 = s2 + s3;
    v[0] = t0 + t1, v[1] = t0 - t1;
    v[2] = s0 - s1, v[3] = s2 - s3;
    v[4] = d0, v[5] = d1, v[6] = d2, v[7] = d3;
  }

  template <class T, class V>
  [[gnu::always_inline]] static constexpr void inverse(V (&v)[8]) {
    V const t0 = v[0] + v[1], t1 = v[0] - v[1];
    V const d0 = v[4], d1 = v[5], d2 = v[6], d3 = v[7];
    V const p = (d1 - d3) * lift<T>, q = (d2 - d0) * lift<T>;
    V const s0 = t0 + v[2] - p, s1 = t0 - v[2] - q, s2 = t1 + v[3] + p, s3 = t1 - v[3] + q;
    v[0] = s0 + d0, v[1] = s0 - d0;
    v[2] = s1 + d1, v[3] = s1 - d1;
    v[4] = s2 + d2, v[5] = s2 - d2;
    v[6] = s3 + d3, v[7] = s3 - d3;
  }

  static constexpr std::array<double, 8> scale() { return {0.125, 0.125, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5}; }
};

/// The norms of a transform's analysis vectors.
template <class Transform>
constexpr std::array<double, 8> norms() {
  std::array<double, 8> squares{};
  for (int i = 0; i < 8; ++i) {
    double unit[8] = {};
    unit[i] = 1;
    Transform::template forward<double>(unit);
    for (int k = 0; k < 8; ++k) squares[static_cast<std::size_t>(k)] += unit[k] * unit[k];
  }
  for (double& s : squares) s = constexpr_sqrt(s);
  return squares;
}

/// A transform of both directions of a block; the spectrum lies transposed. `from` has `stride` values from
/// row to row.
template <class Transform, class Row, class T>
[[gnu::always_inline]] inline void transform_block(T const* from, std::ptrdiff_t stride, T* to) {
  TOMOEDX_UNROLL
  for (int c = 0; c < bm3d_edge; c += Row::size) {
    typename Row::type v[8];
    TOMOEDX_UNROLL
    for (int k = 0; k < 8; ++k) v[k] = Row::at(from + k * stride + c);
    Transform::template forward<T>(v);
    if constexpr (Row::size == 8) {
      transpose(v);
      Transform::template forward<T>(v);
    }
    TOMOEDX_UNROLL
    for (int k = 0; k < 8; ++k) Row::at(to + k * bm3d_edge + c) = v[k];
  }
  if constexpr (Row::size < 8) {
    transpose_block<Row>(to);
    TOMOEDX_UNROLL
    for (int c = 0; c < bm3d_edge; c += Row::size) {
      typename Row::type v[8];
      TOMOEDX_UNROLL
      for (int k = 0; k < 8; ++k) v[k] = Row::at(to + k * bm3d_edge + c);
      Transform::template forward<T>(v);
      TOMOEDX_UNROLL
      for (int k = 0; k < 8; ++k) Row::at(to + k * bm3d_edge + c) = v[k];
    }
  }
}

/// Its inverse, added to `to` row by row after multiplication with `window`.
template <class Transform, class Row, class T>
[[gnu::always_inline]] inline void invert_block(T* spectrum, T const* window, T* to, std::ptrdiff_t stride) {
  TOMOEDX_UNROLL
  for (int pass = Row::size == 8 ? 1 : 0; pass < 2; ++pass) {
    TOMOEDX_UNROLL
    for (int c = 0; c < bm3d_edge; c += Row::size) {
      typename Row::type v[8];
      TOMOEDX_UNROLL
      for (int k = 0; k < 8; ++k) v[k] = Row::at(spectrum + k * bm3d_edge + c);
      Transform::template inverse<T>(v);
      if constexpr (Row::size == 8) {
        transpose(v);
        Transform::template inverse<T>(v);
      }
      TOMOEDX_UNROLL
      for (int k = 0; k < 8; ++k) {
        if (pass == 0) {
          Row::at(spectrum + k * bm3d_edge + c) = v[k];
        } else {
          Row::at(to + k * stride + c) += Row::at(window + k * bm3d_edge + c) * v[k];
        }
      }
    }
    if (pass == 0) transpose_block<Row>(spectrum);
  }
}

/// The level at which value k of a group of N is a detail, from 1; the mean (k = 0) counts as the last.
template <int N>
constexpr int haar_level(int k) {
  return k == 0 ? std::countr_zero(static_cast<unsigned>(N)) : std::countr_zero(static_cast<unsigned>(k)) + 1;
}

/// Haar's transform without factors: level l is amplified by 2^(l/2), and inverse(forward / 2^l) is the input.
template <int N, int Stride = 1, class V>
[[gnu::always_inline]] constexpr void haar_forward(V (&v)[N]) {
  if constexpr (Stride < N) {
    TOMOEDX_UNROLL
    for (int k = 0; k < N; k += 2 * Stride) {
      V const sum = v[k] + v[k + Stride];
      v[k + Stride] = v[k] - v[k + Stride];
      v[k] = sum;
    }
    haar_forward<N, 2 * Stride>(v);
  }
}
template <int N, int Stride = N / 2, class V>
[[gnu::always_inline]] constexpr void haar_inverse(V (&v)[N]) {
  if constexpr (Stride > 0) {
    TOMOEDX_UNROLL
    for (int k = 0; k < N; k += 2 * Stride) {
      V const sum = v[k] + v[k + Stride];
      v[k + Stride] = v[k] - v[k + Stride];
      v[k] = sum;
    }
    haar_inverse<N, Stride / 2>(v);
  }
}

}  // namespace tomoedx::detail

#endif
