// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_DETAIL_TILE_HPP
#define TOMOEDX_PROJECTORS_DETAIL_TILE_HPP
// IWYU pragma: private, include "tomoedx/projectors/tilt_projector.hpp"

#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/projectors/footprints.hpp>

#include <Kokkos_Core.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

/// The host engine walks the slice in square tiles.
/// The weights of a tile are made once and used for all slices.
namespace tomoedx::detail {

inline constexpr int tile_edge = 16;  ///< voxels along x and z
inline constexpr int tile_voxels = tile_edge * tile_edge;
inline constexpr int tile_bins = 28;   ///< bins a tile can reach: 15 sqrt 2 + 2 reach + 1
inline constexpr int tilt_chunk = 16;  ///< tilts that a tile is projected or gathered at, at once
inline constexpr int held_tilts = 64;  ///< tilts whose weights the adjoint holds

/// Positions inside a tile as integers: tile_bins < 32 = 2^5, and 31 - 5 bits behind the point.
inline constexpr int fixed_bits = 26;
inline constexpr double fixed_one = 1 << fixed_bits;
static_assert(tile_bins < 32);

/// The bins that a voxel may reach: the first of them lies within 15 sqrt 2 + 1 of a tile's base.
inline constexpr int most_taps = tile_bins - 23;

/// Everything the kernels need of one tilt.
template <class Footprint, class T>
struct tilt_shape {
  static constexpr int taps = Footprint::taps, ray_taps = Footprint::ray_taps;
  static_assert(taps >= 1 && taps <= most_taps, "a footprint reaches from 1 to 5 bins");

  typename Footprint::template at_tilt<T> profile{};
  double cos = 1, sin = 0, axis_bin = 0, reach = 0;
  std::int32_t fixed_reach = 0,
               fixed_x[tile_edge] = {};  ///< the reach, and x cos in a tile, in units of 1 / fixed_one

  /// Where the centre of voxel (x, z) falls on the detector, in bins.
  KOKKOS_INLINE_FUNCTION double bin_of(double x, double z) const { return axis_bin + x * cos + z * sin; }
};

template <class Footprint, class T>
tilt_shape<Footprint, T> shape_of(parallel_beam const& geometry, std::size_t tilt) {
  direction const d = direction_of(geometry.tilts_deg[tilt]);
  tilt_shape<Footprint, T> shape;
  shape.profile = typename Footprint::template at_tilt<T>(d);
  shape.cos = d.cos;
  shape.sin = d.sin;
  shape.axis_bin = geometry.axis_bin(tilt);
  shape.reach = shape.profile.reach;
  shape.fixed_reach = static_cast<std::int32_t>(std::lround(shape.reach * fixed_one));
  for (int x = 0; x < tile_edge; ++x)
    shape.fixed_x[x] = static_cast<std::int32_t>(std::lround(x * shape.cos * fixed_one));
  return shape;
}

/// Sizes as plain integers, for kernels.
struct slice_shape {
  int width, depth, detector, tilts;
};

/// A tile's place in the slice.
struct tile_place {
  int x0, z0;         ///< its first voxel
  int columns, rows;  ///< how much of it lies in the slice
};

inline tile_place place_tile(slice_shape const& shape, int index) {
  int const across = (shape.width + tile_edge - 1) / tile_edge;
  int const x0 = index % across * tile_edge, z0 = index / across * tile_edge;
  return {x0, z0, std::min(tile_edge, shape.width - x0), std::min(tile_edge, shape.depth - z0)};
}
inline int tile_count(slice_shape const& shape) {
  return ((shape.width + tile_edge - 1) / tile_edge) * ((shape.depth + tile_edge - 1) / tile_edge);
}

/// The weights of one tile at one tilt: voxel v spreads weight[k][v] to bin `base + first[v] + k`.
/// Its size is an odd number of cache lines.
template <class T, int Taps>
struct alignas(64) tile_weights {
  T weight[Taps][tile_voxels];
  std::int32_t first[tile_voxels];
  std::int32_t base;
};

/// Make the weights of a tile. Coordinates are computed in double from the tile's corner, never accumulated,
/// so that float weights are good to float rounding at any size.
template <int Bytes, class Footprint, class T>
[[gnu::always_inline]] inline void make_weights(tilt_shape<Footprint, T> const& tilt,
                                                slice_shape const& shape, tile_place const& tile,
                                                tile_weights<T, Footprint::taps>& out) {
  constexpr double last = tile_edge - 1;
  // extended where the processor has it, once for a tile: what follows are small numbers
  long double const corner = static_cast<long double>(tilt.axis_bin) +
                             static_cast<long double>(tile.x0 - 0.5 * (shape.width - 1)) * tilt.cos +
                             static_cast<long double>(tile.z0 - 0.5 * (shape.depth - 1)) * tilt.sin;
  double const span = last * ((tilt.cos < 0 ? tilt.cos : 0) + (tilt.sin < 0 ? tilt.sin : 0));
  double const base = std::floor(static_cast<double>(corner) + span - tilt.reach);
  double const start = static_cast<double>(corner - base - tilt.reach);
  out.base = static_cast<std::int32_t>(base);
  using vec = simd::pack<T, Bytes>;
  using floats = typename vec::type;
  for (int z = 0; z < tile_edge; ++z) {
    double const row = start + z * tilt.sin;  // the lower end of the first shadow, from the base
    alignas(64) T distance[tile_edge];
    std::int32_t* const first = out.first + z * tile_edge;
    if constexpr (sizeof(T) == 4) {
      using integers = simd::pack<std::int32_t, Bytes>;
      constexpr std::int32_t below_one = (1 << fixed_bits) - 1;
      auto const fixed_row = static_cast<std::int32_t>(row * fixed_one + 0.5);
      for (int x = 0; x < tile_edge; x += vec::size) {
        typename integers::type const edge = fixed_row + integers::at(tilt.fixed_x + x);
        typename integers::type const bin = (edge + below_one) >> fixed_bits;
        integers::at(first + x) = bin;
        vec::at(distance + x) =
            __builtin_convertvector((bin << fixed_bits) - edge - tilt.fixed_reach, floats) *
            static_cast<T>(1 / fixed_one);
      }
    } else {
      for (int x = 0; x < tile_edge; ++x) {
        double const edge = row + x * tilt.cos;
        std::int32_t const whole = static_cast<std::int32_t>(edge);
        std::int32_t const bin = whole + (edge > static_cast<double>(whole));
        first[x] = bin;
        distance[x] = static_cast<T>(bin - edge - tilt.reach);
      }
    }
    for (int x = 0; x < tile_edge; x += vec::size) {
      floats w[Footprint::taps];
      floats const d = vec::at(distance + x);
      if constexpr (requires { tilt.profile.spread(d, w); }) {
        tilt.profile.spread(d, w);
      } else {  // a footprint that knows numbers only
        for (int i = 0; i < vec::size; ++i) {
          T one[Footprint::taps];
          tilt.profile.spread(distance[x + i], one);
          for (int k = 0; k < Footprint::taps; ++k) w[k][i] = one[k];
        }
      }
      for (int k = 0; k < Footprint::taps; ++k) vec::at(out.weight[k] + z * tile_edge + x) = w[k];
    }
  }
}

}  // namespace tomoedx::detail

#endif
