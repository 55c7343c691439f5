// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_MATCHING_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_MATCHING_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/denoise/detail/bm3d_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

/// Which blocks resemble a reference block: those with the least sum of squared differences in a square window
/// around it. Distances are float whatever the images are: they only choose.
namespace tomoedx::detail {

/// The largest group, and the farthest that a search goes to each side.
inline constexpr int bm3d_most = 32;
inline constexpr int bm3d_farthest = 39;
inline constexpr int bm3d_search_lanes = 96;  ///< 2 * farthest + 1, up to whole vectors
inline constexpr float bm3d_infinity = std::numeric_limits<float>::infinity();

/// The blocks like a reference block, nearest first; the reference itself is always the first.
struct bm3d_group {
  std::int32_t size;
  float distance[bm3d_most];
  std::int32_t y[bm3d_most], x[bm3d_most];

  void start(int row, int column) {
    size = 1;
    distance[0] = -1;
    y[0] = row;
    x[0] = column;
  }

  /// What a block must stay below to enter a group of `most`.
  float worst(int most, float limit) const { return size == most ? distance[most - 1] : limit; }

  /// Insert before what is farther; of equals the first stays in front.
  void insert(int most, float d, int row, int column) {
    int i = size < most ? size++ : most - 1;
    for (; distance[i - 1] > d; --i) {
      distance[i] = distance[i - 1];
      y[i] = y[i - 1];
      x[i] = x[i - 1];
    }
    distance[i] = d;
    y[i] = row;
    x[i] = column;
  }
};

/// An image to match in: `values` is its first pixel, and `margin` columns of infinity lie on both sides, so that
/// blocks which stick out are infinitely far away.
struct bm3d_search_image {
  float const* values;
  std::ptrdiff_t stride;
  int height, width;
};

/// The columns of infinity that a search of `radius` reads, with the widest vectors.
constexpr int bm3d_margin(int radius) {
  return radius + 16 + bm3d_edge;
}

/// How a search goes: how far, how many blocks it keeps, and what is too far to be kept.
struct bm3d_search {
  int radius;
  int most;
  float limit;
};

/// Sums of squared differences over the eight rows of one column, for all dx.
template <int Bytes>
[[gnu::always_inline]] inline void column_distances(float const* a, float const* b, std::ptrdiff_t stride,
                                                    int vectors, float* to) {
  using vec = simd::pack<float, Bytes>;
  for (int i = 0; i < vectors; ++i) {
    typename vec::type even = {}, odd = {};
    TOMOEDX_UNROLL
    for (int k = 0; k < bm3d_edge; k += 2) {
      typename vec::type const u = vec::at(b + k * stride + i * vec::size) - a[k * stride];
      typename vec::type const v = vec::at(b + (k + 1) * stride + i * vec::size) - a[(k + 1) * stride];
      even += u * u;
      odd += v * v;
    }
    vec::at(to + i * vec::size) = even + odd;
  }
}

/// Whether any lane of a is below `b`.
template <int Bytes>
[[gnu::always_inline]] inline bool any_below(typename simd::pack<float, Bytes>::type const& a, float b) {
  using words = typename simd::pack<std::uint64_t, Bytes>::type;
  words const w = reinterpret_cast<words>(a < b);
  std::uint64_t any = 0;
  TOMOEDX_UNROLL
  for (int i = 0; i < Bytes / 8; ++i) any |= w[i];
  return any != 0;
}

/// Find the groups of the reference blocks whose corners are (row, columns[0...count-1]), ascending.
template <int Bytes>
[[gnu::always_inline]] inline void match_row(bm3d_search_image const& image, bm3d_search const& search,
                                             int row, int const* columns, int count, bm3d_group* groups) {
  using vec = simd::pack<float, Bytes>;
  int const radius = search.radius, vectors = (2 * radius + vec::size) / vec::size;
  alignas(64) float ring[bm3d_edge][bm3d_search_lanes];  // the last eight columns
  alignas(64) float beyond[bm3d_search_lanes];           // infinity in lanes outside the window
  alignas(64) float distance[bm3d_search_lanes];
  for (int i = 0; i < bm3d_search_lanes; ++i) beyond[i] = i > 2 * radius ? bm3d_infinity : 0;
  for (int i = 0; i < count; ++i) groups[i].start(row, columns[i]);

  for (int turn = 0; turn <= 2 * radius; ++turn) {  // near rows first: 0, -1, 1, -2, ...
    int const dy = turn % 2 == 0 ? turn / 2 : -(turn + 1) / 2;
    if (row + dy < 0 || row + dy + bm3d_edge > image.height) continue;
    float const* const a = image.values + row * image.stride;
    float const* const b = a + dy * image.stride - radius;
    int ready = columns[0];
    for (int i = 0; i < count; ++i) {
      int const x = columns[i];
      for (ready = ready < x ? x : ready; ready < x + bm3d_edge; ++ready)
        column_distances<Bytes>(a + ready, b + ready, image.stride, vectors, ring[ready % bm3d_edge]);
      auto& group = groups[i];
      float worst = group.worst(search.most, search.limit);
      for (int j = 0; j < vectors; ++j) {
        typename vec::type sum = vec::at(beyond + j * vec::size);
        TOMOEDX_UNROLL
        for (int k = 0; k < bm3d_edge; ++k) sum += vec::at(ring[k] + j * vec::size);
        if (!any_below<Bytes>(sum, worst)) continue;
        vec::at(distance) = sum;
        int const first = j * vec::size - radius;
        if (dy == 0 && first <= 0 && -first < vec::size) distance[-first] = bm3d_infinity;  // itself
        for (int l = 0; l < vec::size; ++l)
          if (distance[l] < worst) {
            group.insert(search.most, distance[l], row + dy, x + first + l);
            worst = group.worst(search.most, search.limit);
          }
      }
    }
  }
}

}  // namespace tomoedx::detail

#endif
