// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/bootstrap.hpp>
#include <tomoedx/solvers/em.hpp>

#include "../projectors/cases.hpp"
#include "plain.hpp"

#include <doctest/doctest.h>

namespace {

using Space = Kokkos::DefaultHostExecutionSpace;
using op_t = tomoedx::tilt_projector<Space, float, tomoedx::strip>;
using tomoedx::resampling;

tomoedx::parallel_beam const beam{
    .tilts_deg = cases::every(-75, 75, 15), .width = 11, .depth = 9, .detector = 14};

/// A' of the squared weights: the variance of a back projection of data with variance v.
plain::vector variance_of_adjoint(plain::vector const& v) {
  auto w = plain::weights(beam, tomoedx::reference::weight::strip);
  for (double& a : w.a) a *= a;
  return w.transposed_times(v);
}

struct moments {
  tomoedx::bootstrap_report report;
  std::vector<plain::vector> mean, deviation;
};

/// The bootstrap of a plain back projection of three slices, in `op.channels()` series.
moments of_adjoint(op_t const& op, std::vector<plain::vector> const& data,
                   tomoedx::bootstrap_options<op_t::range_view> const& options) {
  auto const b = tomoedx::make_range(op);
  auto const mean = tomoedx::make_domain(op), deviation = tomoedx::make_domain(op);
  std::size_t const per_channel = b.size() / op.channels(), slices = data.size() / op.channels();
  for (std::size_t c = 0; c < op.channels(); ++c)
    plain::put(
        Kokkos::View<float*>(b.data() + c * per_channel, per_channel), op.lanes(),
        {data.begin() + static_cast<long>(c * slices), data.begin() + static_cast<long>((c + 1) * slices)});
  auto const report = tomoedx::bootstrap(
      op, b, mean, deviation, [&](auto const& d, auto const& x) { op.adjoint(d, x); }, options);
  moments all{report, {}, {}};
  for (std::size_t c = 0; c < op.channels(); ++c) {
    std::size_t const size = mean.size() / op.channels();
    auto const m = plain::get(Kokkos::View<float*>(mean.data() + c * size, size), op.lanes(), slices);
    auto const s = plain::get(Kokkos::View<float*>(deviation.data() + c * size, size), op.lanes(), slices);
    all.mean.insert(all.mean.end(), m.begin(), m.end());
    all.deviation.insert(all.deviation.end(), s.begin(), s.end());
  }
  return all;
}

/// A slice's moments are those that are known, to what so many replicas can tell.
void check_moments(plain::vector const& mean, plain::vector const& deviation, plain::vector const& expected,
                   plain::vector const& variance, double replicas) {
  double ratio = 0;
  for (std::size_t j = 0; j < mean.size(); ++j) {
    double const sd = std::sqrt(variance[j]);
    REQUIRE(sd > 0);
    CHECK(std::abs(mean[j] - expected[j]) < 5 * sd / std::sqrt(replicas));
    CHECK(std::abs(deviation[j] / sd - 1) < 5 / std::sqrt(2 * replicas));
    ratio += deviation[j] / sd / static_cast<double>(mean.size());
  }
  CHECK(ratio == doctest::Approx(1).epsilon(0.02));
}

}  // namespace

TEST_CASE("of a linear reconstruction the standard deviation is the one known in closed form") {
  plain::matrix const w = plain::weights(beam, tomoedx::reference::weight::strip);
  std::vector<plain::vector> data;
  for (std::size_t y = 0; y < 3; ++y)
    data.push_back(cases::random_values(beam.rays(), 60 + y, 0, y == 0 ? 2 : 40));
  for (double const unit : {1.0, 4.0}) {  // counts that a unit of data stands for
    auto const got =
        of_adjoint(op_t({}, beam, 3), data, {.replicas = 500, .channels = {resampling::poisson(unit)}});
    CHECK(got.report.replicas == 500);
    CHECK(got.report.ended == tomoedx::ending::iterations_done);
    for (std::size_t y = 0; y < 3; ++y) {
      auto variance = variance_of_adjoint(data[y]);
      for (double& v : variance) v /= unit;
      check_moments(got.mean[y], got.deviation[y], w.transposed_times(data[y]), variance, 500);
    }
  }
}

