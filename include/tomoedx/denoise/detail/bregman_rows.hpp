// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BREGMAN_ROWS_HPP
#define TOMOEDX_DENOISE_DETAIL_BREGMAN_ROWS_HPP
// IWYU pragma: private, include "tomoedx/denoise/total_variation.hpp"

#include <tomoedx/denoise/detail/tv_vector.hpp>

#include <cstddef>

/// The sweeps of split Bregman, half a row at a time. A row is stored as its even columns and its odd columns, so
/// that the pixels of one colour of a chessboard lie next to each other: their upper and lower neighbours have
/// the same index in the same half, their left and right ones are next to each other in the other half.
namespace tomoedx::detail {

/// How the split differences are shrunk.
enum class bregman_shrink { isotropic, anisotropic, smooth };

/// u <- a (neighbours + differences of q) + b f: the minimum over each pixel of one colour, others held.
template <class T>
struct bregman_image_job {
  T const *other, *above,
      *below;  ///< u: the other half from the left neighbour on, the same half of other rows
  T const *qx_left, *qx, *qy_above, *qy, *f, *a, *b;
  T* u;
  std::size_t count;
  double* change;  ///< gets the sum of squared changes added

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using pack = simd::pack<T, Bytes>;
    using vec = typename pack::type;
    vec all{};
    for (std::size_t j = 0; j < count; j += pack::size) {
      vec const around =
          (pack::at(other + j) + pack::at(other + j + 1)) + (pack::at(above + j) + pack::at(below + j));
      vec const split =
          (pack::at(qx_left + j) - pack::at(qx + j)) + (pack::at(qy_above + j) - pack::at(qy + j));
      vec const now = pack::at(a + j) * (around + split) + pack::at(b + j) * pack::at(f + j);
      vec const step = now - pack::at(u + j);
      all += step * step;
      pack::at(u + j) = now;
    }
    *change += double_sum<T, Bytes>(all, pack::size);
  }
};

/// With v = grad u + b: d <- v shrunk, b <- v - d, q = d - b; `threshold` is 1 / lambda.
template <class T, bregman_shrink Shrink>
struct bregman_split_job {
  T const *right, *u, *below, *keep;  ///< keep is 0 where there is no difference to the right
  T *bx, *by, *qx, *qy;
  T threshold;
  std::size_t count;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using pack = simd::pack<T, Bytes>;
    using vec = typename pack::type;
    T const lambda = T(1) / threshold;
    for (std::size_t j = 0; j < count; j += pack::size) {
      vec const here = pack::at(u + j);
      vec const vx = pack::at(bx + j) + pack::at(keep + j) * (pack::at(right + j) - here);
      vec const vy = pack::at(by + j) + (pack::at(below + j) - here);
      vec x = vx, y = vy;
      if constexpr (Shrink == bregman_shrink::anisotropic) {
        x = x > threshold ? vec{} + threshold : x;
        x = x < -threshold ? vec{} - threshold : x;
        y = y > threshold ? vec{} + threshold : y;
        y = y < -threshold ? vec{} - threshold : y;
      } else {
        vec const square = vx * vx + vy * vy;
        vec inverse, part;
        inverse_root<T, Bytes>(square, inverse);
        if constexpr (Shrink == bregman_shrink::isotropic) {
          part = threshold * inverse;
          part = part < T(1) ? part : vec{} + T(1);
        } else {
          part = T(1) / (T(1) + lambda * (square * inverse));
        }
        x *= part;
        y *= part;
      }
      pack::at(bx + j) = x;
      pack::at(by + j) = y;
      pack::at(qx + j) = vx - T(2) * x;
      pack::at(qy + j) = vy - T(2) * y;
    }
  }
};

}  // namespace tomoedx::detail

#endif
