// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_PROJECTOR_HPP
#define TOMOEDX_REFERENCE_PROJECTOR_HPP

#include <tomoedx/geometry/validate.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

/// The projectors in plain double loops, each from its geometric definition and not from the footprint
/// formulas of the fast engine: the executable specification that tests compare against. Slow on purpose.
namespace tomoedx::reference {

/// Which w_ij.
enum class weight { strip, joseph, siddon };

struct point {
  double x, z;
};

/// The area of a square of points p that lies where p.x cos t + p.z sin t is below `limit` (Sutherland and
/// Hodgman).
inline double area_below(std::array<point, 4> const& square, direction const& t, double limit) {
  std::array<point, 8> kept{};
  std::size_t n = 0;
  auto const height = [&](point const& p) { return p.x * t.cos + p.z * t.sin - limit; };
  for (std::size_t i = 0; i < 4; ++i) {
    point const a = square[i], b = square[(i + 1) % 4];
    double const ha = height(a), hb = height(b);
    if (ha <= 0) kept[n++] = a;
    if ((ha < 0 && hb > 0) || (ha > 0 && hb < 0)) {
      double const f = ha / (ha - hb);
      kept[n++] = {a.x + f * (b.x - a.x), a.z + f * (b.z - a.z)};
    }
  }
  double twice = 0;
  for (std::size_t i = 0; i < n; ++i) {
    point const a = kept[i], b = kept[(i + 1) % n];
    twice += a.x * b.z - b.x * a.z;
  }
  return 0.5 * std::abs(twice);
}

/// From the centre of voxel (x, z) to the ray at s. The one place of extended precision: at 512 voxels the rounding of
/// a double coordinate alone moves siddon's weights by 1e-13.
inline double distance(double x, double z, direction const& t, long double s) {
  return static_cast<double>(s - (static_cast<long double>(x) * t.cos + static_cast<long double>(z) * t.sin));
}

/// The overlap of the bin-wide strip around s with the unit voxel around (x, z).
inline double strip_weight(double x, double z, direction const& t, long double s) {
  // relative to the voxel's centre, so that the areas are as exact as the distance
  double const d = distance(x, z, t, s);
  std::array<point, 4> const square{{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}}};
  return area_below(square, t, d + 0.5) - area_below(square, t, d - 0.5);
}

/// The length of the ray at s inside the unit voxel around (x, z);
/// half of it where the ray runs along an edge.
inline double siddon_weight(double x, double z, direction const& t, long double s) {
  double const d = distance(x, z, t, s);
  // the ray: (d cos, d sin) + l (-sin, cos); keep the l for which both coordinates lie within half a voxel
  double from = -2, to = 2, edge = 1;
  for (auto const [at, along] : {std::array{d * t.cos, -t.sin}, std::array{d * t.sin, t.cos}}) {
    if (along == 0) {
      if (std::abs(at) > 0.5) return 0;
      if (std::abs(at) == 0.5) edge = 0.5;
      continue;
    }
    double const a = (-0.5 - at) / along, b = (0.5 - at) / along;
    from = std::max(from, std::min(a, b));
    to = std::min(to, std::max(a, b));
  }
  return edge * std::max(0.0, to - from);
}

/// Linear interpolation between the two voxels next to the crossing with the line of voxel centres across the
/// driving axis, times the path from line to line.
inline double joseph_weight(double x, double z, direction const& t, long double s) {
  bool const along_z = std::abs(t.cos) >= std::abs(t.sin);
  // from this voxel to the crossing, along x or along z
  double const offset = distance(x, z, t, s) / (along_z ? t.cos : t.sin);
  return std::max(0.0, 1 - std::abs(offset)) / std::max(std::abs(t.cos), std::abs(t.sin));
}

/// Visit every weight of a slice that may not be zero: visit(ray, voxel, w).
template <class Visit>
void for_each_weight(parallel_beam const& g, weight kind, Visit&& visit) {
  validate(g, "reference");
  for (std::size_t t = 0; t < g.tilts(); ++t) {
    direction const d = direction_of(g.tilts_deg[t]);
    for (std::size_t iz = 0; iz < g.depth; ++iz)
      for (std::size_t ix = 0; ix < g.width; ++ix) {
        double const x = static_cast<double>(ix) - 0.5 * (static_cast<double>(g.width) - 1);
        double const z = static_cast<double>(iz) - 0.5 * (static_cast<double>(g.depth) - 1);
        double const bin = g.axis_bin(t) + x * d.cos + z * d.sin;
        for (double b = std::ceil(bin - 2); b <= bin + 2; ++b) {
          if (b < 0 || b >= static_cast<double>(g.detector)) continue;
          long double const s = static_cast<long double>(b) - g.axis_bin(t);
          double const w = kind == weight::strip    ? strip_weight(x, z, d, s)
                           : kind == weight::siddon ? siddon_weight(x, z, d, s)
                                                    : joseph_weight(x, z, d, s);
          if (w != 0) visit(t * g.detector + static_cast<std::size_t>(b), iz * g.width + ix, w);
        }
      }
  }
}

/// A x for a volume (z, y, x) with `slices` rows, as a stack (tilt, y, bin).
inline std::vector<double> project(parallel_beam const& g, weight kind, std::size_t slices,
                                   std::vector<double> const& volume) {
  expects<shape_error>(volume.size() == g.voxels() * slices,
                       "reference: a volume of {} values, the geometry needs {}", volume.size(),
                       g.voxels() * slices);
  std::vector<double> stack(g.rays() * slices);
  for_each_weight(g, kind, [&](std::size_t ray, std::size_t voxel, double w) {
    for (std::size_t y = 0; y < slices; ++y)
      stack[(ray / g.detector * slices + y) * g.detector + ray % g.detector] +=
          w * volume[(voxel / g.width * slices + y) * g.width + voxel % g.width];
  });
  return stack;
}

/// A' y for a stack (tilt, y, bin) with `slices` rows, as a volume (z, y, x).
inline std::vector<double> backproject(parallel_beam const& g, weight kind, std::size_t slices,
                                       std::vector<double> const& stack) {
  expects<shape_error>(stack.size() == g.rays() * slices,
                       "reference: a stack of {} values, the geometry needs {}", stack.size(),
                       g.rays() * slices);
  std::vector<double> volume(g.voxels() * slices);
  for_each_weight(g, kind, [&](std::size_t ray, std::size_t voxel, double w) {
    for (std::size_t y = 0; y < slices; ++y)
      volume[(voxel / g.width * slices + y) * g.width + voxel % g.width] +=
          w * stack[(ray / g.detector * slices + y) * g.detector + ray % g.detector];
  });
  return volume;
}

}  // namespace tomoedx::reference

#endif
