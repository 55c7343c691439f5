// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_PART_HPP
#define TOMOEDX_IO_PART_HPP

#include <tomoedx/io/array.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace tomoedx::io {

/// The extents of a stack (tilt, y, x) or a volume (z, y, x): lines, rows, columns.
using shape3 = std::array<std::size_t, 3>;

/// Rows [first_row, first_row + rows) of lines [first_line, first_line + lines), with all their columns. A line is a
/// tilt or a z, a row is a y.
struct part {
  std::size_t first_line = 0, lines = 0;
  std::size_t first_row = 0, rows = 0;
};

/// Rows [first, first + rows) of every line.
inline part rows_of(shape3 const& whole, std::size_t first, std::size_t rows) {
  return {0, whole[0], first, rows};
}

/// How many values a part has.
inline std::size_t count_of(part const& p, shape3 const& whole) {
  return p.lines * p.rows * whole[2];
}

/// Throw unless the part lies inside.
///
/// throws   shape_error
inline void check(part const& p, shape3 const& whole, std::string_view where) {
  expects<shape_error>(p.first_line <= whole[0] && p.lines <= whole[0] - p.first_line,
                       "{}: {} lines from line {} are wanted, there are {}", where, p.lines, p.first_line,
                       whole[0]);
  expects<shape_error>(p.first_row <= whole[1] && p.rows <= whole[1] - p.first_row,
                       "{}: {} rows from row {} are wanted, there are {}", where, p.rows, p.first_row,
                       whole[1]);
}

}  // namespace tomoedx::io

#endif
