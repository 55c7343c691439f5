// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/reprojection.hpp>
#include <tomoedx/simulate/dose.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

struct scenario {
  std::vector<double> tilts;
  alignment truth;
  std::vector<float> series;
  parallel_beam beam;
  std::size_t rows = 64;
};

/// 20 balls seen by 31 tilts, each image shifted by up to 2 pixels both ways, with `counts` a map (0: no noise).
scenario shifted(std::uint64_t seed, double counts) {
  scenario s;
  for (int t = -60; t <= 60; t += 4) s.tilts.push_back(t);
  std::vector<misplacement> at(s.tilts.size());
  s.truth = alignment(s.tilts.size());
  for (std::size_t t = 0; t < at.size(); ++t) {
    random_stream r(seed + 100, t);
    s.truth.dx[t] = at[t].dx = 4 * r.uniform() - 2;
    s.truth.dy[t] = at[t].dy = 4 * r.uniform() - 2;
  }
  s.series = series_of(particles(20, 20, seed), s.tilts, s.rows, 64, 0, at);
  if (counts > 0) {
    simulate::scale_to_counts(s.series, s.tilts.size(), counts);
    s.series = simulate::poisson_counts(s.series, seed);
  }
  s.beam = {.tilts_deg = s.tilts, .width = 64, .depth = 64, .detector = 64};
  return s;
}

reprojection_alignment_options const for_counts{
    .likelihood = likelihood::poisson,
    .registration = {.taper = 0.1, .smooth = 0, .max_shift = 8, .passes = 2}};

}  // namespace

TEST_CASE(
    "at 1000 counts a map, nothing else known, each image is placed within 0.1 pixel rms in x and in y") {
  for (std::uint64_t const seed : {1u, 2u}) {
    auto const s = shifted(seed, 1000);
    alignment const none(s.tilts.size());
    auto const before = distance(none, s.truth, s.tilts);
    CHECK(before.x > 0.8);
    CHECK(before.y > 0.8);
    auto const found = align_by_reprojection(host_reprojector(), s.beam, s.series, s.rows, none, for_counts);
    auto const off = distance(found, s.truth, s.tilts);
    MESSAGE("1000 counts: rms error " << off.x << " px in x, " << off.y << " px in y");
    CHECK(off.x < 0.1);
    CHECK(off.y < 0.1);
    CHECK(found.steps.size() == 1);
    CHECK(found.steps[0].figures.size() == 3);
  }
}

TEST_CASE("without noise plain correlation is enough, with and without folds") {
  auto const s = shifted(4, 0);
  for (std::size_t const folds : {1u, 4u}) {
    auto const found = align_by_reprojection(host_reprojector(), s.beam, s.series, s.rows,
                                             alignment(s.tilts.size()), {.folds = folds});
    auto const off = distance(found, s.truth, s.tilts);
    CHECK(off.x < 0.08);
    CHECK(off.y < 0.05);
  }
}

TEST_CASE("any reprojector will do, the right alignment stays, and the observer may end it") {
  auto const s = shifted(5, 0);
  auto const exact = series_of(particles(20, 20, 5), s.tilts, s.rows, 64, 0, [&] {
    std::vector<misplacement> at(s.tilts.size());
    for (std::size_t t = 0; t < at.size(); ++t) at[t].dx = s.truth.dx[t];
    return at;
  }());
  // a model that knows the truth: one round does it
  auto const model = [&](parallel_beam const&, std::span<float const>, std::size_t, parallel_beam const& onto,
                         std::span<float> result) {
    std::vector<misplacement> at(onto.tilts());
    for (std::size_t t = 0; t < at.size(); ++t) at[t].dx = onto.shift(t);
    auto const made = series_of(particles(20, 20, 5), onto.tilts_deg, 64, 64, 0, at);
    std::copy(made.begin(), made.end(), result.begin());
  };
  std::size_t rounds = 0;
  auto const found = align_by_reprojection(model, s.beam, s.series, s.rows, alignment(s.tilts.size()),
                                           {.first_smooth = 1}, [&](progress const& p) {
                                             rounds = p.iteration;
                                             return p.iteration == 3 ? decision::stop : decision::proceed;
                                           });
  CHECK(rounds <= 3);
  auto const off = distance(found, s.truth, s.tilts);
  CHECK(off.x < 0.03);
  CHECK(off.y < 0.03);
}

TEST_CASE("sizes and options that mean nothing are refused before anything is computed") {
  auto const s = shifted(6, 0);
  host_reprojector const model;
  alignment const none(s.tilts.size());
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 63, none), shape_error);
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 64, alignment(3)), shape_error);
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 64, none, {.rounds = 0}), value_error);
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 64, none, {.folds = 20}), value_error);
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 64, none, {.relaxation = NAN}), value_error);
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 64, none, {.folds = 2}), value_error);
  auto broken = none;
  broken.dx[0] = NAN;
  CHECK_THROWS_AS(align_by_reprojection(model, s.beam, s.series, 64, broken), value_error);
}
