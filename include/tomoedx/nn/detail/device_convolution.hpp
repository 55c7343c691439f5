// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_CONVOLUTION_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_CONVOLUTION_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/core/isa.hpp>
#include <tomoedx/nn/detail/device_tables.hpp>
#include <tomoedx/nn/detail/device_tiles.hpp>

#include <algorithm>
#include <cstddef>

/// Convolutions as products of a matrix that is never stored: its rows are channels of the image under one tap of the
/// filter, its columns are pixels. Teams stage a few rows of both factors in scratch, two turns of them, so that the
/// next are on their way while these are multiplied; members keep their share of the result in registers.
namespace tomoedx::nn::detail {

#if defined(__CUDACC__) || defined(__HIPCC__)
#define TOMOEDX_REGISTERS _Pragma("unroll")  // what is indexed by this loop has to stay in registers
#else
#define TOMOEDX_REGISTERS TOMOEDX_UNROLL
#endif

/// Four values that are loaded and stored at once.
template <class T>
struct alignas(4 * sizeof(T)) quad {
  T v[4];
};

template <class T>
struct convolution_job {
  device_pointers<T> memory;
  device_target out, pooled;  ///< either may be unwanted
  int first_product, teams;   ///< teams of each product
  int step_z, step_y, step_x;
  int out_step_z, out_step_y, out_step_x;
  std::ptrdiff_t bias;  ///< in the weights
  T below;              ///< factor of what is below zero
  bool windows;         ///< whether pixels are counted by windows of 2 x 2
  bool dense;           ///< whether four pixels in a row are always stored as a whole quad

  /// Where a pixel of a product is; false beyond the last one. Windows may reach beyond the image.
  KOKKOS_INLINE_FUNCTION bool locate(matrix_product const& p, int pixel, int& item, int& z, int& y,
                                     int& x) const {
    if (pixel >= p.pixels) return false;
    int rest = pixel;
    if (windows) {
      int const inside = rest % 4, wide = (p.nx + 1) / 2, high = (p.ny + 1) / 2;
      rest /= 4;
      x = rest % wide * 2 + inside % 2, rest /= wide;
      y = rest % high * 2 + inside / 2, rest /= high;
    } else {
      x = rest % p.nx, rest /= p.nx;
      y = rest % p.ny, rest /= p.ny;
    }
    z = rest % p.nz, item = rest / p.nz;
    return x < p.nx && y < p.ny;
  }
};

/// What a member reads of the two factors and puts into scratch.
template <class T, class Tile>
class product_reader {
 public:
  KOKKOS_INLINE_FUNCTION product_reader(convolution_job<T> const& j, matrix_product const& p, int first_pixel,
                                        int first_output, int rank)
      : j_(j), p_(p), first_output_(first_output), rank_(rank) {
    TOMOEDX_REGISTERS
    for (int s = 0; s < Tile::slots; ++s) {
      if (!j.locate(p, first_pixel + pixel(s), item_[s], z_[s], y_[s], x_[s])) item_[s] = -1;
      z_[s] *= j.step_z, y_[s] *= j.step_y, x_[s] *= j.step_x;
      at_[s] = nullptr;
    }
  }

  /// Rows [turn depth, (turn + 1) depth) into registers.
  KOKKOS_INLINE_FUNCTION void fetch(int turn) {
    auto const& m = j_.memory;
    TOMOEDX_REGISTERS
    for (int i = 0; i < Tile::rows; ++i) {
      matrix_row const row = m.rows[p_.first_row + turn * Tile::depth + row_of(i)];
      if (row.tap != tap_) move_to(row.tap);
      std::ptrdiff_t const offset = row.channel * channel_step_;
      TOMOEDX_REGISTERS
      for (int s = 0; s < Tile::slots; ++s) image_[i][s] = at_[s] == nullptr ? T(0) : at_[s][offset];
    }
    T const* const filters =
        m.weights + p_.filters + static_cast<std::ptrdiff_t>(turn) * Tile::depth * p_.width + first_output_;
    TOMOEDX_REGISTERS
    for (int i = 0; i < Tile::filters; ++i) {
      int const e = rank_ + i * Tile::members;
      if (e < Tile::depth * Tile::outputs)
        filter_[i] = filters[e / Tile::outputs * p_.width + e % Tile::outputs];
    }
  }

