// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/communicator.hpp>

#include <doctest/doctest.h>

#include <cmath>

// What several ranks do to each other is tested in tests/distribute/mpi, under mpirun.

TEST_CASE("a process alone needs no MPI: sums, texts and broadcasts are its own") {
  tomoedx::communicator const alone;
  CHECK(alone.rank() == 0);
  CHECK(alone.size() == 1);
  alone.barrier();
  CHECK(alone.sum(2.5) == 2.5);
  CHECK(std::isnan(alone.max(NAN)));
  CHECK(alone.any(true));
  CHECK(!alone.any(false));
  double values[] = {1, -2};
  alone.sum(values);
  alone.max(values);
  alone.broadcast(std::span<double>(values));
  CHECK(values[1] == -2);
  CHECK(alone.broadcast(std::string("text")) == "text");
  CHECK(alone.gather("text") == std::vector<std::string>{"text"});
}

TEST_CASE("an exchange with nobody changes nothing") {
  tomoedx::communicator const alone;
  std::byte out{7}, in{9};
  alone.exchange({&out, 1}, -1, {&in, 1}, -1);
  CHECK(in == std::byte{9});
#ifndef TOMOEDX_MPI
  CHECK_THROWS_WITH_AS(alone.send({&out, 1}, 1), doctest::Contains("rank 1, but this process is alone"),
                       tomoedx::error);
  CHECK_THROWS_AS(alone.receive({&in, 1}, 2), tomoedx::error);
  CHECK_THROWS_AS(alone.exchange({&out, 1}, 1, {&in, 1}, -1), tomoedx::error);
#endif
}
