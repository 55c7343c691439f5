// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_ITERATE_HPP
#define TOMOEDX_SOLVERS_ITERATE_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/solvers/report.hpp>

#include <cmath>
#include <concepts>
#include <vector>

namespace tomoedx {

inline void validate(stopping_rules const& rules, char const* who) {
  expects<value_error>(rules.residual_below >= 0 && std::isfinite(rules.residual_below),
                       "{}: residual_below is {}; it is a norm, 0 switches it off", who,
                       rules.residual_below);
  expects<value_error>(rules.relative_change >= 0 && rules.relative_change < 1,
                       "{}: relative_change is {}; it is a fraction below 1, 0 switches it off", who,
                       rules.relative_change);
  expects<value_error>(rules.look_every > 0, "{}: look_every is 0; look at least once", who);
}

/// Refuse a number of iterations that means nothing, or more than their norms can be kept for.
inline void expect_iterations(std::size_t iterations, char const* who) {
  constexpr std::size_t most = 10'000'000;
  expects<value_error>(iterations > 0 && iterations <= most, "{}: iterations is {}; ask for 1 to {}", who,
                       iterations, most);
}

namespace detail {

/// Fetch the squared norms of iterations [from, to) and append them to the report. Waits for the device.
template <class Space, class History>
void fetch_norms(Space const& space, History const& history, std::size_t from, std::size_t to,
                 solve_report& report) {
  auto const part = Kokkos::subview(history, Kokkos::make_pair(from, to), Kokkos::ALL);
  Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace> host(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::solvers::norms"), to - from,
      history.extent(1));
  Kokkos::deep_copy(space, host, part);
  space.fence("tomoedx::solvers: look at the residual");
  for (std::size_t i = 0; i < to - from; ++i) {
    std::vector<double> channels(history.extent(1));
    double sum = 0;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      sum += host(i, c);
      channels[c] = std::sqrt(host(i, c));
    }
    report.residuals.push_back(std::sqrt(sum));
    report.by_channel.push_back(std::move(channels));
  }
}

}  // namespace detail

/// Step a solver until it has done its iterations, a rule holds, the observer says stop, or the solver says
/// itself at a look that it is done (`method.solved()`, which may wait). A solver that is on its way already,
/// as after `resume`, goes on as if it had been watched from its beginning; only the observer hears nothing twice.
///
/// requires `residuals()` of the solver to be (iteration, channel)
template <solver Solver, observer Watch>
solve_report iterate(Solver& method, stopping_rules const& rules, Watch&& watch) {
  solve_report report;
  report.iterations = method.iteration();
  bool const over = method.iteration() == method.iterations();
  std::size_t const looked = method.iteration() - (over ? 0 : method.iteration() % rules.look_every);
  if (looked > 0) detail::fetch_norms(method.space(), method.residuals(), 0, looked, report);
  while (method.iteration() < method.iterations()) {
    method.step();
    std::size_t const done = method.iteration();
    report.iterations = done;
    if (done % rules.look_every != 0 && done != method.iterations()) continue;
    double const last = report.residuals.empty() ? 0 : report.residuals.back();
    bool const first_look = report.residuals.empty();
    detail::fetch_norms(method.space(), method.residuals(), report.residuals.size(), done, report);
    double const now = report.residuals.back();
    expects<value_error>(std::isfinite(now),
                         "iteration {}: the residual is {}; the data or the operator holds NaN", done, now);
    if (watch(progress{done, method.iterations(), now, report.by_channel.back()}) == decision::stop) {
      report.ended = ending::observer;
      break;
    }
    if (now <= rules.residual_below && rules.residual_below > 0) {
      report.ended = ending::residual_small;
      break;
    }
    if (!first_look && std::abs(now - last) <= rules.relative_change * now && rules.relative_change > 0) {
      report.ended = ending::change_small;
      break;
    }
    if constexpr (requires {
                    { method.solved() } -> std::convertible_to<bool>;
                  })
      if (method.solved()) {
        report.ended = ending::solved;
        break;
      }
  }
  method.space().fence("tomoedx::solvers: done");
  return report;
}

}  // namespace tomoedx

#endif
