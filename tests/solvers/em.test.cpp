// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/em.hpp>

#include "../projectors/cases.hpp"
#include "../spaces.hpp"
#include "plain.hpp"

#include <doctest/doctest.h>

namespace {

using plain::vector;

tomoedx::parallel_beam const small{
    .tilts_deg = cases::every(-70, 70, 14), .width = 13, .depth = 11, .detector = 15, .axis_offset = 0.4};

plain::matrix const& small_weights() {
  static plain::matrix const w = plain::weights(small, tomoedx::reference::weight::strip);
  return w;
}

/// EM of several slices in plain loops, as the papers write it.
struct reference_em {
  plain::matrix const& a = small_weights();
  std::vector<vector> b, s, x, mask;
  std::vector<double> norms;

  reference_em(std::vector<vector> data, std::vector<vector> background)
      : b(std::move(data)), s(std::move(background)) {}

  /// The constant whose projection holds as many counts as the data, inside the mask.
  void start() {
    double counts = 0, rays = 0;
    x.assign(b.size(), vector(a.columns, 1.0));
    if (!mask.empty()) x = mask;
    for (std::size_t y = 0; y < b.size(); ++y) {
      for (auto const v : b[y]) counts += v;
      for (auto const v : a.times(x[y])) rays += v;
    }
    for (auto& slice : x)
      for (auto& v : slice) v *= counts / rays;
  }

