// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_DETAIL_GRID_ROWS_HPP
#define TOMOEDX_DISTRIBUTE_DETAIL_GRID_ROWS_HPP
// IWYU pragma: private, include "tomoedx/distribute/stream.hpp"

#include <tomoedx/core/grid.hpp>

#include <algorithm>
#include <cstddef>

namespace tomoedx::detail {

/// Call f(flat index, row, column) for each value of rows [first, first + rows) of a line, columns in short runs so that
/// both a row-major plane and slices side by side are walked in cache lines.
template <class F>
void each_in_line(grid const& g, std::size_t channel, std::size_t line, std::size_t first, std::size_t rows,
                  F&& f) {
  constexpr std::size_t run = 16;
  for (std::size_t row = first; row < first + rows;) {
    std::size_t const end = std::min(first + rows, (row / g.lanes + 1) * g.lanes);  // of this block
    std::size_t const base = g(channel, line, row, 0);
    for (std::size_t c0 = 0; c0 < g.columns; c0 += run) {
      std::size_t const c1 = std::min(g.columns, c0 + run);
      for (std::size_t r = row; r < end; ++r)
        for (std::size_t c = c0; c < c1; ++c) f(base + c * g.lanes + (r - row), r - first, c);
    }
    row = end;
  }
}

/// Copy lines [line, line + lines), (line, row, column) row-major and all rows of the grid, to their places; what pads
/// the last block becomes zero.
inline void scatter_lines(float const* from, float* to, grid const& g, std::size_t channel, std::size_t line,
                          std::size_t lines) {
  for (std::size_t l = line; l < line + lines; ++l, from += g.rows * g.columns) {
    each_in_line(g, channel, l, 0, g.rows,
                 [&](std::size_t i, std::size_t r, std::size_t c) { to[i] = from[r * g.columns + c]; });
    for (std::size_t r = g.rows; r < g.blocks() * g.lanes; ++r)
      for (std::size_t c = 0; c < g.columns; ++c) to[g(channel, l, r, c)] = 0;
  }
}

/// Copy rows [first, first + rows) of lines [line, line + lines) out of a grid, (line, row, column) row-major.
inline void gather_lines(float const* from, float* to, grid const& g, std::size_t channel, std::size_t line,
                         std::size_t lines, std::size_t first, std::size_t rows) {
  for (std::size_t l = line; l < line + lines; ++l, to += rows * g.columns)
    each_in_line(g, channel, l, first, rows,
                 [&](std::size_t i, std::size_t r, std::size_t c) { to[r * g.columns + c] = from[i]; });
}

}  // namespace tomoedx::detail

#endif
