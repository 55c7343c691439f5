// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_SHIFT_ROWS_HPP
#define TOMOEDX_ALIGN_SHIFT_ROWS_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// Move the image of each tilt along the tilt axis (y), in place: content at row y comes to row y + dy[tilt].
///
/// Whole rows are moved as they are; fractions interpolate linearly between two rows, which blurs noise, so
/// round shifts where counts should stay counts. Rows that were not measured repeat the nearest row that was.
///
/// shapes   stack (tilt, y, x), dy one value for each tilt, in pixels, positive towards larger y
/// throws   tomoedx::shape_error for sizes that differ, value_error for shifts that are not finite or move
///          the whole image out of the field
/// returns  how many rows of the result were filled, over all tilts
inline std::size_t shift_rows(std::span<float> stack, std::array<std::size_t, 3> const& shape,
                              std::span<double const> dy) {
  auto const [tilts, rows, columns] = shape;
  expects<shape_error>(stack.size() == tilts * rows * columns && rows > 0 && columns > 0,
                       "shift_rows: {} pixels for a stack of ({}, {}, {})", stack.size(), tilts, rows,
                       columns);
  expects<shape_error>(dy.size() == tilts, "shift_rows: {} shifts for {} tilts", dy.size(), tilts);
  for (std::size_t t = 0; t < tilts; ++t)
    expects<value_error>(std::isfinite(dy[t]) && std::abs(dy[t]) <= static_cast<double>(rows) - 1,
                         "shift_rows: tilt {} is moved by {} of its {} rows", t, dy[t], rows);
  std::size_t filled = 0;
  double const last = static_cast<double>(rows) - 1;
  std::vector<float> before(rows * columns);
  for (std::size_t t = 0; t < tilts; ++t) {
    if (dy[t] == 0) continue;
    float* const image = stack.data() + t * rows * columns;
    std::copy_n(image, rows * columns, before.begin());
    for (std::size_t y = 0; y < rows; ++y) {
      double const from = static_cast<double>(y) - dy[t];
      if (from < 0 || from > last) ++filled;
      double const inside = std::clamp(from, 0.0, last);
      auto const low = static_cast<std::size_t>(inside);
      std::size_t const high = std::min(low + 1, rows - 1);
      auto const f = static_cast<float>(inside - static_cast<double>(low));
      for (std::size_t x = 0; x < columns; ++x)
        image[y * columns + x] = f == 0.0f
                                     ? before[low * columns + x]
                                     : (1 - f) * before[low * columns + x] + f * before[high * columns + x];
    }
  }
  return filled;
}

}  // namespace tomoedx

#endif
