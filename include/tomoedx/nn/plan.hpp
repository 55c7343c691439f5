// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_PLAN_HPP
#define TOMOEDX_NN_PLAN_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/isa.hpp>
#include <tomoedx/core/runtime.hpp>
#include <tomoedx/nn/detail/compile.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::nn {

/// Weights in the order of the kernels, kept for all plans that are given the same store: frames of another size, or
/// another part of a network, then cost no second copy. One store for one set of weights, and one plan made at a time.
template <real T>
class packed_weights {
 public:
  /// Bytes of all weights packed so far.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (auto const& [key, pages] : *store_) sum += pages->bytes();
    return sum;
  }

 private:
  template <execution_space, real>
  friend class plan;
  std::shared_ptr<detail::weight_store<T>> store_ = std::make_shared<detail::weight_store<T>>();
};

/// How a network is compiled.
struct plan_options {
  algorithm use = algorithm::fast;
  int items = 1;           ///< networks run side by side: the first extent of inputs and outputs
  isa level = best_isa();  ///< a lesser one, to test or to compare
};

/// A network compiled for given sizes: memory laid out, weights packed, algorithms chosen. Running it allocates nothing.
/// One run at a time: the memory is the plan's. Kokkos makes teams of 64 threads at most, so no more are used.
///
///     auto const weights = io::read_safetensors("unet.safetensors");
///     nn::plan<Space, float> plan(space, net, weights, {{1, 256, 256}});
///     plan.run({image.data()}, {clean.data()});
///
/// shapes   inputs and outputs (item, channel, z, y, x), row-major, in host memory
/// throws   tomoedx::shape_error, value_error: a table, sizes or weights that do not fit one another
/// source   Lavin and Gray 2016 for minimal filtering
template <execution_space Space, real T>
class plan {
  static_assert(tomoedx::detail::runs_on_host<Space>,
                "plan: for host spaces; devices run networks by device_plan");

 public:
  /// `extents` holds (z, y, x) of each input.
  plan(Space const& space, network const& net, io::named_tensors const& weights,
       std::vector<triple> const& extents, plan_options const& options = {}, packed_weights<T> store = {})
      : space_(space), store_(std::move(store)) {
    require_kokkos("nn::plan");
    expects<value_error>(options.items >= 1, "plan: {} items, at least one is needed", options.items);
    expects<value_error>(!net.outputs().empty(), "plan: the network gives no output");
    expects<value_error>(options.level <= best_isa(), "plan: this processor has no {}",
                         name_of(options.level));
    check_parameters(net, weights);
    sizes_ = sizes_of(net, extents);
    for (auto const& s : sizes_) {
      double const positions = double(options.items) * s.extent[0] * s.extent[1] * s.extent[2];
      expects<shape_error>(positions < 1e9,
                           "plan: {} items of {} x {} x {} are too much for one pass; cut them up",
                           options.items, s.extent[0], s.extent[1], s.extent[2]);
    }
    inputs_ = net.inputs().size();
    items_ = options.items;
    for (auto const v : net.outputs()) outputs_.push_back(sizes_[static_cast<std::size_t>(v)]);
    sizes_.resize(inputs_);
    detail::compile_options const how{options.use, options.items, workers_of(space)};
    program_ = std::make_unique<detail::program<T>>(compile(options.level, net, weights, extents, how));
  }

  /// One pass. Waits until the outputs are there.
  ///
  /// requires as many pointers as the network has inputs and outputs, each to an array of its shape; none overlap;
  ///          no parallel region around the call, Kokkos cannot nest them
  /// throws   tomoedx::shape_error, tomoedx::error for a null pointer
  void run(std::vector<T const*> const& inputs, std::vector<T*> const& outputs) {
    expects<shape_error>(inputs.size() == inputs_ && outputs.size() == outputs_.size(),
                         "plan: {} inputs and {} outputs are given, the network has {} and {}", inputs.size(),
                         outputs.size(), inputs_, outputs_.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      expects(inputs[i] != nullptr, "plan: input {} is a null pointer", i);
      program_->slots[i] = const_cast<T*>(inputs[i]);  // stages only read it
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      expects(outputs[i] != nullptr, "plan: output {} is a null pointer", i);
      program_->slots[inputs.size() + i] = outputs[i];
    }
    detail::run(space_, *program_);
  }

  /// Channels and extents of one item of each input and output.
  std::span<size const> inputs() const { return sizes_; }
  std::span<size const> outputs() const { return outputs_; }
  int items() const { return items_; }

  /// Bytes for tensors between layers and for the threads' scratch.
  std::size_t arena_bytes() const { return program_->arena.bytes() + program_->scratch.bytes(); }
  /// Bytes of packed weights, shared with other plans of the same store.
  std::size_t weight_bytes() const { return store_.bytes(); }
  detail::program<T> const& stages() const { return *program_; }

 private:
  static int workers_of(Space const& space) {
    using policy = Kokkos::TeamPolicy<Space>;
    int const most =
        policy(space, 1, 1).team_size_max(detail::run_program<T>{nullptr}, Kokkos::ParallelForTag{});
    return std::max(1, std::min(static_cast<int>(space.concurrency()), most));
  }
  detail::program<T> compile(isa level, network const& net, io::named_tensors const& weights,
                             std::vector<triple> const& extents, detail::compile_options const& how) {
    auto& store = *store_.store_;
#if TOMOEDX_ISA_VARIANTS
    if (level == isa::avx512)
      return detail::network_compiler<T, isa::avx512>(net, weights, extents, how, store).compile();
    if (level == isa::avx2)
      return detail::network_compiler<T, isa::avx2>(net, weights, extents, how, store).compile();
#endif
    (void)level;
    return detail::network_compiler<T, isa::baseline>(net, weights, extents, how, store).compile();
  }

  Space space_;
  packed_weights<T> store_;
  std::vector<size> sizes_, outputs_;
  std::size_t inputs_ = 0;
  int items_ = 1;
  std::unique_ptr<detail::program<T>> program_;
};

}  // namespace tomoedx::nn

#endif