  /// Out of registers into scratch: (row, pixel) and (row, output).
  KOKKOS_INLINE_FUNCTION void store(quad<T>* image, quad<T>* filter) const {
    TOMOEDX_REGISTERS
    for (int i = 0; i < Tile::rows; ++i) TOMOEDX_REGISTERS
    for (int s = 0; s < Tile::slots; ++s) {
      int const e = row_of(i) * Tile::pixels + pixel(s);
      image[e / 4].v[e % 4] = image_[i][s];
    }
    TOMOEDX_REGISTERS
    for (int i = 0; i < Tile::filters; ++i) {
      int const e = rank_ + i * Tile::members;
      if (e < Tile::depth * Tile::outputs) filter[e / 4].v[e % 4] = filter_[i];
    }
  }

 private:
  KOKKOS_INLINE_FUNCTION int pixel(int slot) const { return rank_ % Tile::pixels + slot * Tile::members; }
  KOKKOS_INLINE_FUNCTION int row_of(int i) const { return rank_ / Tile::pixels + i * Tile::rows_at_once; }

  KOKKOS_INLINE_FUNCTION void move_to(int tap) {
    tap_ = tap;
    TOMOEDX_REGISTERS
    for (int s = 0; s < Tile::slots; ++s) at_[s] = nullptr;
    if (tap < 0) return;
    filter_tap const t = j_.memory.taps[tap];
    device_part const& part = j_.memory.parts[t.part];
    channel_step_ = part.channel_step;
    TOMOEDX_REGISTERS
    for (int s = 0; s < Tile::slots; ++s)
      if (item_[s] >= 0) at_[s] = j_.memory.find(part, item_[s], z_[s] + t.z, y_[s] + t.y, x_[s] + t.x);
  }

  convolution_job<T> const& j_;
  matrix_product const& p_;
  int first_output_, rank_, tap_ = -1;
  std::ptrdiff_t channel_step_ = 0;
  int item_[Tile::slots] = {}, z_[Tile::slots] = {}, y_[Tile::slots] = {}, x_[Tile::slots] = {};
  T const* at_[Tile::slots];
  T image_[Tile::rows][Tile::slots], filter_[Tile::filters];
};

template <class T, class Tile>
struct convolution_kernel {
  static constexpr std::size_t scratch_bytes = Tile::staged * sizeof(T) + alignof(quad<T>);
  static constexpr int resident = std::max(1, 1536 / static_cast<int>(sizeof(T)) / Tile::members);
  static constexpr int P = Tile::member_pixels, O = Tile::member_outputs;
  static constexpr int down = Tile::members / Tile::across;
  static constexpr int image_quads = Tile::depth * Tile::pixels / 4,
                       filter_quads = Tile::depth * Tile::outputs / 4;

  convolution_job<T> j;

  template <class Member>
  KOKKOS_INLINE_FUNCTION void operator()(Member const& team) const {
    matrix_product const p = j.memory.products[j.first_product + team.league_rank() / j.teams];
    int const task = team.league_rank() % j.teams;
    if (task >= p.tiles) return;
    int const rank = team.team_rank();
    int const first_pixel = task % p.pixel_tiles * Tile::pixels;
    int const first_output = task / p.pixel_tiles * Tile::outputs;
    auto* const scratch = static_cast<quad<T>*>(
        team.team_scratch(0).get_shmem_aligned(Tile::staged * sizeof(T), alignof(quad<T>)));
    quad<T>* const image = scratch;
    quad<T>* const filter = scratch + 2 * image_quads;

    T sum[O][P] = {};
    product_reader<T, Tile> reader(j, p, first_pixel, first_output, rank);
    reader.fetch(0);
    reader.store(image, filter);
    team.team_barrier();
    int const turns = p.rows / Tile::depth;
    for (int turn = 0; turn < turns; ++turn) {
      int const now = turn % 2, next = 1 - now;
      if (turn + 1 < turns) reader.fetch(turn + 1);
      multiply(image + now * image_quads, filter + now * filter_quads, rank, sum);
      if (turn + 1 < turns) reader.store(image + next * image_quads, filter + next * filter_quads);
      team.team_barrier();
    }
    finish(p, first_pixel + 4 * (rank % Tile::across), first_output + 4 * (rank / Tile::across), sum);
  }

