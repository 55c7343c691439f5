// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_COST_HPP
#define TOMOEDX_NN_DETAIL_COST_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <algorithm>
#include <cstddef>

namespace tomoedx::nn {

/// How 3 x 3 convolutions may be computed. What is chosen for a layer is never less exact than asked for. Minimal
/// filtering works on blocks of positions: a value that is no number spoils the blocks it lies in.
enum class algorithm {
  exact,     ///< as sums of products, nothing else
  accurate,  ///< minimal filtering F(2, 3) too: error as good as that of the plain sums
  fast       ///< F(4, 3) too: a quarter of the products, some 1e-5 of the largest value as error
};

namespace detail {

/// What the choice between algorithms depends on.
struct layer_shape {
  int planes, height, width;  ///< planes: items times z positions
  int blocks_in, channels_in, blocks_out;
  std::size_t vector_bytes;
  bool operator==(layer_shape const&) const = default;
};

/// Estimated time of a layer, in vector multiply-adds. The constants are measured (bench/networks.cpp): a transform
/// takes so many vector operations a tile, and weights that are not reused come from far away.
inline double cost_of_direct(layer_shape const& s) {
  double const pixels = double(s.planes) * s.height * s.width;
  return pixels * (9.0 * s.channels_in * s.blocks_out / 0.95 + 3.0 * s.blocks_in);
}
inline double cost_of_winograd(layer_shape const& s, int outputs) {
  double const tiles =
      double(s.planes) * ((s.height + outputs - 1) / outputs) * ((s.width + outputs - 1) / outputs);
  double const points = (outputs + 2.0) * (outputs + 2.0);
  double const in = outputs == 4 ? 300 : 90, out = outputs == 4 ? 220 : 70;
  double const products = points * s.channels_in * s.blocks_out;
  double const weights = products * double(s.vector_bytes) / 8;  // bytes come at some 8 a cycle
  return std::max(tiles * products / 0.95, weights) + tiles * (s.blocks_in * in + s.blocks_out * out);
}

/// Outputs of the minimal filter to use along each axis: 4, 2, or 0 for plain sums.
inline int choose_outputs(layer_shape const& s, algorithm allowed) {
  int best = 0;
  double least = cost_of_direct(s);
  for (int const outputs : {2, 4}) {
    if (allowed == algorithm::exact || (outputs == 4 && allowed != algorithm::fast)) continue;
    if (double const c = cost_of_winograd(s, outputs); c < least) least = c, best = outputs;
  }
  return best;
}

}  // namespace detail
}  // namespace tomoedx::nn

#endif
