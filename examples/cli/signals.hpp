// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_SIGNALS_HPP
#define TOMOEDX_CLI_SIGNALS_HPP

namespace tomoedx::cli {

/// From now on the first Ctrl-C (or SIGTERM) is only remembered; the second one ends the process at once.
void catch_signals();

/// The signal that came, or 0.
int caught_signal();

/// Throw tomoedx::cancelled if one came.
/// Called between the steps of a subcommand, before anything is in place.
void stop_if_asked();

}  // namespace tomoedx::cli

#endif
