// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/regularizers/box.hpp>
#include <tomoedx/regularizers/masked.hpp>
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
using options = tomoedx::pdhg_options<positive>;

/// Two slices in lanes with padding, of a true volume with zeros, and noisy data of it.
struct problem {
  std::size_t slices = 2;
  foreign_system s;
  op_t op;
  std::vector<vector> b;
  typename op_t::range_view data;
  typename op_t::domain_view x;

  problem(std::size_t rows, std::size_t columns, double level, double noise)
      : s(rows, columns, 11), op(s.op(slices)), data(tomoedx::make_range(op)), x(tomoedx::make_domain(op)) {
    for (std::size_t y = 0; y < slices; ++y) {
      auto truth = cases::random_values(columns, 70 + y, -1, 1);
      for (auto& v : truth) v = level * std::max(0.0, v);
      auto values = s.a.times(truth);
      auto const error = cases::random_values(rows, 90 + y, -1, 1);
      for (std::size_t i = 0; i < rows; ++i)
        values[i] = std::max(0.0, std::floor(values[i] * (1 + noise * error[i])));
      b.push_back(values);
    }
    plain::put(data, op.lanes(), b);
  }
  std::vector<vector> result() const { return plain::get(x, op.lanes(), slices); }
};

double misfit(vector const& b, vector const& u) {
  double sum = 0;
  for (std::size_t i = 0; i < b.size(); ++i)
    sum += u[i] - b[i] + (b[i] > 0 ? b[i] * std::log(b[i] / u[i]) : 0);
  return sum;
}

}  // namespace

TEST_CASE(
    "PDHG finds the non-negative least squares of dense coordinate descent, at any scale, by either steps") {
  for (double const level : {1e-1, 1e4, 1e-20, 1e20})
    for (auto const steps : {tomoedx::step_rule::diagonal, tomoedx::step_rule::norm}) {
      problem p(40, 20, 100, 0.3);
      auto const unscaled = p.b;
      for (auto& slice : p.b)
        for (auto& v : slice) v *= level;
      plain::put(p.data, p.op.lanes(), p.b);
      auto const weights = tomoedx::make_range(p.op);
      auto const w = cases::random_values(40, 4, 0, 2);
      plain::put(weights, p.op.lanes(), {w, w});
      auto const noise = tomoedx::make_gaussian(p.op, p.data, {.weight = 3 / level, .weights = weights});
      auto const report =
          tomoedx::pdhg(p.op, noise, none{}, p.x,
                        options{.iterations = 20000, .steps = steps, .until = {.gap_below = 1e-9}});
      CAPTURE(level);
      CAPTURE(report.iterations);
      CHECK(report.ended == tomoedx::ending::solved);
      CHECK(report.gap.back() <= 1e-9 * report.objective.back());
      auto const x = p.result();
      double objective = 0;
      for (std::size_t y = 0; y < 2; ++y) {
        auto best = least_squares(p.s.a, unscaled[y], w);
        for (auto& v : best) v *= level;
        CHECK(furthest(x[y], best) < 1e-3 * level);
        auto const model = p.s.a.times(x[y]);
        for (std::size_t i = 0; i < 40; ++i)
          objective += 1.5 / level * w[i] * std::pow(model[i] - p.b[y][i], 2);
      }
      CHECK(report.objective.back() == doctest::Approx(objective).epsilon(1e-9));
    }
}

