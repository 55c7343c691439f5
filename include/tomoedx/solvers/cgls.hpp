// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_CGLS_HPP
#define TOMOEDX_SOLVERS_CGLS_HPP

#include <tomoedx/core/operand.hpp>
#include <tomoedx/solvers/detail/cgls_kernels.hpp>
#include <tomoedx/solvers/detail/ordered_sums.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tomoedx {

/// Options of CGLS; `Domain` and `Range` are the operator's views.
template <class Domain, class Range>
struct cgls_options {
  std::size_t iterations = 30;
  double damping = 0;       ///< Tikhonov: damping^2 |x|^2 joins what is minimised
  Range weights = {};       ///< w >= 0 of each datum, 1 / variance for Gaussian noise; empty for 1
  Domain mask = {};         ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;  ///< start from what x holds instead of zero
  /// ends as solved when the gradient is this fraction of the one at x = 0; rounding ends it in any case
  double gradient_below = 0;
  stopping_rules stop = {};
};

/// CGLS taken one step at a time: conjugate gradients for the least-squares problem
///
///     sum w (A x - b)^2 + damping^2 |x|^2 -> min
///
/// without ever forming A'A. x has no bounds: values may come out negative. What is minimised falls with every
/// step; like SIRT it shows semi-convergence, noise growing after the best image, so with noisy data the number
/// of iterations is the regularisation. Once the gradient is down to rounding, steps change nothing more.
/// All slices and channels are one system with one step length. Models `solver`.
///
/// source   Hestenes and Stiefel, J. Res. NBS 49, 1952; Bjorck, Numerical Methods for Least Squares Problems,
///          1996, algorithm 7.4.1
template <linear_operator Op>
class cgls_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using options = cgls_options<domain_view, range_view>;

  /// Prepare: allocates what the steps need. `x` is kept by reference, it is the state; `data` is not kept.
  ///
  /// throws   tomoedx::shape_error or value_error before anything is computed
  cgls_solver(Op const& op, range_view const& data, domain_view const& x, options const& o)
      : base("cgls", op.space(), x, o.iterations, range_channels(op), 1),
        op_(op),
        weights_(o.weights),
        mask_(o.mask),
        damping_(o.damping * o.damping),
        range_parts_(range_channels(op), data.size() / range_channels(op), detail::whole_parts),
        range_sum_(1, data.size(), detail::whole_parts),
        domain_sum_(1, x.size(), detail::whole_parts) {
    check(data, o);
    auto const space = op.space();
    residual_ = make_range(op);
    image_ = make_range(op);
    direction_ = make_domain(op);
    gradient_ = make_domain(op);
    scratch_ = detail::make_sum_scratch(
        space, std::max({range_parts_.scratch(), range_sum_.scratch(), domain_sum_.scratch()}));
    scalars_ = scalars(Kokkos::view_alloc(space, "tomoedx::cgls::scalars"), detail::cgls_scalar_count);
    Kokkos::deep_copy(space, residual_, data);
    clear_padding(op, residual_);
    if (!o.warm_start)
      Kokkos::deep_copy(space, x, value_type(0));
    else
      detail::apply_mask(space, mask_, x);
    start(o.warm_start, o.gradient_below);
  }

  /// One iteration. Only launches work.
  void step() {
    this->begin_step();
    auto const space = this->space();
    op_.forward(direction_, image_);
    if (damping_ > 0)
      detail::sum_channels(space, "tomoedx::cgls::norm", domain_sum_, scratch_,
                           detail::weighted_square<value_type>{direction_.data(), nullptr},
                           detail::set_scalar{scalars_.data() + detail::cgls_direction_norm});
    detail::sum_channels(space, "tomoedx::cgls::curvature", range_sum_, scratch_,
                         detail::weighted_square<value_type>{image_.data(), weights_.data()},
                         detail::choose_step{scalars_.data(), damping_});
    next_residual(this->iteration() + 1);
    op_.adjoint(image_, gradient_);
    sum_gradient(detail::choose_direction{scalars_.data()});
    detail::for_each_value(space, "tomoedx::cgls::update", direction_.size(), detail::whole_parts,
                           detail::cgls_update<value_type>{gradient_.data(), this->x_.data(),
                                                           direction_.data(), scalars_.data()});
    this->end_step();
  }

  /// Whether the gradient is as small as asked for, or nothing but rounding. Waits for the device.
  bool solved() const {
    auto const s = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), scalars_);
    return s(detail::cgls_gradient_norm) <= s(detail::cgls_floor);
  }

  /// visit(name, view) for every buffer that the next step reads: what a checkpoint holds.
  template <class Visit>
  void visit_state(Visit&& visit) const {
    base::visit_state(visit);
    visit("direction", direction_);
    visit("residual", residual_);
    visit("scalars", scalars_);
  }

 private:
  using scalars = Kokkos::View<double*, Kokkos::LayoutRight, typename base::memory>;

  void check(range_view const& data, options const& o) const {
    auto const space = op_.space();
    expect_operand(data, op_.range_layout(), "cgls", "data");
    expect_operand(this->x_, op_.domain_layout(), "cgls", "volume");
    if (o.mask.data() != nullptr) expect_operand(o.mask, op_.domain_layout(), "cgls", "mask");
    if (o.weights.data() != nullptr) {
      expect_operand(o.weights, op_.range_layout(), "cgls", "weights");
      auto const [sum, least] = detail::sum_and_least(space, o.weights);
      expects<value_error>(std::isfinite(sum) && least >= 0,
                           "cgls: the weights hold {}; they are finite and not negative",
                           std::isfinite(sum) ? least : sum);
    }
    expects<value_error>(o.damping >= 0 && damping_ <= std::numeric_limits<value_type>::max(),
                         "cgls: damping is {}; it is finite and not negative, 0 switches it off", o.damping);
    expects<value_error>(o.gradient_below >= 0 && o.gradient_below < 1,
                         "cgls: gradient_below is {}; it is a fraction below 1, 0 switches it off",
                         o.gradient_below);
    validate(o.stop, "cgls");
    expects<value_error>(std::isfinite(detail::sum_and_least(space, data).sum),
                         "cgls: the data hold NaN or infinity");
    expects<value_error>(!o.warm_start || std::isfinite(detail::sum_and_least(space, this->x_).sum),
                         "cgls: the volume to start from holds NaN or infinity");
  }

  /// The residual at the first x, its gradient, and the gradient below which there is nothing but rounding.
  void start(bool warm, double gradient_below) {
    constexpr double epsilon = static_cast<double>(std::numeric_limits<value_type>::epsilon());
    double const fraction = std::max(4 * epsilon, gradient_below);
    auto const space = this->space();
    // at x = 0, where damping adds nothing
    next_residual(0);
    op_.adjoint(image_, gradient_);
    sum_gradient(detail::set_floor{scalars_.data(), fraction * fraction}, false);
    if (warm) {
      op_.forward(this->x_, image_);
      detail::for_each_value(space, "tomoedx::cgls::residual", residual_.size(), detail::whole_parts,
                             detail::subtract_values<value_type>{image_.data(), residual_.data()});
      next_residual(0);
      op_.adjoint(image_, gradient_);
      sum_gradient(detail::raise_floor{scalars_.data(), epsilon * epsilon});
    }
    Kokkos::deep_copy(space, direction_, gradient_);
  }

  /// residual <- residual - step * image, its norm, and image <- weights * residual.
  void next_residual(std::size_t row) {
    detail::sum_channels(
        this->space(), "tomoedx::cgls::residual", range_parts_, scratch_,
        detail::cgls_residual<value_type>{image_.data(), residual_.data(), weights_.data(), scalars_.data()},
        detail::to_history<typename base::history>{this->history_, row});
  }

  /// Finish the gradient, which holds A' w r: damping, mask, and its squared norm to `finish`.
  template <class Finish>
  void sum_gradient(Finish const& finish, bool damped = true) {
    if (mask_.data() == nullptr && (!damped || damping_ == 0))
      detail::sum_channels(this->space(), "tomoedx::cgls::gradient", domain_sum_, scratch_,
                           detail::plain_square<value_type>{gradient_.data()}, finish);
    else
      detail::sum_channels(this->space(), "tomoedx::cgls::gradient", domain_sum_, scratch_,
                           detail::cgls_gradient<value_type>{
                               gradient_.data(), this->x_.data(), direction_.data(), mask_.data(),
                               scalars_.data(), damped ? static_cast<value_type>(damping_) : value_type(0)},
                           finish);
  }

  Op op_;
  range_view weights_, residual_, image_;
  domain_view mask_, direction_, gradient_;
  double damping_;  ///< squared
  detail::sum_parts range_parts_, range_sum_, domain_sum_;
  detail::sum_scratch<typename Op::execution_space> scratch_;
  scalars scalars_;
};

/// Least-squares reconstruction of x from data by CGLS with any operator.
///
/// shapes   data and weights as op.range_layout(), x and mask as op.domain_layout()
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Hestenes and Stiefel, J. Res. NBS 49, 1952
template <linear_operator Op, observer Watch = ignore>
solve_report cgls(Op const& op, typename Op::range_view const& data, typename Op::domain_view const& x,
                  cgls_options<typename Op::domain_view, typename Op::range_view> const& options = {},
                  Watch&& watch = {}) {
  cgls_solver<Op> method(op, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
