// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_ENGINE_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_ENGINE_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/denoise/detail/bm3d_filters.hpp>

/// How the reference blocks of an image are shared out over threads.
///
/// A tile is a rectangle of reference blocks so large that what a tile writes never meets what its next but one
/// neighbour writes. Tiles therefore have one of four colours; those of one colour run at the same time and add to
/// one estimate. A pixel gathers its sums in the same order whatever the number of threads.
namespace tomoedx::detail {

enum class bm3d_stage { threshold, wiener };

/// The corners of the reference blocks along one edge: every `step` pixels, and the last that fits.
struct bm3d_corners {
  int length, step;

  int count() const { return (length - bm3d_edge + step - 1) / step + 1; }
  int operator()(int i) const { return std::min(i * step, length - bm3d_edge); }
};

/// The tiles of an image: `height` x `width` reference blocks each.
struct bm3d_tiling {
  bm3d_corners rows, columns;
  int height, width;

  int down() const { return (rows.count() + height - 1) / height; }
  int across() const { return (columns.count() + width - 1) / width; }
  /// Tiles of colour 0 to 3: whether their row and column are odd.
  int down(int colour) const { return (down() + 1 - colour / 2) / 2; }
  int across(int colour) const { return (across() + 1 - colour % 2) / 2; }
  int count(int colour) const { return down(colour) * across(colour); }
};

inline constexpr int bm3d_tile_most = 256;  ///< reference blocks along a tile's edge

inline bm3d_tiling make_bm3d_tiling(int height, int width, int step, int radius) {
  int const apart = (2 * radius + bm3d_edge - 1 + step - 1) / step;
  return {{height, step}, {width, step}, apart, std::min(2 * apart, bm3d_tile_most)};
}

/// What one image of a batch lies in while it is worked on; all arrays but `search` are height x width.
template <class T>
struct bm3d_image {
  bm3d_search_image search;  ///< what blocks are matched in
  T* noisy;
  T* estimate;  ///< second stage: what the first found
  T* sum;       ///< weighted sum of filtered blocks
  T* weight;    ///< of each block, at its corner
};

/// Transform, shrink, transform back and add one group.
template <bm3d_stage Stage, class Transform, class Row, int N, class T>
[[gnu::always_inline]] inline void filter_group(bm3d_image<T> const& image, bm3d_group const& group,
                                                T* values, T* estimates) {
  std::ptrdiff_t const width = image.search.width;
  for (int k = 0; k < N; ++k) {
    std::ptrdiff_t const at = group.y[k] * width + group.x[k];
    transform_block<Transform, Row>(image.noisy + at, width, values + k * bm3d_block);
    if constexpr (Stage == bm3d_stage::wiener)
      transform_block<Transform, Row>(image.estimate + at, width, estimates + k * bm3d_block);
  }
  bm3d_pairs pairs;
  pairs.find(group, N);
  T weight;
  if constexpr (Stage == bm3d_stage::wiener)
    weight = wiener_group<Transform, Row, N>(pairs, values, static_cast<T const*>(estimates));
  else
    weight = threshold_group<Transform, Row, N>(pairs, values);
  alignas(64) T window[bm3d_block];
  for (int i = 0; i < bm3d_block; ++i) window[i] = weight * bm3d_tables_of<Transform, T>.window[i];
  for (int k = 0; k < N; ++k) {
    std::ptrdiff_t const at = group.y[k] * width + group.x[k];
    invert_block<Transform, Row>(values + k * bm3d_block, window, image.sum + at, width);
    image.weight[at] += weight;
  }
}

/// All of a stage for one tile.
template <bm3d_stage Stage, class Transform, int Bytes, class T>
[[gnu::always_inline]] inline void filter_tile(bm3d_image<T> const& image, bm3d_tiling const& tiling,
                                               bm3d_search const& search, int tile_row, int tile_column) {
  using row = bm3d_row<T, Bytes>;
  alignas(64) T values[bm3d_most * bm3d_block], estimates[bm3d_most * bm3d_block];
  bm3d_group groups[bm3d_tile_most];
  int columns[bm3d_tile_most];
  int const first = tile_column * tiling.width;
  int const count = std::min(tiling.width, tiling.columns.count() - first);
  for (int i = 0; i < count; ++i) columns[i] = tiling.columns(first + i);

  int const end = std::min((tile_row + 1) * tiling.height, tiling.rows.count());
  for (int r = tile_row * tiling.height; r < end; ++r) {
    match_row<Bytes>(image.search, search, tiling.rows(r), columns, count, groups);
    for (int i = 0; i < count; ++i) {
      auto const& group = groups[i];
      if (group.size >= 32)
        filter_group<Stage, Transform, row, 32>(image, group, values, estimates);
      else if (group.size >= 16)
        filter_group<Stage, Transform, row, 16>(image, group, values, estimates);
      else if (group.size >= 8)
        filter_group<Stage, Transform, row, 8>(image, group, values, estimates);
      else if (group.size >= 4)
        filter_group<Stage, Transform, row, 4>(image, group, values, estimates);
      else if (group.size >= 2)
        filter_group<Stage, Transform, row, 2>(image, group, values, estimates);
      else
        filter_group<Stage, Transform, row, 1>(image, group, values, estimates);
    }
  }
}

/// The tiles of one colour of a batch of images of one size, as a kernel.
template <bm3d_stage Stage, class Transform, class T>
struct bm3d_tiles {
  bm3d_image<T> const* images;
  bm3d_tiling tiling;
  bm3d_search search;
  int colour;
  isa level;

  void operator()(int item) const { simd::run_at(level, share{*this, item}); }

  struct share {
    bm3d_tiles const& all;
    int item;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
      int const colour = all.colour, count = all.tiling.count(colour), across = all.tiling.across(colour);
      int const tile = item % count;
      filter_tile<Stage, Transform, Bytes>(all.images[item / count], all.tiling, all.search,
                                           tile / across * 2 + colour / 2, tile % across * 2 + colour % 2);
    }
  };
};

/// Run one stage over a batch of images.
template <bm3d_stage Stage, class Transform, class Space, class T>
void run_bm3d_stage(Space const& space, bm3d_image<T> const* images, int batch, bm3d_tiling const& tiling,
                    bm3d_search const& search, isa level) {
  for (int colour = 0; colour < 4; ++colour) {
    int const items = batch * tiling.count(colour);
    if (items == 0) continue;
    Kokkos::parallel_for(
        "tomoedx::bm3d::tiles",
        Kokkos::RangePolicy<Space, Kokkos::IndexType<int>, Kokkos::Schedule<Kokkos::Dynamic>>(
            space, 0, items, Kokkos::ChunkSize(1)),
        bm3d_tiles<Stage, Transform, T>{images, tiling, search, colour, level});
  }
}

}  // namespace tomoedx::detail

#endif
