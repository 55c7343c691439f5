// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_NLM_KERNEL_HPP
#define TOMOEDX_DENOISE_DETAIL_NLM_KERNEL_HPP
// IWYU pragma: private, include "tomoedx/denoise/non_local_means.hpp"

#include <tomoedx/denoise/detail/nlm_tile.hpp>
#include <tomoedx/denoise/detail/nlm_vector.hpp>

/// Non-local means of one tile. The loops run over displacements outside and over rows inside: a row of squared
/// differences is summed along x, the last few such rows along y, and the weight that follows serves both pixels
/// of the pair. No sum is ever subtracted from, so a bright spot leaves nothing behind in float. What is averaged
/// are differences to the pixel itself: a constant image comes back bit by bit.
namespace tomoedx::detail {

/// What turns the sum of squared differences of two windows into a weight:
/// exp(-scale * max(0, sum - noise)), and zero where the exponent passes `nlm_cutoff`.
template <class T>
struct nlm_weighting {
  T noise, scale;
};
inline constexpr int nlm_cutoff = 5;

/// The sum becomes the weight.
template <class V, class T>
[[gnu::always_inline]] inline void nlm_weigh(typename V::type& sum, nlm_weighting<T> const& how) {
  sum -= how.noise;
  V::cut_at_zero(sum);
  sum *= how.scale;
  V::decay_up_to(sum, nlm_cutoff);
}

/// out[i] = (b[i] - a[i])^2.
template <class V, class T>
[[gnu::always_inline]] inline void nlm_squares(T const* a, T const* b, int n, T* out) {
  for (int i = 0; i < n; i += V::size) {
    typename V::type const d = V::at(b + i) - V::at(a + i);
    V::at(out + i) = d * d;
  }
}

/// out[i] = in[i] + ... + in[i + taps - 1].
template <class V, class T>
[[gnu::always_inline]] inline void nlm_sum_along(T const* in, int taps, int n, T* out) {
  constexpr int block = 4;
  int i = 0;
  for (; i + block * V::size <= n; i += block * V::size) {
    typename V::type sum[block];
    TOMOEDX_UNROLL
    for (int j = 0; j < block; ++j) sum[j] = V::at(in + i + j * V::size);
    for (int k = 1; k < taps; ++k) {
      TOMOEDX_UNROLL
      for (int j = 0; j < block; ++j) sum[j] += V::at(in + i + k + j * V::size);
    }
    TOMOEDX_UNROLL
    for (int j = 0; j < block; ++j) V::at(out + i + j * V::size) = sum[j];
  }
  for (; i < n; i += V::size) {
    typename V::type sum = V::at(in + i);
    for (int k = 1; k < taps; ++k) sum += V::at(in + i + k);
    V::at(out + i) = sum;
  }
}

/// The two ends of a row of pairs: pixels p and q = p + t, and the sums either belongs to (null: outside the tile).
template <class T>
struct nlm_row {
  T const *p, *q;
  T *p_weighted, *p_weights, *q_weighted, *q_weights;
};

template <bool P, bool Q, class V, class T>
[[gnu::always_inline]] inline void nlm_pair(typename V::type const& w, nlm_row<T> const& r, int i) {
  typename V::type const d = w * (V::at(r.q + i) - V::at(r.p + i));
  if constexpr (P) {
    V::at(r.p_weighted + i) += d;
    V::at(r.p_weights + i) += w;
  }
  if constexpr (Q) {
    V::at(r.q_weighted + i) -= d;
    V::at(r.q_weights + i) += w;
  }
}

/// The slot after slot `k` of a ring.
[[gnu::always_inline]] inline int nlm_next(int k, int slots) {
  return k + 1 == slots ? 0 : k + 1;
}

/// Sum `taps` rows of the ring, oldest first, and add the weighted differences of `n` pairs.
template <bool P, bool Q, class V, class T>
[[gnu::always_inline]] inline void nlm_accumulate(T const* ring, int row_stride, int taps, int oldest, int n,
                                                  nlm_weighting<T> const& how, nlm_row<T> const& row) {
  constexpr int block = 4;
  int i = 0;
  for (; i + block * V::size <= n; i += block * V::size) {
    typename V::type sum[block];
    int k = oldest;
    TOMOEDX_UNROLL
    for (int j = 0; j < block; ++j) sum[j] = V::at(ring + k * row_stride + i + j * V::size);
    for (k = nlm_next(k, taps); k != oldest; k = nlm_next(k, taps)) {
      TOMOEDX_UNROLL
      for (int j = 0; j < block; ++j) sum[j] += V::at(ring + k * row_stride + i + j * V::size);
    }
    TOMOEDX_UNROLL
    for (int j = 0; j < block; ++j) nlm_weigh<V>(sum[j], how);
    TOMOEDX_UNROLL
    for (int j = 0; j < block; ++j) nlm_pair<P, Q, V>(sum[j], row, i + j * V::size);
  }
  for (; i < n; i += V::size) {
    typename V::type sum = V::at(ring + oldest * row_stride + i);
    for (int k = nlm_next(oldest, taps); k != oldest; k = nlm_next(k, taps))
      sum += V::at(ring + k * row_stride + i);
    nlm_weigh<V>(sum, how);
    nlm_pair<P, Q, V>(sum, row, i);
  }
}

/// All pairs of a tile at displacement (ty, tx). `Both`: within one image, where a pair serves both its pixels and
/// half of the displacements suffice (ty >= 0); else from the tile to the neighbouring image `s.other`.
template <bool Both, class V, class T>
[[gnu::always_inline]] inline void nlm_displacement(nlm_scratch<T> const& s, nlm_reach const& reach, int rows,
                                                    int columns, int ty, int tx,
                                                    nlm_weighting<T> const& how) {
  int const taps = reach.taps(), margin = reach.margin();
  int const first_row = Both ? -ty : 0;
  int const first = Both ? std::min(0, -tx) : 0, end = Both ? std::max(columns, columns - tx) : columns;
  int const n = end - first, widened = (n + V::size - 1) / V::size * V::size + taps - 1;
  T const* const other = Both ? s.image : s.other;
  auto const pixel = [&](int y, int x) {
    return static_cast<std::ptrdiff_t>(y + margin) * s.stride + x + margin;
  };
  auto const sum_at = [&](int y, int x) {
    return static_cast<std::ptrdiff_t>(y) * s.sum_stride + x + reach.distance;
  };
  for (int y = first_row - reach.before, slot = 0, ready = 1 - taps; y < rows + reach.after; ++y, ++ready) {
    nlm_squares<V>(s.image + pixel(y, first - reach.before), other + pixel(y + ty, first - reach.before + tx),
                   widened, s.squares);
    nlm_sum_along<V>(s.squares, taps, n, s.ring + slot * s.row_stride);
    slot = nlm_next(slot, taps);  // now the oldest row
    if (ready < 0) continue;
    int const middle = y - reach.after;
    nlm_row<T> row{s.image + pixel(middle, first), other + pixel(middle + ty, first + tx), {}, {}, {}, {}};
    bool const p = middle >= 0, q = Both && middle + ty < rows;
    if (!p && !q) continue;  // the tile has fewer rows than ty
    if (p) {
      row.p_weighted = s.weighted + sum_at(middle, first);
      row.p_weights = s.weights + sum_at(middle, first);
    }
    if (q) {
      row.q_weighted = s.weighted + sum_at(middle + ty, first + tx);
      row.q_weights = s.weights + sum_at(middle + ty, first + tx);
    }
    if constexpr (Both) {
      if (p && q)
        nlm_accumulate<true, true, V>(s.ring, s.row_stride, taps, slot, n, how, row);
      else if (q)
        nlm_accumulate<false, true, V>(s.ring, s.row_stride, taps, slot, n, how, row);
    }
    if (!q) nlm_accumulate<true, false, V>(s.ring, s.row_stride, taps, slot, n, how, row);
  }
}

/// Denoise tile `tile` of image `image` of a stack.
template <int Bytes, class T>
[[gnu::always_inline]] inline void nlm_denoise_tile(nlm_scratch<T> const& s, nlm_shape const& shape,
                                                    nlm_reach const& reach, nlm_weighting<T> const& how,
                                                    T const* in, T* out, int image, int tile) {
  using V = nlm_vector<T, Bytes>;
  int const y0 = tile / shape.tiles_across() * shape.tile_rows;
  int const x0 = tile % shape.tiles_across() * shape.tile_columns;
  int const rows = std::min(shape.tile_rows, shape.height - y0);
  int const columns = std::min(shape.tile_columns, shape.width - x0);
  std::size_t const pixels = static_cast<std::size_t>(shape.height) * shape.width;
  std::fill_n(s.weighted, static_cast<std::size_t>(rows) * s.sum_stride, T(0));
  std::fill_n(s.weights, static_cast<std::size_t>(rows) * s.sum_stride, T(1));  // the pixel itself

  nlm_load_tile(in + image * pixels, shape, reach.margin(), y0, x0, s.stride, s.image);
  for (int ty = 0; ty <= reach.distance; ++ty)
    for (int tx = ty == 0 ? 1 : -reach.distance; tx <= reach.distance; ++tx)
      nlm_displacement<true, V>(s, reach, rows, columns, ty, tx, how);
  for (int n = std::max(image - reach.frames, 0); n <= std::min(image + reach.frames, shape.images - 1);
       ++n) {
    if (n == image) continue;
    nlm_load_tile(in + n * pixels, shape, reach.margin(), y0, x0, s.stride, s.other);
    for (int ty = -reach.distance; ty <= reach.distance; ++ty)
      for (int tx = -reach.distance; tx <= reach.distance; ++tx)
        nlm_displacement<false, V>(s, reach, rows, columns, ty, tx, how);
  }

  for (int y = 0; y < rows; ++y) {
    T const* const from =
        s.image + static_cast<std::ptrdiff_t>(y + reach.margin()) * s.stride + reach.margin();
    std::ptrdiff_t const sum = static_cast<std::ptrdiff_t>(y) * s.sum_stride + reach.distance;
    T* const to = out + image * pixels + static_cast<std::size_t>(y0 + y) * shape.width + x0;
    for (int x = 0; x < columns; ++x) to[x] = from[x] + s.weighted[sum + x] / s.weights[sum + x];
  }
}

}  // namespace tomoedx::detail

#endif
