// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_POINT_JOBS_HPP
#define TOMOEDX_NN_DETAIL_POINT_JOBS_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/curves.hpp>
#include <tomoedx/nn/detail/interpolation.hpp>
#include <tomoedx/nn/detail/reading.hpp>
#include <tomoedx/nn/detail/stage.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

/// Layers that are bound by memory, not arithmetic: they make one stored tensor row by row.
namespace tomoedx::nn::detail {

enum class point_operation { max_pool, average_pool, activate, scale, add, interpolate, turn };

template <class T>
struct point_job {
  point_operation what;
  std::vector<seen<T>> from;  ///< as many as are added, else one; all with the blocks of `out`
  stored<T> out;
  int items, blocks;
  triple extent;  ///< of out
  triple window;  ///< of pools
  triple image;   ///< of what is turned
  activation act;
  T const* factor = nullptr;  ///< (block, lane) of scale
  T const* shift = nullptr;
  std::vector<between<T>> axis[3];  ///< of interpolate
  int quarters = 0;
  int rows;  ///< of a task

  int row_groups() const { return (extent[1] + rows - 1) / rows; }
  int tasks() const { return items * blocks * extent[0] * row_groups(); }
};

template <class T, isa Level>
struct points {
  static constexpr int N = block_of<T, Level>;
  using job = point_job<T>;
  using vec = vector_t<T, N>;

  /// One block of channels of one image, as it is seen.
  struct image {
    seen<T> const& s;
    T const* base;
    [[gnu::always_inline]] image(seen<T> const& seen_, int item, int block)
        : s(seen_), base(s.from.data + item * s.from.item_step + block * s.from.block_step) {}
    [[gnu::always_inline]] void read(int z, int y, int x, vec& value) const {
      std::int32_t const sz = s.z[z], sy = s.y[y], sx = s.x[x];
      if (sz < 0 || sy < 0 || sx < 0)
        value = vec{};
      else
        value = at<T, N>(base + sz * s.from.plane_step + sy * s.from.row_step + std::ptrdiff_t{sx} * N);
    }
  };

  [[gnu::always_inline]] static void pool(job const& j, image const& from, int z, int y, int x, vec& value) {
    bool first = true;
    for (int c = 0; c < j.window[0]; ++c)
      for (int b = 0; b < j.window[1]; ++b)
        for (int a = 0; a < j.window[2]; ++a) {
          vec v{};
          from.read(z * j.window[0] + c, y * j.window[1] + b, x * j.window[2] + a, v);
          if (first)
            value = v;
          else if (j.what == point_operation::max_pool)
            keep_larger<T, N>(value, v);
          else
            value += v;
          first = false;
        }
    if (j.what == point_operation::average_pool)
      value /= static_cast<T>(j.window[0] * j.window[1] * j.window[2]);
  }

  [[gnu::always_inline]] static void interpolate(job const& j, image const& from, int z, int y, int x,
                                                 vec& value) {
    auto const& tz = j.axis[0][static_cast<std::size_t>(z)];
    auto const& ty = j.axis[1][static_cast<std::size_t>(y)];
    auto const& tx = j.axis[2][static_cast<std::size_t>(x)];
    value = vec{};
    for (int c = 0; c < (tz.weight == T(0) ? 1 : 2); ++c)
      for (int b = 0; b < (ty.weight == T(0) ? 1 : 2); ++b) {
        T const w = (c ? tz.weight : 1 - tz.weight) * (b ? ty.weight : 1 - ty.weight);
        vec low{}, high{};
        from.read(c ? tz.high : tz.low, b ? ty.high : ty.low, tx.low, low);
        from.read(c ? tz.high : tz.low, b ? ty.high : ty.low, tx.high, high);
        value += w * (low * (1 - tx.weight) + high * tx.weight);
      }
  }

  [[gnu::always_inline]] static void turned(job const& j, image const& from, int z, int y, int x,
                                            vec& value) {
    int const height = j.image[1], width = j.image[2];
    switch (j.quarters) {
      case 1:
        return from.read(z, height - 1 - x, y, value);
      case 2:
        return from.read(z, height - 1 - y, width - 1 - x, value);
      case 3:
        return from.read(z, x, width - 1 - y, value);
      default:
        return from.read(z, y, x, value);
    }
  }

