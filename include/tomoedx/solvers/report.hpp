// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_REPORT_HPP
#define TOMOEDX_SOLVERS_REPORT_HPP

#include <cstddef>
#include <vector>

namespace tomoedx {

/// When to end before the last iteration. Zero switches a rule off.
struct stopping_rules {
  /// the discrepancy principle: the norm of data - model has come down to this
  double residual_below = 0;
  /// the norm changes from one look to the next by less than this fraction of itself
  double relative_change = 0;
  /// iterations between looks at the norms; each look waits for the device
  std::size_t look_every = 1;
};

/// Why a method ended; `solved` is a method's own word that nothing is left to gain.
enum class ending { iterations_done, residual_small, change_small, observer, solved };

/// What a method leaves behind beside its result.
struct solve_report {
  std::size_t iterations = 0;  ///< iterations done
  ending ended = ending::iterations_done;
  std::vector<double> residuals;                ///< norm of data - model before each iteration's update
  std::vector<std::vector<double>> by_channel;  ///< the same for each iteration and channel
};

inline char const* name_of(ending e) {
  switch (e) {
    case ending::residual_small:
      return "residual_below";
    case ending::change_small:
      return "relative_change";
    case ending::observer:
      return "observer";
    case ending::solved:
      return "solved";
    default:
      return "iterations";
  }
}

}  // namespace tomoedx

#endif
