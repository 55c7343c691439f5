// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DEVICE_PLAN_HPP
#define TOMOEDX_NN_DEVICE_PLAN_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/runtime.hpp>
#include <tomoedx/nn/detail/device_compile.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::nn {

/// How a network is compiled for a device.
struct device_plan_options {
  int items = 1;                 ///< networks run side by side: the first extent of inputs and outputs
  std::optional<bool> record{};  ///< whether a run is replayed as one graph; unset: on devices
};

/// A network compiled for given sizes and any Kokkos execution space: what nn::plan is for hosts, by Kokkos kernels
/// alone. Convolutions are direct sums, exact in the sense of nn::algorithm. Running it allocates nothing and waits for
/// nothing.
///
///     nn::device_plan<Kokkos::Cuda, float> plan(space, net, weights, {{1, 256, 256}});
///     plan.run({image.data()}, {clean.data()});
///     space.fence();
///
/// shapes   inputs and outputs (item, channel, z, y, x), row-major, in memory the space reaches
/// throws   tomoedx::shape_error, value_error: a table, sizes or weights that do not fit one another
template <execution_space Space, real T, class Tiles = detail::tiles_of<Space>>
class device_plan {
 public:
  using execution_space = Space;
  using value_type = T;

  /// `extents` holds (z, y, x) of each input. Weights are uploaded here, once.
  device_plan(Space const& space, network const& net, io::named_tensors const& weights,
              std::vector<triple> const& extents, device_plan_options const& options = {})
      : space_(space), items_(options.items) {
    require_kokkos("nn::device_plan");
    expects<value_error>(options.items >= 1, "device_plan: {} items, at least one is needed", options.items);
    expects<value_error>(!net.outputs().empty(), "device_plan: the network gives no output");
    check_parameters(net, weights);
    inputs_ = sizes_of(net, extents);
    for (auto const v : net.outputs()) outputs_.push_back(inputs_[static_cast<std::size_t>(v)]);
    inputs_.resize(net.inputs().size());
    program_ = detail::device_compiler<Space, T, Tiles>(space, net, weights, extents, items_).compile();
    if (options.record.value_or(!tomoedx::detail::runs_on_host<Space>)) program_->record(space);
  }

  /// One pass.
  ///
  /// requires as many pointers as the network has inputs and outputs, each to an array of its shape; none overlap
  /// throws   tomoedx::shape_error, tomoedx::error for a null pointer
  /// returns  once queued: fence the space before the outputs are read, or the inputs written, elsewhere
  void run(std::vector<T const*> const& inputs, std::vector<T*> const& outputs) {
    expects<shape_error>(inputs.size() == inputs_.size() && outputs.size() == outputs_.size(),
                         "device_plan: {} inputs and {} outputs are given, the network has {} and {}",
                         inputs.size(), outputs.size(), inputs_.size(), outputs_.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
      expects(inputs[i] != nullptr, "device_plan: input {} is a null pointer", i);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      expects(outputs[i] != nullptr, "device_plan: output {} is a null pointer", i);
    for (auto& end : program_->imports) {
      end.kernel.make.from = inputs[end.slot];
      launch(import_, end.kernel);
    }
    program_->launch(space_);
    for (auto& end : program_->exports) {
      end.kernel.to = outputs[end.slot];
      launch(export_, end.kernel);
    }
  }

  /// Channels and extents of one item of each input and output.
  std::span<size const> inputs() const { return inputs_; }
  std::span<size const> outputs() const { return outputs_; }
  int items() const { return items_; }
  Space const& space() const { return space_; }

  /// Bytes for tensors between layers, and of weights.
  std::size_t arena_bytes() const { return program_->tables.arena_bytes(); }
  std::size_t weight_bytes() const { return program_->tables.weight_bytes(); }
  /// Kernels of a run, without those that read the inputs and write the outputs.
  std::size_t kernels() const { return program_->stages.size(); }

 private:
  template <class Kernel>
  void launch(std::string const& label, Kernel const& kernel) const {
    Kokkos::parallel_for(label, detail::teams_of<Tiles::group>(space_, kernel, items_), kernel);
  }

  Space space_;
  std::string import_ = "tomoedx::nn::import", export_ = "tomoedx::nn::export";
  int items_;
  std::vector<size> inputs_, outputs_;
  std::unique_ptr<detail::device_program<Space, T>> program_;
};

}  // namespace tomoedx::nn

#endif
