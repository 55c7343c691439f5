// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_DETAIL_HOST_KERNELS_HPP
#define TOMOEDX_PROJECTORS_DETAIL_HOST_KERNELS_HPP
// IWYU pragma: private, include "tomoedx/projectors/tilt_projector.hpp"

#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/core/row_update.hpp>
#include <tomoedx/projectors/detail/tile.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

/// What one worker does with one tile, for host processors. `Lanes` slices lie next to each other; vectors of
/// `Bytes` hold them. These functions carry no target of their own: they are inlined into the variants of
/// host_engine.hpp, one for each instruction set.
namespace tomoedx::detail {

/// How many slices are carried in registers at once: `Lanes`, but no more than the register file holds.
template <class T, int Lanes, int Bytes>
struct register_block {
  static constexpr int vector_bytes = std::min<int>(Bytes, Lanes* static_cast<int>(sizeof(T)));
  using vec = simd::pack<T, vector_bytes>;
  static constexpr int vectors = std::min(Lanes / vec::size, Bytes == 16 ? 4 : Bytes == 32 ? 8 : 4);
  static constexpr int lanes = vectors * vec::size;
  static_assert(Lanes % lanes == 0);
};

/// Whether the forward projection sorts weights by ray and gathers, or scatters voxel by voxel: sorting costs as much as
/// some ten slices.
template <class T, int Lanes>
inline constexpr bool gathers_rays = sizeof(T) * Lanes > 64;

/// A worker's private memory: weights of a chunk of tilts and a compact copy of what a tile touches. A ray
/// meets at most `Room` voxels of a tile.
template <class T, int Taps, int Room, int Lanes>
struct host_scratch {
  struct entry {
    std::int32_t offset;  ///< of the voxel in `field`
    T weight;
  };
  /// Values from one tilt's window to the next: an odd number of cache lines, so that the tilts of a voxel do
  /// not compete for the same sets of the cache (the same reason as for the alignment of tile_weights).
  static constexpr int window_span = tile_bins * Lanes + 64 / static_cast<int>(sizeof(T));

  static constexpr int sorted_tilts = gathers_rays<T, Lanes> ? tilt_chunk : 1;

