// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/reprojector.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

static_assert(reprojector<host_reprojector>);
static_assert(!reprojector<int>);

TEST_CASE("a series is explained by its reconstruction, also at tilts and shifts that were left out") {
  std::vector<double> tilts, between;
  for (int t = -72; t <= 72; t += 6) tilts.push_back(t);
  for (int t = -69; t <= 69; t += 12) between.push_back(t);
  std::size_t const n = 40;
  auto const balls = particles(10, 12, 7);
  auto const series = series_of(balls, tilts, n, n);
  std::vector<misplacement> at(between.size(), {1.5, 0, 0});
  auto const expected = series_of(balls, between, n, n, 0, at);
  parallel_beam const from{.tilts_deg = tilts, .detector = n};  // width and depth are the detector's
  parallel_beam onto{.tilts_deg = between, .detector = n};
  onto.shifts.assign(between.size(), 1.5);
  for (auto const method : {reprojection_method::sirt, reprojection_method::em}) {
    std::vector<float> made(expected.size());
    auto negative = series;
    negative[5] = -0.25f;  // as interpolation leaves it: EM takes it for 0
    host_reprojector({.method = method, .iterations = method == reprojection_method::em ? 30u : 150u})(
        from, negative, n, onto, made);
    double off = 0, all = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      off += std::pow(static_cast<double>(made[i] - expected[i]), 2);
      all += std::pow(static_cast<double>(expected[i]), 2);
    }
    CHECK(off / all < 0.02);
  }
  std::vector<float> small(5);
  CHECK_THROWS_AS(host_reprojector()(from, series, n, onto, small), shape_error);
}
