// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_SOLVER_STATE_HPP
#define TOMOEDX_SOLVERS_DETAIL_SOLVER_STATE_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or another solver

#include <tomoedx/core/array.hpp>
#include <tomoedx/solvers/iterate.hpp>

#include <string>

namespace tomoedx::detail {

/// What every iterative solver keeps and shows: the estimate, the count of iterations, the squared norms of
/// data - model. A solver derives from it and adds `step()`, which begins with `begin_step()` and ends with
/// `end_step()`; one that keeps more buffers from step to step hides `visit_state` with its own.
template <execution_space Space, class Domain>
class solver_state {
 public:
  std::size_t iteration() const { return iteration_; }
  std::size_t iterations() const { return iterations_; }
  Space space() const { return space_; }
  Domain const& state() const { return x_; }
  /// Squared norms of data - model, (iteration, channel), where the space computes.
  auto const& residuals() const { return history_; }

  /// visit(name, view) for every buffer that the next step reads: what a checkpoint holds.
  template <class Visit>
  void visit_state(Visit&& visit) const {
    visit("x", x_);
    visit("residuals", history_);
  }

  /// Go on after so many iterations, once the buffers of `visit_state` are filled. A solver with the same
  /// operator, data and options then gives bit for bit what an uninterrupted run gives.
  ///
  /// throws   tomoedx::value_error for more iterations than the solver was made for
  void resume(std::size_t iteration) {
    expects<value_error>(iteration <= iterations_, "{}: cannot go on after iteration {} of {}", who_,
                         iteration, iterations_);
    iteration_ = iteration;
  }

 protected:
  using memory = typename Space::memory_space;
  using history = Kokkos::View<double**, Kokkos::LayoutRight, memory>;

  /// `who` is a literal. `extra` rows of the history beyond one for each iteration are the solver's own.
  solver_state(char const* who, Space const& space, Domain const& x, std::size_t iterations,
               std::size_t channels, std::size_t extra = 0)
      : x_(x), who_(who), space_(space), iterations_(iterations) {
    require_kokkos(who);
    expect_iterations(iterations, who);
    history_ = history(Kokkos::view_alloc(space, "tomoedx::" + std::string(who) + "::residuals"),
                       iterations + extra, channels);
  }
  ~solver_state() = default;
  solver_state(solver_state const&) = default;
  solver_state& operator=(solver_state const&) = default;

  void begin_step() const {
    expects(iteration_ < iterations_, "{}: all {} iterations are done", who_, iterations_);
  }
  void end_step() { ++iteration_; }

  Domain x_;
  history history_;

 private:
  char const* who_;
  Space space_;
  std::size_t iteration_ = 0, iterations_;
};

}  // namespace tomoedx::detail

#endif
