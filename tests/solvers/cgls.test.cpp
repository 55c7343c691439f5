// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/solvers/cgls.hpp>

#include "../projectors/cases.hpp"
#include "../spaces.hpp"
#include "plain.hpp"
#include "quiet.hpp"

#include <Eigen/Dense>

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace {

using plain::vector;

// 6 x 5 voxels seen by 117 rays: full rank
tomoedx::parallel_beam const small{
    .tilts_deg = cases::every(-78, 78, 13), .width = 6, .depth = 5, .detector = 9, .axis_offset = 0.3};
constexpr std::size_t slices = 3;

plain::matrix const& small_weights() {
  static plain::matrix const w = plain::weights(small, tomoedx::reference::weight::strip);
  return w;
}

template <class Space, class T>
tomoedx::sparse_operator<Space, T> matrix_operator(plain::matrix const& w, std::size_t count = slices) {
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  std::vector<T> values;
  for (std::size_t i = 0; i < w.rows; ++i) {
    for (std::size_t j = 0; j < w.columns; ++j)
      if (w(i, j) != 0) indices.push_back(static_cast<std::uint32_t>(j)), values.push_back(T(w(i, j)));
    offsets.push_back(values.size());
  }
  return {Space(), {w.rows, w.columns, offsets, indices, values}, count};
}

/// Values that no volume makes, different in each slice.
std::vector<vector> noisy_data(std::size_t size, std::uint64_t seed = 3) {
  std::vector<vector> b;
  for (std::size_t y = 0; y < slices; ++y) b.push_back(cases::random_values(size, seed + y, -1, 4));
  return b;
}

/// The x of least sum w (A x - b)^2 + damping^2 |x|^2 among those that are 0 outside the mask, by a dense
/// orthogonal factorisation of the stacked and scaled system.
vector least_squares(plain::matrix const& a, vector const& b, vector const& w, double damping,
                     vector const& mask) {
  auto const rows = static_cast<Eigen::Index>(a.rows), columns = static_cast<Eigen::Index>(a.columns);
  Eigen::MatrixXd m = Eigen::MatrixXd::Zero(rows + columns, columns);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(rows + columns);
  for (Eigen::Index i = 0; i < rows; ++i) {
    double const root = std::sqrt(w[static_cast<std::size_t>(i)]);
    right(i) = root * b[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < columns; ++j)
      m(i, j) = root * a(static_cast<std::size_t>(i), static_cast<std::size_t>(j)) *
                (mask[static_cast<std::size_t>(j)] != 0);
  }
  for (Eigen::Index j = 0; j < columns; ++j) m(rows + j, j) = damping;
  Eigen::VectorXd const x = m.completeOrthogonalDecomposition().solve(right);
  return {x.data(), x.data() + columns};
}

double objective(plain::matrix const& a, vector const& b, vector const& w, double damping, vector const& x) {
  auto const model = a.times(x);
  double sum = damping * damping * plain::dot(x, x);
  for (std::size_t i = 0; i < b.size(); ++i) sum += w[i] * (model[i] - b[i]) * (model[i] - b[i]);
  return sum;
}

template <class Op>
using options_of = tomoedx::cgls_options<typename Op::domain_view, typename Op::range_view>;

}  // namespace