  tile_weights<T, Taps> weights[held_tilts];
  std::int32_t ray_size[sorted_tilts][tile_bins];    ///< forward: how many voxels each ray meets
  entry entries[sorted_tilts][tile_bins][Room + 1];  ///< forward: these voxels
  alignas(64) T field[tile_voxels * Lanes];          ///< the tile's voxels
  alignas(64) T window[tilt_chunk * window_span];    ///< the bins in the tile's shadow
};

/// Bytes from one worker's scratch to the next, so that no two share a cache line.
template <class Scratch>
inline constexpr std::size_t scratch_stride = (sizeof(Scratch) + 127) / 128 * 128;

/// Sort the weights of a tile by ray, zeros and voxels outside the slice left out.
template <class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void sort_by_ray(host_scratch<T, Taps, Room, Lanes>& s, int t,
                                               tile_place const& tile) {
  using entry = typename host_scratch<T, Taps, Room, Lanes>::entry;
  using bits = typename simd::pack<T, 16>::integer;
  auto const& w = s.weights[t];
  entry* next[tile_bins];
  for (int r = 0; r < tile_bins; ++r) next[r] = s.entries[t][r];
  for (int z = 0; z < tile.rows; ++z)
    for (int v = z * tile_edge; v < z * tile_edge + tile.columns; ++v) {
      entry** const at = next + w.first[v];
      TOMOEDX_UNROLL
      for (int k = 0; k < Taps; ++k) {
        T const weight = w.weight[k][v];
        entry* const place = at[k];
        *place = {v * Lanes, weight};
        at[k] = place + (std::bit_cast<bits>(weight) != 0);  // a zero is overwritten by the next
      }
    }
  for (int r = 0; r < tile_bins; ++r) s.ray_size[t][r] = static_cast<std::int32_t>(next[r] - s.entries[t][r]);
}

/// Add the shadow of a tile of one slice block to the rays of a chunk of tilts.
///
/// shapes   volume (z, x, lane) and stack (tilt, bin, lane) of one block; the chunk starts at tilt
///          `first_tilt`
template <int Bytes, class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void project_tile(host_scratch<T, Taps, Room, Lanes>& s,
                                                slice_shape const& shape, tile_place const& tile,
                                                int first_tilt, int tilts, T const* volume, T* stack) {
  using block = register_block<T, Lanes, Bytes>;
  using vec = typename block::vec;
  for (int z = 0; z < tile.rows; ++z)
    std::memcpy(s.field + z * tile_edge * Lanes,
                volume + (static_cast<std::size_t>(tile.z0 + z) * shape.width + tile.x0) * Lanes,
                sizeof(T) * tile.columns * Lanes);
  for (int t = 0; t < tilts; ++t) {
    int const first_ray = std::max(0, -s.weights[t].base),
              end_ray = std::min(tile_bins, shape.detector - s.weights[t].base);
    for (int r = first_ray; r < end_ray; ++r) {
      int const size = s.ray_size[t][r];
      if (size == 0) continue;
      auto const* const entries = s.entries[t][r];
      T* const ray =
          stack + (static_cast<std::size_t>(first_tilt + t) * shape.detector + s.weights[t].base + r) * Lanes;
      for (int l = 0; l < Lanes; l += block::lanes) {
        typename vec::type sum[block::vectors];
        TOMOEDX_UNROLL
        for (int i = 0; i < block::vectors; ++i)
          sum[i] = *reinterpret_cast<typename vec::loose const*>(ray + l + i * vec::size);
        for (int e = 0; e < size; ++e) {
          T const* const from = s.field + entries[e].offset + l;
          T const w = entries[e].weight;
          TOMOEDX_UNROLL
          for (int i = 0; i < block::vectors; ++i)
            sum[i] += w * *reinterpret_cast<typename vec::loose const*>(from + i * vec::size);
        }
        TOMOEDX_UNROLL
        for (int i = 0; i < block::vectors; ++i)
          *reinterpret_cast<typename vec::loose*>(ray + l + i * vec::size) = sum[i];
      }
    }
  }
}

/// Copy what a tile's shadow covers of a row of bins, zeros beyond the detector.
template <int Lanes, class T>
[[gnu::always_inline]] inline void load_window(slice_shape const& shape, int base, T const* row, T* window) {
  int const from = std::clamp(-base, 0, tile_bins), to = std::clamp(shape.detector - base, from, tile_bins);
  std::memset(window, 0, sizeof(T) * from * Lanes);
  if (from < to)
    std::memcpy(window + from * Lanes, row + static_cast<std::ptrdiff_t>(base + from) * Lanes,
                sizeof(T) * (to - from) * Lanes);
  std::memset(window + to * Lanes, 0, sizeof(T) * (tile_bins - to) * Lanes);
}
template <int Lanes, class T>
[[gnu::always_inline]] inline void store_window(slice_shape const& shape, int base, T const* window, T* row) {
  int const from = std::clamp(-base, 0, tile_bins), to = std::clamp(shape.detector - base, from, tile_bins);
  if (from < to)
    std::memcpy(row + static_cast<std::ptrdiff_t>(base + from) * Lanes, window + from * Lanes,
                sizeof(T) * (to - from) * Lanes);
}

/// Add a tile's shadow at the tilts [t, t + Group) of a chunk, voxel by voxel; `stack` starts at tilt t.
template <int Bytes, int Group, class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void scatter_at_tilts(host_scratch<T, Taps, Room, Lanes>& s,
                                                    slice_shape const& shape, tile_place const& tile, int t,
                                                    T const* volume, T* stack) {
  using vec = typename register_block<T, Lanes, Bytes>::vec;
  constexpr int vectors = Lanes / vec::size, span = host_scratch<T, Taps, Room, Lanes>::window_span;
  std::size_t const row = static_cast<std::size_t>(shape.detector) * Lanes;
  T* const windows = s.window + t * span;
  for (int g = 0; g < Group; ++g)
    load_window<Lanes>(shape, s.weights[t + g].base, stack + g * row, windows + g * span);
  for (int z = 0; z < tile.rows; ++z)
    for (int x = 0; x < tile.columns; ++x) {
      int const v = z * tile_edge + x;
      T const* const from =
          volume + (static_cast<std::size_t>(tile.z0 + z) * shape.width + tile.x0 + x) * Lanes;
      typename vec::type value[vectors];
      TOMOEDX_UNROLL
      for (int i = 0; i < vectors; ++i) value[i] = vec::at(from + i * vec::size);
      TOMOEDX_UNROLL
      for (int g = 0; g < Group; ++g) {
        auto const& w = s.weights[t + g];
        T* const to = windows + g * span + w.first[v] * Lanes;
        TOMOEDX_UNROLL
        for (int k = 0; k < Taps; ++k) TOMOEDX_UNROLL
        for (int i = 0; i < vectors; ++i)
          vec::at(to + k * Lanes + i * vec::size) += w.weight[k][v] * value[i];
      }
    }
  for (int g = 0; g < Group; ++g)
    store_window<Lanes>(shape, s.weights[t + g].base, windows + g * span, stack + g * row);
}

/// What project_tile does without sorting, for narrow blocks. The sums of four tilts do not wait for each other; those of
/// a ray are in the same order as there.
template <int Bytes, class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void scatter_tile(host_scratch<T, Taps, Room, Lanes>& s,
                                                slice_shape const& shape, tile_place const& tile,
                                                int first_tilt, int tilts, T const* volume, T* stack) {
  std::size_t const row = static_cast<std::size_t>(shape.detector) * Lanes;
  T* to = stack + first_tilt * row;
  int t = 0;
  for (; t + 4 <= tilts; t += 4, to += 4 * row) scatter_at_tilts<Bytes, 4>(s, shape, tile, t, volume, to);
  for (; t < tilts; ++t, to += row) scatter_at_tilts<Bytes, 1>(s, shape, tile, t, volume, to);
}

/// Gather into a tile of one slice block what the rays of a chunk of tilts bring it; `accumulate` adds to what earlier
/// chunks left.
///
/// shapes   `weights` of the chunk's tilts; stack (tilt, bin, lane) of one block; `out` (z, x, lane) is the tile's first
///          voxel, lines `out_row` apart; `ahead` alike, what is fetched for the update that follows, or null
template <int Bytes, class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void backproject_tile(host_scratch<T, Taps, Room, Lanes>& s,
                                                    slice_shape const& shape, tile_place const& tile,
                                                    int first_tilt, int tilts,
                                                    tile_weights<T, Taps> const* weights, bool accumulate,
                                                    T const* stack, T* out, std::size_t out_row,
                                                    T const* ahead, std::size_t ahead_row) {
  using block = register_block<T, Lanes, Bytes>;
  using vec = typename block::vec;
  constexpr int span = host_scratch<T, Taps, Room, Lanes>::window_span;
  for (int t = 0; t < tilts; ++t)
    load_window<Lanes>(shape, weights[t].base,
                       stack + static_cast<std::size_t>(first_tilt + t) * shape.detector * Lanes,
                       s.window + t * span);
  constexpr int group =
      std::max(1, 4 / block::vectors);  // voxels at a time, so that sums do not wait for each other
  for (int z = 0; z < tile.rows; ++z) {
    if (ahead != nullptr)
      for (int i = 0; i < tile.columns * Lanes; i += 64 / static_cast<int>(sizeof(T)))
        __builtin_prefetch(ahead + z * ahead_row + i, 1, 2);
    for (int x = 0; x < tile.columns; x += group) {
      int const v = z * tile_edge + x, voxels = std::min(group, tile.columns - x);
      T* const voxel = out + z * out_row + x * Lanes;
      for (int l = 0; l < Lanes; l += block::lanes) {
        typename vec::type sum[group][block::vectors] = {};
        if (accumulate)
          for (int g = 0; g < voxels; ++g)
            for (int i = 0; i < block::vectors; ++i)
              sum[g][i] = vec::at(voxel + g * Lanes + l + i * vec::size);
        for (int t = 0; t < tilts; ++t) {
          auto const& w = weights[t];
          TOMOEDX_UNROLL
          for (int g = 0; g < group; ++g) {
            T const* const from = s.window + t * span + w.first[v + g] * Lanes + l;
            TOMOEDX_UNROLL
            for (int k = 0; k < Taps; ++k) {
              T const weight = w.weight[k][v + g];
              TOMOEDX_UNROLL
              for (int i = 0; i < block::vectors; ++i)
                sum[g][i] += weight * vec::at(from + k * Lanes + i * vec::size);
            }
          }
        }
        for (int g = 0; g < voxels; ++g)
          for (int i = 0; i < block::vectors; ++i) vec::at(voxel + g * Lanes + l + i * vec::size) = sum[g][i];
      }
    }
  }
}

/// Hand the sums of a tile, in `field`, to an update; the tile's lines are `line` rows apart.
template <class T, int Taps, int Room, int Lanes>
inline void update_tile(host_scratch<T, Taps, Room, Lanes> const& s, tile_place const& tile,
                        std::size_t first_row, int line, row_update<T> const& update) {
  for (int z = 0; z < tile.rows; ++z)
    for (int x = 0; x < tile.columns; ++x)
      update.call(first_row + static_cast<std::size_t>(z) * line + x, s.field + (z * tile_edge + x) * Lanes);
}

}  // namespace tomoedx::detail

#endif
