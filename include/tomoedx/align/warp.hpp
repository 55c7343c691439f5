// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_WARP_HPP
#define TOMOEDX_ALIGN_WARP_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// Where the content of an image goes: from p to scale R(p - c) + c + (dx, dy), c being its centre.
struct image_warp {
  double dx = 0, dy = 0;    ///< [pixel]
  double rotation_deg = 0;  ///< from x towards y
  double scale = 1;
};

/// What lies beyond the edges of a warped image.
enum class beyond_edges { zero, nearest };

namespace detail {

inline void check_warp(image_warp const& w, std::size_t in, std::size_t out, std::size_t rows,
                       std::size_t columns, char const* who) {
  expects<shape_error>(rows > 0 && columns > 0 && in == rows * columns && out == in,
                       "{}: {} and {} values for images of {} x {}", who, in, out, rows, columns);
  expects<value_error>(std::abs(w.dx) <= 1e6 && std::abs(w.dy) <= 1e6 && std::abs(w.rotation_deg) <= 360 &&
                           w.scale >= 0.01 && w.scale <= 100,
                       "{}: shift ({}, {}), rotation {} degrees and scale {} are no warp", who, w.dx, w.dy,
                       w.rotation_deg, w.scale);
}

/// The coefficients of the cubic B-spline through n values `stride` apart, mirrored at both ends, in place.
///
/// source   Unser, IEEE Signal Processing Magazine 16(6) (1999) 22, box 2
inline void spline_coefficients(double* v, std::size_t n, std::size_t stride) {
  if (n < 2) return;
  double const pole = std::sqrt(3.0) - 2;
  double first = 0, power = 1;
  std::size_t const period = 2 * n - 2, terms = std::min<std::size_t>(period, 40);
  for (std::size_t i = 0; i < terms; ++i, power *= pole)
    first += power * v[(i < n ? i : period - i) * stride];
  first /= 1 - std::pow(pole, static_cast<double>(period));
  for (std::size_t i = 0; i < n; ++i) v[i * stride] *= 6;
  v[0] = 6 * first;
  for (std::size_t i = 1; i < n; ++i) v[i * stride] += pole * v[(i - 1) * stride];
  v[(n - 1) * stride] = pole / (pole * pole - 1) * (v[(n - 1) * stride] + pole * v[(n - 2) * stride]);
  for (std::size_t i = n - 1; i-- > 0;) v[i * stride] = pole * (v[(i + 1) * stride] - v[i * stride]);
}

/// The four weights of a cubic B-spline at fraction f beyond the second knot.
inline std::array<double, 4> spline_weights(double f) {
  double const g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
          f * f * f / 6};
}

/// An index beyond the ends, mirrored back.
inline std::size_t mirrored(std::ptrdiff_t i, std::size_t n) {
  auto const last = static_cast<std::ptrdiff_t>(n) - 1;
  if (last == 0) return 0;
  i = std::abs(i) % (2 * last);
  return static_cast<std::size_t>(i > last ? 2 * last - i : i);
}

}  // namespace detail

/// Warp an image by its cubic B-spline: for HAADF and other intensities, where the noise need not stay counts.
///
/// shapes   image and result (y, x); they may be the same memory
/// throws   tomoedx::shape_error for sizes that differ, value_error for a warp that is none
/// source   Thevenaz, Blu and Unser, IEEE Transactions on Medical Imaging 19 (2000) 739
inline void warp_image(std::span<float const> image, std::size_t rows, std::size_t columns,
                       image_warp const& warp, std::span<float> result,
                       beyond_edges beyond = beyond_edges::nearest) {
  detail::check_warp(warp, image.size(), result.size(), rows, columns, "warp_image");
  std::vector<double> c(image.begin(), image.end());
  for (std::size_t y = 0; y < rows; ++y) detail::spline_coefficients(c.data() + y * columns, columns, 1);
  for (std::size_t x = 0; x < columns; ++x) detail::spline_coefficients(c.data() + x, rows, columns);
  auto const turn = direction_of(-warp.rotation_deg);
  double const mx = 0.5 * (static_cast<double>(columns) - 1), my = 0.5 * (static_cast<double>(rows) - 1);
  double const last_x = 2 * mx, last_y = 2 * my, margin = 0.5;
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x) {
      double const u = (static_cast<double>(x) - mx - warp.dx) / warp.scale;
      double const v = (static_cast<double>(y) - my - warp.dy) / warp.scale;
      double px = turn.cos * u - turn.sin * v + mx, py = turn.sin * u + turn.cos * v + my;
      float& to = result[y * columns + x];
      if (beyond == beyond_edges::zero &&
          (px < -margin || py < -margin || px > last_x + margin || py > last_y + margin)) {
        to = 0;
        continue;
      }
      px = std::clamp(px, 0.0, last_x), py = std::clamp(py, 0.0, last_y);
      double const fx = std::floor(px), fy = std::floor(py);
      auto const wx = detail::spline_weights(px - fx), wy = detail::spline_weights(py - fy);
      double sum = 0;
      for (std::ptrdiff_t j = 0; j < 4; ++j) {
        double const* const line =
            c.data() + detail::mirrored(static_cast<std::ptrdiff_t>(fy) + j - 1, rows) * columns;
        double part = 0;
        for (std::ptrdiff_t i = 0; i < 4; ++i)
          part += wx[static_cast<std::size_t>(i)] *
                  line[detail::mirrored(static_cast<std::ptrdiff_t>(fx) + i - 1, columns)];
        sum += wy[static_cast<std::size_t>(j)] * part;
      }
      to = static_cast<float>(sum);
    }
}

}  // namespace tomoedx

#endif