TEST_CASE_TEMPLATE("CGLS ends at the dense least-squares solution, weighted, damped, masked or not", T, float,
                   double) {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const& a = small_weights();
  auto const op = matrix_operator<Space, T>(a);
  REQUIRE(op.domain_layout().dimension[0] * op.lanes() > slices);  // there are lanes that must not count
  auto const data = tomoedx::make_range(op), weights = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  auto const b = noisy_data(a.rows);
  plain::put(data, op.lanes(), b);
  // what pads the data does not count either
  for (std::size_t i = 0; i < a.rows; ++i) data.data()[i * op.lanes() + slices] = T(1e3);
  vector const ones(a.rows, 1.0), everywhere(a.columns, 1.0);
  std::vector<vector> w, inside;
  for (std::size_t y = 0; y < slices; ++y) {
    w.push_back(cases::random_values(a.rows, 80 + y, 0, 3));
    w[y][4] = 0;
    inside.push_back(everywhere);
    for (std::size_t j = y; j < a.columns; j += 4) inside[y][j] = 0;
  }
  plain::put(weights, op.lanes(), w);
  plain::put(mask, op.lanes(), inside);
  for (bool const weighted : {false, true})
    for (double const damping : {0.0, 1.5})
      for (bool const masked : {false, true}) {
        CAPTURE(weighted);
        CAPTURE(damping);
        CAPTURE(masked);
        options_of<decltype(op)> o{.iterations = 400, .damping = damping};
        if (weighted) o.weights = weights;
        if (masked) o.mask = mask;
        auto const report = tomoedx::cgls(op, data, x, o);
        if (std::is_same_v<T, double>) CHECK(report.ended == tomoedx::ending::solved);
        auto const found = plain::get(x, op.lanes(), slices);
        double norm = 0;
        for (std::size_t y = 0; y < slices; ++y) {
          auto const expected =
              least_squares(a, b[y], weighted ? w[y] : ones, damping, masked ? inside[y] : everywhere);
          CHECK(cases::relative_l2(found[y], expected) < (std::is_same_v<T, float> ? 2e-4 : 1e-11));
          norm += objective(a, b[y], ones, 0, expected);
          if (masked)
            for (std::size_t j = 0; j < a.columns; ++j)
              if (inside[y][j] == 0) CHECK(found[y][j] == 0);
        }
        CHECK(report.residuals.back() ==
              doctest::Approx(std::sqrt(norm)).epsilon(std::is_same_v<T, float> ? 1e-5 : 1e-10));
      }
}

TEST_CASE("what CGLS minimises falls with every step, faster than by steepest descent") {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const& a = small_weights();
  auto const op = matrix_operator<Space, double>(a);
  auto const data = tomoedx::make_range(op), weights = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const b = noisy_data(a.rows);
  std::vector<vector> w;
  for (std::size_t y = 0; y < slices; ++y) w.push_back(cases::random_values(a.rows, 90 + y, 0.2, 3));
  plain::put(data, op.lanes(), b);
  plain::put(weights, op.lanes(), w);
  for (double const damping : {0.0, 0.8}) {
    CAPTURE(damping);
    tomoedx::cgls_solver<tomoedx::sparse_operator<Space, double>> method(
        op, data, x, {.iterations = 25, .damping = damping, .weights = weights});
    static_assert(tomoedx::solver<decltype(method)>);
    CHECK(method.state().data() == x.data());
    auto const value = [&] {
      auto const now = plain::get(x, op.lanes(), slices);
      double sum = 0;
      for (std::size_t y = 0; y < slices; ++y) sum += objective(a, b[y], w[y], damping, now[y]);
      return sum;
    };
    // steepest descent in plain loops, the slices together as in CGLS
    std::vector<vector> s(slices, vector(a.columns));
    auto const descend = [&] {
      std::vector<vector> g;
      double top = 0, bottom = 0;
      for (std::size_t y = 0; y < slices; ++y) {
        auto r = a.times(s[y]);
        for (std::size_t i = 0; i < a.rows; ++i) r[i] = w[y][i] * (b[y][i] - r[i]);
        g.push_back(a.transposed_times(r));
        for (std::size_t j = 0; j < a.columns; ++j) g[y][j] -= damping * damping * s[y][j];
        auto const q = a.times(g[y]);
        for (std::size_t i = 0; i < a.rows; ++i) bottom += w[y][i] * q[i] * q[i];
        top += plain::dot(g[y], g[y]);
      }
      double const step = top / (bottom + damping * damping * top);
      double sum = 0;
      for (std::size_t y = 0; y < slices; ++y) {
        for (std::size_t j = 0; j < a.columns; ++j) s[y][j] += step * g[y][j];
        sum += objective(a, b[y], w[y], damping, s[y]);
      }
      return sum;
    };
    double last = value();
    for (int k = 0; k < 25; ++k) {
      method.step();
      double const now = value(), steepest = descend();
      CHECK(now < last);
      if (k == 0)  // the first direction is the gradient
        CHECK(now == doctest::Approx(steepest).epsilon(1e-12));
      else
        CHECK(now < steepest);
      last = now;
    }
    CHECK_THROWS_WITH_AS(method.step(), doctest::Contains("all 25 iterations"), tomoedx::error);
  }
}

TEST_CASE("without weights and damping the residual is monotone, in float too") {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const op = matrix_operator<Space, float>(small_weights());
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), noisy_data(small_weights().rows));
  auto const report = tomoedx::cgls(op, data, x, {.iterations = 300});
  for (std::size_t k = 1; k < report.residuals.size(); ++k)
    CHECK(report.residuals[k] <= report.residuals[k - 1] * (1 + 1e-7));
}