  void step() {
    auto const columns = a.transposed_times(vector(a.rows, 1.0));
    double norm = 0;
    for (std::size_t y = 0; y < b.size(); ++y) {
      auto ratio = a.times(x[y]);
      for (std::size_t i = 0; i < a.rows; ++i) {
        double const expected = ratio[i] + s[y][i];
        norm += (b[y][i] - expected) * (b[y][i] - expected);
        ratio[i] = expected > 0 ? b[y][i] / expected : 0;
      }
      auto const g = a.transposed_times(ratio);
      for (std::size_t j = 0; j < a.columns; ++j) {
        x[y][j] = columns[j] > 1e-7 ? x[y][j] / columns[j] * g[j] : 0;
        if (!mask.empty()) x[y][j] *= mask[y][j];
      }
    }
    norms.push_back(std::sqrt(norm));
  }
};

/// The Kullback-Leibler deviance of counts b from the model A x + s; what EM brings down.
double deviance(std::vector<vector> const& b, std::vector<vector> const& s, std::vector<vector> const& x) {
  double sum = 0;
  for (std::size_t y = 0; y < b.size(); ++y) {
    auto const model = small_weights().times(x[y]);
    for (std::size_t i = 0; i < model.size(); ++i) {
      double const m = model[i] + s[y][i];
      if (b[y][i] > 0) sum += b[y][i] * std::log(b[y][i] / m);
      sum += m - b[y][i];
    }
  }
  return 2 * sum;
}

/// Whole counts around the projection of a lump, zeros among them, different in each slice.
std::vector<vector> lump(std::size_t slices, double background = 0) {
  std::vector<vector> b;
  for (std::size_t y = 0; y < slices; ++y) {
    vector x(small.voxels());
    for (std::size_t z = 3; z < 8; ++z)
      for (std::size_t c = 4; c < 9; ++c) x[z * small.width + c] = 1 + static_cast<double>((z * c + y) % 4);
    auto stack = small_weights().times(x);
    for (std::size_t i = 0; i < stack.size(); ++i) {
      double const noise = 3 * tomoedx::random_stream(40 + y, i).normal();
      stack[i] = std::max(0.0, std::floor(stack[i] + background + (stack[i] > 0 ? noise : 0)));
    }
    b.push_back(stack);
  }
  return b;
}

std::vector<vector> constant(std::size_t slices, std::size_t size, double value) {
  return std::vector<vector>(slices, vector(size, value));
}

template <class T>
constexpr double close_enough = std::is_same_v<T, float> ? 2e-4 : 1e-11;

double furthest(std::vector<vector> const& a, std::vector<vector> const& b) {
  double most = 0, largest = 0;
  for (std::size_t y = 0; y < a.size(); ++y)
    for (std::size_t j = 0; j < a[y].size(); ++j) {
      most = std::max(most, std::abs(a[y][j] - b[y][j]));
      largest = std::max(largest, std::abs(b[y][j]));
    }
  return most / largest;
}

template <class Space, class T>
void compare_with_plain(std::size_t slices) {
  CAPTURE(slices);
  using op_t = tomoedx::tilt_projector<Space, T, tomoedx::strip>;
  op_t const op(Space(), small, slices);
  REQUIRE(op.blocks() * op.lanes() > slices);  // there are lanes that must not count
  auto const data = tomoedx::make_range(op), map = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  auto const b = lump(slices, 2);
  auto const none = constant(slices, small.rays(), 0);
  plain::put(data, op.lanes(), b);
  std::vector<vector> varying, inside;
  for (std::size_t y = 0; y < slices; ++y) {
    varying.push_back(cases::random_values(small.rays(), 50 + y, 0.1, 2));
    inside.emplace_back(small.voxels(), 1.0);
    for (std::size_t j = y; j < small.voxels(); j += 7) inside[y][j] = 0;
  }
  plain::put(map, op.lanes(), varying);
  plain::put(mask, op.lanes(), inside);

  auto const check = [&](reference_em& expected, auto const& options) {
    expected.start();
    for (std::size_t k = 0; k < options.iterations; ++k) expected.step();
    auto const report = tomoedx::em(op, data, x, options);
    CHECK(report.iterations == options.iterations);
    CHECK(report.ended == tomoedx::ending::iterations_done);
    CHECK(furthest(plain::get(x, op.lanes(), slices), expected.x) < close_enough<T>);
    REQUIRE(report.residuals.size() == expected.norms.size());
    CHECK(cases::relative_l2(report.residuals, expected.norms) < close_enough<T>);
  };
  using options = tomoedx::em_options<typename op_t::domain_view, typename op_t::range_view>;
  SUBCASE("no background") {
    reference_em expected(b, none);
    check(expected, options{.iterations = 20});
  }
  SUBCASE("a constant background") {
    reference_em expected(b, constant(slices, small.rays(), 1.5));
    check(expected, options{.iterations = 20, .background = 1.5});
  }
  SUBCASE("a background map") {
    reference_em expected(b, varying);
    check(expected, options{.iterations = 20, .background_map = map});
  }
  SUBCASE("a constant and a map") {
    auto both = varying;
    for (auto& slice : both)
      for (auto& v : slice) v += 0.75;
    reference_em expected(b, both);
    check(expected, options{.iterations = 20, .background = 0.75, .background_map = map});
    CHECK(furthest(plain::get(map, op.lanes(), slices), varying) < 1e-6);  // the user's map is not touched
  }
  SUBCASE("a mask: EM of the volume inside it, from the first iteration") {
    reference_em expected(b, none);
    expected.mask = inside;
    check(expected, options{.iterations = 20, .mask = mask});
    auto const result = plain::get(x, op.lanes(), slices);
    for (std::size_t y = 0; y < slices; ++y)
      for (std::size_t j = 0; j < small.voxels(); ++j)
        if (inside[y][j] == 0) CHECK(result[y][j] == 0);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("EM follows the plain iteration in double", Space, TOMOEDX_SPACES) {
  compare_with_plain<Space, double>(3);
}

TEST_CASE("EM in float stays within 2e-4 of double after 20 iterations, blocks with padding too") {
  compare_with_plain<Kokkos::DefaultExecutionSpace, float>(67);
}

TEST_CASE("masked, EM from a masked estimate keeps the counts and stays inside") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  op_t const op({}, small, 3);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  auto const b = lump(3);
  std::vector<vector> inside(3, vector(small.voxels(), 1.0));
  for (std::size_t y = 0; y < 3; ++y)
    for (std::size_t j = y; j < small.voxels(); j += 7) inside[y][j] = 0;
  plain::put(data, op.lanes(), b);
  plain::put(mask, op.lanes(), inside);
  plain::put(x, op.lanes(), inside);
  reference_em expected(b, constant(3, small.rays(), 0));
  expected.mask = expected.x = inside;
  for (int k = 0; k < 10; ++k) expected.step();
  auto const report = tomoedx::em(op, data, x, {.iterations = 10, .mask = mask, .warm_start = true});
  CHECK(furthest(plain::get(x, op.lanes(), 3), expected.x) < 1e-11);
  CHECK(cases::relative_l2(report.residuals, expected.norms) < 1e-11);
}

TEST_CASE("EM starts warm from what x holds, and goes on exactly where it was") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  op_t const op({}, small, 3);
  auto const data = tomoedx::make_range(op);
  auto const once = tomoedx::make_domain(op), twice = tomoedx::make_domain(op);
  auto const b = lump(3);
  plain::put(data, op.lanes(), b);
  std::vector<vector> first;
  for (std::size_t y = 0; y < 3; ++y) first.push_back(cases::random_values(small.voxels(), 60 + y, 0, 2));
  reference_em expected(b, constant(3, small.rays(), 0));
  expected.x = first;
  for (int k = 0; k < 8; ++k) expected.step();
  plain::put(once, op.lanes(), first);
  plain::put(twice, op.lanes(), first);
  tomoedx::em(op, data, once, {.iterations = 8, .warm_start = true});
  CHECK(furthest(plain::get(once, op.lanes(), 3), expected.x) < 1e-11);
  tomoedx::em(op, data, twice, {.iterations = 5, .warm_start = true});
  tomoedx::em(op, data, twice, {.iterations = 3, .warm_start = true});
  CHECK(plain::flat(once) == plain::flat(twice));
}

TEST_CASE("the deviance falls with every EM step and the model takes over the counts") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  op_t const op({}, small, 3);
  auto const data = tomoedx::make_range(op), model = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  for (double const background : {0.0, 1.25}) {
    CAPTURE(background);
    auto const b = lump(3, background);
    auto const s = constant(3, small.rays(), background);
    plain::put(data, op.lanes(), b);
    double counts = 0;
    for (auto const& slice : b)
      for (auto const v : slice) counts += v;
    tomoedx::em_solver<op_t> method(op, data, x, {.iterations = 60, .background = background});
    static_assert(tomoedx::solver<decltype(method)>);
    CHECK(method.state().data() == x.data());
    double last = deviance(b, s, plain::get(x, op.lanes(), 3));
    double const first = last;
    for (std::size_t k = 1; k <= 60; ++k) {
      method.step();
      CHECK(method.iteration() == k);
      double const now = deviance(b, s, plain::get(x, op.lanes(), 3));
      CHECK(now < last);
      last = now;
      if (background == 0) {
        // sum of A x = sum of b: every ray with counts sees voxels
        op.forward(x, model);
        double sum = 0;
        for (auto const v : plain::flat(model)) sum += v;
        CHECK(sum == doctest::Approx(counts).epsilon(1e-12));
      }
    }
    CHECK(last < 0.2 * first);
    CHECK_THROWS_WITH_AS(method.step(), doctest::Contains("all 60 iterations"), tomoedx::error);
  }
}

