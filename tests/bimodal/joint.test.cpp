// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/joint.hpp>
#include <tomoedx/solvers/checkpoint.hpp>

#include "bimodal_case.hpp"

#include <doctest/doctest.h>

namespace {

tomoedx::calibration with_gamma(double gamma, std::vector<double> offset = {}) {
  tomoedx::calibration c;
  c.gamma = gamma, c.offset = offset;
  return c;
}

using bimodal::specimen;
using problem = tomoedx::joint_problem<bimodal::projector>;

auto blank(specimen const& s) {
  return bimodal::both::domain_view("x", 2, s.truth.extent(1));
}

}  // namespace

TEST_CASE("what clean series hold is found, in calibrated units") {
  specimen const s(24, 10);
  auto const x = blank(s);
  auto const report =
      tomoedx::joint(s.op, s.factors, s.maps, s.haadf, x, {.iterations = 800, .lambda = 0.1, .until = {}});
  CHECK(report.iterations == 800);
  CHECK(report.units.size() == 2);
  CHECK(report.at_tangents.empty());
  CHECK(report.by_channel.front().size() == 3);
  CHECK(report.gap.back() < 0.1 * report.gap.front());
  for (std::size_t e = 0; e < 2; ++e) {
    MESSAGE("element " << e << ": MSE " << s.mse(x, e));
    CHECK(s.mse(x, e) < 1e-3);
  }
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x.data()[i] >= 0);
}

TEST_CASE("with gamma 1.6 the objective falls from tangent to tangent, and the specimen is found") {
  specimen const s(24, 10, 1, with_gamma(1.6));
  auto const x = blank(s);
  auto const report = tomoedx::joint(s.op, s.factors, s.maps, s.haadf, x,
                                     {.iterations = 150, .lambda = 0.2, .tangents = 6, .until = {}});
  REQUIRE(report.at_tangents.size() >= 3);
  for (std::size_t n = 1; n < report.at_tangents.size(); ++n)
    CHECK(report.at_tangents[n] < report.at_tangents[n - 1]);
  auto wrong = s.factors;
  wrong.gamma = 1;  // tomography that takes HAADF for linear
  auto const linear = blank(s);
  tomoedx::joint(s.op, wrong, s.maps, s.haadf, linear, {.iterations = 300, .lambda = 0.2, .until = {}});
  for (std::size_t e = 0; e < 2; ++e) {
    MESSAGE("element " << e << ": MSE " << s.mse(x, e) << ", with gamma 1 " << s.mse(linear, e));
    CHECK(s.mse(x, e) < 3e-3);
    CHECK(s.mse(x, e) < 0.2 * s.mse(linear, e));
  }
}

TEST_CASE("HAADF at other tilts, doses of tilts, a background and stray counts outside of a mask") {
  specimen const s(24, 10, 1);
  std::vector<double> dose, gain;
  for (std::size_t t = 0; t < s.beam.tilts(); ++t) dose.push_back(t % 2 == 0 ? 0.5 : 1.5);
  auto fine = s.beam;
  fine.tilts_deg = cases::every(-70, 70, 7);
  fine.detector = 30;
  bimodal::projector const haadf_op(bimodal::space(), fine, 1);
  for (std::size_t t = 0; t < fine.tilts(); ++t) gain.push_back(1 + 0.1 * static_cast<double>(t % 3));
  auto c = s.factors;
  c.dose = dose, c.gain = gain;
  bimodal::both const all(s.op, haadf_op, c);
  auto const series = tomoedx::make_range(all);
  all.forward(s.truth, series);
  bimodal::both::range_view const maps("maps", 2, s.haadf.size());
  for (std::size_t e = 0; e < 2; ++e) {
    bimodal::projector::range_view const to(maps.data() + e * maps.extent(1), s.op.range_layout());
    Kokkos::deep_copy(to, all.edx_channel(series, e));
    for (std::size_t t = 0; t < s.beam.tilts(); ++t)
      for (std::size_t b = 0; b < s.beam.detector; ++b) to(0, t, b, 0) += static_cast<float>(2 * dose[t]);
  }
  auto const haadf = all.haadf_channel(series);
  auto const x = blank(s), without = blank(s), mask = blank(s);
  Kokkos::deep_copy(mask, s.truth);
  for (std::size_t i = 0; i < mask.extent(1); ++i)
    for (std::size_t e = 0; e < 2; ++e) mask(e, i) = s.truth(0, i) + s.truth(1, i);
  problem::options o{.iterations = 800, .lambda = 0.1, .background = {2, 2}, .until = {}};
  tomoedx::joint(s.op, haadf_op, c, maps, haadf, x, o);
  for (std::size_t e = 0; e < 2; ++e) {
    MESSAGE("element " << e << ": MSE " << s.mse(x, e));
    CHECK(s.mse(x, e) < 1e-3);
  }
  o.background = {};
  tomoedx::joint(s.op, haadf_op, c, maps, haadf, without, o);
  MESSAGE("without the background: MSE " << s.mse(without, 0));
  CHECK(s.mse(without, 0) + s.mse(without, 1) > 3 * (s.mse(x, 0) + s.mse(x, 1)));
  o.mask = mask;  // counts of rays that miss the mask can come from no voxel: they are left out
  auto const report = tomoedx::joint(s.op, haadf_op, c, maps, haadf, without, o);
  CHECK(std::isfinite(report.objective.back()));
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] == 0) CHECK(without.data()[i] == 0);
}

