// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/mpi_slices.hpp>

#include <doctest/doctest.h>

#include <numeric>

// More ranks, and what they send each other, are tested in tests/distribute/mpi, under mpirun.

TEST_CASE("rows go to ranks in whole blocks where that leaves nobody longer at work") {
  using rows = std::vector<tomoedx::row_range>;
  CHECK(tomoedx::spread_rows(10, 1, 4) == rows{{0, 10}});
  CHECK(tomoedx::spread_rows(512, 4, 4) == rows{{0, 128}, {128, 128}, {256, 128}, {384, 128}});
  CHECK(tomoedx::spread_rows(320, 2, 4) == rows{{0, 192}, {192, 128}});
  CHECK(tomoedx::spread_rows(10, 4, 4) == rows{{0, 3}, {3, 3}, {6, 2}, {8, 2}});
  CHECK_THROWS_WITH_AS(tomoedx::spread_rows(3, 4, 4), doctest::Contains("3 slices for 4 ranks"),
                       tomoedx::shape_error);
}

TEST_CASE("lines come in the order of a file, in pieces that keep to the memory") {
  tomoedx::communicator const alone;
  auto const rows = tomoedx::spread_rows(5, 1, 4);
  std::vector<float> values(7 * 5 * 3), back;
  std::iota(values.begin(), values.end(), 1.0f);
  std::vector<std::size_t> pieces;
  std::size_t const three_lines = 2 * 3 * 5 * 3 * sizeof(float);
  tomoedx::gather_lines(
      alone, rows, 7, 3, values.data(),
      [&](std::size_t at, std::size_t n, float const* from) {
        CHECK(at == back.size() / 15);
        pieces.push_back(n);
        back.insert(back.end(), from, from + n * 15);
      },
      three_lines);
  CHECK(pieces == std::vector<std::size_t>{3, 3, 1});
  CHECK(back == values);
  std::vector<float> own(values.size());
  tomoedx::scatter_lines(
      alone, rows, 7, 3, own.data(),
      [&](std::size_t at, std::size_t n, float* to) { std::copy_n(values.data() + at * 15, n * 15, to); }, 1);
  CHECK(own == values);
  CHECK_THROWS_AS(tomoedx::gather_lines(alone, {{0, 2}, {2, 3}}, 7, 3, values.data(), [](auto...) {}),
                  tomoedx::shape_error);
}
