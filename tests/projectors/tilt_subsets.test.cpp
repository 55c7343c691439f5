// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/tilt_subsets.hpp>

#include "../solvers/plain.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>

#include <set>

namespace {

using Space = Kokkos::DefaultExecutionSpace;
using op_t = tomoedx::tilt_projector<Space, double, tomoedx::strip>;

tomoedx::parallel_beam with(std::vector<double> tilts) {
  return {.tilts_deg = std::move(tilts), .width = 4, .depth = 4, .detector = 4};
}

/// Even tilts over the whole half circle.
tomoedx::parallel_beam half_circle(std::size_t n) {
  std::vector<double> tilts;
  for (std::size_t t = 0; t < n; ++t)
    tilts.push_back(-90 + 180 * static_cast<double>(t) / static_cast<double>(n));
  return with(tilts);
}

double apart(double a, double b) {
  return std::abs(std::remainder(a - b, 180.0));
}

template <class View>
void fill(View const& v, std::uint64_t seed) {
  auto const host = Kokkos::create_mirror_view(v);
  auto const values = cases::random_values(v.size(), seed, 0, 1);
  for (std::size_t i = 0; i < v.size(); ++i) host.data()[i] = values[i];
  Kokkos::deep_copy(v, host);
}

tomoedx::parallel_beam const beam{.tilts_deg = {60.5, -70, -12, 3, 33, -41, 18.25, 75},
                                  .width = 19,
                                  .depth = 17,
                                  .detector = 21,
                                  .axis_offset = -0.7,
                                  .shifts = {0, 1.5, -2.25, 0.3, -0.1, 0.4, 2, -3}};

}  // namespace

TEST_CASE("every tilt is in one subset, and the subsets are of one size or one less") {
  for (std::size_t const tilts : {1, 2, 5, 16, 31}) {
    auto const g = half_circle(tilts);
    for (std::size_t n = 1; n <= tilts; ++n) {
      auto const subsets = tomoedx::ordered_subsets(g, n);
      REQUIRE(subsets.size() == n);
      std::set<std::size_t> seen;
      for (auto const& s : subsets) {
        CHECK((s.size() == tilts / n || s.size() == (tilts + n - 1) / n));
        CHECK(std::is_sorted(s.begin(), s.end()));
        seen.insert(s.begin(), s.end());
      }
      CHECK(seen.size() == tilts);
      CHECK(*seen.rbegin() == tilts - 1);
    }
  }
  CHECK(tomoedx::ordered_subsets(with({50, -20, 130, 0}), 1) ==
        std::vector<std::vector<std::size_t>>{{0, 1, 2, 3}});
}

TEST_CASE("a subset steps through the whole range, whatever the order of the tilts") {
  // -75 to 75 in steps of 5, shuffled, some of them seen from the other side
  std::vector<double> tilts;
  for (std::size_t i = 0; i < 31; ++i) {
    double const t = -75 + 5 * static_cast<double>((i * 12) % 31);
    tilts.push_back(i % 4 == 1 ? t + 180 : i % 4 == 3 ? t - 180 : t);
  }
  for (std::size_t const n : {2, 3, 5, 7}) {
    for (auto const& subset : tomoedx::ordered_subsets(with(tilts), n)) {
      std::vector<double> directions;
      for (auto const t : subset) directions.push_back(std::remainder(tilts[t], 180.0));
      std::sort(directions.begin(), directions.end());
      for (std::size_t k = 1; k < directions.size(); ++k)
        CHECK(directions[k] - directions[k - 1] == doctest::Approx(5.0 * static_cast<double>(n)));
    }
  }
}

TEST_CASE("successive tilts of SART are far apart, and the first few cover all directions") {
  for (std::size_t const n : {6, 7, 9, 13, 16, 31, 36, 61, 180}) {
    CAPTURE(n);
    auto const g = half_circle(n);
    auto const subsets = tomoedx::ordered_subsets(g, n);
    std::vector<double> used;
    for (std::size_t k = 0; k < n; ++k) {
      REQUIRE(subsets[k].size() == 1);
      used.push_back(g.tilts_deg[subsets[k][0]]);
      // the golden ratio asks for 68.75 degrees; whole tilts and their ranks cost 12, or a tilt where that is more
      if (k > 0) CHECK(apart(used[k], used[k - 1]) >= 68.75 - std::max(12.75, 180 / static_cast<double>(n)));
      auto sorted = used;
      std::sort(sorted.begin(), sorted.end());
      double gap = sorted.front() + 180 - sorted.back();
      for (std::size_t i = 1; i < sorted.size(); ++i) gap = std::max(gap, sorted[i] - sorted[i - 1]);
      // at most two and a half times the even gap, and two tilts for the rounding to ranks
      CHECK(gap <= 2.62 * 180 / static_cast<double>(k + 1) + 2 * 180 / static_cast<double>(n));
    }
  }
}