TEST_CASE("channels scatter each in its way, and around a model when one is given") {
  plain::matrix const w = plain::weights(beam, tomoedx::reference::weight::strip);
  op_t const op = op_t({}, beam, 1).repeated(3);
  std::vector<plain::vector> data, model;
  for (std::size_t c = 0; c < 3; ++c) {
    data.push_back(cases::random_values(beam.rays(), 70 + c, 0, 9));
    model.push_back(cases::random_values(beam.rays(), 80 + c, 4, 20));
  }
  for (double& v : data[2]) v -= 5;  // Gaussian data may be negative
  auto const around = tomoedx::make_range(op);
  for (std::size_t c = 0; c < 3; ++c)
    plain::put(Kokkos::View<float*>(around.data() + c * around.size() / 3, around.size() / 3), op.lanes(),
               {model[c]});
  std::vector<resampling> const kinds{resampling::poisson(2), resampling::gaussian(0),
                                      resampling::gaussian(1.5)};
  for (bool const fitted : {false, true}) {
    auto const& truth = fitted ? model : data;
    auto const got = of_adjoint(
        op, data, {.replicas = 400, .channels = kinds, .around = fitted ? around : op_t::range_view{}});
    auto variance = variance_of_adjoint(truth[0]);
    for (double& v : variance) v /= 2;
    check_moments(got.mean[0], got.deviation[0], w.transposed_times(truth[0]), variance, 400);
    CHECK(cases::relative_l2(got.mean[1], w.transposed_times(truth[1])) < 1e-6);
    for (double const v : got.deviation[1]) CHECK(v < 1e-4);
    check_moments(got.mean[2], got.deviation[2], w.transposed_times(truth[2]),
                  variance_of_adjoint(plain::vector(beam.rays(), 1.5 * 1.5)), 400);
  }
}

