// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_RANKS_HPP
#define TOMOEDX_CLI_RANKS_HPP

#include "reconstruct.hpp"

#include <tomoedx/distribute/communicator.hpp>

// The program on several ranks of MPI: each reconstructs some of the rows, rank 0 writes.
namespace tomoedx::cli {

/// The ranks that this program was started on; one without `mpirun`.
communicator& world();

/// Whether this rank writes and speaks.
inline bool leads() {
  return world().rank() == 0;
}

/// Throw unless the method treats every row by itself and no option needs all of them.
void check_spread(reconstruction_plan const& plan);

/// The plan of this rank's rows, and of the data what belongs to them.
reconstruction_plan own_rows(reconstruction_plan const& plan);
void keep_own_rows(reconstruction_plan const& whole, reconstruction_plan const& own,
                   reconstruction_data& data);

/// Bring the volumes of all ranks to rank 0.
void gather_volumes(reconstruction_plan const& whole, reconstruction_data& data);

}  // namespace tomoedx::cli

#endif
