// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_FOLD_HPP
#define TOMOEDX_NN_DETAIL_FOLD_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/io/tensor.hpp>
#include <tomoedx/nn/detail/curves.hpp>
#include <tomoedx/nn/network.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

/// Layers that the convolution before them can do on its way out: batch norm, which is a factor and a shift of its
/// channels, and activations that are one comparison.
namespace tomoedx::nn::detail {

/// A row of the table with what was folded into it.
struct folded_layer {
  layer row;
  value result;                    ///< what it gives after all that was folded in
  std::vector<std::string> norms;  ///< names of batch norms, in order
  std::vector<double> epsilons;
};

/// How often each value is read, by layers and by the caller.
inline std::vector<int> readers_of(network const& net) {
  std::vector<int> readers(static_cast<std::size_t>(net.values()), 0);
  for (auto const& row : net.layers())
    for (auto const v : row.inputs) ++readers[static_cast<std::size_t>(v)];
  for (auto const v : net.outputs()) ++readers[static_cast<std::size_t>(v)];
  return readers;
}

inline activation* activation_of(operation& op) {
  if (auto* c = std::get_if<convolution>(&op)) return &c->act;
  if (auto* c = std::get_if<transposed_convolution>(&op)) return &c->act;
  return nullptr;
}

/// Fold `next` into `into`; false when it cannot be.
inline bool fold_into(folded_layer& into, layer const& next) {
  activation* const act = activation_of(into.row.op);
  if (act == nullptr || act->shape != curve::identity) return false;
  if (auto const* norm = std::get_if<batch_norm>(&next.op)) {
    if (!is_piecewise_linear(norm->act)) return false;
    into.norms.push_back(next.name);
    into.epsilons.push_back(norm->epsilon);
    *act = norm->act;
    return true;
  }
  if (auto const* a = std::get_if<activate>(&next.op)) {
    if (!is_piecewise_linear(a->act)) return false;
    *act = a->act;
    return true;
  }
  return false;
}

/// Says what all scaled filters and shifts of a layer depend on: the name under which they are packed.
inline std::string key_of(folded_layer const& f) {
  std::string key = f.row.name;
  for (std::size_t i = 0; i < f.norms.size(); ++i) key += fmt::format("*{}/{}", f.norms[i], f.epsilons[i]);
  auto const* c = std::get_if<convolution>(&f.row.op);
  auto const* t = std::get_if<transposed_convolution>(&f.row.op);
  if (t != nullptr) key += "|transposed";
  return key + ((c != nullptr && c->bias) || (t != nullptr && t->bias) ? "+" : "");
}

/// The layers of a network in order, without those that others have taken in.
inline std::vector<folded_layer> fold(network const& net) {
  auto const readers = readers_of(net);
  std::vector<bool> gone(net.layers().size(), false);
  std::vector<folded_layer> all;
  for (std::size_t i = 0; i < net.layers().size(); ++i) {
    if (gone[i]) continue;
    folded_layer f{net.layers()[i], net.result_of(i), {}, {}};
    for (std::size_t k = i + 1; k < net.layers().size(); ++k) {
      if (net.layers()[k].inputs[0] != f.result) continue;
      if (readers[static_cast<std::size_t>(f.result)] != 1 || !fold_into(f, net.layers()[k])) break;
      gone[k] = true;
      f.result = net.result_of(k);
    }
    all.push_back(std::move(f));
  }
  return all;
}

/// Factors and shifts of the output channels of a layer, batch norms included: y = factor (W x) + shift.
struct channel_scale {
  std::vector<double> factor, shift;
};

/// The factor and shift of one batch norm.
inline channel_scale scale_of(io::named_tensors const& weights, std::string const& norm, double epsilon) {
  auto const& gain = weights.tensors.at(norm + ".weight");
  auto const& bias = weights.tensors.at(norm + ".bias");
  auto const& mean = weights.tensors.at(norm + ".running_mean");
  auto const& variance = weights.tensors.at(norm + ".running_var");
  channel_scale s;
  for (std::size_t c = 0; c < gain.size(); ++c) {
    s.factor.push_back(gain[c] / std::sqrt(variance[c] + epsilon));
    s.shift.push_back(bias[c] - mean[c] * s.factor[c]);
  }
  return s;
}

inline channel_scale scale_of(folded_layer const& f, io::named_tensors const& weights, int outputs,
                              bool bias) {
  channel_scale s{std::vector<double>(static_cast<std::size_t>(outputs), 1.0),
                  std::vector<double>(static_cast<std::size_t>(outputs), 0.0)};
  if (bias)
    for (std::size_t c = 0; c < s.shift.size(); ++c) s.shift[c] = weights.tensors.at(f.row.name + ".bias")[c];
  for (std::size_t n = 0; n < f.norms.size(); ++n) {
    auto const norm = scale_of(weights, f.norms[n], f.epsilons[n]);
    for (std::size_t c = 0; c < s.shift.size(); ++c) {
      s.factor[c] *= norm.factor[c];
      s.shift[c] = s.shift[c] * norm.factor[c] + norm.shift[c];
    }
  }
  return s;
}

}  // namespace tomoedx::nn::detail

#endif