TEST_CASE("intervals of EM cover what repeated noise scatters about") {
  // many slices hold the same object with noise of their own: each is an experiment
  constexpr std::size_t experiments = 24, repeats = 20;
  tomoedx::parallel_beam const small{
      .tilts_deg = cases::every(-80, 80, 20), .width = 8, .depth = 8, .detector = 12};
  op_t const op({}, small, experiments);
  plain::vector object(small.voxels());
  for (std::size_t j = 0; j < object.size(); ++j)
    object[j] = 12 + 10 * std::sin(0.7 * static_cast<double>(j));
  auto const x = tomoedx::make_domain(op), mean = tomoedx::make_domain(op),
             deviation = tomoedx::make_domain(op);
  auto const expected = tomoedx::make_range(op), counts = tomoedx::make_range(op);
  plain::put(x, op.lanes(), std::vector<plain::vector>(experiments, object));
  op.forward(x, expected);
  auto const solve = [&](auto const& b, auto const& to) { tomoedx::em(op, b, to, {.iterations = 15}); };

  // the truth: mean and scatter of EM over experiments with new noise
  plain::vector sum(object.size()), squares(object.size());
  std::vector<plain::vector> one;
  for (std::size_t r = 0; r < repeats; ++r) {
    tomoedx::simulate::poisson_counts(std::span(expected.data(), expected.size()), 900 + r,
                                      std::span(counts.data(), counts.size()));
    solve(counts, x);
    one = plain::get(x, op.lanes(), experiments);
    for (auto const& slice : one)
      for (std::size_t j = 0; j < slice.size(); ++j) sum[j] += slice[j], squares[j] += slice[j] * slice[j];
  }
  // the last of them is the one that was measured
  tomoedx::bootstrap(op, counts, mean, deviation, solve, {.replicas = 40});
  auto const sd = plain::get(deviation, op.lanes(), experiments);
  double inside = 0, ratio = 0;
  constexpr double n = experiments * repeats;
  for (std::size_t y = 0; y < experiments; ++y)
    for (std::size_t j = 0; j < object.size(); ++j) {
      double const centre = sum[j] / n, truth = std::sqrt((squares[j] / n - centre * centre) * n / (n - 1));
      inside += std::abs(one[y][j] - centre) < 1.96 * sd[y][j];
      ratio += sd[y][j] / truth;
    }
  double const cells = experiments * static_cast<double>(object.size());
  MESSAGE("covered: " << inside / cells << ", standard deviation by the true one: " << ratio / cells);
  CHECK(inside / cells == doctest::Approx(0.95).epsilon(0.025));
  CHECK(ratio / cells == doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("the draws depend on seed and place, not on threads, lanes or the slab") {
  auto const data = std::vector<plain::vector>(7, cases::random_values(beam.rays(), 5, 0, 6));
  auto const all = of_adjoint(op_t({}, beam, 7), data, {.replicas = 5, .seed = 4});
  auto const again = of_adjoint(op_t({}, beam, 7), data, {.replicas = 5, .seed = 4});
  auto const other = of_adjoint(op_t({}, beam, 7), data, {.replicas = 5, .seed = 5});
  CHECK(all.mean == again.mean);
  CHECK(all.deviation == again.deviation);
  CHECK(all.mean != other.mean);
  auto const slab =
      of_adjoint(op_t({}, beam, 2), {data[3], data[4]}, {.replicas = 5, .seed = 4, .first_row = 3});
  for (std::size_t y = 0; y < 2; ++y) CHECK(cases::relative_l2(slab.mean[y], all.mean[3 + y]) < 1e-6);
  CHECK(all.mean[0] != all.mean[1]);  // slices of the same data scatter on their own
}

TEST_CASE("a foreign operator will do, and the observer ends the work with what there is") {
  auto const op = tomoedx::make_operator<double>(
      Space(), tomoedx::extents<1>{4}, tomoedx::extents<1>{4},
      [](auto const& x, auto const& y) { Kokkos::deep_copy(y, x); },
      [](auto const& y, auto const& x) { Kokkos::deep_copy(x, y); });
  auto const b = tomoedx::make_range(op), mean = tomoedx::make_domain(op),
             deviation = tomoedx::make_domain(op);
  for (std::size_t i = 0; i < 4; ++i) b(i) = static_cast<double>(9 * i);
  std::vector<plain::vector> draws;
  auto const copy = [&](auto const& d, auto const& x) {
    draws.push_back(plain::flat(d));
    op.adjoint(d, x);
  };
  std::vector<std::size_t> seen;
  auto const report =
      tomoedx::bootstrap(op, b, mean, deviation, copy, {.replicas = 50}, [&](tomoedx::progress const& p) {
        CHECK(p.iterations == 50);
        seen.push_back(p.iteration);
        return p.iteration == 3 ? tomoedx::decision::stop : tomoedx::decision::proceed;
      });
  CHECK(report.ended == tomoedx::ending::observer);
  CHECK(report.replicas == 3);
  CHECK(seen == std::vector<std::size_t>{1, 2, 3});
  REQUIRE(draws.size() == 3);
  for (std::size_t i = 0; i < 4; ++i) {
    double m = 0, s = 0;
    for (auto const& d : draws) {
      CHECK(d[i] == std::floor(d[i]));
      m += d[i] / 3;
    }
    for (auto const& d : draws) s += (d[i] - m) * (d[i] - m) / 2;
    CHECK(mean(i) == doctest::Approx(m).epsilon(1e-13));
    CHECK(deviation(i) == doctest::Approx(std::sqrt(s)).epsilon(1e-13));
  }
  CHECK(deviation(0) == 0);  // nothing scatters about zero counts
  CHECK(deviation(3) > 0);
}

TEST_CASE("the bootstrap refuses data and options that mean nothing") {
  op_t const op({}, beam, 2);
  auto const b = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), s = tomoedx::make_domain(op);
  auto const run = [&](tomoedx::bootstrap_options<op_t::range_view> const& o) {
    tomoedx::bootstrap(
        op, b, x, s, [&](auto const& d, auto const& to) { op.adjoint(d, to); }, o);
  };
  CHECK_THROWS_AS(run({.replicas = 1}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.channels = {{}, {}}}), tomoedx::shape_error);
  CHECK_THROWS_AS(run({.channels = {resampling::poisson(0)}}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.channels = {resampling::gaussian(-1)}}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.around = x}), tomoedx::shape_error);
  Kokkos::deep_copy(b, 1e17f);
  CHECK_THROWS_WITH_AS(run({}), doctest::Contains("counts; at most"), tomoedx::value_error);
  Kokkos::deep_copy(b, -1.0f);
  CHECK_THROWS_WITH_AS(run({}), doctest::Contains("not negative"), tomoedx::value_error);
  CHECK_NOTHROW(run({.replicas = 2, .channels = {resampling::gaussian(1)}}));
  Kokkos::deep_copy(b, NAN);
  CHECK_THROWS_WITH_AS(run({}), doctest::Contains("NaN"), tomoedx::value_error);
}
