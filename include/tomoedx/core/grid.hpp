// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_GRID_HPP
#define TOMOEDX_CORE_GRID_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>

#include <cstddef>

namespace tomoedx {

/// Where the value (channel, line, row, column) of an operand lies in its flat array:
///
///     channel * channel_stride + row / lanes * block_stride + line * line_stride + column * lanes + row % lanes
///
/// A line is z in a volume and the tilt in a stack, a row is y, a column is x or the bin. So plain arrays
/// (channel, z, y, x) have one lane, and slices side by side (channel, block, z, x, lane) as many as their layout says
/// (projectors/slices.hpp). Neighbours in space are found by this, whatever operator the operand belongs to.
struct grid {
  std::size_t channels = 1, lines = 1, rows = 1, columns = 1;
  std::size_t lanes = 1;
  std::size_t channel_stride = 0, block_stride = 0, line_stride = 0;

  /// Blocks of a channel; the last one holds rows % lanes rows and padding when lanes does not divide rows.
  KOKKOS_FUNCTION std::size_t blocks() const { return (rows + lanes - 1) / lanes; }
  KOKKOS_FUNCTION std::size_t size() const { return channels * channel_stride; }
  KOKKOS_FUNCTION std::size_t operator()(std::size_t channel, std::size_t line, std::size_t row,
                                         std::size_t column) const {
    return channel * channel_stride + row / lanes * block_stride + line * line_stride + column * lanes +
           row % lanes;
  }
};

/// The grid of a plain array (channel, z, y, x) or (channel, tilt, y, bin).
inline grid plain_grid(std::size_t channels, std::size_t lines, std::size_t rows, std::size_t columns) {
  return {channels, lines, rows, columns, 1, lines * rows * columns, columns, rows * columns};
}

/// The grid of slices side by side, (channel, block, line, column, lane).
inline grid sliced_grid(std::size_t channels, std::size_t lines, std::size_t rows, std::size_t columns,
                        std::size_t lanes) {
  expects<shape_error>(lanes > 0, "sliced_grid: blocks of 0 lanes");
  std::size_t const blocks = (rows + lanes - 1) / lanes, block = lines * columns * lanes;
  return {channels, lines, rows, columns, lanes, blocks * block, block, columns * lanes};
}

/// An operator that knows the grids of its operands; regularisers ask `domain_grid()`, weights for each tilt `range_grid()`.
/// For an operator that does not know, give a grid yourself (plain_grid).
template <class A>
concept gridded_operator = linear_operator<A> && requires(A const& a) {
  { a.domain_grid() } -> std::same_as<grid>;
  { a.range_grid() } -> std::same_as<grid>;
};

}  // namespace tomoedx

#endif