TEST_CASE("PDHG meets the conditions of the best Poisson likelihood, with and without background") {
  for (double const background : {0.0, 2.0}) {
    CAPTURE(background);
    problem p(40, 20, 5, 0.5);
    auto const noise = tomoedx::make_poisson(p.op, p.data, {.background = background});
    auto const report =
        tomoedx::pdhg(p.op, noise, none{}, p.x, options{.iterations = 40000, .until = {.gap_below = 1e-8}});
    CAPTURE(report.iterations);
    CHECK(report.ended == tomoedx::ending::solved);
    double objective = 0;
    for (std::size_t y = 0; y < 2; ++y) {
      auto const x = p.result()[y];
      auto u = p.s.a.times(x), slope = u;
      for (std::size_t i = 0; i < u.size(); ++i) u[i] += background, slope[i] = 1 - p.b[y][i] / u[i];
      CHECK(off_optimum(p.s.a, x, slope) < 2e-3);
      objective += misfit(p.b[y], u);
    }
    CHECK(report.objective.back() == doctest::Approx(objective).epsilon(1e-9));
    CHECK(report.deviance.back() == doctest::Approx(2 * objective / 80).epsilon(1e-9));
    for (double const gap : report.gap) CHECK(gap > -1e-9 * objective);  // never below, or it bounds nothing
  }
}

TEST_CASE("PDHG closes the gap of counts beside Gaussian data under a regulariser, within a box and a mask") {
  // two elements, two channels of counts, and a third that sees both on another scale
  problem p(30, 12, 5, 0.3);
  tomoedx::mixing const mix{3, 2, {1, 0, 0, 1, 300, 500}};
  tomoedx::mixed_operator const op(p.op, mix);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  std::size_t const lanes = p.op.lanes();
  std::vector<std::vector<vector>> b(3), inside(2);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t y = 0; y < 2; ++y) {
      b[c].push_back(p.b[(c + y) % 2]);
      if (c == 2)
        for (std::size_t i = 0; i < 30; ++i)
          b[2][y][i] = 300 * b[0][y][i] + 500 * b[1][y][i] + (i % 2 == 0 ? 400 : -400);
    }
    plain::put(op.channel(data, c), lanes, b[c]);
  }
  for (std::size_t e = 0; e < 2; ++e) {
    for (std::size_t y = 0; y < 2; ++y) {
      inside[e].push_back(vector(12, 1.0));
      inside[e][y][3 + e] = 0;
    }
    plain::put(op.element(mask, e), lanes, inside[e]);
  }
  double const weight = 1e-6, upper = 4, lambda = 0.5;
  auto const noise =
      tomoedx::join(op, tomoedx::make_poisson(op, data, {.background = 0.5}, {.first = 0, .count = 2}),
                    tomoedx::make_gaussian(op, data, {.weight = weight}, {.first = 2}));
  jumps<double> const regularizer{x.size(), lanes, lambda};
  auto const bounds = tomoedx::make_masked(op, tomoedx::make_box(0.0, upper), mask);
  auto const report = tomoedx::pdhg(op, noise, regularizer, x,
                                    tomoedx::pdhg_options<tomoedx::masked<tomoedx::box<double>>>{
                                        .iterations = 40000, .bounds = bounds, .until = {.gap_below = 1e-8}});
  CAPTURE(report.iterations);
  CHECK(report.ended == tomoedx::ending::solved);

  // the objective in plain loops, of both elements and slices; jumps run on from one element to the next
  using volumes = std::vector<std::vector<vector>>;
  auto const objective = [&](volumes const& v) {
    double sum = 0;
    for (std::size_t y = 0; y < 2; ++y) {
      auto const first = p.s.a.times(v[0][y]), second = p.s.a.times(v[1][y]);
      for (std::size_t e = 0; e < 2; ++e) {
        auto u = e == 0 ? first : second;
        for (auto& value : u) value += 0.5;
        sum += misfit(b[e][y], u);
      }
      for (std::size_t i = 0; i < 30; ++i)
        sum += weight / 2 * std::pow(300 * first[i] + 500 * second[i] - b[2][y][i], 2);
      vector line = v[0][y];
      line.insert(line.end(), v[1][y].begin(), v[1][y].end());
      for (std::size_t j = 0; j + 1 < line.size(); ++j) sum += lambda * std::abs(line[j + 1] - line[j]);
    }
    return sum;
  };
  volumes const best{plain::get(op.element(x, 0), lanes, 2), plain::get(op.element(x, 1), lanes, 2)};
  double const least = objective(best);
  CHECK(report.objective.back() == doctest::Approx(least).epsilon(1e-9));
  bool at_upper = false, flat = false;
  for (std::size_t e = 0; e < 2; ++e)
    for (std::size_t y = 0; y < 2; ++y) {
      CHECK(best[e][y][3 + e] == 0);
      for (std::size_t j = 0; j < 12; ++j) {
        CHECK(best[e][y][j] >= 0);
        CHECK(best[e][y][j] <= upper);
        at_upper = at_upper || best[e][y][j] == upper;
        flat = flat || (j > 0 && best[e][y][j] > 0 && std::abs(best[e][y][j] - best[e][y][j - 1]) < 1e-6);
      }
    }
  CHECK(flat);  // the regulariser was at work
  // nothing nearby that is allowed is better
  for (std::uint64_t k = 0; k < 300; ++k) {
    volumes other = best;
    double const size = std::pow(10.0, -static_cast<double>(k % 4));
    auto const d = cases::random_values(48, 1000 + k);
    for (std::size_t n = 0; n < 48; ++n) {
      std::size_t const e = n / 24, y = n / 12 % 2, j = n % 12;
      if (inside[e][y][j] != 0) other[e][y][j] = std::clamp(best[e][y][j] + size * d[n], 0.0, upper);
    }
    CHECK(objective(other) > least - report.gap.back() - 1e-9);
  }
}

