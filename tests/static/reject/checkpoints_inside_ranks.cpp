// SPDX-License-Identifier: BSD-3-Clause
// says: not the other way round
#include <tomoedx/distribute/mpi_iterate.hpp>

// A watch that stores a run, hidden inside the one that shares it: it would never store anything.
void f(tomoedx::communicator const& world) {
#ifndef TOMOEDX_CONTROL
  tomoedx::collectively(world, tomoedx::with_checkpoints({}));
#else
  tomoedx::with_checkpoints(world, {}, tomoedx::collectively(world));
#endif
}
