// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_STAGE_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_STAGE_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/nn/detail/device_points.hpp>
#include <tomoedx/nn/detail/device_tables.hpp>

#include <Kokkos_Graph.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a device plan consists of: kernels in order, launched one by one or replayed as a graph.
namespace tomoedx::nn::detail {

/// A kernel with its policy, ready to be launched.
template <class Space>
class device_stage {
 public:
  using node = Kokkos::Experimental::GraphNodeRef<Space>;
  virtual ~device_stage() = default;
  virtual void launch() const = 0;
  virtual node record(node const& after) const = 0;
};

template <class Space, class Policy, class Kernel>
class kernel_stage final : public device_stage<Space> {
 public:
  using node = typename device_stage<Space>::node;
  kernel_stage(std::string label, Policy const& policy, Kernel const& kernel)
      : label_(std::move(label)), policy_(policy), kernel_(kernel) {}
  void launch() const override { Kokkos::parallel_for(label_, policy_, kernel_); }
  node record(node const& after) const override {
    return after.then_parallel_for(label_, Policy(policy_), Kernel(kernel_));
  }

 private:
  std::string label_;
  Policy policy_;
  Kernel kernel_;
};

/// As many teams as asked for, of which a processor of a device is to hold `Resident` at once: that bounds registers.
template <int Members, int Resident, class Space>
auto teams_of(Space const& space, std::int64_t teams, std::size_t scratch) {
  expects<shape_error>(teams <= std::numeric_limits<int>::max(),
                       "device_plan: a layer needs {} teams, {} are possible; take fewer items", teams,
                       std::numeric_limits<int>::max());
  using policy = Kokkos::TeamPolicy<Space, Kokkos::LaunchBounds<Members, Resident>>;
  return policy(space, static_cast<int>(teams), Members).set_scratch_size(0, Kokkos::PerTeam(scratch));
}

/// Teams of a memory-bound kernel, and how many of them it takes.
template <int Members>
inline constexpr int resident_of = std::max(1, 1024 / Members);

template <int Members, class Space, class T, class Make>
auto teams_of(Space const& space, point_kernel<T, Make> const& k, int items) {
  return teams_of<Members, resident_of<Members>>(space, std::int64_t{items} * k.channels * k.stretches(), 0);
}

/// A compiled network with the memory it works in. The kernels at both ends know the caller's arrays at each run only.
template <class Space, class T>
struct device_program {
  template <class Kernel>
  struct end {
    std::size_t slot;
    Kernel kernel;
  };
  device_tables<Space, T> tables;
  std::vector<std::unique_ptr<device_stage<Space>>> stages;
  std::vector<end<point_kernel<T, make_import<T>>>> imports;
  std::vector<end<point_kernel<T, make_copy<T>>>> exports;
  std::optional<Kokkos::Experimental::Graph<Space>> graph;

  /// From here on stages are replayed.
  void record(Space const& space) {
    graph.emplace(space);
    typename device_stage<Space>::node last = graph->root_node();
    for (auto const& s : stages) last = s->record(last);
    graph->instantiate();
  }
  void launch(Space const& space) const {
    if (graph) return graph->submit(space);
    for (auto const& s : stages) s->launch();
  }
};

}  // namespace tomoedx::nn::detail

#endif