TEST_CASE("a start from a volume, the observer, and what does not fit") {
  specimen const s(16, 10, 1);
  auto const x = blank(s);
  Kokkos::deep_copy(x, s.truth);
  std::size_t told = 0;
  auto const first = tomoedx::joint(
      s.op, s.factors, s.maps, s.haadf, x, {.iterations = 50, .warm_start = true, .stop = {.look_every = 5}},
      [&](tomoedx::progress const& p) {
        told = p.iteration;
        return p.iteration >= 10 ? tomoedx::decision::stop : tomoedx::decision::proceed;
      });
  CHECK(told == 10);
  CHECK(first.ended == tomoedx::ending::observer);
  CHECK(first.iterations == 10);
  for (std::size_t e = 0; e < 2; ++e) CHECK(s.mse(x, e) < 0.02);  // still near, and in calibrated units
  auto c = s.factors;
  c.gamma = 1.5;
  auto const stopped = tomoedx::joint(s.op, c, s.maps, s.haadf, x, {.iterations = 20},
                                      [](tomoedx::progress const&) { return tomoedx::decision::stop; });
  CHECK(stopped.ended == tomoedx::ending::observer);
  CHECK_THROWS_AS(
      tomoedx::joint(s.op, s.factors, s.maps, s.haadf, bimodal::both::domain_view("x", 3, x.extent(1))),
      tomoedx::shape_error);
  auto const before = std::vector<float>(x.data(), x.data() + x.size());
  CHECK_THROWS_WITH_AS(tomoedx::joint(s.op, c, s.maps, s.haadf, x, {.iterations = 20},
                                      tomoedx::with_checkpoints({.file = "never-written.checkpoint"})),
                       doctest::Contains("no state is stored with gamma 1.5"), tomoedx::value_error);
  CHECK(std::equal(before.begin(), before.end(), x.data()));
  CHECK_THROWS_AS(tomoedx::joint(s.op, s.factors, s.maps, s.haadf, x, {.tangents = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::joint(s.op, s.factors, s.maps, s.haadf, x, {.balance = 0}), tomoedx::value_error);
}

TEST_CASE("a gap that bounds nothing is infinite, as a part of the objective too") {
  specimen const s(16, 1, 1);
  s.draw_counts(3);
  problem const p(s.op, s.factors, s.maps, s.haadf, {});
  auto const u = blank(s), nowhere = blank(s);
  // no voxel may be filled, so the counts cannot be
  auto const report = tomoedx::pdhg(p.op(), p.noise(), p.penalty(), u,
                                    tomoedx::pdhg_options<problem::bounds_type>{
                                        .iterations = 2, .bounds = {nowhere.data()}, .dual_start = 0});
  CHECK(std::isinf(report.objective.back()));
  CHECK(std::isinf(report.gap.back()));
  CHECK(report.relative_gap() == std::numeric_limits<double>::infinity());
  auto const solved = tomoedx::joint(s.op, s.factors, s.maps, s.haadf, u, {.until = {.gap_below = 0.1}});
  CHECK(solved.ended == tomoedx::ending::solved);
  CHECK(solved.relative_gap() <= 0.1);
  CHECK(solved.relative_gap() == solved.gap.back() / solved.objective.back());
}
