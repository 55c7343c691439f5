// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_FILTERS_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_FILTERS_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/denoise/detail/bm3d_variances.hpp>

#include <cmath>

/// What BM3D does with a group: transform, shrink, transform back, add to the estimate. The noise has variance 1.
/// The mean of a group is never touched, so that adding a constant to an image adds it to the result.
namespace tomoedx::detail {

inline constexpr int bm3d_levels = 6;  ///< of Haar's transform, for groups of 1 to 32

/// The shape of Kaiser's window (1 for none).
inline constexpr double bm3d_kaiser_beta = 2;
/// First stage: the threshold in standard deviations of a coefficient, and the mean squared difference per pixel,
/// in variances of the noise, above which a block is not like the reference.
inline constexpr double bm3d_threshold = 2.75;
inline constexpr float bm3d_first_limit = 10;
/// Second stage: what share of the noise the Wiener filter takes off, and the limit in the first estimate. (The four
/// are measured, on photographs and drawn particles at sigma 10 to 50; bench/compare_bm3d.py shows the result.)
inline constexpr double bm3d_wiener_share = 0.65;
inline constexpr float bm3d_second_limit = 0.8f;

/// The modified Bessel function I0, by its series, for small x.
constexpr double bessel_i0(double x) {
  double term = 1, sum = 1;
  for (int k = 1; k < 32 && term > 1e-20; ++k)
    sum += term *= x * x / (4.0 * k * k);  // constants must not underflow
  return sum;
}

/// Kaiser's window of eight.
constexpr std::array<double, 8> kaiser_window() {
  std::array<double, 8> w{};
  for (int i = 0; i < 8; ++i) {
    double const u = 2.0 * i / 7 - 1;
    w[static_cast<std::size_t>(i)] =
        bessel_i0(bm3d_kaiser_beta * constexpr_sqrt(1 - u * u)) / bessel_i0(bm3d_kaiser_beta);
  }
  return w;
}

/// Factors for every value of a block and level of a group.
template <class T>
struct bm3d_tables {
  alignas(64) T scale[bm3d_levels][bm3d_block];  ///< between forward and inverse
  alignas(64) T unit[bm3d_levels][bm3d_block];   ///< one over the variance without overlaps
  alignas(64) T window[bm3d_block];
};

template <class Transform, class T>
constexpr bm3d_tables<T> make_bm3d_tables() {
  bm3d_tables<T> t{};
  auto const norm = norms<Transform>(), scale = Transform::scale(), window = kaiser_window();
  for (std::size_t l = 0; l < bm3d_levels; ++l)
    for (std::size_t i = 0; i < 8; ++i)
      for (std::size_t j = 0; j < 8; ++j) {
        double const amplified = static_cast<double>(1 << l), size = norm[i] * norm[j];
        t.scale[l][i * 8 + j] = static_cast<T>(scale[i] * scale[j] / amplified);
        t.unit[l][i * 8 + j] = static_cast<T>(1 / (amplified * size * size));
        t.window[i * 8 + j] = static_cast<T>(window[i] * window[j]);
      }
  return t;
}

template <class Transform, class T>
inline constexpr bm3d_tables<T> bm3d_tables_of = make_bm3d_tables<Transform, T>();

/// The sum of a vector's lanes.
template <class Row, class T>
[[gnu::always_inline]] inline T sum_lanes(typename Row::type const& v) {
  T sum = 0;
  TOMOEDX_UNROLL
  for (int i = 0; i < Row::size; ++i) sum += v[i];
  return sum;
}

/// Keep the coefficients of a group that stand out of the noise.
///
/// returns  the weight of the group: one over the variance of what stayed, per block. (Per group, as in the paper,
///          would give few blocks more weight than many: up to 1.4 dB less at sharp edges.)
template <class Transform, class Row, int N, class T>
[[gnu::always_inline]] inline T threshold_group(bm3d_pairs const& pairs, T* group) {
  using V = typename Row::type;
  constexpr auto const& t = bm3d_tables_of<Transform, T>;
  constexpr T factor = static_cast<T>(bm3d_threshold * bm3d_threshold);
  V noise = {};
  for (int c = 0; c < bm3d_block; c += Row::size) {
    V v[N], variance[N];
    coefficient_variances<Transform, Row, N, T>(pairs, c, variance);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) v[k] = Row::at(group + k * bm3d_block + c);
    haar_forward(v);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) {
      V const scale = Row::at(t.scale[haar_level<N>(k)] + c), unit = Row::at(t.unit[haar_level<N>(k)] + c);
      V const zero = {};
      V limit = variance[k] * factor;
      if (k == 0 && c == 0) limit[0] = T(-1);
      auto const stays = v[k] * v[k] > limit;
      noise += stays ? variance[k] * unit : zero;
      v[k] = stays ? v[k] * scale : zero;
    }
    haar_inverse(v);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) Row::at(group + k * bm3d_block + c) = v[k];
  }
  return T(N) / sum_lanes<Row, T>(noise);
}

/// Shrink the coefficients of a group by what an estimate of the image says of them.
///
/// returns  the weight of the group: one over the variance of what stayed, per block
template <class Transform, class Row, int N, class T>
[[gnu::always_inline]] inline T wiener_group(bm3d_pairs const& pairs, T* group, T const* estimate) {
  using V = typename Row::type;
  constexpr auto const& t = bm3d_tables_of<Transform, T>;
  V left = {};
  for (int c = 0; c < bm3d_block; c += Row::size) {
    V v[N], w[N], variance[N];
    coefficient_variances<Transform, Row, N, T>(pairs, c, variance);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) w[k] = Row::at(estimate + k * bm3d_block + c);
    haar_forward(w);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) {
      V const power = w[k] * w[k] + T(1e-20);
      V noise = variance[k] * static_cast<T>(bm3d_wiener_share);
      if (k == 0 && c == 0) noise[0] = T(0);
      w[k] = power / (power + noise);
      left += w[k] * w[k] * variance[k] * Row::at(t.unit[haar_level<N>(k)] + c);
    }
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) v[k] = Row::at(group + k * bm3d_block + c);
    haar_forward(v);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) v[k] *= w[k] * Row::at(t.scale[haar_level<N>(k)] + c);
    haar_inverse(v);
    TOMOEDX_UNROLL
    for (int k = 0; k < N; ++k) Row::at(group + k * bm3d_block + c) = v[k];
  }
  return T(N) / sum_lanes<Row, T>(left);
}

}  // namespace tomoedx::detail

#endif