TEST_CASE("in float PDHG closes the gap, and padding stays 0 in a box that lifts zeros") {
  using beam_op = tomoedx::tilt_projector<Space, float, tomoedx::strip>;
  tomoedx::parallel_beam const beam{
      .tilts_deg = cases::every(-80, 80, 8), .width = 9, .depth = 8, .detector = 13};
  beam_op const op({}, beam, 3);
  REQUIRE(op.lanes() > 3);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const a = plain::weights(beam, tomoedx::reference::weight::strip);
  std::vector<vector> b;
  for (std::size_t y = 0; y < 3; ++y) {
    auto values = a.times(cases::random_values(beam.voxels(), 40 + y, 0.5, 3));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = std::floor(values[i] * (i % 2 == 0 ? 1.4 : 0.6));
    b.push_back(values);
  }
  plain::put(data, op.lanes(), b);
  tomoedx::box<float> const box =
      tomoedx::make_box(0.25f, 100.0f);  // lifts what pads the slices, if nobody cares
  auto const report =
      tomoedx::pdhg(op, tomoedx::make_poisson(op, data), tomoedx::no_regularizer<Space, float>{}, x,
                    tomoedx::pdhg_options<tomoedx::box<float>>{
                        .iterations = 4000, .bounds = box, .until = {.gap_below = 5e-4}});
  CHECK(report.ended == tomoedx::ending::solved);
  double objective = 0;
  for (std::size_t y = 0; y < 3; ++y) objective += misfit(b[y], a.times(plain::get(x, op.lanes(), 3)[y]));
  CHECK(report.objective.back() == doctest::Approx(objective).epsilon(1e-4));
  double sum = 0, inside = 0;
  for (auto const v : plain::flat(x)) sum += v;
  for (auto const& slice : plain::get(x, op.lanes(), 3))
    for (auto const v : slice) inside += v;
  CHECK(sum == doctest::Approx(inside));  // padding holds zeros
}

TEST_CASE("stored and resumed, PDHG gives the bits of an uninterrupted run, and steps are quiet") {
  problem p(40, 20, 5, 0.5);
  auto const noise = tomoedx::make_poisson(p.op, p.data, {.background = 1});
  jumps<double> const regularizer{p.x.size(), p.op.lanes(), 0.3};
  static_assert(
      tomoedx::solver<tomoedx::pdhg_solver<op_t, tomoedx::poisson<Space, double>, jumps<double>, positive>>);
  options const o{.iterations = 30};
  using solver = tomoedx::pdhg_solver<op_t, tomoedx::poisson<Space, double>, jumps<double>, positive>;
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
  CHECK_THROWS_WITH_AS(again.step(), doctest::Contains("all 30 iterations"), tomoedx::error);
  // the norms are those of data minus model before each update
  CHECK(whole.residuals()(29, 0) > 0);
}

