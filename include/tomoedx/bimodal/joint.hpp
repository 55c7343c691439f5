// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_JOINT_HPP
#define TOMOEDX_BIMODAL_JOINT_HPP

#include <tomoedx/bimodal/joint_problem.hpp>
#include <tomoedx/solvers/pdhg.hpp>

namespace tomoedx {

template <observer Watch, class Comm>
class checkpointing;

/// What `joint` leaves behind beside the volumes.
struct joint_report : optimality_report {
  std::vector<double> units;  ///< the x(e) that counted as 1 in the regularizer
  double haadf_sigma = 0;     ///< the standard deviation of a HAADF value
  double lambda = 0;          ///< the factor of the regularizer in these units
  std::vector<double>
      at_tangents;  ///< the true objective after each tangent; never rises. Empty with gamma 1
};

namespace detail {

template <class Watch>
inline constexpr bool stores_states = false;
template <class Watch, class Comm>
inline constexpr bool stores_states<checkpointing<Watch, Comm>> = true;

/// Append what a further run of PDHG reports.
inline void append(joint_report& all, optimality_report const& one) {
  auto const join = [](auto& to, auto const& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (std::size_t const n : one.looked) all.looked.push_back(all.iterations + n);
  join(all.objective, one.objective), join(all.gap, one.gap), join(all.deviance, one.deviance);
  join(all.residuals, one.residuals), join(all.by_channel, one.by_channel);
  all.iterations += one.iterations;
  all.ended = one.ended;
}

/// One convex problem: HAADF's tangent as it is.
template <class Problem, class Options, class Watch>
optimality_report solve_tangent(Problem const& problem, typename Problem::domain_view const& u,
                                Options const& o, bool warm_start, Watch&& watch) {
  // dual steps of counts and HAADF go by their noise, and start from 0: the slope of so precise a series as HAADF at the
  // first volume is far from its dual value at the solution
  pdhg_options<typename Problem::bounds_type> const steps{.iterations = o.iterations,
                                                          .bounds = problem.bounds(),
                                                          .balance = o.balance,
                                                          .regularizer_share = o.regularizer_share,
                                                          .noise_gains = true,
                                                          .dual_start = 0,
                                                          .warm_start = warm_start,
                                                          .until = o.until,
                                                          .stop = o.stop};
  pdhg_solver<typename Problem::operator_type, typename Problem::noise_type, typename Problem::penalty_type,
              typename Problem::bounds_type>
      method(problem.op(), problem.noise(), problem.penalty(), u, steps);
  auto const done = iterate(method, o.stop, watch);
  if (method.looked().empty() || method.looked().back() != method.iteration()) method.solved();
  return method.report(done);
}

/// Gauss-Newton: the tangent at the estimate gives the next one, of which so much is taken that the true objective falls.
template <class Problem, class Options, class Watch>
void descend_by_tangents(Problem const& problem, typename Problem::domain_view const& u, Options const& o,
                         joint_report& report, Watch&& watch) {
  using T = typename Problem::value_type;
  auto const space = problem.op().space();
  auto const before = make_domain(problem.op());
  bool const blank = !o.warm_start;
  if (blank)
    Kokkos::deep_copy(space, u, T(0));  // whose tangent is 0: the counts alone give the first estimate
  double best = problem.objective(u);
  for (std::size_t n = 0; n < o.tangents && report.ended != ending::observer; ++n) {
    Kokkos::deep_copy(space, before, u);
    append(report, solve_tangent(problem, u, o, n > 0 || !blank, watch));
    double now = problem.objective(u);
    if (n == 0 && blank) {
      best = now;
      report.at_tangents.push_back(best);
      continue;
    }
    for (int halvings = 0; !(now < best) && halvings < 8; ++halvings) {
      for_each_value(space, "tomoedx::joint::halve", u.size(), 1,
                     combine_pass<T>{T(0.5), T(0.5), before.data(), u.data()});
      now = problem.objective(u);
    }
    double const fall = best - now;
    if (!(fall > 0)) {
      Kokkos::deep_copy(space, u, before);
      break;
    }
    best = now;
    report.at_tangents.push_back(best);
    if (fall < 1e-4 * best) break;
  }
}

}  // namespace detail

/// Solve a joint problem for its volumes x (element, flat), in calibrated units.
///
/// With gamma 1 this is one run of PDHG: convex, with a duality gap in the report. With another gamma HAADF is replaced
/// by its tangent, again and again, with steps cut so that the true objective falls; then a watch that stores
/// checkpoints is refused.
///
/// throws   tomoedx::shape_error or value_error before x is changed
/// returns  when x is complete; x is valid also after the observer stopped the work
template <linear_operator Edx, linear_operator Haadf, observer Watch = ignore>
joint_report joint(joint_problem<Edx, Haadf> const& problem,
                   typename joint_problem<Edx, Haadf>::domain_view const& x,
                   typename joint_problem<Edx, Haadf>::options const& options = {}, Watch&& watch = {}) {
  expect_operand(x, problem.op().domain_layout(), "joint", "volumes (element, flat)");
  double const gamma = problem.op().factors().gamma;
  expects<value_error>(options.tangents > 0, "joint: 0 tangents; give at least 1");
  expects<value_error>(gamma == 1 || !detail::stores_states<std::remove_cvref_t<Watch>>,
                       "joint: no state is stored with gamma {}; leave the checkpoints out", gamma);
  joint_report report{{}, problem.units(), problem.haadf_sigma(), problem.lambda(), {}};
  if (options.warm_start) problem.enter(x);
  try {
    if (gamma == 1)
      static_cast<optimality_report&>(report) =
          detail::solve_tangent(problem, x, options, options.warm_start, watch);
    else
      detail::descend_by_tangents(problem, x, options, report, watch);
  } catch (...) {  // an option that means nothing, or an observer that throws: x keeps its units
    problem.leave(x);
    throw;
  }
  problem.leave(x);
  problem.op().space().fence("tomoedx::joint: done");
  return report;
}

/// The joint reconstruction of counted EDX series and a HAADF series: the x(e) >= 0 with the least
///
///     - log Poisson(p | dose s W x + background) + |h - offset - gain W_haadf sum (z x)^gamma|^2 / 2 sigma^2
///     + lambda R(x / units)
///
/// in the units of the calibration, nothing being divided by its maximum. The counts are to be the raw ones.
///
///     joint(op, {.sensitivity = {0.019, 0.024}, .haadf = {790, 470}}, maps, haadf, x, {.lambda = 1});
///
/// shapes   edx (element, W's range flat), haadf as W gives it, x (element, W's domain flat)
/// throws   tomoedx::shape_error or value_error before x is changed
/// returns  when x is complete; x is valid also after the observer stopped the work
template <linear_operator Edx, observer Watch = ignore>
joint_report joint(Edx const& op, calibration const& c, typename joint_problem<Edx>::range_view const& edx,
                   typename Edx::range_view const& haadf, typename joint_problem<Edx>::domain_view const& x,
                   typename joint_problem<Edx>::options const& options = {}, Watch&& watch = {}) {
  return joint(joint_problem<Edx>(op, c, edx, haadf, options), x, options, watch);
}

/// The same with HAADF at other tilts or on another detector: `haadf_op` projects the same volume.
template <linear_operator Edx, linear_operator Haadf, observer Watch = ignore>
joint_report joint(Edx const& op, Haadf const& haadf_op, calibration const& c,
                   typename joint_problem<Edx, Haadf>::range_view const& edx,
                   typename Haadf::range_view const& haadf,
                   typename joint_problem<Edx, Haadf>::domain_view const& x,
                   typename joint_problem<Edx, Haadf>::options const& options = {}, Watch&& watch = {}) {
  return joint(joint_problem<Edx, Haadf>(op, haadf_op, c, edx, haadf, options), x, options, watch);
}

}  // namespace tomoedx

#endif
