// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_NLM_TILE_HPP
#define TOMOEDX_DENOISE_DETAIL_NLM_TILE_HPP
// IWYU pragma: private, include "tomoedx/denoise/non_local_means.hpp"

#include <tomoedx/core/detail/mirror.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

/// Where the tiles of an image lie and what a worker keeps of one: images with a margin, sums, rows of distances.
namespace tomoedx::detail {

/// How far non-local means looks. A window holds the pixels from `before` in front of the middle to `after` it.
struct nlm_reach {
  int distance;       ///< of the search, in pixels
  int before, after;  ///< of the compared windows; before <= after
  int frames;         ///< neighbouring images on either side

  int taps() const { return before + after + 1; }
  int margin() const { return distance + after; }
};

/// The extents of a stack and of its tiles: all tiles but the last of a row or column are of the same size.
struct nlm_shape {
  int images, height, width;
  int tile_rows, tile_columns;

  int tiles_down() const { return (height + tile_rows - 1) / tile_rows; }
  int tiles_across() const { return (width + tile_columns - 1) / tile_columns; }
  int tiles() const { return tiles_down() * tiles_across(); }
};

/// No tile is larger than this; a function of nothing, so that results are one function of the image.
inline constexpr int nlm_most_rows = 64, nlm_most_columns = 256;

/// Cut `extent` into even pieces of at most `most`.
inline int nlm_even_piece(int extent, int most) {
  int const pieces = (extent + most - 1) / most;
  return (extent + pieces - 1) / pieces;
}

inline nlm_shape nlm_cut(int images, int height, int width) {
  return {images, height, width, nlm_even_piece(height, nlm_most_rows),
          nlm_even_piece(width, nlm_most_columns)};
}

/// A worker's private memory. Rows have room for vectors that run past their ends.
template <class T>
struct nlm_scratch {
  static constexpr int slack = 48;

  int stride;      ///< of the two images
  int sum_stride;  ///< of the two sums, which begin `distance` columns before the tile
  int row_stride;  ///< of a row of distances
  T* image;        ///< the tile and its margin
  T* other;        ///< the same of a neighbouring image
  T* weighted;     ///< sum of weight * difference
  T* weights;      ///< sum of weights
  T* squares;      ///< one row of squared differences
  T* ring;         ///< these summed along x, for as many rows as a window has

  static std::size_t image_size(nlm_reach const& r) {
    return static_cast<std::size_t>(nlm_most_rows + 2 * r.margin()) *
           (nlm_most_columns + 2 * r.margin() + slack);
  }
  static std::size_t sum_size(nlm_reach const& r) {
    return static_cast<std::size_t>(nlm_most_rows) * (nlm_most_columns + 2 * r.distance + slack);
  }
  static std::size_t row_size(nlm_reach const& r) {
    return static_cast<std::size_t>(nlm_most_columns + r.distance + r.taps() + slack);
  }
  /// How many values a worker needs, in whole pairs of cache lines.
  static std::size_t size(nlm_reach const& r) {
    std::size_t const images = r.frames > 0 ? 2 : 1;
    std::size_t const values =
        images * image_size(r) + 2 * sum_size(r) + (static_cast<std::size_t>(r.taps()) + 1) * row_size(r);
    return (values + 31) / 32 * 32;
  }

  nlm_scratch(nlm_reach const& r, T* memory)
      : stride(nlm_most_columns + 2 * r.margin() + slack),
        sum_stride(nlm_most_columns + 2 * r.distance + slack),
        row_stride(static_cast<int>(row_size(r))) {
    image = memory;
    other = image + (r.frames > 0 ? image_size(r) : 0);
    weighted = other + image_size(r);
    weights = weighted + sum_size(r);
    squares = weights + sum_size(r);
    ring = squares + row_size(r);
  }
};

/// Copy the tile whose first pixel is (y0, x0) with a margin on all sides, mirrored beyond the image.
template <class T>
void nlm_load_tile(T const* from, nlm_shape const& shape, int margin, int y0, int x0, int stride, T* to) {
  int const first = x0 - margin;
  int const begin = std::clamp(-first, 0, stride), end = std::clamp(shape.width - first, begin, stride);
  for (int y = -margin; y < shape.tile_rows + margin; ++y, to += stride) {
    T const* const row = from + static_cast<std::size_t>(mirrored(y0 + y, shape.height)) * shape.width;
    for (int i = 0; i < begin; ++i) to[i] = row[mirrored(first + i, shape.width)];
    if (end > begin) std::memcpy(to + begin, row + first + begin, sizeof(T) * (end - begin));
    for (int i = end; i < stride; ++i) to[i] = row[mirrored(first + i, shape.width)];
  }
}

}  // namespace tomoedx::detail

#endif
