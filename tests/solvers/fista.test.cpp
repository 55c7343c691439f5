// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/regularizers/box.hpp>
#include <tomoedx/solvers/fista.hpp>
#include <tomoedx/solvers/pdhg.hpp>

#include "convex.hpp"
#include "quiet.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using namespace convex;
using op_t = tomoedx::sparse_operator<Space, double>;
using none = tomoedx::no_regularizer<Space, double>;
using positive = tomoedx::non_negative<double>;
using options = tomoedx::fista_options<positive>;

struct problem {
  std::size_t slices = 2;
  foreign_system s{40, 20, 21};
  op_t op = s.op(slices);
  std::vector<vector> b;
  op_t::range_view data = tomoedx::make_range(op);
  op_t::domain_view x = tomoedx::make_domain(op);

  explicit problem(double level) {
    for (std::size_t y = 0; y < slices; ++y) {
      auto truth = cases::random_values(20, 70 + y, -1, 1);
      for (auto& v : truth) v = level * std::max(0.0, v);
      auto values = s.a.times(truth);
      auto const error = cases::random_values(40, 90 + y, 0.6, 1.4);
      for (std::size_t i = 0; i < 40; ++i) values[i] = std::floor(values[i] * error[i]);
      b.push_back(values);
    }
    plain::put(data, op.lanes(), b);
  }
};

}  // namespace

TEST_CASE("FISTA finds the non-negative least squares of dense coordinate descent, monotone or not") {
  problem p(50);
  auto const noise = tomoedx::make_gaussian(p.op, p.data, {.weight = 0.1});
  for (bool const monotone : {true, false})
    for (bool const restart : {true, false}) {
      CAPTURE(monotone);
      CAPTURE(restart);
      auto const report = tomoedx::fista(
          p.op, noise, none{}, p.x,
          options{
              .iterations = 20000, .monotone = monotone, .restart = restart, .until = {.gap_below = 1e-9}});
      CAPTURE(report.iterations);
      CHECK(report.ended == tomoedx::ending::solved);
      auto const x = plain::get(p.x, p.op.lanes(), 2);
      for (std::size_t y = 0; y < 2; ++y)
        CHECK(furthest(x[y], least_squares(p.s.a, p.b[y], vector(40, 1.0))) < 1e-2);
    }
}

TEST_CASE("the objective of monotone FISTA never rises, and that without it does") {
  problem p(50);
  auto const noise = tomoedx::make_gaussian(p.op, p.data);
  auto const rises = [&](bool monotone) {
    auto const report = tomoedx::fista(
        p.op, noise, none{}, p.x,
        options{.iterations = 400, .monotone = monotone, .restart = false, .stop = {.look_every = 1}});
    int count = 0;
    for (std::size_t k = 1; k < report.objective.size(); ++k)
      count += report.objective[k] > report.objective[k - 1] * (1 + 1e-14) ? 1 : 0;
    return count;
  };
  CHECK(rises(true) == 0);
  CHECK(rises(false) > 0);
}

TEST_CASE("FISTA and PDHG agree on counts under a regulariser") {
  problem p(20);
  auto const noise = tomoedx::make_poisson(p.op, p.data, {.background = 40});
  jumps<double> const regularizer{p.x.size(), p.op.lanes(), 0.4};
  auto const first =
      tomoedx::fista(p.op, noise, regularizer, p.x,
                     options{.iterations = 20000, .inner_iterations = 20, .until = {.gap_below = 1e-6}});
  CAPTURE(first.iterations);
  CHECK(first.ended == tomoedx::ending::solved);
  auto const by_fista = plain::flat(p.x);
  auto const second =
      tomoedx::pdhg(p.op, noise, regularizer, p.x,
                    tomoedx::pdhg_options<positive>{.iterations = 40000, .until = {.gap_below = 1e-6}});
  CAPTURE(second.iterations);
  CHECK(second.ended == tomoedx::ending::solved);
  CHECK(first.objective.back() == doctest::Approx(second.objective.back()).epsilon(2e-6));
  auto const by_pdhg = plain::flat(p.x);
  CHECK(cases::relative_l2(by_fista, by_pdhg) < 2e-3);
  for (double const gap : first.gap) CHECK(gap > -1e-9 * first.objective.back());
}