TEST_CASE("subsets of tilts that nobody can make are refused") {
  auto const g = half_circle(5);
  CHECK_THROWS_WITH_AS(tomoedx::ordered_subsets(g, 0), doctest::Contains("0 subsets of 5 tilts"),
                       tomoedx::value_error);
  CHECK_THROWS_WITH_AS(tomoedx::ordered_subsets(g, 6), doctest::Contains("6 subsets of 5 tilts"),
                       tomoedx::value_error);
  CHECK_THROWS_WITH_AS(tomoedx::at_tilts(g, {1, 5}), doctest::Contains("tilt 5 of 5"), tomoedx::shape_error);
  op_t const op({}, beam, 2);
  CHECK_THROWS_AS(tomoedx::tilt_subsets(op, 9), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(tomoedx::tilt_subsets(op, {{0, 1}, {}}), doctest::Contains("subset 1 of 2"),
                       tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::tilt_subsets(op, {{0, 8}}), tomoedx::shape_error);
  tomoedx::tilt_subsets const parts(op, 2);
  CHECK_THROWS_WITH_AS(parts.split(tomoedx::make_domain(op)), doctest::Contains("stack"),
                       tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(parts.split(tomoedx::array_on<double, 2, Space>("odd", 2, 17)),
                       doctest::Contains("series"), tomoedx::shape_error);
}

TEST_CASE("a geometry at some of its tilts keeps their angles and shifts, in the order asked for") {
  auto const part = tomoedx::at_tilts(beam, {7, 2, 2});
  CHECK(part.tilts_deg == std::vector<double>{75, -12, -12});
  CHECK(part.shifts == std::vector<double>{-3, -2.25, -2.25});
  CHECK(part.width == 19);
  CHECK(part.axis_offset == -0.7);
  CHECK(tomoedx::at_tilts(half_circle(3), {1}).shifts.empty());
}

TEST_CASE("the projections of the subsets are the parts of the whole, their back projections add up to it") {
  for (std::size_t const slices : {3, 37}) {
    for (std::size_t const copies : {1, 2}) {
      CAPTURE(slices);
      CAPTURE(copies);
      op_t const op = op_t({}, beam, slices).repeated(copies);
      auto const x = tomoedx::make_domain(op), whole = tomoedx::make_domain(op);
      auto const y = tomoedx::make_range(op);
      fill(x, 3);
      op.clear_padding(x);
      op.forward(x, y);
      op.adjoint(y, whole);
      for (std::size_t const n : {1, 3, 8}) {
        tomoedx::tilt_subsets const parts(op, n);
        CHECK(parts.size() == n);
        auto const data = parts.split(y);
        REQUIRE(data.size() == n);
        plain::vector sum(whole.size());
        for (std::size_t s = 0; s < n; ++s) {
          auto const& part = parts.operators()[s];
          CHECK(part.geometry().tilts() == parts.tilts()[s].size());
          auto const model = tomoedx::make_range(part);
          auto const back = tomoedx::make_domain(part);
          part.forward(x, model);
          CHECK(cases::relative_l2(plain::flat(data[s]), plain::flat(model)) < 1e-14);
          part.adjoint(data[s], back);
          auto const b = plain::flat(back);
          for (std::size_t i = 0; i < b.size(); ++i) sum[i] += b[i];
        }
        CHECK(cases::relative_l2(sum, plain::flat(whole)) < 1e-14);
      }
    }
  }
}

TEST_CASE("several series mixed into channels are split as the mixed operators of the subsets need them") {
  op_t const op({}, beam, 5);
  for (auto const& m : {tomoedx::separate_channels(2), tomoedx::mixing{3, 2, {0.3, 0, 0, 0.3, 0.7, 0.7}}}) {
    tomoedx::mixed_operator const whole(op, m);
    auto const x = tomoedx::make_domain(whole);
    auto const y = tomoedx::make_range(whole);
    fill(x, 5);
    whole.clear_padding(x);
    whole.forward(x, y);
    tomoedx::tilt_subsets const parts(op, 3);
    auto const data = parts.split(y);
    for (std::size_t s = 0; s < 3; ++s) {
      tomoedx::mixed_operator const part(parts.operators()[s], m);
      auto const model = tomoedx::make_range(part);
      tomoedx::expect_operand(data[s], part.range_layout(), "test", "series");
      part.forward(x, model);
      CHECK(cases::relative_l2(plain::flat(data[s]), plain::flat(model)) < 1e-14);
    }
  }
}

TEST_CASE("subsets of your own choice are taken as they are, and split copies") {
  op_t const op({}, beam, 2);
  tomoedx::tilt_subsets const parts(op, {{4, 1}, {1}});
  CHECK(parts.operators()[0].geometry().tilts_deg == std::vector<double>{33, -70});
  auto const y = tomoedx::make_range(op);
  fill(y, 8);
  auto const data = parts.split(y);
  auto const whole = plain::get(y, op.lanes(), 2), part = plain::get(data[0], op.lanes(), 2);
  Kokkos::deep_copy(data[1], 5.0);
  for (std::size_t s = 0; s < 2; ++s)
    for (std::size_t bin = 0; bin < beam.detector; ++bin) {
      CHECK(part[s][bin] == whole[s][4 * beam.detector + bin]);
      CHECK(part[s][beam.detector + bin] == whole[s][beam.detector + bin]);
    }
  CHECK(plain::get(y, op.lanes(), 2) == whole);
}