TEST_CASE_TEMPLATE("three distinct singular values take three steps", Space, TOMOEDX_SPACES) {
  // 60 values scaled by 1, 2 or 5, and a column of zeros
  plain::matrix a(60, 61);
  for (std::size_t i = 0; i < 60; ++i) a(i, (i * 7) % 60) = i % 3 == 0 ? 1 : i % 3 == 1 ? 2 : 5;
  auto const op = matrix_operator<Space, double>(a, 1);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const b = cases::random_values(60, 9, -1, 1);
  plain::put(data, op.lanes(), {b});
  auto const report = tomoedx::cgls(op, data, x, {.iterations = 50});
  CHECK(report.ended == tomoedx::ending::solved);
  CHECK(report.iterations <= 4);
  auto const found = plain::get(x, op.lanes(), 1)[0];
  for (std::size_t i = 0; i < 60; ++i)
    CHECK(found[(i * 7) % 60] == doctest::Approx(b[i] / a(i, (i * 7) % 60)).epsilon(1e-12));
  CHECK(found[60] == 0);
}

TEST_CASE("nothing to gain ends CGLS at once and cleanly, and steps beyond change nothing") {
  using Space = Kokkos::DefaultExecutionSpace;
  using op_t = tomoedx::sparse_operator<Space, float>;
  auto const& a = small_weights();
  auto const op = matrix_operator<Space, float>(a);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  SUBCASE("no data") {
    auto const report = tomoedx::cgls(op, data, x, {.iterations = 10});
    CHECK(report.ended == tomoedx::ending::solved);
    CHECK(report.iterations == 1);
    CHECK(report.residuals[0] == 0);
    for (auto const v : plain::flat(x)) CHECK(v == 0);
  }
  SUBCASE("data that nothing in the volume can explain") {
    plain::matrix none(4, 2);
    none(0, 0) = 1;
    auto const blind = matrix_operator<Space, float>(none, 1);
    auto const b = tomoedx::make_range(blind);
    auto const volume = tomoedx::make_domain(blind);
    plain::put(b, blind.lanes(), {{0, 1, 2, 2}});
    auto const report = tomoedx::cgls(blind, b, volume, {.iterations = 10});
    CHECK(report.ended == tomoedx::ending::solved);
    CHECK(report.residuals.back() == 3);
    for (auto const v : plain::flat(volume)) CHECK(v == 0);
  }
  SUBCASE("a start at the solution: nothing but rounding is left") {
    std::vector<vector> truth, b;
    for (std::size_t y = 0; y < slices; ++y) {
      truth.push_back(vector(a.columns));
      for (std::size_t j = 0; j < a.columns; ++j) truth[y][j] = static_cast<double>((j * 5 + y) % 7);
      b.push_back(a.times(truth[y]));
    }
    plain::put(data, op.lanes(), b);
    plain::put(x, op.lanes(), truth);
    auto const report = tomoedx::cgls(op, data, x, {.iterations = 100, .warm_start = true});
    CHECK(report.ended == tomoedx::ending::solved);
    CHECK(report.iterations <= 2);
    for (std::size_t y = 0; y < slices; ++y)
      CHECK(cases::relative_l2(plain::get(x, op.lanes(), slices)[y], truth[y]) < 1e-6);
  }
  SUBCASE("a start where zeros leave everything to take away") {
    Kokkos::deep_copy(x, 1.0f);
    tomoedx::clear_padding(op, x);
    auto const report = tomoedx::cgls(op, data, x, {.iterations = 400, .warm_start = true});
    CHECK(report.ended == tomoedx::ending::solved);
    for (auto const v : plain::flat(x)) CHECK(std::abs(v) < 1e-3);
  }
  SUBCASE("far beyond convergence") {
    plain::put(data, op.lanes(), noisy_data(a.rows));
    tomoedx::cgls_solver<op_t> method(op, data, x, {.iterations = 2000});
    while (!method.solved() && method.iteration() < 1000) method.step();
    REQUIRE(method.solved());
    CHECK(method.iteration() < 200);
    auto const there = plain::flat(x);
    method.step();
    method.step();
    CHECK(plain::flat(x) == there);
  }
}