TEST_CASE("in float, within a box that lifts zeros, FISTA keeps the padding and the bounds") {
  tomoedx::parallel_beam const beam{
      .tilts_deg = cases::every(-80, 80, 8), .width = 9, .depth = 8, .detector = 13};
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const op({}, beam, 3);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const a = plain::weights(beam, tomoedx::reference::weight::strip);
  std::vector<vector> b;
  for (std::size_t y = 0; y < 3; ++y)
    b.push_back(a.times(cases::random_values(beam.voxels(), 40 + y, 0.5, 3)));
  plain::put(data, op.lanes(), b);
  auto const report = tomoedx::fista(
      op, tomoedx::make_gaussian(op, data), tomoedx::no_regularizer<Space, float>{}, x,
      tomoedx::fista_options<tomoedx::box<float>>{
          .iterations = 3000, .bounds = tomoedx::make_box(1.0f, 2.5f), .until = {.gap_below = 1e-3}});
  CHECK(report.ended == tomoedx::ending::solved);
  double sum = 0, inside = 0, objective = 0;
  for (auto const v : plain::flat(x)) sum += v;
  auto const slices = plain::get(x, op.lanes(), 3);
  for (std::size_t y = 0; y < 3; ++y) {
    auto const model = a.times(slices[y]);
    for (std::size_t i = 0; i < model.size(); ++i) objective += std::pow(model[i] - b[y][i], 2) / 2;
    for (auto const v : slices[y]) {
      inside += v;
      CHECK(v >= 1);
      CHECK(v <= 2.5);
    }
  }
  CHECK(sum == doctest::Approx(inside));
  CHECK(report.objective.back() == doctest::Approx(objective).epsilon(1e-4));
}

TEST_CASE("stored and resumed, FISTA gives the bits of an uninterrupted run, and steps are quiet") {
  problem p(20);
  auto const noise = tomoedx::make_poisson(p.op, p.data, {.background = 2});
  jumps<double> const regularizer{p.x.size(), p.op.lanes(), 0.3};
  using solver = tomoedx::fista_solver<op_t, tomoedx::poisson<Space, double>, jumps<double>, positive>;
  static_assert(tomoedx::solver<solver>);
  options const o{.iterations = 30};
  solver whole(p.op, noise, regularizer, p.x, o);
  std::vector<vector> stored;
  for (int k = 0; k < 30; ++k) {
    CHECK(quiet::faults([&] { whole.step(); }) == "");
    if (k % 10 == 9) whole.solved();
    if (k == 16) whole.visit_state([&](char const*, auto const& v) { stored.push_back(plain::flat(v)); });
  }
  auto const x = tomoedx::make_domain(p.op);
  solver again(p.op, noise, regularizer, x, o);
  std::size_t n = 0;
  again.visit_state([&](char const*, auto const& v) {
    REQUIRE(v.size() == stored[n].size());
    std::copy(stored[n].begin(), stored[n].end(), v.data());
    ++n;
  });
  CHECK(n == stored.size());
  again.resume(17);
  while (again.iteration() < 30) {
    again.step();
    if (again.iteration() % 10 == 0) again.solved();
  }
  CHECK(plain::flat(x) == plain::flat(p.x));
  CHECK(plain::flat(again.residuals()) == plain::flat(whole.residuals()));
  CHECK(again.gap().back() == whole.gap().back());
}

TEST_CASE("FISTA refuses noise without a bound on its curvature, and options that mean nothing") {
  problem p(20);
  Kokkos::deep_copy(p.x, 7.0);
  auto const counts = tomoedx::make_poisson(p.op, p.data);
  CHECK_THROWS_WITH_AS(tomoedx::fista(p.op, counts, none{}, p.x, options{}), doctest::Contains("take pdhg"),
                       tomoedx::value_error);
  auto const noise = tomoedx::make_poisson(p.op, p.data, {.background = 1});
  auto const run = [&](options const& o) { tomoedx::fista(p.op, noise, none{}, p.x, o); };
  CHECK_THROWS_AS(run({.iterations = 0}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(run({.inner_iterations = 0}), doctest::Contains("inner_iterations is 0"),
                       tomoedx::value_error);
  CHECK_THROWS_AS(run({.until = {.gap_below = 1}}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.stop = {.look_every = 0}}), tomoedx::value_error);
  CHECK(plain::flat(p.x) == vector(p.x.size(), 7.0));
}
