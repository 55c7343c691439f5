// SPDX-License-Identifier: BSD-3-Clause
// Start it as `mpirun -n 1`, `-n 2`, `-n 4`: the same test cases on every rank, heard from rank 0 and from ranks that fail.
// `--throw R` tests the end of a job instead: rank R throws while the others wait, or all do when R is -1.
#define DOCTEST_CONFIG_IMPLEMENT
#include "mpi_world.hpp"

#include <doctest/doctest.h>

#include <Kokkos_Core.hpp>

#include <cstring>
#include <iostream>
#include <sstream>

namespace mpi_tests {
tomoedx::communicator const*& the_world() {
  static tomoedx::communicator const* world = nullptr;
  return world;
}
}  // namespace mpi_tests

int main(int argc, char** argv) {
  tomoedx::mpi_session const mpi(argc, argv);
  Kokkos::ScopeGuard const kokkos(argc, argv);
  auto const& world = mpi.world();
  mpi_tests::the_world() = &world;
  if (argc > 2 && std::strcmp(argv[1], "--throw") == 0) {
    int const rank = std::atoi(argv[2]);
    try {
      tomoedx::run_on_all(world, [&] {
        if (rank == world.rank() || rank == -1)
          tomoedx::fail<tomoedx::value_error>("this rank has had enough");
        world.barrier();  // waits for ever, were it not for the end of the job
        world.barrier();
      });
    } catch (tomoedx::value_error const& e) {  // alone
      std::cerr << e.what() << "\n";
      return 1;
    }
    return 0;
  }
  std::ostringstream heard;
  int failed = 1;
  tomoedx::run_on_all(world, [&] {
    doctest::Context context(argc, argv);
    context.setCout(&heard);
    failed = context.run();
    for (int r = 0; r < world.size(); ++r) {
      world.barrier();
      if (r == world.rank() && (r == 0 || failed != 0))
        std::cout << "rank " << r << "\n" << heard.str() << std::flush;
    }
  });
  return world.any(failed != 0) ? 1 : 0;
}