TEST_CASE("EM starts from the constant that holds as many counts as the data") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  op_t const op({}, small, 5);
  auto const data = tomoedx::make_range(op), model = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const b = lump(5);
  plain::put(data, op.lanes(), b);
  tomoedx::em_solver<op_t> const method(op, data, x, {.iterations = 1});
  auto const start = plain::get(x, op.lanes(), 5);
  for (auto const& slice : start)
    for (auto const v : slice) CHECK(v == start[0][0]);
  op.forward(x, model);
  double counts = 0, sum = 0;
  for (auto const v : plain::flat(data)) counts += v;
  for (auto const v : plain::flat(model)) sum += v;
  CHECK(sum == doctest::Approx(counts).epsilon(1e-12));
}

TEST_CASE("zeros in, zeros out, and nothing divides by zero") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  // the detector sees only the middle: many voxels have a zero column
  tomoedx::parallel_beam const narrow{.tilts_deg = {-5, 0, 5}, .width = 40, .depth = 4, .detector = 7};
  op_t const op({}, narrow, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(x, 5.0f);
  auto const nothing = tomoedx::em(op, data, x, {.iterations = 3});
  for (auto const v : plain::flat(x)) CHECK(v == 0);
  CHECK(nothing.residuals[1] == 0);

  plain::put(data, op.lanes(), std::vector<vector>(2, vector(narrow.rays(), 3.0)));
  auto const report = tomoedx::em(op, data, x, {.iterations = 30});
  bool unseen = false;
  for (auto const v : plain::flat(x)) {
    CHECK(std::isfinite(v));
    CHECK(v >= 0);
    unseen = unseen || v == 0;
  }
  CHECK(unseen);
  CHECK(report.residuals.back() < report.residuals.front());

  // a background alone explains data without counts
  Kokkos::deep_copy(data, 0.0f);
  tomoedx::em(op, data, x, {.iterations = 3, .background = 2});
  for (auto const v : plain::flat(x)) CHECK(v == 0);
}

