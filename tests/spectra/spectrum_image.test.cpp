// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/spectrum_image.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

using namespace tomoedx;

TEST_CASE("a dense image becomes events and keeps its counts") {
  std::vector<std::uint8_t> dense(2 * 3 * 4);
  dense[0] = 5;
  dense[3] = 1;
  dense[23] = 7;
  auto const s = sparse<std::uint8_t>(dense, 2, 3, {0, 0.01, 4});
  validate(s, "test");
  CHECK(s.events() == 3);
  CHECK(s.channels_of(0).size() == 2);
  CHECK(s.channels_of(0)[1] == 3);
  CHECK(s.counts_of(5)[0] == 7);
  CHECK(s.channels_of(3).empty());
  CHECK(sum_spectrum(s) == std::vector<double>{5, 0, 0, 8});
  CHECK_THROWS_AS(sparse<std::uint8_t>(dense, 2, 3, {0, 0.01, 5}), shape_error);
}

TEST_CASE("values that are no counts are refused") {
  double const no_counts[] = {0.5, -1, 5e9, std::numeric_limits<double>::quiet_NaN()};
  for (double const v : no_counts)
    CHECK_THROWS_AS(sparse(std::span(&v, 1), 1, 1, energy_axis{0, 0.01, 1}), value_error);
  int const negative = -1;
  CHECK_THROWS_AS(sparse(std::span(&negative, 1), 1, 1, energy_axis{0, 0.01, 1}), value_error);
  CHECK_THROWS_AS(sparse(std::span<int const>(), 0, 1, energy_axis{0, 0.01, 1}), shape_error);
  double const most = 4294967295.0;
  CHECK(sparse(std::span(&most, 1), 1, 1, energy_axis{0, 0.01, 1}).count[0] == 4294967295u);
}

TEST_CASE("images whose parts do not fit are refused") {
  spectrum_image const good{1, 2, {0, 0.01, 10}, {0, 1, 3}, {4, 2, 9}, {1, 1, 2}, {}};
  validate(good, "test");
  auto bad = good;
  bad.begin = {0, 3};
  CHECK_THROWS_AS(validate(bad, "test"), shape_error);
  bad = good;
  bad.begin = {0, 4, 3};
  CHECK_THROWS_AS(validate(bad, "test"), shape_error);
  bad = good;
  bad.channel[2] = 10;
  CHECK_THROWS_AS(validate(bad, "test"), value_error);
  bad = good;
  bad.channel[2] = 2;
  CHECK_THROWS_AS(validate(bad, "test"), value_error);
  bad = good;
  bad.count.pop_back();
  CHECK_THROWS_AS(validate(bad, "test"), shape_error);
  bad = good;
  bad.rows = 0;
  CHECK_THROWS_AS(validate(bad, "test"), shape_error);
}
