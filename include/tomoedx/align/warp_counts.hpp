// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_WARP_COUNTS_HPP
#define TOMOEDX_ALIGN_WARP_COUNTS_HPP

#include <tomoedx/align/warp.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace tomoedx {

namespace detail {

/// A convex polygon of at most eight corners: a square cut by four lines.
struct small_polygon {
  std::array<double, 12> x{}, y{};
  std::size_t n = 0;

  void add(double px, double py) { x[n] = px, y[n] = py, ++n; }

  /// The part where sign * (coordinate - limit) <= 0, the coordinate being x or y.
  small_polygon cut(bool along_y, double limit, double sign) const {
    small_polygon kept;
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t const j = i + 1 < n ? i + 1 : 0;
      double const a = sign * ((along_y ? y[i] : x[i]) - limit), b = sign * ((along_y ? y[j] : x[j]) - limit);
      if (a <= 0) kept.add(x[i], y[i]);
      if ((a < 0 && b > 0) || (a > 0 && b < 0)) {
        double const f = a / (a - b);
        kept.add(x[i] + f * (x[j] - x[i]), y[i] + f * (y[j] - y[i]));
      }
    }
    return kept;
  }

  double area() const {
    double twice = 0;
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t const j = i + 1 < n ? i + 1 : 0;
      twice += x[i] * y[j] - x[j] * y[i];
    }
    return 0.5 * std::abs(twice);
  }
};

}  // namespace detail

/// Warp a map of counts so that no count is lost or made: each pixel is laid as a square onto the new grid and
/// shared out by area.
///
/// A result w1 n1 + w2 n2 + ... has the variance w1^2 n1 + w2^2 n2 + ..., which goes to `variance` if it has
/// room: less than the value, and neighbours are correlated, so the result is no Poisson variable. Where turning is not
/// needed leave the shift to the geometry (apply_alignment, aligned_geometry).
/// shapes   counts, result and, if not empty, variance (y, x); memory of their own
/// throws   tomoedx::shape_error for sizes that differ, value_error for a warp that is none
/// returns  how many counts left the image
/// source   the polygon clipping of Sutherland and Hodgman, CACM 17 (1974) 32
inline double warp_counts(std::span<float const> counts, std::size_t rows, std::size_t columns,
                          image_warp const& warp, std::span<float> result, std::span<float> variance = {}) {
  detail::check_warp(warp, counts.size(), result.size(), rows, columns, "warp_counts");
  expects<shape_error>(variance.empty() || variance.size() == counts.size(),
                       "warp_counts: a variance of {} pixels for {}", variance.size(), counts.size());
  std::fill(result.begin(), result.end(), 0.0f);
  std::fill(variance.begin(), variance.end(), 0.0f);
  auto const turn = direction_of(warp.rotation_deg);
  double const c = warp.scale * turn.cos, s = warp.scale * turn.sin, area = warp.scale * warp.scale;
  double const mx = 0.5 * (static_cast<double>(columns) - 1), my = 0.5 * (static_cast<double>(rows) - 1);
  double const half = 0.5 * (std::abs(c) + std::abs(s));
  double lost = 0;
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x) {
      double const value = static_cast<double>(counts[y * columns + x]);
      if (value == 0) continue;
      double const u = static_cast<double>(x) - mx, v = static_cast<double>(y) - my;
      double const px = c * u - s * v + mx + warp.dx, py = s * u + c * v + my + warp.dy;
      detail::small_polygon square;
      for (auto const [a, b] : {std::array{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}})
        square.add(px + c * a - s * b, py + s * a + c * b);
      double kept = 0;
      double const first_x = std::max(0.0, std::floor(px - half + 0.5)),
                   first_y = std::max(0.0, std::floor(py - half + 0.5));
      double const last_x = std::min(2 * mx, std::ceil(px + half - 0.5)),
                   last_y = std::min(2 * my, std::ceil(py + half - 0.5));
      for (double ty = first_y; ty <= last_y; ++ty) {
        auto const band = square.cut(true, ty - 0.5, -1).cut(true, ty + 0.5, 1);
        for (double tx = first_x; tx <= last_x; ++tx) {
          double const share = band.cut(false, tx - 0.5, -1).cut(false, tx + 0.5, 1).area() / area;
          std::size_t const to = static_cast<std::size_t>(ty) * columns + static_cast<std::size_t>(tx);
          result[to] += static_cast<float>(share * value);
          if (!variance.empty()) variance[to] += static_cast<float>(share * share * value);
          kept += share;
        }
      }
      lost += value * (1 - kept);
    }
  return lost;
}

}  // namespace tomoedx

#endif