TEST_CASE("EM gives the same with our projector, its sparse matrix and two callables") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  Space const space;
  std::size_t const slices = 3;
  auto const& w = small_weights();
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  vector values;
  for (std::size_t i = 0; i < w.rows; ++i) {
    for (std::size_t j = 0; j < w.columns; ++j)
      if (w(i, j) != 0) indices.push_back(static_cast<std::uint32_t>(j)), values.push_back(w(i, j));
    offsets.push_back(values.size());
  }
  auto const b = lump(slices, 2);
  auto const check = [&](auto const& op, std::size_t lanes) {
    auto const data = tomoedx::make_range(op);
    auto const x = tomoedx::make_domain(op);
    plain::put(data, lanes, b);
    for (double const background : {0.0, 1.5}) {
      CAPTURE(background);
      reference_em expected(b, constant(slices, small.rays(), background));
      expected.start();
      for (int k = 0; k < 10; ++k) expected.step();
      auto const report = tomoedx::em(op, data, x, {.iterations = 10, .background = background});
      CHECK(furthest(plain::get(x, lanes, slices), expected.x) < 1e-11);
      CHECK(cases::relative_l2(report.residuals, expected.norms) < 1e-11);
    }
  };
  SUBCASE("a sparse matrix, whose lanes beyond the last slice must not count") {
    tomoedx::sparse_operator<Space, double> const op(space, {w.rows, w.columns, offsets, indices, values},
                                                     slices);
    REQUIRE(op.domain_layout().dimension[0] * op.lanes() > slices);
    check(op, op.lanes());
  }
  SUBCASE("callables") {
    auto const op = tomoedx::make_operator<double>(
        space, tomoedx::extents<2>{slices, w.columns}, tomoedx::extents<2>{slices, w.rows},
        [&](auto const& from, auto const& to) {
          for (std::size_t y = 0; y < slices; ++y) {
            auto const r = w.times(vector(&from(y, 0), &from(y, 0) + w.columns));
            std::copy(r.begin(), r.end(), &to(y, 0));
          }
        },
        [&](auto const& from, auto const& to) {
          for (std::size_t y = 0; y < slices; ++y) {
            auto const r = w.transposed_times(vector(&from(y, 0), &from(y, 0) + w.rows));
            std::copy(r.begin(), r.end(), &to(y, 0));
          }
        });
    check(op, 1);
  }
}

TEST_CASE("a projector whose sums repeat in other lanes in its domain than in its range is served in full") {
  // ones, 6 x 8: four neighbours in the domain share a column sum, and 6 is no multiple of 4
  struct all_ones {
    using execution_space = Kokkos::DefaultHostExecutionSpace;
    using domain_view = Kokkos::View<double*, Kokkos::LayoutRight, Kokkos::HostSpace>;
    using range_view = domain_view;
    using sums = tomoedx::repeated_values<double, Kokkos::HostSpace>;

    execution_space space() const { return {}; }
    Kokkos::LayoutRight domain_layout() const { return Kokkos::LayoutRight(8); }
    Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(6); }
    void forward(domain_view const& x, range_view const& y) const {
      double sum = 0;
      for (std::size_t j = 0; j < 8; ++j) sum += x(j);
      Kokkos::deep_copy(y, sum);
    }
    void adjoint(range_view const& y, domain_view const& x) const {
      double sum = 0;
      for (std::size_t i = 0; i < 6; ++i) sum += y(i);
      Kokkos::deep_copy(x, sum);
    }
    static sums repeat(std::size_t n, double value, std::size_t lanes, std::size_t stride) {
      domain_view const values("values", n), one("one", 1);
      Kokkos::deep_copy(values, value);
      Kokkos::deep_copy(one, 1.0);
      return {values, lanes, one, stride};
    }
    sums row_sums() const { return repeat(6, 8, 1, 6); }
    sums column_sums() const { return repeat(2, 6, 4, 8); }
  };
  static_assert(tomoedx::projector<all_ones>);
  all_ones const op;
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  for (std::size_t i = 0; i < 6; ++i) data(i) = static_cast<double>(i + 1);
  Kokkos::deep_copy(x, 2.0);
  auto const report = tomoedx::em(op, data, x, {.iterations = 1, .warm_start = true});
  // A x = 16 everywhere; x <- 2 / 6 * (1 + ... + 6) / 16
  for (std::size_t j = 0; j < 8; ++j) CHECK(x(j) == doctest::Approx(2.0 / 6 * 21 / 16).epsilon(1e-14));
  double norm = 0;
  for (std::size_t i = 0; i < 6; ++i) norm += std::pow(16 - data(i), 2);
  CHECK(report.residuals[0] == doctest::Approx(std::sqrt(norm)).epsilon(1e-14));
}

