// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_DETAIL_HOST_KERNELS_HPP
#define TOMOEDX_PROJECTORS_DETAIL_HOST_KERNELS_HPP
// IWYU pragma: private, include "tomoedx/projectors/tilt_projector.hpp"

#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/projectors/detail/tile.hpp>

#include <algorithm>
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

  tile_weights<T, Taps> weights[tilt_chunk];
  std::int32_t ray_size[tilt_chunk][tile_bins];    ///< forward: how many voxels each ray meets
  entry entries[tilt_chunk][tile_bins][Room + 1];  ///< forward: these voxels
  alignas(64) T field[tile_voxels * Lanes];        ///< forward: the tile's voxels
  alignas(64) T window[tilt_chunk * window_span];  ///< adjoint: the bins in the tile's shadow
};

/// Bytes from one worker's scratch to the next, so that no two share a cache line.
template <class Scratch>
inline constexpr std::size_t scratch_stride = (sizeof(Scratch) + 127) / 128 * 128;

/// Sort the weights of a tile by ray, zeros and voxels outside the slice left out.
template <class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void sort_by_ray(host_scratch<T, Taps, Room, Lanes>& s, int t,
                                               tile_place const& tile) {
  auto const& w = s.weights[t];
  std::int32_t* const count = s.ray_size[t];
  std::memset(count, 0, sizeof(s.ray_size[t]));
  for (int z = 0; z < tile.rows; ++z)
    for (int x = 0; x < tile.columns; ++x) {
      int const v = z * tile_edge + x;
      TOMOEDX_UNROLL
      for (int k = 0; k < Taps; ++k) {
        T const weight = w.weight[k][v];
        std::int32_t const r = w.first[v] + k;
        s.entries[t][r][count[r]] = {v * Lanes, weight};
        count[r] += weight != T(0);  // a zero is overwritten by the next
      }
    }
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

/// Gather into a tile of one slice block what the rays of a chunk of tilts bring it; `accumulate` adds to
/// what earlier chunks left.
template <int Bytes, class T, int Taps, int Room, int Lanes>
[[gnu::always_inline]] inline void backproject_tile(host_scratch<T, Taps, Room, Lanes>& s,
                                                    slice_shape const& shape, tile_place const& tile,
                                                    int first_tilt, int tilts, bool accumulate,
                                                    T const* stack, T* volume) {
  using block = register_block<T, Lanes, Bytes>;
  using vec = typename block::vec;
  constexpr int span = host_scratch<T, Taps, Room, Lanes>::window_span;
  for (int t = 0; t < tilts; ++t) {
    int const base = s.weights[t].base;
    int const from = std::clamp(-base, 0, tile_bins), to = std::clamp(shape.detector - base, from, tile_bins);
    T* const window = s.window + t * span;
    std::memset(window, 0, sizeof(T) * from * Lanes);
    if (from < to)
      std::memcpy(window + from * Lanes,
                  stack + (static_cast<std::size_t>(first_tilt + t) * shape.detector + base + from) * Lanes,
                  sizeof(T) * (to - from) * Lanes);
    std::memset(window + to * Lanes, 0, sizeof(T) * (tile_bins - to) * Lanes);
  }
  for (int z = 0; z < tile.rows; ++z)
    for (int x = 0; x < tile.columns; ++x) {
      int const v = z * tile_edge + x;
      T* const voxel = volume + (static_cast<std::size_t>(tile.z0 + z) * shape.width + tile.x0 + x) * Lanes;
      for (int l = 0; l < Lanes; l += block::lanes) {
        typename vec::type sum[block::vectors];
        TOMOEDX_UNROLL
        for (int i = 0; i < block::vectors; ++i)
          sum[i] = accumulate ? typename vec::type(
                                    *reinterpret_cast<typename vec::loose const*>(voxel + l + i * vec::size))
                              : typename vec::type{};
        for (int t = 0; t < tilts; ++t) {
          auto const& w = s.weights[t];
          T const* const from = s.window + t * span + w.first[v] * Lanes + l;
          TOMOEDX_UNROLL
          for (int k = 0; k < Taps; ++k) {
            T const weight = w.weight[k][v];
            TOMOEDX_UNROLL
            for (int i = 0; i < block::vectors; ++i)
              sum[i] +=
                  weight * *reinterpret_cast<typename vec::loose const*>(from + k * Lanes + i * vec::size);
          }
        }
        TOMOEDX_UNROLL
        for (int i = 0; i < block::vectors; ++i)
          *reinterpret_cast<typename vec::loose*>(voxel + l + i * vec::size) = sum[i];
      }
    }
}

}  // namespace tomoedx::detail

#endif
