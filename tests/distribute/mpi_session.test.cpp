// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/mpi_session.hpp>

#include <doctest/doctest.h>

// The end of a job of several ranks is tested in tests/distribute/mpi, under mpirun.

TEST_CASE("alone, run_on_all hands on results and exceptions") {
  tomoedx::communicator const alone;
  CHECK(tomoedx::run_on_all(alone, [] { return 42; }) == 42);
  bool ran = false;
  tomoedx::run_on_all(alone, [&] { ran = true; });
  CHECK(ran);
  CHECK_THROWS_WITH_AS(tomoedx::run_on_all(alone, [] { tomoedx::fail<tomoedx::value_error>("no"); }), "no",
                       tomoedx::value_error);
}

#ifndef TOMOEDX_MPI
TEST_CASE("a build without MPI works alone and refuses to be one of several") {
  char name[] = "test";
  char* arguments[] = {name, nullptr};
  int count = 1;
  char** values = arguments;
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  ::unsetenv("PMI_SIZE");
  ::unsetenv("MV2_COMM_WORLD_SIZE");
  CHECK(tomoedx::mpi_session(count, values).world().size() == 1);
  ::setenv("PMI_SIZE", "1", 1);
  CHECK(tomoedx::mpi_session(count, values).world().size() == 1);
  ::setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  CHECK_THROWS_WITH_AS(tomoedx::mpi_session(count, values), doctest::Contains("one of 4 processes"),
                       tomoedx::error);
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  ::unsetenv("PMI_SIZE");
}
#endif