TEST_CASE("an observer, the discrepancy and the deviance end PDHG with a valid estimate") {
  problem p(40, 20, 5, 0.5);
  auto const noise = tomoedx::make_poisson(p.op, p.data, {.background = 1});
  auto const stopped = tomoedx::pdhg(
      p.op, noise, none{}, p.x, options{.stop = {.look_every = 1}}, [](tomoedx::progress const& at) {
        return at.iteration == 7 ? tomoedx::decision::stop : tomoedx::decision::proceed;
      });
  CHECK(stopped.ended == tomoedx::ending::observer);
  CHECK(stopped.iterations == 7);
  CHECK(stopped.looked.back() == 7);
  auto const seven = plain::flat(p.x);
  tomoedx::pdhg(p.op, noise, none{}, p.x, options{.iterations = 7});
  CHECK(plain::flat(p.x) == seven);
  // residual of x before the update, in plain loops: the eighth norm is that of the x after seven
  double norm = 0;
  for (std::size_t y = 0; y < 2; ++y) {
    auto const u = p.s.a.times(p.result()[y]);
    for (std::size_t i = 0; i < u.size(); ++i) norm += std::pow(p.b[y][i] - u[i] - 1, 2);
  }
  auto const more =
      tomoedx::pdhg(p.op, noise, none{}, p.x, options{.iterations = 60, .stop = {.look_every = 1}});
  CHECK(more.residuals[7] == doctest::Approx(std::sqrt(norm)).epsilon(1e-10));
  double const reached = more.deviance[20];
  auto const deviance = tomoedx::pdhg(
      p.op, noise, none{}, p.x,
      options{.iterations = 60, .until = {.deviance_below = reached}, .stop = {.look_every = 1}});
  CHECK(deviance.ended == tomoedx::ending::solved);
  CHECK(deviance.deviance.back() <= reached);
  CHECK(deviance.iterations <= 21);
  // started from its own result it has little left to do
  auto const warm = tomoedx::pdhg(p.op, noise, none{}, p.x, options{.iterations = 1, .warm_start = true});
  CHECK(warm.residuals[0] == doctest::Approx(more.residuals[deviance.iterations]).epsilon(1e-6));
}

TEST_CASE("PDHG refuses what does not fit, and leaves x alone") {
  problem p(12, 6, 5, 0.5);
  auto const noise = tomoedx::make_gaussian(p.op, p.data);
  Kokkos::deep_copy(p.x, 7.0);
  auto const run = [&](options const& o) { tomoedx::pdhg(p.op, noise, none{}, p.x, o); };
  double const nan = std::nan("");
  CHECK_THROWS_AS(run({.iterations = 0}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(run({.balance = 0}), doctest::Contains("balance is 0"), tomoedx::value_error);
  CHECK_THROWS_AS(run({.balance = nan}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.regularizer_share = 1}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.until = {.gap_below = -1}}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.until = {.deviance_below = nan}}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.stop = {.look_every = 0}}), tomoedx::value_error);
  auto const other = p.s.op(70);
  CHECK_THROWS_WITH_AS(tomoedx::pdhg(other, noise, none{}, tomoedx::make_domain(other), options{}),
                       doctest::Contains("the noise model holds"), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::pdhg(p.op, noise, none{}, tomoedx::make_domain(other), options{}),
                       doctest::Contains("volume"), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS((tomoedx::pdhg_solver<op_t, tomoedx::gaussian<Space, double>, jumps<double>, positive>(
                           p.op, noise, jumps<double>{p.x.size() + 1, 1, 0.1}, p.x, options{})),
                       doctest::Contains("the regularizer is for"), tomoedx::shape_error);
  CHECK(plain::flat(p.x) == vector(p.x.size(), 7.0));
  p.x.data()[3] = nan;
  CHECK_THROWS_WITH_AS(run({.warm_start = true}), doctest::Contains("NaN"), tomoedx::value_error);
}
