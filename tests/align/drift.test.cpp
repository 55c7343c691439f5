// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/drift.hpp>
#include <tomoedx/io/npy.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include "shared.hpp"

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

TEST_CASE(
    "the drift of repeated frames is found within 0.1 pixel at 2000 counts a frame, one bad pair or not") {
  std::size_t const frames = 10, n = 64;
  std::vector<double> const angles(frames, 0.0);
  std::vector<misplacement> at(frames);
  alignment truth(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    random_stream r(3, t);
    truth.dx[t] = at[t].dx = 6 * r.uniform() - 3, truth.dy[t] = at[t].dy = 6 * r.uniform() - 3;
  }
  auto series = series_of(particles(25, 22, 1), angles, n, n, 0, at);
  double total = 0;
  for (float const v : series) total += static_cast<double>(v);
  for (float& v : series) v *= static_cast<float>(2000 * static_cast<double>(frames) / total);
  series = simulate::poisson_counts(series, 4);
  auto const found =
      align_by_drift(series, {frames, n, n}, angles, {.neighbours = frames, .registration = {.smooth = 2}});
  auto const off = distance(found, truth, angles);  // one angle: a common shift is a rigid one
  CHECK(off.x < 0.1);
  CHECK(off.y < 0.1);
  CHECK(found.dx[0] == doctest::Approx(0));  // of equal angles the first stays
  CHECK(found.steps[0].figures[0].second == 45);
  CHECK(found.steps[0].figures[2].second > 0.8);

  for (std::size_t i = 4 * n * n; i < 5 * n * n; ++i)
    series[i] = i % 7 == 0 ? 1.0f : 0.0f;  // frame 4 is rubbish
  auto rest =
      align_by_drift(series, {frames, n, n}, angles, {.neighbours = frames, .registration = {.smooth = 2}});
  rest.dx[4] = truth.dx[4] + rest.dx[0] - truth.dx[0], rest.dy[4] = truth.dy[4] + rest.dy[0] - truth.dy[0];
  CHECK(distance(rest, truth, angles).x < 0.15);
  CHECK(distance(rest, truth, angles).y < 0.15);
}

TEST_CASE("stretching by cosines follows a flat specimen, whose views narrow with tilt") {
  std::vector<ball> flat;
  for (std::size_t i = 0; i < 25; ++i) {
    random_stream r(8, i);
    flat.push_back({44 * (r.uniform() - 0.5), 44 * (r.uniform() - 0.5), 0, 2 + r.uniform(), 1});
  }
  std::vector<double> const tilts{-60, -50, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50, 60};
  std::vector<misplacement> at(tilts.size());
  alignment truth(tilts.size());
  for (std::size_t t = 0; t < tilts.size(); ++t) {
    random_stream r(9, t);
    truth.dx[t] = at[t].dx = 4 * r.uniform() - 2, truth.dy[t] = at[t].dy = 4 * r.uniform() - 2;
  }
  auto const series = series_of(flat, tilts, 64, 64, 0, at);
  auto const with = distance(align_by_drift(series, {13, 64, 64}, tilts), truth, tilts);
  auto const without =
      distance(align_by_drift(series, {13, 64, 64}, tilts, {.stretch = false}), truth, tilts);
  CHECK(with.y < 0.02);
  CHECK(with.x < 0.02);  // an image narrowed about its middle has its own shift narrowed with it
  CHECK(with.x < without.x);
}

TEST_CASE("a frame without contrast does not pull at the others") {
  std::vector<double> const tilts{-10, -5, 0, 5, 10};
  auto series = series_of(particles(20, 18, 5), tilts, 48, 48);
  std::fill_n(series.begin() + 3 * 48 * 48, 48 * 48, 0.1f);
  auto const found = align_by_drift(series, {5, 48, 48}, tilts, {.neighbours = 1});
  for (double const d : found.dx) CHECK(std::abs(d) < 1);
  for (double const d : found.dy) CHECK(std::abs(d) < 0.2);
}

TEST_CASE("the order of the tilts in the series does not matter") {
  std::vector<double> const tilts{-20, 0, 20, 40}, mixed{40, -20, 20, 0};
  auto const balls = particles(12, 14, 5);
  auto const a = align_by_drift(series_of(balls, tilts, 48, 48), {4, 48, 48}, tilts);
  auto const b = align_by_drift(series_of(balls, mixed, 48, 48), {4, 48, 48}, mixed);
  CHECK(a.dx[1] == doctest::Approx(0));
  CHECK(b.dx[0] == doctest::Approx(a.dx[3]).epsilon(1e-6));
  CHECK(b.dy[1] == doctest::Approx(a.dy[0]).epsilon(1e-6));
}

TEST_CASE("real repeated frames drift by a few pixels, pairs agreeing to a fraction of one") {
  TOMOEDX_SHARED_OR_SKIP(file, "realdata/qd_frames/SAIT_024_2_6_haadf_fyx_u8.npy");
  auto const frames = io::read_npy<float>(file.string());
  std::vector<double> const angles(frames.shape[0], 0.0);
  auto const found =
      align_by_drift(frames.values, {frames.shape[0], frames.shape[1], frames.shape[2]}, angles,
                     {.neighbours = 3, .registration = {.smooth = 2, .max_shift = 40, .passes = 2}});
  double far = 0;
  for (std::size_t t = 0; t < angles.size(); ++t) far = std::max(far, std::hypot(found.dx[t], found.dy[t]));
  MESSAGE("15 frames: largest drift " << far << " px, rms disagreement of pairs "
                                      << found.steps[0].figures[3].second << " px, mean score "
                                      << found.steps[0].figures[2].second);
  CHECK(far > 0.5);
  CHECK(far < 30);
  CHECK(found.steps[0].figures[3].second < 0.5);
}

TEST_CASE("drift refuses what means nothing") {
  std::vector<float> const series(2 * 64);
  std::vector<double> const tilts{0, 1}, broken{0, NAN};
  CHECK_THROWS_AS(align_by_drift(series, {2, 8, 9}, tilts), shape_error);
  CHECK_THROWS_AS(align_by_drift(series, {2, 8, 8}, std::vector<double>{0}), shape_error);
  CHECK_THROWS_AS(align_by_drift(series, {2, 8, 8}, broken), value_error);
  CHECK_THROWS_AS(align_by_drift(series, {2, 8, 8}, tilts, {.neighbours = 0}), value_error);
}
