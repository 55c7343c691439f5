// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_PATH_SUMS_HPP
#define TOMOEDX_QUANTIFY_PATH_SUMS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/host_threads.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace tomoedx {

/// Voxels along z, y and x.
struct volume_shape {
  std::size_t depth = 0, rows = 0, width = 0;

  std::size_t voxels() const { return depth * rows * width; }
  bool operator==(volume_shape const&) const = default;
};

namespace detail {

/// The voxels that a way from the middle of a voxel crosses, relative to it, with the length in each. It is the same list
/// for all voxels, so it is made once.
struct voxel_way {
  struct crossing {
    std::ptrdiff_t z, y, x;
    float length;
  };
  std::vector<crossing> crossings;

  voxel_way(std::array<double, 3> const& way, volume_shape const& box) {
    double const length = std::hypot(way[0], way[1], way[2]);
    double const direction[3] = {way[2] / length, way[1] / length, way[0] / length};  // z, y, x
    std::ptrdiff_t const extent[3] = {static_cast<std::ptrdiff_t>(box.depth),
                                      static_cast<std::ptrdiff_t>(box.rows),
                                      static_cast<std::ptrdiff_t>(box.width)};
    std::ptrdiff_t at[3] = {0, 0, 0};
    double next[3], every[3];
    for (int a = 0; a < 3; ++a) {
      bool const moves = std::abs(direction[a]) > 1e-12;
      every[a] = moves ? 1 / std::abs(direction[a]) : std::numeric_limits<double>::infinity();
      next[a] = 0.5 * every[a];
    }
    for (double travelled = 0;;) {
      int const a = next[0] <= next[1] ? (next[0] <= next[2] ? 0 : 2) : (next[1] <= next[2] ? 1 : 2);
      if (next[a] > travelled)
        crossings.push_back({at[0], at[1], at[2], static_cast<float>(next[a] - travelled)});
      travelled = next[a];
      next[a] += every[a];
      at[a] += direction[a] > 0 ? 1 : -1;
      if (std::abs(at[a]) >= extent[a]) return;  // no voxel of the box is that far from another
    }
  }
};

/// The part of a volume outside which all values are 0, along z, y and x: [first, last).
struct filled_box {
  std::array<std::ptrdiff_t, 3> first, last;
};
inline filled_box box_of(std::span<float const> volume, volume_shape const& shape) {
  auto const depth = static_cast<std::ptrdiff_t>(shape.depth), rows = static_cast<std::ptrdiff_t>(shape.rows),
             width = static_cast<std::ptrdiff_t>(shape.width);
  filled_box b{{depth, rows, width}, {0, 0, 0}};
  float const* v = volume.data();
  for (std::ptrdiff_t z = 0; z < depth; ++z)
    for (std::ptrdiff_t y = 0; y < rows; ++y, v += width) {
      std::ptrdiff_t const x0 = std::find_if(v, v + width, [](float f) { return f != 0; }) - v;
      if (x0 == width) continue;
      std::ptrdiff_t x1 = width;
      while (v[x1 - 1] == 0) --x1;
      b.first = {std::min(b.first[0], z), std::min(b.first[1], y), std::min(b.first[2], x0)};
      b.last = {z + 1, std::max(b.last[1], y + 1), std::max(b.last[2], x1)};
    }
  return b;
}

}  // namespace detail

/// Sums of a volume's values along the way out, in one direction: from the middle of every voxel to where the way leaves
/// the volume, each voxel weighed by the exact length of the way in it.
///
/// shapes   volume and sums (z, y, x)
/// units    `way` along (x, y, z), of any length; sums in [value] x voxel edges
/// throws   shape_error where sizes differ, value_error for a way of no direction
inline void path_sums(std::span<float const> volume, volume_shape const& shape,
                      std::array<double, 3> const& way, std::span<float> sums) {
  expects<shape_error>(shape.voxels() > 0 && volume.size() == shape.voxels() && sums.size() == volume.size(),
                       "path_sums: {} values and {} sums for a volume of {} x {} x {} voxels", volume.size(),
                       sums.size(), shape.depth, shape.rows, shape.width);
  double const length = std::hypot(way[0], way[1], way[2]);
  expects<value_error>(length > 0 && std::isfinite(length),
                       "path_sums: the way ({}, {}, {}) has no direction", way[0], way[1], way[2]);
  detail::voxel_way const out(way, shape);
  detail::filled_box const box = detail::box_of(volume, shape);
  auto const rows = static_cast<std::ptrdiff_t>(shape.rows), width = static_cast<std::ptrdiff_t>(shape.width);
  on_host_threads("path_sums", shape.depth * shape.rows, [&](std::size_t row) {
    auto const z = static_cast<std::ptrdiff_t>(row) / rows, y = static_cast<std::ptrdiff_t>(row) % rows;
    float* const sum = sums.data() + row * shape.width;
    std::fill(sum, sum + width, 0.0f);
    for (auto const& c : out.crossings) {
      std::ptrdiff_t const at_z = z + c.z, at_y = y + c.y;
      if (at_z < box.first[0] || at_z >= box.last[0] || at_y < box.first[1] || at_y >= box.last[1]) continue;
      std::ptrdiff_t const first = std::max<std::ptrdiff_t>(0, box.first[2] - c.x),
                           last = std::min(width, box.last[2] - c.x),
                           from = (at_z * rows + at_y) * width + c.x;
      float const* const values = volume.data();
      for (std::ptrdiff_t x = first; x < last; ++x) sum[x] += c.length * values[from + x];
    }
  });
}

}  // namespace tomoedx

#endif
