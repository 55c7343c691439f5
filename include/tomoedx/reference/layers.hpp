// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_LAYERS_HPP
#define TOMOEDX_REFERENCE_LAYERS_HPP

#include <tomoedx/nn/parameters.hpp>
#include <tomoedx/reference/activations.hpp>
#include <tomoedx/reference/detail/convolutions.hpp>
#include <tomoedx/reference/detail/sampling.hpp>
#include <tomoedx/reference/detail/task.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

/// The layers of a network in plain double loops, each from its definition: the executable specification that the
/// engines are compared with. Slow on purpose.
namespace tomoedx::reference {

namespace detail {

inline void compute(nn::batch_norm const& op, task const& t) {
  auto const weight = t.parameter(".weight"), bias = t.parameter(".bias");
  auto const mean = t.parameter(".running_mean"), variance = t.parameter(".running_var");
  for_each_position(t.out, [&](std::size_t item, int c, int z, int y, int x) {
    double const centred = t.in[0].row(item, c, z, y)[x] - mean[c];
    t.out.row(item, c, z, y)[x] = centred / std::sqrt(variance[c] + op.epsilon) * weight[c] + bias[c];
  });
  apply_curve(op.act, t.out);
}

inline void compute(nn::activate const& op, task const& t) {
  t.out.values = t.in[0].values;
  apply_curve(op.act, t.out);
}

inline void compute(nn::concat const&, task const& t) {
  int before = 0;  // channels of the inputs so far
  for (auto const& in : t.in) {
    for_each_position(in, [&](std::size_t item, int c, int z, int y, int x) {
      t.out.row(item, before + c, z, y)[x] = in.row(item, c, z, y)[x];
    });
    before += in.size.channels;
  }
}

inline void compute(nn::add const& op, task const& t) {
  for (auto const& in : t.in)
    for (std::size_t i = 0; i < in.values.size(); ++i) t.out.values[i] += in.values[i];
  apply_curve(op.act, t.out);
}

inline void compute(nn::pad const& op, task const& t) {
  t.out = padded(t.in[0], op.by);
}

inline void compute(nn::fit_to const& op, task const& t) {
  nn::margins by;
  for (int a = 0; a < 3; ++a) {
    int const missing = t.out.size.extent[a] - t.in[0].size.extent[a];  // too much when negative
    by.low[a] = op.centered ? missing / 2 : 0;
    by.high[a] = missing - by.low[a];
  }
  t.out = padded(t.in[0], by);
}

inline void compute(nn::quarter_turn const& op, task const& t) {
  int const turns = (op.quarters % 4 + 4) % 4;
  int const last_y = t.in[0].size.extent[1] - 1, last_x = t.in[0].size.extent[2] - 1;
  for_each_position(t.out, [&](std::size_t item, int c, int z, int y, int x) {
    // the left column becomes the top row: its lowest value comes first
    auto const [from_y, from_x] = turns == 0   ? std::array{y, x}
                                  : turns == 1 ? std::array{last_y - x, y}
                                  : turns == 2 ? std::array{last_y - y, last_x - x}
                                               : std::array{x, last_x - y};
    t.out.row(item, c, z, y)[x] = t.in[0].row(item, c, z, from_y)[from_x];
  });
}

}  // namespace detail

/// What one layer gives. `name` is the stem of its parameters in `weights`; layers without any need neither.
///
/// throws   tomoedx::shape_error, tomoedx::value_error as nn::sizes_of and nn::check_parameters do
inline activations evaluate(nn::operation const& op, std::string const& name,
                            std::vector<activations> const& inputs, io::named_tensors const& weights = {}) {
  validate(inputs);
  nn::network alone;
  std::vector<nn::value> values;
  std::vector<nn::triple> extents;
  for (auto const& in : inputs) {
    values.push_back(alone.input(in.size.channels));
    extents.push_back(in.size.extent);
  }
  alone.add(name, op, values);
  auto const size = nn::sizes_of(alone, extents).back();
  nn::check_parameters(alone, weights);

  activations out = blank(size, inputs[0].items);
  std::visit([&](auto const& o) { detail::compute(o, {inputs, out, name, weights}); }, op);
  return out;
}

}  // namespace tomoedx::reference

#endif
