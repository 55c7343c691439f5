// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_WINOGRAD_JOB_HPP
#define TOMOEDX_NN_DETAIL_WINOGRAD_JOB_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/gemm.hpp>
#include <tomoedx/nn/detail/reading.hpp>
#include <tomoedx/nn/detail/stage.hpp>
#include <tomoedx/nn/detail/winograd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

/// A 3 x 3 convolution by minimal filtering. A block of tiles is transformed, multiplied plane by plane with the
/// transformed filters, and transformed back with bias, activation and 2 x 2 pooling on the way out.
namespace tomoedx::nn::detail {

/// A source and where its tiles lie within rows and columns that are stored side by side.
template <class T>
struct tiled_source {
  seen<T> image;
  std::vector<std::uint8_t> plain_y, plain_x;  ///< for each row or column of tiles: no border inside
};

template <class T>
struct winograd_job {
  std::vector<tiled_source<T>> sources;
  int depth, tiles_y, tiles_x, tiles;  ///< z positions; tiles of a plane; tiles of all items and planes
  int blocks_in, channels_in;
  std::vector<int> depths;  ///< channels of each input block
  int blocks_out;
  T const* weights;  ///< (plane, input channel, output vector group, lane), see pack_winograd
  T const* bias;     ///< (vector, lane) or null
  T below;
  stored<T> out;  ///< no data: only the pooled result is wanted
  int height, width;
  stored<T> pooled;  ///< no data: not pooled
  int pooled_height, pooled_width;
  int block_tiles, tile_blocks;
  T* inputs = nullptr;    ///< of a whole block of tiles when all workers share it
  T* products = nullptr;  ///< likewise

  int first_tile(int block) const {
    return static_cast<int>(static_cast<long long>(tiles) * block / tile_blocks);
  }
};

/// How one block of tiles is laid out: inputs (plane, block, tile, lane), products (vector, plane, tile, lane).
template <class Tables, class T, int N>
struct winograd_layout {
  static constexpr int planes = Tables::points * Tables::points;
  std::ptrdiff_t input_plane, product_plane;

  winograd_layout(int blocks_in, int tiles)
      : input_plane(odd_lines<T>(std::ptrdiff_t{blocks_in} * tiles * N)),
        product_plane(odd_lines<T>(std::ptrdiff_t{tiles} * N)) {}
  std::ptrdiff_t inputs() const { return planes * input_plane; }
  std::ptrdiff_t products(int vectors) const { return vectors * planes * product_plane; }
};

template <class Tables, class T, isa Level>
struct winograd {
  static constexpr int N = block_of<T, Level>, points = Tables::points, outputs = Tables::outputs;
  using job = winograd_job<T>;
  using layout = winograd_layout<Tables, T, N>;
  using vec = vector_t<T, N>;

  struct place {
    int item, z, y, x;  ///< tile row and column
  };
  [[gnu::always_inline]] static place place_of(job const& j, int tile) {
    int const x = tile % j.tiles_x, rest = tile / j.tiles_x, y = rest % j.tiles_y, plane = rest / j.tiles_y;
    return {plane / j.depth, plane % j.depth, y, x};
  }

  /// Transform blocks [from, to) of the source for the tiles [first, first + tiles) of a block of `room` tiles.
  [[gnu::always_inline]] static void transform_in(job const& j, int source, int block, int first, int begin,
                                                  int end, int room, T* inputs) {
    layout const l(j.blocks_in, room);
    auto const& s = j.sources[static_cast<std::size_t>(source)];
    int before = 0;
    for (int i = 0; i < source; ++i) before += j.sources[static_cast<std::size_t>(i)].image.blocks;
    auto const& image = s.image;
    for (int t = begin; t < end; ++t) {
      auto const p = place_of(j, first + t);
      vec d[points * points];
      std::int32_t const z = image.z[p.z];
      T const* const base = image.from.data + p.item * image.from.item_step + block * image.from.block_step +
                            (z < 0 ? 0 : z) * image.from.plane_step;
      std::int32_t const* const ys = image.y + p.y * outputs;
      std::int32_t const* const xs = image.x + p.x * outputs;
      if (s.plain_y[static_cast<std::size_t>(p.y)] && s.plain_x[static_cast<std::size_t>(p.x)] && z >= 0) {
        TOMOEDX_UNROLL
        for (int r = 0; r < points; ++r) {
          T const* const row = base + ys[r] * image.from.row_step + xs[0] * N;
          TOMOEDX_UNROLL
          for (int c = 0; c < points; ++c) d[r * points + c] = at<T, N>(row + c * N);
          TOMOEDX_UNROLL
          for (int c = 0; c < outputs; ++c) __builtin_prefetch(row + (points + outputs + c) * N);
        }
      } else {
        for (int r = 0; r < points; ++r)
          for (int c = 0; c < points; ++c)
            if (z < 0 || ys[r] < 0 || xs[c] < 0)
              d[r * points + c] = vec{};
            else
              d[r * points + c] = at<T, N>(base + ys[r] * image.from.row_step + xs[c] * N);
      }
      transform_input_tile<Tables, T>(d);
      T* to = inputs + (std::ptrdiff_t{before + block} * room + t) * N;
      TOMOEDX_UNROLL
      for (int i = 0; i < points * points; ++i, to += l.input_plane) at<T, N>(to) = d[i];
    }
  }

