// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_FISTA_HPP
#define TOMOEDX_SOLVERS_FISTA_HPP

#include <tomoedx/regularizers/no_regularizer.hpp>
#include <tomoedx/regularizers/non_negative.hpp>
#include <tomoedx/solvers/detail/fista_passes.hpp>
#include <tomoedx/solvers/detail/optimality.hpp>
#include <tomoedx/solvers/detail/pdhg_steps.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>
#include <tomoedx/solvers/operator_norm.hpp>

#include <limits>
#include <utility>

namespace tomoedx {

/// Options of FISTA; `C` is the constraint on the volume.
template <constraint C>
struct fista_options {
  std::size_t iterations = 200;
  C bounds = {};
  /// of the regulariser's proximal map, which starts each time where it ended the last time
  std::size_t inner_iterations = 10;
  bool monotone = true;     ///< the objective never rises, but for rounding
  bool restart = true;      ///< momentum starts anew whenever the objective would rise
  bool warm_start = false;  ///< start from what x holds instead of the constant that fits the data best
  optimality_rules until = {};
  stopping_rules stop = {.look_every = 10};
};

/// FISTA taken one step at a time, for the x with the least F(A x) + R(x) within bounds, F of bounded curvature:
///
///     z <- prox of R / L within bounds at (y - A' F'(A y) / L),  y <- z + momentum
///
/// with L the curvature times the bound on |A|^2. Every step costs one forward and one adjoint. The proximal
/// map is found by fast gradient projection on its dual. Models `solver`.
///
/// source   Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009) 183, and IEEE TIP 18 (2009) 2419 (monotone, the dual of the
///          proximal map); restart: O'Donoghue and Candes, Found. Comput. Math. 15 (2015) 715
template <linear_operator Op, noise_model Noise, regularizer R, constraint C>
class fista_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view>,
                     public detail::optimality<typename Op::execution_space> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;
  using certificate = detail::optimality<typename Op::execution_space>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using Space = typename Op::execution_space;
  using flat = flat_on<value_type, Space>;

  /// Prepare: allocates what the steps need and finds the step. `x` is kept by reference, it is the state.
  ///
  /// throws   tomoedx::shape_error or value_error before x is changed, also for noise without a bound on its curvature
  fista_solver(Op const& op, Noise const& noise, R const& regularizer, domain_view const& x,
               fista_options<C> const& o)
      : base("fista", op.space(), x, o.iterations, noise.channels()),
        certificate(op.space(), o.until, "fista"),
        op_(op),
        noise_(noise),
        regularizer_(regularizer),
        bounds_(o.bounds),
        inner_(o.inner_iterations),
        monotone_(o.monotone),
        restart_(o.restart) {
    auto const space = op.space();
    expect_operand(x, op.domain_layout(), "fista", "volume");
    detail::expect_problem(op, noise, regularizer, "fista");
    expects<value_error>(o.inner_iterations > 0 && o.inner_iterations <= 100000,
                         "fista: inner_iterations is {}; ask for 1 to 100000", o.inner_iterations);
    validate(o.stop, "fista");
    double const curvature = noise.curvature();
    expects<value_error>(
        std::isfinite(curvature),
        "fista: the curvature of the noise is {}; give Poisson noise a background in every bin "
        "with counts, or take pdhg",
        curvature);
    lifts_ = detail::lifts_zeros(space, bounds_, x.size(), "fista");
    expects<value_error>(!o.warm_start || std::isfinite(detail::sum_and_least(space, x).sum),
                         "fista: the volume to start from holds NaN or infinity");
    double const norm = operator_norm(op).bound;
    expects<value_error>(norm > 0, "fista: the operator maps everything to 0; nothing can be reconstructed");
    lipschitz_ = curvature > 0 ? curvature * norm * norm : 1;
    allocate();
    Kokkos::deep_copy(space, gradient_, value_type(1));
    clear_padding(op_, gradient_);
    op_.forward(gradient_, model_);
    double const level = detail::scale_of(space, noise_, all(model_), all(q_), noise.channels()).level;
    this->prepare(x.size(), level, detail::data_taking_part(op, noise));
    if (!o.warm_start) {
      Kokkos::deep_copy(space, x, static_cast<value_type>(level));
      clear_padding(op, x);
    }
    each("tomoedx::fista::start", x.size(), detail::clip_pass<C, value_type>{bounds_, x.data()});
    if (lifts_) clear_padding(op, x);
    Kokkos::deep_copy(space, y_, x);
    op.forward(x, model_);
    Kokkos::deep_copy(space, model_y_, model_);
    noise_.value(all(model_), misfit_);
    regularizer_.value(all(x), penalty_);
    Kokkos::parallel_for("tomoedx::fista::start", detail::flat_policy<Space>(space, 0, 1),
                         detail::first_numbers<numbers, number>{numbers_, misfit_, penalty_});
  }