  [[gnu::always_inline]] static void bend(activation const& act, vec& value) {
    if (act.shape == curve::identity) return;
    if (is_piecewise_linear(act)) {
      value = value > T(0) ? value : value * static_cast<T>(factor_below_zero(act)) + T(0);
      return;
    }
    for (int l = 0; l < N; ++l) value[l] = value_of(act, static_cast<T>(value[l]));
  }

  [[gnu::always_inline]] static void run(job const& j, int task, std::byte*) {
    int const group = task % j.row_groups();
    int rest = task / j.row_groups();
    int const z = rest % j.extent[0];
    rest /= j.extent[0];
    int const block = rest % j.blocks, item = rest / j.blocks;
    image const from(j.from[0], item, block);
    T* const out = j.out.data + item * j.out.item_step + block * j.out.block_step + z * j.out.plane_step;
    for (int y = group * j.rows; y < std::min((group + 1) * j.rows, j.extent[1]); ++y)
      for (int x = 0; x < j.extent[2]; ++x) {
        vec value{};
        switch (j.what) {
          case point_operation::max_pool:
          case point_operation::average_pool:
            pool(j, from, z, y, x, value);
            break;
          case point_operation::interpolate:
            interpolate(j, from, z, y, x, value);
            break;
          case point_operation::turn:
            turned(j, from, z, y, x, value);
            break;
          case point_operation::add:
            from.read(z, y, x, value);
            for (std::size_t i = 1; i < j.from.size(); ++i) {
              vec more{};
              image(j.from[i], item, block).read(z, y, x, more);
              value += more;
            }
            break;
          case point_operation::scale:
            from.read(z, y, x, value);
            value = value * at<T, N>(j.factor + block * N) + at<T, N>(j.shift + block * N);
            break;
          default:
            from.read(z, y, x, value);
        }
        bend(j.act, value);
        at<T, N>(out + y * j.out.row_step + std::ptrdiff_t{x} * N) = value;
      }
  }
};

/// Between the caller's planar arrays (item, channel, z, y, x) and stored tensors. `slot` holds the caller's pointer,
/// which may be another one for every run.
template <class T>
struct border_job {
  std::vector<seen<T>> from;  ///< of an export
  stored<T> to;               ///< of an import
  T* const* slot;
  int items, channels;
  triple extent;

  int tasks() const { return items * extent[0] * extent[1]; }
};

template <class T, isa Level>
struct import_planar {
  static constexpr int N = block_of<T, Level>;
  [[gnu::always_inline]] static void run(border_job<T> const& j, int task, std::byte*) {
    int const y = task % j.extent[1], z = task / j.extent[1] % j.extent[0],
              item = task / j.extent[1] / j.extent[0];
    std::ptrdiff_t const width = j.extent[2], plane = width * j.extent[1] * j.extent[0];
    T const* const from = *j.slot + item * j.channels * plane + (std::ptrdiff_t{z} * j.extent[1] + y) * width;
    for (int b = 0; b * N < j.channels; ++b) {
      T* const to =
          j.to.data + item * j.to.item_step + b * j.to.block_step + z * j.to.plane_step + y * j.to.row_step;
      int const lanes_used = std::min(N, j.channels - b * N);
      for (std::ptrdiff_t x = 0; x < width; ++x) {
        vector_t<T, N> v{};
        for (int l = 0; l < lanes_used; ++l) v[l] = from[(b * N + l) * plane + x];
        at<T, N>(to + x * N) = v;
      }
    }
  }
};

template <class T, isa Level>
struct export_planar {
  static constexpr int N = block_of<T, Level>;
  [[gnu::always_inline]] static void run(border_job<T> const& j, int task, std::byte*) {
    int const y = task % j.extent[1], z = task / j.extent[1] % j.extent[0],
              item = task / j.extent[1] / j.extent[0];
    std::ptrdiff_t const width = j.extent[2], plane = width * j.extent[1] * j.extent[0];
    T* to = *j.slot + item * j.channels * plane + (std::ptrdiff_t{z} * j.extent[1] + y) * width;
    for (auto const& s : j.from)
      for (int c = 0; c < s.channels; ++c, to += plane) {
        T const* const base = s.from.data + item * s.from.item_step + c / N * s.from.block_step + c % N;
        for (std::ptrdiff_t x = 0; x < width; ++x)
          to[x] =
              s.z[z] < 0 || s.y[y] < 0 || s.x[x] < 0
                  ? T(0)
                  : base[s.z[z] * s.from.plane_step + s.y[y] * s.from.row_step + s.x[x] * std::ptrdiff_t{N}];
      }
  }
};

}  // namespace tomoedx::nn::detail

#endif