  /// One plane of products for one group of output vectors.
  [[gnu::always_inline]] static void multiply_plane(job const& j, term<T> const* terms, int plane, int group,
                                                    int tiles, int room, T* products) {
    layout const l(j.blocks_in, room);
    even_cut const vectors(j.blocks_out, registers<Level>::vectors);
    int const v0 = vectors.begin(group), v1 = vectors.begin(group + 1);
    T const* const weights = j.weights + (std::ptrdiff_t{plane} * j.blocks_out + v0) * j.channels_in * N;
    even_cut const rows(tiles, registers<Level>::rows(v1 - v0));
    for (int i = 0; i < rows.runs; ++i) {
      int const r0 = rows.begin(i), r1 = rows.begin(i + 1);
      multiply<T, Level>::kernel(r1 - r0, v1 - v0, true)(
          {terms, j.blocks_in, plane * l.input_plane + std::ptrdiff_t{r0} * N, N, weights, nullptr,
           products + plane * l.product_plane + std::ptrdiff_t{r0} * N, layout::planes * l.product_plane, N,
           T(1), false});
    }
  }

  /// The terms of the products of one block of tiles.
  [[gnu::always_inline]] static void make_terms(job const& j, T const* inputs, int room, term<T>* terms) {
    for (int b = 0; b < j.blocks_in; ++b)
      terms[b] = {inputs + std::ptrdiff_t{b} * room * N, j.depths[static_cast<std::size_t>(b)]};
  }

  /// Transform the products of output vector `v` back, for tiles [begin, end) of a block that starts at `first`.
  [[gnu::always_inline]] static void transform_out(job const& j, int v, int first, int begin, int end,
                                                   int room, T const* products) {
    layout const l(j.blocks_in, room);
    vec const bias = j.bias != nullptr ? at<T, N>(j.bias + v * N) : vec{};
    for (int t = begin; t < end; ++t) {
      vec m[points * points], y[outputs * outputs];
      T const* from = products + std::ptrdiff_t{t} * N;
      TOMOEDX_UNROLL
      for (int i = 0; i < points * points; ++i, from += l.product_plane) m[i] = at<T, N>(from);
      transform_output_tile<Tables, T>(m, y);
      TOMOEDX_UNROLL
      for (int i = 0; i < outputs * outputs; ++i) y[i] += bias;
      if (j.below != T(1)) {
        TOMOEDX_UNROLL
        for (int i = 0; i < outputs * outputs; ++i) y[i] = y[i] > T(0) ? y[i] : y[i] * j.below + T(0);
      }
      store(j, place_of(j, first + t), v, y);
    }
  }

  [[gnu::always_inline]] static void store(job const& j, place const& p, int v, vec const* y) {
    if (j.out.data != nullptr) {
      T* const to = j.out.data + p.item * j.out.item_step + v * j.out.block_step + p.z * j.out.plane_step +
                    p.y * outputs * j.out.row_step + std::ptrdiff_t{p.x} * outputs * N;
      int const rows = std::min(outputs, j.height - p.y * outputs),
                columns = std::min(outputs, j.width - p.x * outputs);
      if (rows == outputs && columns == outputs) {
        TOMOEDX_UNROLL
        for (int r = 0; r < outputs; ++r) TOMOEDX_UNROLL
        for (int c = 0; c < outputs; ++c) at<T, N>(to + r * j.out.row_step + c * N) = y[r * outputs + c];
      } else {
        for (int r = 0; r < rows; ++r)
          for (int c = 0; c < columns; ++c) at<T, N>(to + r * j.out.row_step + c * N) = y[r * outputs + c];
      }
    }
    if (j.pooled.data == nullptr) return;
    constexpr int half = outputs / 2;
    T* const to = j.pooled.data + p.item * j.pooled.item_step + v * j.pooled.block_step +
                  p.z * j.pooled.plane_step + p.y * half * j.pooled.row_step + std::ptrdiff_t{p.x} * half * N;
    for (int r = 0; r < half && p.y * half + r < j.pooled_height; ++r)
      for (int c = 0; c < half && p.x * half + c < j.pooled_width; ++c) {
        vec const* const window = y + 2 * r * outputs + 2 * c;
        vec above = window[0], beneath = window[outputs];
        keep_larger<T, N>(above, window[1]);
        keep_larger<T, N>(beneath, window[outputs + 1]);
        keep_larger<T, N>(above, beneath);
        at<T, N>(to + r * j.pooled.row_step + c * N) = above;
      }
  }

