// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/vertical_profile.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

TEST_CASE("profiles along the axis give the shifts along it, whatever happens across it") {
  std::vector<double> tilts;
  for (int t = -60; t <= 60; t += 6) tilts.push_back(t);
  std::vector<misplacement> at(tilts.size());
  alignment truth(tilts.size());
  for (std::size_t t = 0; t < tilts.size(); ++t) {
    random_stream r(6, t);
    at[t].dx = 8 * r.uniform() - 4;
    truth.dy[t] = at[t].dy = 6 * r.uniform() - 3;
  }
  auto series = series_of(particles(18, 18, 4), tilts, 64, 64, 0, at);
  auto const clean = align_by_vertical_profile(series, {tilts.size(), 64, 64});
  CHECK(distance(clean, truth, tilts).y < 0.02);
  CHECK(clean.steps[0].figures[2].second > 0.99);
  for (std::size_t t = 0; t < tilts.size(); ++t) CHECK(clean.dx[t] == 0);

  double total = 0;
  for (float const v : series) total += static_cast<double>(v);
  for (float& v : series) v *= static_cast<float>(1000 * static_cast<double>(tilts.size()) / total);
  auto const noisy = align_by_vertical_profile(simulate::poisson_counts(series, 1), {tilts.size(), 64, 64});
  CHECK(distance(noisy, truth, tilts).y < 0.3);
}

TEST_CASE("a range of columns keeps out what is not in all tilts") {
  std::vector<double> const tilts{0, 10, 20, 30};
  std::vector<misplacement> const at{{0, 0}, {0, 1.5}, {0, -1}, {0, 0.5}};
  alignment truth(4);
  truth.dy = {0, 1.5, -1, 0.5};
  auto series = series_of({{0, -8, 0, 4, 1}, {3, 9, 0, 3, 1}}, tilts, 48, 48, 0, at);
  for (std::size_t y = 30; y < 40; ++y)
    for (std::size_t x = 0; x < 8; ++x) series[(3 * 48 + y) * 48 + x] = 9;  // comes in at the edge
  auto const found = align_by_vertical_profile(series, {4, 48, 48}, {.first_column = 10, .last_column = 40});
  CHECK(distance(found, truth, tilts).y < 0.05);
  CHECK_THROWS_AS(align_by_vertical_profile(series, {4, 48, 48}, {.first_column = 10, .last_column = 49}),
                  shape_error);
  CHECK_THROWS_AS(align_by_vertical_profile(series, {4, 48, 48}, {.rounds = 0}), value_error);
  CHECK_THROWS_AS(align_by_vertical_profile(std::vector<float>(64), {1, 8, 8}), shape_error);
}
