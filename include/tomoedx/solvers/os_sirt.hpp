// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_OS_SIRT_HPP
#define TOMOEDX_SOLVERS_OS_SIRT_HPP

#include <tomoedx/solvers/detail/sirt_pass.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>
#include <tomoedx/solvers/detail/subsets.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tomoedx {

/// Options of ordered-subsets SIRT; `Domain` is the operators' domain_view.
template <class Domain>
struct os_sirt_options {
  std::size_t iterations = 20;  ///< each takes every subset once
  double relaxation = 1;        ///< in (0, 2)
  /// iteration k, from 0, is relaxed by relaxation / (1 + decay k); above 0 the limit cycle shrinks away
  double decay = 0;
  double lower = 0;                                        ///< values are clipped at it; -infinity for none
  double upper = std::numeric_limits<double>::infinity();  ///< values are clipped at it
  Domain mask = {};                                        ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;                                 ///< start from what x holds instead of zero
  stopping_rules stop = {};
};

/// Ordered-subsets SIRT taken one step at a time: SIRT's update for each subset of the data after the other, with
/// the row and column sums of that subset. SART is the case of one tilt in each subset, SIRT that of one subset,
/// with the same bits. Voxels that a subset does not see are left as they are. Models `solver`.
///
/// Early iterations gain about a factor of the number of subsets over SIRT. Data that contradict themselves, as
/// noisy ones do, end in a limit cycle over the subsets instead of a solution, unless `decay` is above 0; and as with
/// SIRT noise grows after the best image, so end early. An iteration's residual adds up what each subset saw when it
/// was its turn.
///
/// source   Andersen and Kak, Ultrasonic Imaging 6, 1984; Wang and Jiang, J. X-Ray Sci. Technol. 12, 2004
template <linear_operator Op>
class os_sirt_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;

  /// Prepare: allocates what the steps need. `data`, one for each operator, and `x` are kept by reference, `x` is
  /// the state. The subsets are taken in the order given (projectors/tilt_subsets.hpp makes a good one).
  ///
  /// throws   tomoedx::shape_error or value_error before anything is computed
  os_sirt_solver(std::vector<Op> const& subsets, std::vector<range_view> const& data, domain_view const& x,
                 os_sirt_options<domain_view> const& options)
      : base("os_sirt", detail::first_subset(subsets, "os_sirt").space(), x, options.iterations,
             range_channels(detail::first_subset(subsets, "os_sirt"))),
        options_(options) {
    detail::expect_subsets(subsets, data, "os_sirt");
    Op const& first = subsets.front();
    detail::expect_sirt(first, x, options, "os_sirt");
    expects<value_error>(options.decay >= 0 && std::isfinite(options.decay),
                         "os_sirt: decay is {}; it is finite and not negative, 0 switches it off",
                         options.decay);
    std::size_t scratch = 0;
    for (std::size_t s = 0; s < subsets.size(); ++s) {
      passes_.emplace_back(subsets[s], data[s], "os_sirt");
      scratch = std::max(scratch, passes_.back().parts.scratch());
    }
    models_ = detail::ranges_in_one_buffer(subsets);
    gradient_ = detail::adjoint_buffer<Op>(first);
    scratch_ = detail::make_sum_scratch(first.space(), scratch);
    if (!options.warm_start)
      Kokkos::deep_copy(first.space(), x, value_type(0));
    else
      detail::apply_mask(first.space(), options.mask, x);
  }

  /// One iteration: every subset once. Only launches work.
  void step() {
    this->begin_step();
    std::size_t const k = this->iteration();
    auto const relaxation =
        static_cast<value_type>(options_.relaxation / (1 + options_.decay * static_cast<double>(k)));
    for (std::size_t s = 0; s < passes_.size(); ++s)
      passes_[s].apply(this->x_, models_.views[s], gradient_, scratch_,
                       detail::to_history<typename base::history>{this->history_, k, s > 0}, relaxation,
                       detail::clipping_of(options_));
    this->end_step();
  }

  std::size_t subsets() const { return passes_.size(); }

 private:
  os_sirt_options<domain_view> options_;
  std::vector<detail::sirt_pass<Op>> passes_;
  detail::shared_ranges<Op> models_;
  detail::adjoint_buffer<Op> gradient_;
  detail::sum_scratch<typename Op::execution_space> scratch_;
};

/// Reconstruct x from data in subsets by ordered-subsets SIRT with any operators.
///
///     tilt_subsets const parts(op, 5);
///     os_sirt(parts.operators(), parts.split(data), x, {.iterations = 20});
///
/// shapes   data[s] as subsets[s].range_layout(), x as the domain_layout() that all operators share
/// requires operator weights >= 0
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Andersen and Kak, Ultrasonic Imaging 6, 1984
template <linear_operator Op, observer Watch = ignore>
solve_report os_sirt(std::vector<Op> const& subsets, std::vector<typename Op::range_view> const& data,
                     typename Op::domain_view const& x,
                     os_sirt_options<typename Op::domain_view> const& options = {}, Watch&& watch = {}) {
  os_sirt_solver<Op> method(subsets, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