TEST_CASE("an observer and the stopping rules end EM with a valid estimate") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), again = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), lump(2));
  auto const stopped = tomoedx::em(op, data, x, {.iterations = 50}, [](tomoedx::progress const& p) {
    return p.iteration == 6 ? tomoedx::decision::stop : tomoedx::decision::proceed;
  });
  CHECK(stopped.ended == tomoedx::ending::observer);
  CHECK(stopped.iterations == 6);
  tomoedx::em(op, data, again, {.iterations = 6});
  CHECK(plain::flat(x) == plain::flat(again));
  auto const close =
      tomoedx::em(op, data, x, {.iterations = 50, .stop = {.residual_below = stopped.residuals[3]}});
  CHECK(close.ended == tomoedx::ending::residual_small);
  CHECK(close.iterations == 4);
}

TEST_CASE("EM refuses data and options that mean nothing, and leaves x alone") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op), map = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  Kokkos::deep_copy(x, 7.0f);
  auto const with = [&](double value) {
    auto slices = lump(2);
    slices[1][17] = value;
    plain::put(data, op.lanes(), slices);
  };
  double const inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  with(-1);
  CHECK_THROWS_WITH_AS(tomoedx::em(op, data, x), doctest::Contains("-1"), tomoedx::value_error);
  with(nan);
  CHECK_THROWS_WITH_AS(tomoedx::em(op, data, x), doctest::Contains("NaN"), tomoedx::value_error);
  with(inf);
  CHECK_THROWS_AS(tomoedx::em(op, data, x), tomoedx::value_error);
  with(2);
  CHECK_THROWS_AS(tomoedx::em(op, data, x, {.iterations = 0}), tomoedx::value_error);
  for (double const bad : {-0.5, inf, nan})
    CHECK_THROWS_AS(tomoedx::em(op, data, x, {.background = bad}), tomoedx::value_error);
  for (double const bad : {-0.5, inf, nan}) {
    Kokkos::deep_copy(map, static_cast<float>(bad));
    CHECK_THROWS_AS(tomoedx::em(op, data, x, {.background_map = map}), tomoedx::value_error);
  }
  CHECK_THROWS_WITH_AS(tomoedx::em(op, x, x), doctest::Contains("of the data"), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::em(op, data, data), doctest::Contains("of the volume"), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::em(op, data, x, {.background_map = mask}), doctest::Contains("background"),
                       tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::em(op, data, x, {.mask = data}), doctest::Contains("mask"),
                       tomoedx::shape_error);
  CHECK(plain::flat(x) == plain::vector(x.size(), 7.0));
}

TEST_CASE("EM refuses a warm start that is no estimate of counts") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), lump(2));
  for (double const bad : {-1.0, std::nan("")}) {
    CAPTURE(bad);
    auto start = constant(2, small.voxels(), 1);
    start[0][30] = bad;
    plain::put(x, op.lanes(), start);
    CHECK_THROWS_AS(tomoedx::em(op, data, x, {.iterations = 4, .warm_start = true}), tomoedx::value_error);
  }
}
