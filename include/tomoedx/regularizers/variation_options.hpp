// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_VARIATION_OPTIONS_HPP
#define TOMOEDX_REGULARIZERS_VARIATION_OPTIONS_HPP

#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/isa.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace tomoedx {

/// Options of the regularisers that weigh differences of neighbours: total_variation, vectorial_tv and
/// total_nuclear_variation.
struct variation_options {
  double lambda = 0.1;                        ///< factor of the penalty; 0 changes nothing
  bool in_plane = false;                      ///< only in each slice, along z and x; else along y as well
  std::array<double, 3> spacing = {1, 1, 1};  ///< from voxel to voxel along z, y, x
  std::vector<double> weights = {};           ///< of each channel's differences; empty for 1
  isa level = best_isa();                     ///< instructions of the kernels
};

/// Refuse options that mean nothing on a grid, and grids that are none.
///
/// throws   tomoedx::shape_error, tomoedx::value_error
inline void validate(variation_options const& o, grid const& g, char const* who) {
  expects<shape_error>(
      g.channels > 0 && g.lines > 0 && g.rows > 0 && g.columns > 0 && g.lanes > 0,
      "{}: the grid has {} channels, {} lines, {} rows, {} columns and {} lanes; none may be 0", who,
      g.channels, g.lines, g.rows, g.columns, g.lanes);
  std::size_t const run = g.columns * g.lanes;
  std::size_t const end = (g.blocks() - 1) * g.block_stride + (g.lines - 1) * g.line_stride + run;
  expects<shape_error>(
      g.channel_stride >= end && (g.blocks() == 1 || g.block_stride >= run) &&
          (g.lines == 1 || g.line_stride >= run),
      "{}: a channel of the grid reaches to value {}, its strides are {}, {} and {}; make it with "
      "plain_grid or sliced_grid",
      who, end, g.channel_stride, g.block_stride, g.line_stride);
  expects<value_error>(o.lambda >= 0 && std::isfinite(o.lambda),
                       "{}: lambda is {}, give 0 or a positive number", who, o.lambda);
  for (double const s : o.spacing)
    expects<value_error>(s > 0 && std::isfinite(s), "{}: a spacing of voxels is {}; all three are positive",
                         who, s);
  expects<shape_error>(o.weights.empty() || o.weights.size() == g.channels,
                       "{}: {} weights for {} channels; give one for each, or none", who, o.weights.size(),
                       g.channels);
  for (double const w : o.weights)
    expects<value_error>(w >= 0 && std::isfinite(w), "{}: a weight is {}, give 0 or a positive number", who,
                         w);
}

}  // namespace tomoedx

#endif
