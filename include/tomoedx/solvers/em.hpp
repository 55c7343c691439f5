// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_EM_HPP
#define TOMOEDX_SOLVERS_EM_HPP

#include <tomoedx/solvers/detail/em_pass.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>

namespace tomoedx {

/// Options of EM; `Domain` and `Range` are the operator's views.
template <class Domain, class Range>
struct em_options {
  std::size_t iterations = 15;  ///< what Skorikov et al. 2021 run
  double background = 0;        ///< known counts in every bin that the volume did not give
  Range background_map = {};    ///< the same bin by bin, added to `background`; empty for none
  Domain mask = {};             ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;      ///< start from what x holds instead of a positive constant
  stopping_rules stop = {};
};

/// EM (maximum likelihood for Poisson counts) taken one step at a time:
/// x <- x / (A' 1) * A'( b / (A x + s) ), where a ray that nothing is expected of takes no part. Models `solver`.
///
/// source   Shepp and Vardi, IEEE TMI 1, 1982; Skorikov et al. 2021, methods
template <linear_operator Op>
class em_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using options = em_options<domain_view, range_view>;

  /// Prepare: allocates what the steps need. `data` and `x` are kept by reference, `x` is the state.
  ///
  /// requires data >= 0 and operator weights >= 0
  /// throws   tomoedx::shape_error or value_error before anything is computed
  em_solver(Op const& op, range_view const& data, domain_view const& x, options const& o)
      : base("em", op.space(), x, o.iterations, range_channels(op)),
        pass_(op, data, o.background, o.background_map, "em"),
        mask_(o.mask) {
    detail::expect_em(op, x, o, "em");
    model_ = make_range(op);
    gradient_ = detail::adjoint_buffer<Op>(op);
    scratch_ = detail::make_sum_scratch(op.space(), pass_.parts.scratch());
    if (!o.warm_start)
      start();
    else
      detail::apply_mask(op.space(), mask_, x);
  }

  /// One iteration. Only launches work.
  void step() {
    this->begin_step();
    pass_.apply(this->x_, model_, gradient_, scratch_,
                detail::to_history<typename base::history>{this->history_, this->iteration()}, mask_, false);
    this->end_step();
  }

 private:
  /// Fill x with the constant whose projection holds as many counts as the data.
  void start() const {
    detail::fill_estimate(pass_.op, this->x_, 1, mask_);
    pass_.op.forward(this->x_, model_);
    double const rays = detail::sum_and_least(this->space(), model_).sum;
    double const level = rays > 0 && pass_.counts > 0 ? pass_.counts / rays : 1;
    detail::fill_estimate(pass_.op, this->x_, level, mask_);
  }

  detail::em_pass<Op> pass_;
  domain_view mask_;
  range_view model_;
  detail::adjoint_buffer<Op> gradient_;
  detail::sum_scratch<typename Op::execution_space> scratch_;
};

/// Reconstruct x from counts by EM with any operator of non-negative weights.
///
/// shapes   data as op.range_layout(), x as op.domain_layout()
/// requires data >= 0
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Shepp and Vardi, IEEE TMI 1, 1982
template <linear_operator Op, observer Watch = ignore>
solve_report em(Op const& op, typename Op::range_view const& data, typename Op::domain_view const& x,
                em_options<typename Op::domain_view, typename Op::range_view> const& options = {},
                Watch&& watch = {}) {
  em_solver<Op> method(op, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
