// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_DISTRIBUTE_MPI_MPI_WORLD_HPP
#define TOMOEDX_TESTS_DISTRIBUTE_MPI_MPI_WORLD_HPP

#include <tomoedx/distribute/mpi_session.hpp>

namespace mpi_tests {

tomoedx::communicator const*& the_world();

/// All ranks that run the tests.
inline tomoedx::communicator const& world() {
  return *the_world();
}

}  // namespace mpi_tests

#endif
