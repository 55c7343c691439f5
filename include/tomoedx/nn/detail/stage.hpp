// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_STAGE_HPP
#define TOMOEDX_NN_DETAIL_STAGE_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/lanes.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

/// What a plan consists of: stages one after another, each a number of tasks that do not depend on one another.
namespace tomoedx::nn::detail {

/// A stage of a plan. Workers take its tasks one by one; the next stage begins when all are done.
struct stage {
  using function = void (*)(void const* job, int task, std::byte* scratch);

  int tasks = 0;
  function run = nullptr;
  std::shared_ptr<void const> job;
  std::string name;     ///< of the layer, for reports
  double products = 0;  ///< multiply-adds a plain convolution would need, for reports
};

/// One task of a job, with the instructions of a level.
template <class Task, class Job>
struct task_call {
  Job const& job;
  int task;
  std::byte* scratch;
  [[gnu::always_inline]] void operator()() const { Task::run(job, task, scratch); }
};

/// A stage whose tasks are Task::run(job, task, scratch), compiled for `Level`.
template <isa Level, class Task, class Job>
stage make_stage(std::shared_ptr<Job const> job, int tasks, std::string name, double products = 0) {
  return {tasks,
          [](void const* j, int task, std::byte* scratch) {
            compiled_for<Level>::call(task_call<Task, Job>{*static_cast<Job const*>(j), task, scratch});
          },
          std::move(job), std::move(name), products};
}

/// The next multiple of 64 bytes, the unit of everything that is laid out in memory here.
constexpr std::size_t whole_lines(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

/// At least `values` of T, as an odd number of cache lines: planes that far apart do not compete for the same sets.
template <class T>
constexpr std::ptrdiff_t odd_lines(std::ptrdiff_t values) {
  auto const lines =
      static_cast<std::ptrdiff_t>(whole_lines(static_cast<std::size_t>(values) * sizeof(T)) / 64) | 1;
  return lines * 64 / static_cast<std::ptrdiff_t>(sizeof(T));
}

}  // namespace tomoedx::nn::detail

#endif
