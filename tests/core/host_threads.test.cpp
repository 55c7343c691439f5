// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/host_threads.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

using namespace tomoedx;

TEST_CASE("every index is visited once, however many there are") {
  for (std::size_t const n : {0, 1, 2, 7, 255, 256, 257, 10000}) {
    std::vector<std::atomic<int>> visits(n);
    on_host_threads("test::visits", n, [&](std::size_t i) { ++visits[i]; });
    for (auto const& v : visits) CHECK(v == 1);
  }
}

TEST_CASE("each thread has scratch of its own") {
  std::atomic<int> made = 0;
  std::vector<int> seen(5000);
  on_host_threads(
      "test::scratch", seen.size(), [&] { return ++made, std::vector<int>(1); },
      [&](std::vector<int>& mine, std::size_t i) { seen[i] = ++mine[0]; });
  CHECK(made >= 1);
  CHECK(made <= Kokkos::DefaultHostExecutionSpace().concurrency());
  long sum = 0;
  for (int const s : seen) sum += s == 1;
  CHECK(sum <= made);  // each scratch counts from one
}

TEST_CASE("what a call throws comes out, and the rest is left") {
  std::atomic<int> calls = 0;
  CHECK_THROWS_WITH_AS(on_host_threads("test::throws", 100000,
                                       [&](std::size_t i) {
                                         ++calls;
                                         if (i == 3) throw std::runtime_error("three");
                                       }),
                       "three", std::runtime_error);
  CHECK(calls < 100000);
}