  /// One iteration. Only launches work.
  void step() {
    this->begin_step();
    constexpr double rounding = 8 * static_cast<double>(std::numeric_limits<value_type>::epsilon());
    auto const space = op_.space();
    noise_.residuals(all(model_), Kokkos::subview(this->history_, this->iteration(), Kokkos::ALL));
    // q <- F'(A y), a dual point that the gap is taken at; y becomes z
    std::swap(q_, model_y_);
    noise_.gradient(all(q_), misfit_);
    op_.adjoint(q_, gradient_);
    if constexpr (regular)
      proximal_map();
    else
      each("tomoedx::fista::descend", y_.size(),
           detail::descend_pass<C, value_type>{bounds_, static_cast<value_type>(1 / lipschitz_),
                                               gradient_.data(), y_.data()});
    if (lifts_) clear_padding(op_, y_);
    op_.forward(y_, model_y_);
    noise_.value(all(model_y_), misfit_);
    if constexpr (regular) regularizer_.value(all(y_), penalty_);
    Kokkos::parallel_for(
        "tomoedx::fista::momentum", detail::flat_policy<Space>(space, 0, 1),
        detail::next_momentum<numbers, number>{numbers_, misfit_, penalty_, monotone_, restart_, rounding});
    // x <- z where that is lower, y <- x + momentum, and the same for what A makes of them
    each("tomoedx::fista::extrapolate", y_.size(),
         detail::extrapolate_pass<value_type, numbers>{numbers_, this->x_.data(), y_.data()});
    each("tomoedx::fista::extrapolate", model_.size(),
         detail::extrapolate_pass<value_type, numbers>{numbers_, model_.data(), model_y_.data()});
    this->end_step();
  }

  /// The bound on the curvature of F(A x), one over the step.
  double lipschitz() const { return lipschitz_; }

  /// Note the objective and the duality gap after the last step; whether a rule of `optimality_rules` holds. Waits.
  bool solved() {
    domain_view g = gradient_;
    if constexpr (regular) {
      Kokkos::deep_copy(op_.space(), slope_, gradient_);
      regularizer_.add_adjoint(p_, all(slope_));
      g = slope_;
    }
    return this->look(noise_, regularizer_, bounds_, this->iteration(), all(model_), all(q_), all(this->x_),
                      all(g));
  }

  template <class Visit>
  void visit_state(Visit&& visit) const {
    base::visit_state(visit);
    visit("y", y_);
    visit("q", q_);
    visit("model_y", model_y_);
    visit("numbers", numbers_);
    if constexpr (regular) visit("p", p_);
    this->visit_limit(visit);
  }
  void resume(std::size_t iteration) {
    base::resume(iteration);
    op_.forward(this->x_, model_);
    op_.adjoint(q_, gradient_);
  }

 private:
  using memory = typename domain_view::memory_space;
  using number = number_on<Space>;
  using numbers = Kokkos::View<double*, Kokkos::LayoutRight, memory>;
  static constexpr bool regular = !std::same_as<R, no_regularizer<Space, value_type>>;

