// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_NETWORK_HPP
#define TOMOEDX_NN_NETWORK_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/nn/layers.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tomoedx::nn {

/// The number of a tensor within a network: what a layer reads and writes.
enum class value : int {};

/// One row of the table. Layers of one name share their parameters.
struct layer {
  std::string name;  ///< stem of the parameters' keys; empty when there are none
  operation op;
  std::vector<value> inputs;
};

/// A network: a table of layers, each reading what inputs or earlier layers gave. It knows nothing of sizes, precision
/// or weights, is cheap to make, and is what the plan, the reference and the device executor all follow.
///
///     nn::network net;
///     auto x = net.input(1);
///     x = net.add("conv1", nn::convolution{.outputs = 16, .padding = nn::around({0, 1, 1}), .act = nn::relu}, {x});
///     net.output(net.add("conv2", nn::convolution{.kernel = {1, 1, 1}}, {x}));
class network {
 public:
  /// A further input of so many channels.
  ///
  /// throws   tomoedx::value_error when that is less than one, or layers have been added already
  value input(int channels) {
    expects<value_error>(channels >= 1, "network: an input needs at least one channel, got {}", channels);
    expects<value_error>(layers_.empty(), "network: inputs come before layers");
    inputs_.push_back(channels);
    return static_cast<value>(inputs_.size() - 1);
  }

  /// A further layer; returns what it gives.
  ///
  /// throws   tomoedx::value_error when an input is not the result of an earlier row
  value add(std::string name, operation op, std::vector<value> inputs) {
    expects<value_error>(!inputs.empty(), "network: layer '{}' has no input", name);
    for (auto const v : inputs)
      expects<value_error>(static_cast<int>(v) >= 0 && static_cast<int>(v) < values(),
                           "network: layer '{}' reads value {}, only {} are known", name, static_cast<int>(v),
                           values());
    layers_.push_back({std::move(name), op, std::move(inputs)});
    return static_cast<value>(values() - 1);
  }
  value add(operation op, std::vector<value> inputs) { return add({}, op, std::move(inputs)); }

  /// Give a value to the caller.
  void output(value v) {
    expects<value_error>(static_cast<int>(v) >= 0 && static_cast<int>(v) < values(),
                         "network: output {} is not a value, only {} are known", static_cast<int>(v),
                         values());
    outputs_.push_back(v);
  }

  std::vector<int> const& inputs() const { return inputs_; }    ///< their channels; values 0, 1, ...
  std::vector<layer> const& layers() const { return layers_; }  ///< layer i gives value inputs().size() + i
  std::vector<value> const& outputs() const { return outputs_; }
  int values() const { return static_cast<int>(inputs_.size() + layers_.size()); }
  value result_of(std::size_t layer) const { return static_cast<value>(inputs_.size() + layer); }

 private:
  std::vector<int> inputs_;
  std::vector<layer> layers_;
  std::vector<value> outputs_;
};

}  // namespace tomoedx::nn

#endif