  static int groups(job const& j) { return even_cut(j.blocks_out, registers<Level>::vectors).runs; }

  /// Scratch of a worker that does whole blocks of tiles: terms, inputs, products of one group of vectors.
  static std::size_t scratch_bytes(int blocks_in, int blocks_out, int room) {
    layout const l(blocks_in, room);
    int const vectors = std::min(blocks_out, registers<Level>::vectors);
    return whole_lines(sizeof(term<T>) * static_cast<std::size_t>(blocks_in)) +
           sizeof(T) * static_cast<std::size_t>(l.inputs() + l.products(vectors));
  }

  /// A whole block of tiles by one worker, in its own scratch.
  struct whole_block {
    [[gnu::always_inline]] static void run(job const& j, int task, std::byte* scratch) {
      int const first = j.first_tile(task), tiles = j.first_tile(task + 1) - first, room = j.block_tiles;
      layout const l(j.blocks_in, room);
      auto* const terms = reinterpret_cast<term<T>*>(scratch);
      auto* const inputs = reinterpret_cast<T*>(
          scratch + whole_lines(sizeof(term<T>) * static_cast<std::size_t>(j.blocks_in)));
      T* const products = inputs + l.inputs();
      for (int s = 0; s < static_cast<int>(j.sources.size()); ++s)
        for (int b = 0; b < j.sources[static_cast<std::size_t>(s)].image.blocks; ++b)
          transform_in(j, s, b, first, 0, tiles, room, inputs);
      make_terms(j, inputs, room, terms);
      even_cut const vectors(j.blocks_out, registers<Level>::vectors);
      for (int g = 0; g < vectors.runs; ++g) {
        for (int p = 0; p < layout::planes; ++p) multiply_plane(j, terms, p, g, tiles, room, products);
        for (int v = vectors.begin(g); v < vectors.begin(g + 1); ++v)
          transform_out(j, v, first, 0, tiles, room,
                        products + (v - vectors.begin(g)) * layout::planes * l.product_plane);
      }
    }
  };

  /// The three steps of a block of tiles that all workers share: `block` is its number.
  struct shared_job {
    std::shared_ptr<job const> whole;
    int block, runs;  ///< into how many runs the tiles are cut for the transforms
  };
  struct shared_in {
    [[gnu::always_inline]] static void run(shared_job const& s, int task, std::byte*) {
      job const& j = *s.whole;
      int const first = j.first_tile(s.block), tiles = j.first_tile(s.block + 1) - first;
      int const run = task % s.runs;
      int block = task / s.runs, source = 0;
      while (block >= j.sources[static_cast<std::size_t>(source)].image.blocks)
        block -= j.sources[static_cast<std::size_t>(source++)].image.blocks;
      transform_in(j, source, block, first, tiles * run / s.runs, tiles * (run + 1) / s.runs, j.block_tiles,
                   j.inputs);
    }
  };
  struct shared_multiply {
    [[gnu::always_inline]] static void run(shared_job const& s, int task, std::byte* scratch) {
      job const& j = *s.whole;
      int const tiles = j.first_tile(s.block + 1) - j.first_tile(s.block), number = groups(j);
      layout const l(j.blocks_in, j.block_tiles);
      even_cut const vectors(j.blocks_out, registers<Level>::vectors);
      auto* const terms = reinterpret_cast<term<T>*>(scratch);
      make_terms(j, j.inputs, j.block_tiles, terms);
      int const plane = task / number, group = task % number;
      multiply_plane(j, terms, plane, group, tiles, j.block_tiles,
                     j.products + vectors.begin(group) * layout::planes * l.product_plane);
    }
  };
  struct shared_out {
    [[gnu::always_inline]] static void run(shared_job const& s, int task, std::byte*) {
      job const& j = *s.whole;
      int const first = j.first_tile(s.block), tiles = j.first_tile(s.block + 1) - first;
      layout const l(j.blocks_in, j.block_tiles);
      int const v = task / s.runs, run = task % s.runs;
      transform_out(j, v, first, tiles * run / s.runs, tiles * (run + 1) / s.runs, j.block_tiles,
                    j.products + v * layout::planes * l.product_plane);
    }
  };
};

}  // namespace tomoedx::nn::detail

#endif
