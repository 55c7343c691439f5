// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_PROGRAM_HPP
#define TOMOEDX_NN_DETAIL_PROGRAM_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/nn/detail/memory.hpp>
#include <tomoedx/nn/detail/reading.hpp>
#include <tomoedx/nn/detail/stage.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

/// A compiled network: its stages, and the memory they work in.
namespace tomoedx::nn::detail {

template <class T>
struct program {
  std::vector<stage> stages;
  std::deque<T*> slots;       ///< the caller's inputs, then outputs, of the run in progress
  std::deque<axis_map> maps;  ///< what the jobs refer to
  std::vector<std::shared_ptr<pages const>> weights;
  pages arena, scratch;
  std::size_t scratch_of_worker = 0;
  int workers = 1;
  std::unique_ptr<std::atomic<int>[]> next;  ///< for each stage, the task to take next
};

/// All stages one after another by a team of workers, in one parallel region.
template <class T>
struct run_program {
  program<T> const* p;

  template <class Member>
  void operator()(Member const& member) const {
    std::byte* const scratch =
        p->scratch.data() + static_cast<std::size_t>(member.team_rank()) * p->scratch_of_worker;
    for (std::size_t s = 0; s < p->stages.size(); ++s) {
      auto const& stage = p->stages[s];
      for (int task; (task = p->next[s].fetch_add(1, std::memory_order_relaxed)) < stage.tasks;)
        stage.run(stage.job.get(), task, scratch);
      member.team_barrier();
    }
  }
};

template <class Space, class T>
void run(Space const& space, program<T> const& p) {
  for (std::size_t s = 0; s < p.stages.size(); ++s) p.next[s].store(0, std::memory_order_relaxed);
  Kokkos::parallel_for("tomoedx::nn::plan", Kokkos::TeamPolicy<Space>(space, 1, p.workers),
                       run_program<T>{&p});
  space.fence("tomoedx::nn::plan");
}

}  // namespace tomoedx::nn::detail

#endif