  /// A member's pixels are the quads rank % across, + across, ... of the tile, its outputs likewise.
  KOKKOS_INLINE_FUNCTION static void multiply(quad<T> const* image, quad<T> const* filter, int rank,
                                              T (&sum)[O][P]) {
    for (int k = 0; k < Tile::depth; ++k) {
      quad<T> a[P / 4], b[O / 4];
      TOMOEDX_REGISTERS
      for (int i = 0; i < P / 4; ++i)
        a[i] = image[k * (Tile::pixels / 4) + rank % Tile::across + i * Tile::across];
      TOMOEDX_REGISTERS
      for (int i = 0; i < O / 4; ++i) b[i] = filter[k * (Tile::outputs / 4) + rank / Tile::across + i * down];
      TOMOEDX_REGISTERS
      for (int o = 0; o < O; ++o) TOMOEDX_REGISTERS
      for (int i = 0; i < P; ++i) sum[o][i] += b[o / 4].v[o % 4] * a[i / 4].v[i % 4];
    }
  }

  KOKKOS_INLINE_FUNCTION T bend(T v) const {
    if (!(v < T(0))) return v;
    return j.below == T(0) ? T(0) : j.below * v;
  }

  KOKKOS_INLINE_FUNCTION void finish(matrix_product const& p, int first_pixel, int first_output,
                                     T const (&sum)[O][P]) const {
    TOMOEDX_REGISTERS
    for (int i = 0; i < P; i += 4) {
      int const pixel = first_pixel + i * Tile::across;
      if (pixel >= p.pixels) continue;
      std::ptrdiff_t to[4], pooled;
      places(p, pixel, to, pooled);
      TOMOEDX_REGISTERS
      for (int o = 0; o < O; ++o) {
        int const output = first_output + o / 4 * 4 * down + o % 4;
        if (output >= p.outputs) continue;
        std::ptrdiff_t const channel = p.first_output + output;
        T const bias = j.bias < 0 ? T(0) : j.memory.weights[j.bias + channel];
        quad<T> v;
        TOMOEDX_REGISTERS
        for (int e = 0; e < 4; ++e) v.v[e] = bend(sum[o][i + e] + bias);
        if (j.dense) {
          *reinterpret_cast<quad<T>*>(j.memory.arena + (to[0] + channel * j.out.channel_step)) = v;
        } else if (j.out.data >= 0) {
          TOMOEDX_REGISTERS
          for (int e = 0; e < 4; ++e)
            if (to[e] >= 0) j.memory.arena[to[e] + channel * j.out.channel_step] = v.v[e];
        }
        if (pooled >= 0) {
          T most = v.v[0];
          TOMOEDX_REGISTERS
          for (int e = 1; e < 4; ++e)
            if (v.v[e] > most || v.v[e] != v.v[e]) most = v.v[e];
          j.memory.arena[pooled + channel * j.pooled.channel_step] = most;
        }
      }
    }
  }

  /// Where four pixels go, channel 0; -1 where they go nowhere.
  KOKKOS_INLINE_FUNCTION void places(matrix_product const& p, int pixel, std::ptrdiff_t (&to)[4],
                                     std::ptrdiff_t& pooled) const {
    int item = 0, z = 0, y = 0, x = 0;
    pooled = -1;
    TOMOEDX_REGISTERS
    for (int e = 0; e < 4; ++e) {
      bool const inside = j.locate(p, pixel + e, item, z, y, x);
      to[e] = inside ? j.out.data + item * j.out.item_step + (z * j.out_step_z + p.z) * j.out.plane_step +
                           static_cast<std::ptrdiff_t>(y * j.out_step_y + p.y) * j.out.row_step +
                           (x * j.out_step_x + p.x)
                     : -1;
      if (e == 3 && inside && j.pooled.data >= 0)
        pooled = j.pooled.data + item * j.pooled.item_step + z * j.pooled.plane_step +
                 static_cast<std::ptrdiff_t>(y / 2) * j.pooled.row_step + x / 2;
    }
  }
};

}  // namespace tomoedx::nn::detail

#endif
