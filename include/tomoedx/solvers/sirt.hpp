// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_SIRT_HPP
#define TOMOEDX_SOLVERS_SIRT_HPP

#include <tomoedx/solvers/detail/sirt_pass.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>

#include <limits>

namespace tomoedx {

/// Options of SIRT; `Domain` is the operator's domain_view.
template <class Domain>
struct sirt_options {
  std::size_t iterations = 100;
  double relaxation = 1;                                   ///< in (0, 2)
  double lower = 0;                                        ///< values are clipped at it; -infinity for none
  double upper = std::numeric_limits<double>::infinity();  ///< values are clipped at it
  Domain mask = {};                                        ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;                                 ///< start from what x holds instead of zero
  stopping_rules stop = {};
};

/// SIRT taken one step at a time: x <- P(x + C A' R (b - A x)) with R and C the inverse row and column sums
/// and P the clipping at the bounds and the mask. Rays and voxels with a zero sum take no part.
/// Models `solver`.
///
/// source   Gregor and Benson, IEEE TMI 27, 2008; Zhong et al. 2017, section 2.3
template <linear_operator Op>
class sirt_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;

  /// Prepare: allocates what the steps need. `data` and `x` are kept by reference, `x` is the state.
  ///
  /// throws   tomoedx::shape_error or value_error before anything is computed
  sirt_solver(Op const& op, range_view const& data, domain_view const& x,
              sirt_options<domain_view> const& options)
      : base("sirt", op.space(), x, options.iterations, range_channels(op)),
        pass_(op, data, "sirt"),
        options_(options) {
    detail::expect_sirt(op, x, options, "sirt");
    model_ = make_range(op);
    gradient_ = detail::adjoint_buffer<Op>(op);
    scratch_ = detail::make_sum_scratch(op.space(), pass_.parts.scratch());
    if (!options.warm_start)
      Kokkos::deep_copy(op.space(), x, value_type(0));
    else
      detail::apply_mask(op.space(), options.mask, x);
  }

  /// One iteration. Only launches work.
  void step() {
    this->begin_step();
    pass_.apply(this->x_, model_, gradient_, scratch_,
                detail::to_history<typename base::history>{this->history_, this->iteration()},
                static_cast<value_type>(options_.relaxation), detail::clipping_of(options_));
    this->end_step();
  }

 private:
  detail::sirt_pass<Op> pass_;
  sirt_options<domain_view> options_;
  range_view model_;
  detail::adjoint_buffer<Op> gradient_;
  detail::sum_scratch<typename Op::execution_space> scratch_;
};

/// Reconstruct x from data by SIRT with any operator.
///
/// shapes   data as op.range_layout(), x as op.domain_layout(); the two do not overlap
/// requires operator weights >= 0, so that their sums say how much each ray and voxel counts
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Gregor and Benson, IEEE TMI 27, 2008
template <linear_operator Op, observer Watch = ignore>
solve_report sirt(Op const& op, typename Op::range_view const& data, typename Op::domain_view const& x,
                  sirt_options<typename Op::domain_view> const& options = {}, Watch&& watch = {}) {
  sirt_solver<Op> method(op, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
