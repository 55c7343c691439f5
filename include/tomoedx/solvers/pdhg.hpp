// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_PDHG_HPP
#define TOMOEDX_SOLVERS_PDHG_HPP

#include <tomoedx/regularizers/no_regularizer.hpp>
#include <tomoedx/regularizers/non_negative.hpp>
#include <tomoedx/solvers/detail/optimality.hpp>
#include <tomoedx/solvers/detail/pdhg_steps.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>
#include <tomoedx/solvers/operator_norm.hpp>

namespace tomoedx {

/// How PDHG finds its steps.
enum class step_rule {
  diagonal,  ///< a step for each ray and voxel, by row and column sums; weights >= 0
  norm       ///< one step for all rays and one for all voxels, by the norm of the operator; any weights
};

/// Options of PDHG; `C` is the constraint on the volume.
template <constraint C>
struct pdhg_options {
  std::size_t iterations = 200;
  C bounds = {};
  step_rule steps = step_rule::diagonal;
  /// dual steps are longer by this factor and primal ones shorter than what the data's scale suggests
  double balance = 0.2;
  /// share of a voxel's inverse step that goes to the regulariser rather than to the data, in (0, 1)
  double regularizer_share = 0.1;
  /// dual steps go by the noise of the data (root of the curvature over the level) rather than by their curvature: for
  /// channels of very unlike precision
  bool noise_gains = false;
  /// dual steps towards the slope of the data at the first volume, before the first iteration; 0 starts with no dual
  /// values, which is better where some channel is far more precise than the first volume is good
  std::size_t dual_start = 10;
  bool warm_start = false;  ///< start from what x holds instead of the constant that fits the data best
  optimality_rules until = {};
  stopping_rules stop = {.look_every = 10};
};

/// PDHG (Chambolle and Pock) taken one step at a time, for the x with the least F(A x) + R(x) within bounds:
///
///     q <- prox of sigma F* (q + sigma A(2x - x')),  p <- prox of R* (p + rho K(2x - x')),
///     x <- P(x - tau (A' q + K' p))
///
/// Every step costs one forward and one adjoint. Models `solver`.
///
/// source   Chambolle and Pock, J. Math. Imaging Vis. 40 (2011) 120; steps for each ray and voxel: Pock and Chambolle,
///          ICCV 2011, lemma 2 with alpha = 1
template <linear_operator Op, noise_model Noise, regularizer R, constraint C>
class pdhg_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view>,
                    public detail::optimality<typename Op::execution_space> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;
  using certificate = detail::optimality<typename Op::execution_space>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using Space = typename Op::execution_space;
  using flat = flat_on<value_type, Space>;

  /// Prepare: allocates what the steps need and finds them. `x` is kept by reference, it is the state.
  ///
  /// throws   tomoedx::shape_error or value_error before x is changed
  pdhg_solver(Op const& op, Noise const& noise, R const& regularizer, domain_view const& x,
              pdhg_options<C> const& o)
      : base("pdhg", op.space(), x, o.iterations, noise.channels()),
        certificate(op.space(), o.until, "pdhg"),
        op_(op),
        noise_(noise),
        regularizer_(regularizer),
        bounds_(o.bounds) {
    auto const space = op.space();
    expect_operand(x, op.domain_layout(), "pdhg", "volume");
    detail::expect_problem(op, noise, regularizer, "pdhg");
    expects<value_error>(o.balance > 0 && std::isfinite(o.balance),
                         "pdhg: the balance is {}; it is a positive factor", o.balance);
    expects<value_error>(o.regularizer_share > 0 && o.regularizer_share < 1,
                         "pdhg: regularizer_share is {}; it lies between 0 and 1", o.regularizer_share);
    validate(o.stop, "pdhg");
    lifts_ = detail::lifts_zeros(space, bounds_, x.size(), "pdhg");
    expects<value_error>(!o.warm_start || std::isfinite(detail::sum_and_least(space, x).sum),
                         "pdhg: the volume to start from holds NaN or infinity");
    gradient_ = make_domain(op);
    model_ = make_range(op);
    ahead_ = make_range(op);
    q_ = make_range(op);
    if constexpr (regular) {
      p_ = flat(Kokkos::view_alloc(space, "tomoedx::pdhg::p"), regularizer.dual_size());
      beyond_ = make_domain(op);
    }
    find_steps(o);
    if (!o.warm_start) {
      Kokkos::deep_copy(space, x, static_cast<value_type>(level_));
      clear_padding(op, x);
    }
    detail::for_each_value(space, "tomoedx::pdhg::start", x.size(), 1,
                           detail::clip_pass<C, value_type>{bounds_, x.data()});
    if (lifts_) clear_padding(op, x);
    op.forward(x, model_);
    Kokkos::deep_copy(space, ahead_, model_);
    // q on its way to F'(A x), which is where the best x has it, and which may be infinite
    for (std::size_t k = 0; k < o.dual_start; ++k) noise_.dual_step(all(q_), all(model_), sigma_);
    if constexpr (regular) Kokkos::deep_copy(space, beyond_, x);
  }

