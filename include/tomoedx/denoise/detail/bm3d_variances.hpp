// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_VARIANCES_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_VARIANCES_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/denoise/detail/bm3d_matching.hpp>
#include <tomoedx/denoise/detail/bm3d_transforms.hpp>

#include <cstdlib>

/// The variance of every coefficient of a group. Blocks of a group overlap and then share noise: differences
/// of neighbours have less of it than their number says, means have more.
///
/// source   Makinen, Azzari and Foi, IEEE TIP 29 (2020) 8339, section III
namespace tomoedx::detail {

/// What the coefficients k of two windows of eight pixels, d pixels apart, have in common: [d][k].
template <class T>
struct bm3d_overlaps {
  alignas(64) T at[bm3d_edge][bm3d_edge];
};

template <class Transform, class T>
constexpr bm3d_overlaps<T> make_overlaps() {
  double basis[8][8] = {};  // [pixel][k]
  for (int i = 0; i < 8; ++i) {
    basis[i][i] = 1;
    Transform::template forward<double>(basis[i]);
  }
  bm3d_overlaps<T> o{};
  for (int d = 0; d < 8; ++d)
    for (int k = 0; k < 8; ++k) {
      double sum = 0;
      for (int i = 0; i + d < 8; ++i) sum += basis[i][k] * basis[i + d][k];
      o.at[d][k] = static_cast<T>(sum);
    }
  return o;
}

template <class Transform, class T>
inline constexpr bm3d_overlaps<T> overlaps_of = make_overlaps<Transform, T>();

/// The pairs of blocks of a group that overlap.
struct bm3d_pairs {
  struct pair {
    std::uint8_t i, j, dy, dx;
  };
  int size = 0;
  pair list[bm3d_most * (bm3d_most - 1) / 2];

  void find(bm3d_group const& group, int blocks) {
    size = 0;
    for (int i = 0; i < blocks; ++i)
      for (int j = i + 1; j < blocks; ++j) {
        int const dy = std::abs(group.y[i] - group.y[j]), dx = std::abs(group.x[i] - group.x[j]);
        list[size] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(j),
                      static_cast<std::uint8_t>(dy), static_cast<std::uint8_t>(dx)};
        size += dy < bm3d_edge && dx < bm3d_edge;
      }
  }
};

/// The variances of `Row::size` coefficients from `c` on, of all N values along the group; the noise of a
/// pixel has variance 1. Spectra lie transposed: the row of a coefficient is its number along x.
template <class Transform, class Row, int N, class T>
[[gnu::always_inline]] inline void coefficient_variances(bm3d_pairs const& pairs, int c,
                                                         typename Row::type (&variance)[N]) {
  using V = typename Row::type;
  constexpr auto const& overlaps = overlaps_of<Transform, T>;
  int const along_x = c / bm3d_edge, along_y = c % bm3d_edge;
  V const own = Row::at(overlaps.at[0] + along_y) * overlaps.at[0][along_x];
  if constexpr (N == 1) {
    variance[0] = own;
  } else {
    constexpr int half = N / 2;
    V sums[half][half];  // covariances of the sums of two neighbours, upper triangle
    for (int i = 0; i < half; ++i) {
      for (int j = i + 1; j < half; ++j) sums[i][j] = V{};
      sums[i][i] = variance[2 * i + 1] = own + own;
    }
    for (int p = 0; p < pairs.size; ++p) {
      auto const& pair = pairs.list[p];
      V shared = Row::at(overlaps.at[pair.dy] + along_y) * overlaps.at[pair.dx][along_x];
      int const i = pair.i / 2, j = pair.j / 2;
      if (i == j) {
        shared += shared;
        variance[pair.j] -= shared;
      }
      sums[i][j] += shared;
    }
    for (int n = half, stride = 2; n > 1; n /= 2, stride *= 2)
      for (int i = 0; i < n / 2; ++i) {
        V const a = sums[2 * i][2 * i] + sums[2 * i + 1][2 * i + 1];
        V const b = sums[2 * i][2 * i + 1] + sums[2 * i][2 * i + 1];
        variance[(2 * i + 1) * stride] = a - b;
        sums[i][i] = a + b;
        for (int j = i + 1; j < n / 2; ++j)
          sums[i][j] = (sums[2 * i][2 * j] + sums[2 * i][2 * j + 1]) +
                       (sums[2 * i + 1][2 * j] + sums[2 * i + 1][2 * j + 1]);
      }
    variance[0] = sums[0][0];
  }
}

}  // namespace tomoedx::detail

#endif
