// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_POINTS_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_POINTS_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/nn/detail/device_tables.hpp>

#include <cstddef>

/// Layers that are bound by memory: each writes a tensor value by value. Teams take a stretch of one channel, so that
/// members next to each other read and write values next to each other.
namespace tomoedx::nn::detail {

/// An activation with its slope in the precision of the values. NaN stays NaN.
template <class T>
struct bend_values {
  curve shape = curve::identity;
  T slope = 0;

  KOKKOS_INLINE_FUNCTION T operator()(T x) const {
    if (shape == curve::identity) return x;
    if (shape == curve::relu) return x < T(0) ? T(0) : x;
    if (shape == curve::leaky_relu) return x < T(0) ? slope * x : x;
    return x != x ? x : value_of(activation{shape, 0}, x);
  }
};

/// Every value of `to` (item, channel, z, y, x) as `make(memory, item, channel, z, y, x)` gives it, bent.
template <class T, class Make>
struct point_kernel {
  static constexpr int stretch = 1024;  ///< values of a team

  device_pointers<T> memory;
  Make make;
  bend_values<T> bend;
  T* to;
  int channels, nz, ny, nx;

  KOKKOS_INLINE_FUNCTION int stretches() const { return (nz * ny * nx + stretch - 1) / stretch; }

  template <class Member>
  KOKKOS_INLINE_FUNCTION void operator()(Member const& team) const {
    int const pixels = nz * ny * nx, all = stretches();
    int const plane = team.league_rank() / all, channel = plane % channels, item = plane / channels;
    int const first = team.league_rank() % all * stretch;
    int const last = pixels - first < stretch ? pixels : first + stretch;
    T* const out = to + static_cast<std::ptrdiff_t>(plane) * pixels;
    for (int i = first + team.team_rank(); i < last; i += team.team_size()) {
      int const row = i / nx;
      out[i] = bend(make(memory, item, channel, row / ny, row % ny, i % nx));
    }
  }
};

/// The caller's tensor.
template <class T>
struct make_import {
  T const* from;
  int channels, nz, ny, nx;
  KOKKOS_INLINE_FUNCTION T operator()(device_pointers<T> const&, int item, int c, int z, int y, int x) const {
    return from[((static_cast<std::ptrdiff_t>(item) * channels + c) * nz + z) * ny * nx +
                static_cast<std::ptrdiff_t>(y) * nx + x];
  }
};

/// A value as it is seen, multiplied and shifted by channel where factors are given.
template <class T>
struct make_copy {
  device_value from;
  std::ptrdiff_t factor = -1, shift = -1;  ///< in the weights
  KOKKOS_INLINE_FUNCTION T operator()(device_pointers<T> const& m, int item, int c, int z, int y,
                                      int x) const {
    T const v = m.read(from, item, c, z, y, x);
    return factor < 0 ? v : v * m.weights[factor + c] + m.weights[shift + c];
  }
};

/// The sum of values whose parts are listed in the numbers, first and number of each.
template <class T>
struct make_sum {
  int list, values;
  KOKKOS_INLINE_FUNCTION T operator()(device_pointers<T> const& m, int item, int c, int z, int y,
                                      int x) const {
    T sum = 0;
    for (int i = 0; i < values; ++i) {
      device_value const v{m.numbers[list + 2 * i], m.numbers[list + 2 * i + 1]};
      sum += m.read(v, item, c, z, y, x);
    }
    return sum;
  }
};

/// The largest or the mean value of a window.
template <class T>
struct make_pool {
  device_value from;
  int wz, wy, wx;
  bool mean;
  KOKKOS_INLINE_FUNCTION T operator()(device_pointers<T> const& m, int item, int c, int z, int y,
                                      int x) const {
    T sum = 0, most = m.read(from, item, c, z * wz, y * wy, x * wx);
    for (int k = 0; k < wz; ++k)
      for (int l = 0; l < wy; ++l)
        for (int i = 0; i < wx; ++i) {
          T const v = m.read(from, item, c, z * wz + k, y * wy + l, x * wx + i);
          sum += v;
          if (v > most || v != v) most = v;
        }
    return mean ? sum / static_cast<T>(wz * wy * wx) : most;
  }
};

/// Linear interpolation between the positions that the lines of each axis name.
template <class T>
struct make_interpolation {
  device_value from;
  int z_lines, y_lines, x_lines;
  KOKKOS_INLINE_FUNCTION T operator()(device_pointers<T> const& m, int item, int c, int z, int y,
                                      int x) const {
    between<T> const tz = m.lines[z_lines + z], ty = m.lines[y_lines + y], tx = m.lines[x_lines + x];
    T sum = 0;
    for (int k = 0; k < (tz.weight == T(0) ? 1 : 2); ++k)
      for (int l = 0; l < (ty.weight == T(0) ? 1 : 2); ++l) {
        T const w = (k == 0 ? 1 - tz.weight : tz.weight) * (l == 0 ? 1 - ty.weight : ty.weight);
        int const from_z = k == 0 ? tz.low : tz.high, from_y = l == 0 ? ty.low : ty.high;
        T const low = m.read(from, item, c, from_z, from_y, tx.low);
        T const high = m.read(from, item, c, from_z, from_y, tx.high);
        sum += w * (low * (1 - tx.weight) + high * tx.weight);
      }
    return sum;
  }
};

/// Planes turned clockwise by 1, 2 or 3 quarters, through a square of scratch: rows are read and rows are written.
template <class T>
struct turn_kernel {
  static constexpr int edge = 32, width = edge + 1;  ///< columns of a square fall on different banks
  static constexpr std::size_t scratch_bytes = sizeof(T) * edge * width + alignof(T);

