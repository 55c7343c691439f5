// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_DETAIL_NORMS_HPP
#define TOMOEDX_REGULARIZERS_DETAIL_NORMS_HPP
// IWYU pragma: private, include "tomoedx/regularizers/total_variation.hpp"

#include <tomoedx/regularizers/detail/lane_math.hpp>

/// The norms of the differences v[channel * D + direction] at a voxel, and the projections on the balls of their duals.
namespace tomoedx::detail {

/// At most so many channels under one norm: their differences lie on the stack.
inline constexpr int most_joint_channels = 16;

/// The root of the sum of all squares, which is its own dual.
struct euclidean_norm {
  template <int D, class T, class V>
  [[gnu::always_inline]] static constexpr void squares(V const* v, int channels, V& sum) {
    sum = V{};
    for (int i = 0; i < channels * D; ++i) sum += v[i] * v[i];
  }

  template <int D, class T, class V>
  [[gnu::always_inline]] static constexpr void length(V const* v, int channels, V& result) {
    V square, inverse;
    squares<D, T>(v, channels, square);
    inverse_root_of<T>(square, inverse);
    result = square * inverse;
  }

  template <int D, class T, class V>
  [[gnu::always_inline]] static constexpr void project(V* v, int channels, T radius) {
    V square, factor;
    squares<D, T>(v, channels, square);
    shrinking<T>(square, V{} + radius, factor);
    for (int i = 0; i < channels * D; ++i) v[i] *= factor;
  }
};

/// The N vectors y_i of `length` values turned into orthogonal ones, Y <- Y R with R a rotation, by Jacobi's method on
/// the vectors themselves: small singular values come out to rounding beside the largest, which they do not from a
/// matrix of products.
///
/// requires the squares of all values sum to 1, or to 0
/// source   M. R. Hestenes, J. SIAM 6 (1958) 51
template <int N, class T, class V>
struct orthogonal_vectors {
  V y[N][most_joint_channels];
  V r[N][N];
  int length;

  [[gnu::always_inline]] constexpr void turn() {
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) r[i][j] = V{} + T(i == j);
    constexpr int sweeps = N == 2 ? 3 : sizeof(T) == 4 ? 5 : 6;
    for (int s = 0; s < sweeps; ++s)
      for (int i = 0; i < N; ++i)
        for (int j = i + 1; j < N; ++j) rotate(i, j);
  }

  /// The squared length of y_i.
  [[gnu::always_inline]] constexpr void square(int i, V& sum) const {
    sum = V{};
    for (int l = 0; l < length; ++l) sum += y[i][l] * y[i][l];
  }

 private:
  [[gnu::always_inline]] constexpr void rotate(int i, int j) {
    V difference{}, product{};
    for (int l = 0; l < length; ++l) {
      difference += y[i][l] * y[i][l] - y[j][l] * y[j][l];
      product += y[i][l] * y[j][l];
    }
    // The angle a with tan 2a = 2 product / difference would make them orthogonal. tan a/2 is taken from a quotient
    // that is right for small angles to the fourth power and for a right angle, so that no roots are needed.
    constexpr T least = std::numeric_limits<T>::min() * T(16), p = T(2.07106781);
    V const d = T(2) * (difference < T(0) ? -difference : difference);
    V const b = product < T(0) ? -product : product;
    V t = b * (d + p * b) / (d * (d + p * b) + T(5) * b * b + least);
    t = (product < T(0)) == (difference < T(0)) ? t : -t;
    V const scale = T(1) / (T(1) + t * t), cos = (T(1) - t * t) * scale, sin = T(2) * t * scale;
    for (int l = 0; l < length; ++l) apply(cos, sin, y[i][l], y[j][l]);
    for (int k = 0; k < N; ++k) apply(cos, sin, r[k][i], r[k][j]);
  }

  [[gnu::always_inline]] static constexpr void apply(V const& cos, V const& sin, V& a, V& b) {
    V const turned = cos * a + sin * b;
    b = cos * b - sin * a;
    a = turned;
  }
};

/// The sum of the singular values of the matrix (channel, direction); its dual is the largest of them.
struct nuclear_norm {
  template <int D, class T, class V>
  [[gnu::always_inline]] static constexpr void length(V const* v, int channels, V& result) {
    if (channels == 1) return euclidean_norm::length<D, T>(v, channels, result);
    if (channels == 2) return length_of<2, D, 1, D, T>(v, D, result);
    length_of<D, 1, D, D, T>(v, channels, result);
  }

  template <int D, class T, class V>
  [[gnu::always_inline]] static constexpr void project(V* v, int channels, T radius) {
    if (channels == 1) return euclidean_norm::project<D, T>(v, channels, radius);
    if (channels == 2) return project_of<2, D, 1, D, T>(v, D, radius);
    project_of<D, 1, D, D, T>(v, channels, radius);
  }

 private:
  /// The N columns, or rows, of the matrix made orthogonal; value l of the i-th is v[i * Each + l * Next].
  template <int Each, int Next, int N, class T, class V>
  [[gnu::always_inline]] static constexpr void decompose(V const* v, V const& inverse,
                                                         orthogonal_vectors<N, T, V>& o) {
    for (int i = 0; i < N; ++i)
      for (int l = 0; l < o.length; ++l) o.y[i][l] = v[i * Each + l * Next] * inverse;
    o.turn();
  }

  template <int N, int Each, int Next, int D, class T, class V>
  [[gnu::always_inline]] static constexpr void length_of(V const* v, int count, V& result) {
    orthogonal_vectors<N, T, V> o;
    o.length = count;
    V all, inverse, sum{};
    euclidean_norm::squares<D, T>(v, N * o.length / D, all);
    inverse_root_of<T>(all, inverse);
    V const norm = all * inverse;
    decompose<Each, Next>(v, inverse, o);
    for (int i = 0; i < N; ++i) {
      V square;
      o.square(i, square);
      inverse_root_of<T>(square, inverse);
      sum += square * inverse;
    }
    result = sum * norm;
  }

  template <int N, int Each, int Next, int D, class T, class V>
  [[gnu::always_inline]] static constexpr void project_of(V* v, int count, T radius) {
    orthogonal_vectors<N, T, V> o;
    o.length = count;
    V all, inverse;
    euclidean_norm::squares<D, T>(v, N * o.length / D, all);
    if (!any_of(all > radius * radius)) return;  // where it is flat
    inverse_root_of<T>(all, inverse);
    V const norm = all * inverse;
    decompose<Each, Next>(v, inverse, o);
    V factors[N];
    for (int i = 0; i < N; ++i) {
      V square;
      o.square(i, square);
      shrinking<T>(square, radius * inverse, factors[i]);
      factors[i] *= norm;
    }
    for (int l = 0; l < o.length; ++l) {
      V shrunk[N];
      for (int i = 0; i < N; ++i) shrunk[i] = factors[i] * o.y[i][l];
      for (int k = 0; k < N; ++k) {
        V sum{};
        for (int i = 0; i < N; ++i) sum += o.r[k][i] * shrunk[i];
        V& value = v[k * Each + l * Next];
        value = norm <= radius ? value : sum;  // what lies well inside stays as it was
      }
    }
  }
};

}  // namespace tomoedx::detail

#endif
