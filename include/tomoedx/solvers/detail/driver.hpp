// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_DRIVER_HPP
#define TOMOEDX_SOLVERS_DETAIL_DRIVER_HPP
// IWYU pragma: private, include "tomoedx/solvers/checkpoint.hpp" or "tomoedx/distribute/mpi_iterate.hpp"

#include <tomoedx/solvers/iterate.hpp>

namespace tomoedx {

/// An observer that takes the iterations over: every method that is given one as its watch runs under it.
/// 1. `drive(method, rules)` does what `iterate` would do, and something beside it: store the state, or agree with other
///    processes.
/// 2. It may hold another driver inside, and hands the method on to it by `iterate`.
template <class W>
concept iteration_driver = observer<W> && std::remove_reference_t<W>::drives_iterations;

/// The iterations of a method whose watch is a driver.
template <solver Solver, iteration_driver Watch>
solve_report iterate(Solver& method, stopping_rules const& rules, Watch&& watch) {
  return watch.drive(method, rules);
}

}  // namespace tomoedx

#endif