TEST_CASE("gradient_below ends CGLS when the gradient has come down to that fraction, not before") {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const& a = small_weights();
  auto const op = matrix_operator<Space, double>(a);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const b = noisy_data(a.rows);
  plain::put(data, op.lanes(), b);
  auto const gradient = [&] {
    auto const now = plain::get(x, op.lanes(), slices);
    double sum = 0;
    for (std::size_t y = 0; y < slices; ++y) {
      auto r = a.times(now[y]);
      for (std::size_t i = 0; i < a.rows; ++i) r[i] -= b[y][i];
      auto const g = a.transposed_times(r);
      sum += plain::dot(g, g);
    }
    return std::sqrt(sum);
  };
  double const first = gradient();
  auto const report = tomoedx::cgls(op, data, x, {.iterations = 100, .gradient_below = 1e-3});
  CHECK(report.ended == tomoedx::ending::solved);
  CHECK(gradient() <= 1e-3 * first);
  tomoedx::cgls(op, data, x, {.iterations = report.iterations - 1});
  CHECK(gradient() > 1e-3 * first);
}

TEST_CASE("a warm start takes up what is left to explain, and restarts reach the same end") {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const& a = small_weights();
  auto const op = matrix_operator<Space, double>(a);
  auto const data = tomoedx::make_range(op), model = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), once = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), noisy_data(a.rows));
  tomoedx::cgls(op, data, once, {.iterations = 300, .damping = 0.5});
  auto const part = tomoedx::cgls(op, data, x, {.iterations = 7, .damping = 0.5});
  op.forward(x, model);
  double left = 0;
  auto const m = plain::flat(model), b = plain::flat(data);
  for (std::size_t i = 0; i < m.size(); ++i) left += (m[i] - b[i]) * (m[i] - b[i]);
  auto const rest = tomoedx::cgls(op, data, x, {.iterations = 300, .damping = 0.5, .warm_start = true});
  CHECK(rest.residuals[0] == doctest::Approx(std::sqrt(left)).epsilon(1e-12));
  CHECK(rest.residuals[0] < part.residuals.back());
  CHECK(cases::relative_l2(plain::flat(x), plain::flat(once)) < 1e-11);
}

TEST_CASE("the norms of a mixed problem are told channel by channel") {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const& a = small_weights();
  auto const op = matrix_operator<Space, double>(a);
  tomoedx::mixed_operator const mixed(op, {3, 2, {0.3, 0, 0, 0.3, 0.7, 0.7}});
  auto const data = tomoedx::make_range(mixed);
  auto const x = tomoedx::make_domain(mixed);
  for (std::size_t c = 0; c < 3; ++c)
    plain::put(mixed.channel(data, c), op.lanes(), noisy_data(a.rows, 10 * (c + 1)));
  tomoedx::cgls_solver<tomoedx::mixed_operator<tomoedx::sparse_operator<Space, double>>> method(
      mixed, data, x, {.iterations = 6});
  auto const model = tomoedx::make_range(mixed);
  for (std::size_t k = 0; k < 6; ++k) {
    mixed.forward(x, model);
    method.step();
    auto const norms = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), method.residuals());
    for (std::size_t c = 0; c < 3; ++c) {
      auto const m = plain::flat(mixed.channel(model, c)), b = plain::flat(mixed.channel(data, c));
      double sum = 0;
      for (std::size_t i = 0; i < m.size(); ++i) sum += (m[i] - b[i]) * (m[i] - b[i]);
      CHECK(norms(k, c) == doctest::Approx(sum).epsilon(1e-11));
    }
  }
}

TEST_CASE("stored and resumed, CGLS gives the bits of an uninterrupted run") {
  using Space = Kokkos::DefaultExecutionSpace;
  using op_t = tomoedx::sparse_operator<Space, float>;
  auto const op = matrix_operator<Space, float>(small_weights());
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), again = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), noisy_data(small_weights().rows));
  options_of<op_t> const o{.iterations = 12, .damping = 0.2};
  tomoedx::cgls_solver<op_t> first(op, data, x, o);
  std::map<std::string, vector> stored;
  for (int k = 0; k < 12; ++k) {
    if (k == 5) first.visit_state([&](char const* name, auto const& v) { stored[name] = plain::flat(v); });
    first.step();
  }
  CHECK(stored.size() == 5);
  tomoedx::cgls_solver<op_t> second(op, data, again, o);
  second.visit_state([&](char const* name, auto const& v) {
    using T = typename std::decay_t<decltype(v)>::value_type;
    auto const host = Kokkos::create_mirror_view(v);
    REQUIRE(stored[name].size() == v.size());
    for (std::size_t i = 0; i < v.size(); ++i) host.data()[i] = static_cast<T>(stored[name][i]);
    Kokkos::deep_copy(v, host);
  });
  second.resume(5);
  CHECK(second.iteration() == 5);
  while (second.iteration() < 12) second.step();
  CHECK(plain::flat(again) == plain::flat(x));
  CHECK(plain::flat(second.residuals()) == plain::flat(first.residuals()));
  CHECK_THROWS_WITH_AS(second.resume(13), doctest::Contains("13 of 12"), tomoedx::value_error);
}