  /// One iteration. Only launches work.
  void step() {
    this->begin_step();
    auto const space = op_.space();
    noise_.residuals(all(model_), Kokkos::subview(this->history_, this->iteration(), Kokkos::ALL));
    noise_.dual_step(all(q_), all(ahead_), sigma_);
    op_.adjoint(q_, gradient_);
    if constexpr (regular) {
      regularizer_.dual_step(p_, all(beyond_), static_cast<value_type>(rho_));
      regularizer_.add_adjoint(p_, all(gradient_));
    }
    detail::for_each_value(
        space, "tomoedx::pdhg::primal", this->x_.size(), tau_.lanes,
        detail::primal_pass<C, value_type, memory>{bounds_, tau_, each_tau_.data(), gradient_.data(),
                                                   this->x_.data(), beyond_.data()});
    if (lifts_) clear_padding(op_, this->x_);
    if constexpr (regular)
      if (lifts_) clear_padding(op_, beyond_);
    op_.forward(this->x_, ahead_);
    // model <- 2 A x - A x', and then the two change places
    detail::for_each_value(
        space, "tomoedx::pdhg::ahead", model_.size(), 1,
        detail::combine_pass<value_type>{value_type(2), value_type(-1), ahead_.data(), model_.data()});
    std::swap(model_, ahead_);
    this->end_step();
  }

  /// The dual steps of the data and the primal steps, as found.
  auto const& sigma() const { return sigma_; }

  /// Note the objective and the duality gap after the last step; whether a rule of `optimality_rules` holds. Waits.
  bool solved() {
    return this->look(noise_, regularizer_, bounds_, this->iteration(), all(model_), all(q_), all(this->x_),
                      all(gradient_));
  }

  template <class Visit>
  void visit_state(Visit&& visit) const {
    base::visit_state(visit);
    visit("q", q_);
    visit("ahead", ahead_);
    if constexpr (regular) {
      visit("p", p_);
      visit("beyond", beyond_);
    }
    this->visit_limit(visit);
  }
  void resume(std::size_t iteration) {
    base::resume(iteration);
    op_.forward(this->x_, model_);
    op_.adjoint(q_, gradient_);
    if constexpr (regular) regularizer_.add_adjoint(p_, all(gradient_));
  }

 private:
  using memory = typename domain_view::memory_space;
  static constexpr bool regular = !std::same_as<R, no_regularizer<Space, value_type>>;

  template <class View>
  static flat all(View const& v) {
    return flat(v.data(), v.size());
  }

