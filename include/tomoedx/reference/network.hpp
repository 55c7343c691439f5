// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_NETWORK_HPP
#define TOMOEDX_REFERENCE_NETWORK_HPP

#include <tomoedx/reference/layers.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace tomoedx::reference {

/// What a network gives: its table row by row, every value kept. The executable specification of a plan.
///
/// throws   tomoedx::shape_error, tomoedx::value_error before anything is computed
/// returns  the outputs in the order they were named
inline std::vector<activations> run(nn::network const& net, io::named_tensors const& weights,
                                    std::vector<activations> inputs) {
  validate(inputs);
  std::vector<nn::triple> extents;
  for (auto const& in : inputs) extents.push_back(in.size.extent);
  nn::sizes_of(net, extents);
  nn::check_parameters(net, weights);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    expects<shape_error>(inputs[i].size.channels == net.inputs()[i],
                         "network: input {} has {} channels, it takes {}", i, inputs[i].size.channels,
                         net.inputs()[i]);

  std::vector<activations> values = std::move(inputs);
  for (auto const& row : net.layers()) {
    std::vector<activations> read;
    for (auto const v : row.inputs) read.push_back(values[static_cast<std::size_t>(v)]);
    values.push_back(evaluate(row.op, row.name, read, weights));
  }
  std::vector<activations> given;
  for (auto const v : net.outputs()) given.push_back(values[static_cast<std::size_t>(v)]);
  return given;
}

}  // namespace tomoedx::reference

#endif
