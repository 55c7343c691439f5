// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/apply_alignment.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <numeric>
#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

constexpr std::size_t n = 40;
std::vector<double> const tilts{-30, 0, 30};
std::vector<misplacement> const at{{1.5, -2.25, 4}, {-0.75, 1, 4}, {0.25, 0.5, 4}};

alignment truth(double rotation) {
  alignment a(3);
  for (std::size_t t = 0; t < 3; ++t) a.dx[t] = at[t].dx, a.dy[t] = at[t].dy;
  a.rotation_deg = rotation, a.axis_offset = 1;
  return a;
}

double rms(std::vector<float> const& a, std::vector<float> const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i] - b[i]), 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace

TEST_CASE("a misplaced, turned series comes into register, and nothing is left to do") {
  std::vector<ball> const balls{{3, -6, 2, 6, 1}, {-7, 5, 1, 5, 0.7}};
  auto const right = series_of(balls, tilts, n, n, 1), wrong = series_of(balls, tilts, n, n, 1, at);
  for (auto const how : {pixel_values::intensity, pixel_values::counts}) {
    auto series = wrong;
    auto const rest = apply_alignment(series, {3, n, n}, truth(4), how, shifts_across::images);
    CHECK(rms(series, right) < (how == pixel_values::counts ? 0.2 : 0.09));
    CHECK(rms(wrong, right) > 0.6);
    CHECK(rest.rotation_deg == 0);
    CHECK(rest.axis_offset == 1);
    for (std::size_t t = 0; t < 3; ++t) {
      CHECK(rest.dx[t] == 0);
      CHECK(rest.dy[t] == 0);
    }
  }
}

TEST_CASE("the geometry keeps the shifts across the axis when it is asked to") {
  auto still = at;
  for (auto& m : still) m.dy = 0, m.rotation_deg = 0;
  std::vector<ball> const balls{{3, -6, 2, 6, 1}, {-7, 5, 1, 5, 0.7}};
  auto series = series_of(balls, tilts, n, n, 1, at);
  auto const rest = apply_alignment(series, {3, n, n}, truth(4), pixel_values::intensity);
  CHECK(rest.dx == truth(4).dx);
  CHECK(rms(series, series_of(balls, tilts, n, n, 1, still)) < 0.09);
}

TEST_CASE("counts that are not turned stay whole counts, and what is left is said") {
  std::vector<float> series(3 * n * n);
  for (std::size_t i = 0; i < series.size(); ++i)
    series[i] = std::floor(3 * static_cast<float>(random_stream(1, i).uniform()));
  auto const before = series;
  auto const rest = apply_alignment(series, {3, n, n}, truth(0), pixel_values::counts);
  for (std::size_t t = 0; t < 3; ++t) {
    CHECK(rest.dx[t] == at[t].dx);
    CHECK(std::abs(rest.dy[t]) <= 0.5);
    auto const whole = static_cast<std::ptrdiff_t>(at[t].dy - rest.dy[t]);
    for (std::ptrdiff_t y = 4; y < 36; ++y)
      for (std::size_t x = 0; x < n; ++x)
        REQUIRE(series[(t * n + static_cast<std::size_t>(y)) * n + x] ==
                before[(t * n + static_cast<std::size_t>(y - whole)) * n + x]);
  }
  CHECK(rest.steps.back().figures[1].second > 0);  // some rows left the field
  CHECK(rest.steps.back().figures[1].second < 0.1);
  auto images = before;
  auto const left = apply_alignment(images, {3, n, n}, truth(0), pixel_values::counts, shifts_across::images);
  for (std::size_t t = 0; t < 3; ++t) CHECK(std::abs(left.dx[t]) <= 0.5);
}

TEST_CASE("an alignment of another series is refused and nothing is moved") {
  std::vector<float> series(3 * n * n, 1.0f);
  CHECK_THROWS_AS(apply_alignment(series, {3, n, n}, alignment(2), pixel_values::counts), shape_error);
  CHECK_THROWS_AS(apply_alignment(series, {3, n, n + 1}, truth(0), pixel_values::counts), shape_error);
  auto broken = truth(0);
  broken.dy[2] = NAN;
  CHECK_THROWS_AS(apply_alignment(series, {3, n, n}, broken, pixel_values::counts), value_error);
  CHECK(series == std::vector<float>(3 * n * n, 1.0f));
}