  void find_steps(pdhg_options<C> const& o) {
    auto const space = op_.space();
    std::size_t const channels = noise_.channels();
    Kokkos::deep_copy(space, gradient_, value_type(1));
    clear_padding(op_, gradient_);
    op_.forward(gradient_, model_);
    auto const scale = detail::scale_of(space, noise_, all(model_), all(ahead_), channels);
    level_ = scale.level;
    this->prepare(gradient_.size(), level_, detail::data_taking_part(op_, noise_));
    double const share = regular && regularizer_.column_sum() > 0 ? o.regularizer_share : 0;
    auto const gain = detail::gains(scale, o.balance, o.noise_gains);
    if (o.steps == step_rule::norm) {
      double const norm = operator_norm(op_).bound;
      expects<value_error>(norm > 0, "pdhg: the operator maps everything to 0; nothing can be reconstructed");
      // tau (sigma |A|^2 + rho |K|^2) <= 1 with sigma = gain / |A|
      double const most = *std::max_element(gain.begin(), gain.end()), inverse = most * norm / (1 - share);
      sigma_ = detail::same_value<Space, value_type>(space, most / norm, model_.size() / channels);
      tau_ = detail::same_value<Space, value_type>(space, 1 / inverse, gradient_.size());
      if (share > 0) rho_ = share * inverse / regularizer_.squared_norm();
      return;
    }
    // 1 / tau: the columns of A, each channel times its gain, and those of K
    sigma_ = detail::gains_over(space, row_sums_of(op_), model_.size(), gain, "pdhg");
    each_tau_ = make_domain(op_);
    std::size_t const per_channel = ahead_.size() / channels;
    for (std::size_t c = 0; c < channels; ++c)
      Kokkos::deep_copy(space, flat(ahead_.data() + c * per_channel, per_channel),
                        static_cast<value_type>(gain[c]));
    clear_padding(op_, ahead_);
    op_.adjoint(ahead_, each_tau_);
    tau_ = detail::same_value<Space, value_type>(space, 0, gradient_.size());
    double const rho = share / (1 - share) * detail::mean_of_seen(space, each_tau_);
    detail::for_each_value(space, "tomoedx::pdhg::tau", each_tau_.size(), 1,
                           detail::invert_pass<value_type>{static_cast<value_type>(rho), each_tau_.data()});
    if (share > 0) rho_ = rho / (regularizer_.column_sum() * regularizer_.row_sum());
  }

  Op op_;
  Noise noise_;
  R regularizer_;
  C bounds_;
  bool lifts_ = false;
  domain_view gradient_, beyond_, each_tau_;
  range_view model_, ahead_, q_;
  flat p_;
  repeated_values<value_type, memory> sigma_, tau_;
  double rho_ = 0, level_ = 1;
};

/// Reconstruct the x with the least F(A x) + R(x) within bounds by PDHG, with any operator, noise model, regularizer
/// (no_regularizer for none) and constraint.
///
///     pdhg(op, make_poisson(op, counts), total_variation<float, Space>(space, op.domain_grid(), {.lambda = 0.02}), x,
///          {.iterations = 500, .until = {.gap_below = 1e-3}});
///
/// shapes   x as op.domain_layout()
/// throws   tomoedx::shape_error or value_error before x is changed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Chambolle and Pock, J. Math. Imaging Vis. 40 (2011) 120; Pock and Chambolle, ICCV 2011
template <linear_operator Op, noise_model Noise, regularizer R,
          constraint C = non_negative<typename Op::domain_view::value_type>, observer Watch = ignore>
optimality_report pdhg(Op const& op, Noise const& noise, R const& penalty, typename Op::domain_view const& x,
                       pdhg_options<C> const& options = {}, Watch&& watch = {}) {
  pdhg_solver<Op, Noise, R, C> method(op, noise, penalty, x, options);
  auto const done = iterate(method, options.stop, watch);
  if (method.looked().empty() || method.looked().back() != method.iteration()) method.solved();
  return method.report(done);
}

}  // namespace tomoedx

#endif