  template <class View>
  static flat all(View const& v) {
    return flat(v.data(), v.size());
  }
  template <class F>
  void each(char const* label, std::size_t count, F const& f) const {
    detail::for_each_value(op_.space(), label, count, 1, f);
  }

  void allocate() {
    auto const space = op_.space();
    gradient_ = make_domain(op_), y_ = make_domain(op_);
    model_ = make_range(op_), model_y_ = make_range(op_), q_ = make_range(op_);
    numbers_ = numbers(Kokkos::view_alloc(space, "tomoedx::fista::numbers"), detail::fista_number::count);
    misfit_ = number(Kokkos::view_alloc(space, "tomoedx::fista::misfit"));
    penalty_ = number(Kokkos::view_alloc(space, "tomoedx::fista::penalty"));
    if constexpr (regular) {
      slope_ = make_domain(op_);
      p_ = flat(Kokkos::view_alloc(space, "tomoedx::fista::p"), regularizer_.dual_size());
      r_ = flat(Kokkos::view_alloc(space, "tomoedx::fista::r"), regularizer_.dual_size());
    }
  }

  /// y <- the proximal map of R / L within bounds at y - g / L, by `inner_` steps on its dual from the last p on.
  void proximal_map() {
    auto const l = static_cast<value_type>(lipschitz_), step = static_cast<value_type>(1 / lipschitz_);
    double const norm = regularizer_.squared_norm();
    each("tomoedx::fista::inner", p_.size(), detail::copy_pass<value_type>{p_.data(), r_.data()});
    double t = 1;
    for (std::size_t k = 0; k <= inner_; ++k) {
      each("tomoedx::fista::slope", y_.size(),
           detail::slope_pass<value_type>{l, gradient_.data(), y_.data(), slope_.data()});
      regularizer_.add_adjoint(k < inner_ ? r_ : p_, all(slope_));
      each("tomoedx::fista::primal", y_.size(),
           detail::primal_of_dual<C, value_type>{bounds_, step, slope_.data(),
                                                 k < inner_ ? slope_.data() : y_.data()});
      if (k == inner_) break;
      if (lifts_) clear_padding(op_, slope_);
      regularizer_.dual_step(r_, all(slope_), static_cast<value_type>(norm > 0 ? lipschitz_ / norm : 0));
      double const next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
      each("tomoedx::fista::inner", p_.size(),
           detail::dual_momentum<value_type>{static_cast<value_type>((t - 1) / next), r_.data(), p_.data()});
      t = next;
    }
  }

  Op op_;
  Noise noise_;
  R regularizer_;
  C bounds_;
  std::size_t inner_;
  bool monotone_, restart_, lifts_ = false;
  double lipschitz_ = 1;
  domain_view gradient_, y_, slope_;
  range_view model_, model_y_, q_;
  flat p_, r_;
  numbers numbers_;
  number misfit_, penalty_;
};

/// Reconstruct the x with the least F(A x) + R(x) within bounds by FISTA, with any operator, regularizer
/// (no_regularizer for none) and constraint, and noise of bounded curvature.
///
/// shapes   x as op.domain_layout()
/// requires with Poisson noise, a constraint and weights that keep A x from below 0
/// throws   tomoedx::shape_error or value_error before x is changed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Beck and Teboulle, IEEE TIP 18 (2009) 2419
template <linear_operator Op, noise_model Noise, regularizer R,
          constraint C = non_negative<typename Op::domain_view::value_type>, observer Watch = ignore>
optimality_report fista(Op const& op, Noise const& noise, R const& penalty, typename Op::domain_view const& x,
                        fista_options<C> const& options = {}, Watch&& watch = {}) {
  fista_solver<Op, Noise, R, C> method(op, noise, penalty, x, options);
  auto const done = iterate(method, options.stop, watch);
  if (method.looked().empty() || method.looked().back() != method.iteration()) method.solved();
  return method.report(done);
}

}  // namespace tomoedx

#endif