TEST_CASE("one thread and all threads give the same bits") {
  auto const solve = [](auto space) {
    using Space = decltype(space);
    auto const w = plain::weights({.tilts_deg = {-50, 0, 41}, .width = 40, .depth = 37, .detector = 45},
                                  tomoedx::reference::weight::joseph);
    auto const op = matrix_operator<Space, double>(w, 70);
    auto const data = tomoedx::make_range(op);
    auto const x = tomoedx::make_domain(op);
    std::vector<vector> b;
    for (std::size_t y = 0; y < 70; ++y) b.push_back(cases::random_values(w.rows, y, -1, 4));
    plain::put(data, op.lanes(), b);
    auto const report = tomoedx::cgls(op, data, x, {.iterations = 8, .damping = 0.1});
    auto values = plain::flat(x);
    values.insert(values.end(), report.residuals.begin(), report.residuals.end());
    return values;
  };
  CHECK(solve(Kokkos::Serial()) == solve(Kokkos::DefaultHostExecutionSpace()));
}

TEST_CASE_TEMPLATE("a step of CGLS only launches labelled work", Space, TOMOEDX_SPACES) {
  using op_t = tomoedx::sparse_operator<Space, float>;
  auto const op = matrix_operator<Space, float>(small_weights());
  auto const data = tomoedx::make_range(op), weights = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), noisy_data(small_weights().rows));
  Kokkos::deep_copy(weights, 2.0f);
  tomoedx::cgls_solver<op_t> method(op, data, x, {.iterations = 2, .damping = 0.3, .weights = weights});
  CHECK(quiet::faults([&] { method.step(); }) == "");
  CHECK(quiet::faults([&] { method.step(); }) == "");
  CHECK(quiet::faults([&] { (void)method.solved(); }) != "");
}

TEST_CASE("CGLS refuses sizes, numbers and options that mean nothing, and leaves x alone") {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const op = matrix_operator<Space, float>(small_weights());
  auto const data = tomoedx::make_range(op), weights = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  double const nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  Kokkos::deep_copy(x, 7.0f);
  CHECK_THROWS_WITH_AS(tomoedx::cgls(op, x, x), doctest::Contains("of the data"), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, data), doctest::Contains("of the volume"),
                       tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, x, {.weights = x}), doctest::Contains("weights"),
                       tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, x, {.mask = data}), doctest::Contains("mask"),
                       tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::cgls(op, data, x, {.iterations = 0}), tomoedx::value_error);
  for (double const bad : {-1.0, nan, inf, 1e200, 1e20}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, x, {.damping = bad}), doctest::Contains("damping"),
                         tomoedx::value_error);
  }
  for (double const bad : {-1.0, nan, 1.0})
    CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, x, {.gradient_below = bad}),
                         doctest::Contains("gradient_below"), tomoedx::value_error);
  for (double const bad : {-1.0, nan, inf}) {
    plain::put(weights, op.lanes(), std::vector<vector>(1, vector(small_weights().rows, bad)));
    CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, x, {.weights = weights}), doctest::Contains("weights"),
                         tomoedx::value_error);
    if (bad < 0) continue;
    CHECK_THROWS_WITH_AS(tomoedx::cgls(op, weights, x), doctest::Contains("the data"), tomoedx::value_error);
  }
  CHECK(plain::flat(x) == vector(x.size(), 7.0));
  Kokkos::deep_copy(x, NAN);
  CHECK_THROWS_WITH_AS(tomoedx::cgls(op, data, x, {.warm_start = true}), doctest::Contains("to start from"),
                       tomoedx::value_error);
}