  device_pointers<T> memory;
  device_value from;
  T* to;
  int quarters, channels, nz, ny, nx;  ///< of the result

  KOKKOS_INLINE_FUNCTION int squares_y() const { return (ny + edge - 1) / edge; }
  KOKKOS_INLINE_FUNCTION int squares_x() const { return (nx + edge - 1) / edge; }

  template <class Member>
  KOKKOS_INLINE_FUNCTION void operator()(Member const& team) const {
    int rest = team.league_rank();
    int const first_x = rest % squares_x() * edge;
    rest /= squares_x();
    int const first_y = rest % squares_y() * edge;
    rest /= squares_y();
    int const z = rest % nz;
    rest /= nz;
    int const channel = rest % channels, item = rest / channels;
    auto* const square =
        static_cast<T*>(team.team_scratch(0).get_shmem_aligned(sizeof(T) * edge * width, alignof(T)));
    for (int i = team.team_rank(); i < edge * edge; i += team.team_size()) {
      int const a = i / edge, b = i % edge;  // b runs along the rows of the input
      int const y = quarters == 2 ? a : b, x = quarters == 2 ? b : a;
      if (first_y + y < ny && first_x + x < nx)
        square[y * width + x] = turned(item, channel, z, first_y + y, first_x + x);
    }
    team.team_barrier();
    T* const out = to + (static_cast<std::ptrdiff_t>(item) * channels + channel) * nz * ny * nx +
                   static_cast<std::ptrdiff_t>(z) * ny * nx;
    for (int i = team.team_rank(); i < edge * edge; i += team.team_size()) {
      int const y = i / edge, x = i % edge;
      if (first_y + y < ny && first_x + x < nx)
        out[static_cast<std::ptrdiff_t>(first_y + y) * nx + first_x + x] = square[y * width + x];
    }
  }

  KOKKOS_INLINE_FUNCTION T turned(int item, int channel, int z, int y, int x) const {
    if (quarters == 1) return memory.read(from, item, channel, z, nx - 1 - x, y);
    if (quarters == 2) return memory.read(from, item, channel, z, ny - 1 - y, nx - 1 - x);
    return memory.read(from, item, channel, z, x, ny - 1 - y);
  }
};

}  // namespace tomoedx::nn::detail

#endif
