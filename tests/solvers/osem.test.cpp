// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_subsets.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/osem.hpp>

#include "../projectors/cases.hpp"
#include "plain.hpp"
#include "quiet.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using plain::vector;
using Space = Kokkos::DefaultExecutionSpace;
using op_t = tomoedx::tilt_projector<Space, double, tomoedx::strip>;
using matrix_t = tomoedx::sparse_operator<Space, double>;
using options = tomoedx::osem_options<op_t::domain_view, op_t::range_view>;

tomoedx::parallel_beam const small{
    .tilts_deg = cases::every(-77, 77, 14), .width = 13, .depth = 11, .detector = 15, .axis_offset = 0.4};
constexpr std::size_t slices = 3;

plain::matrix const& small_weights() {
  static plain::matrix const w = plain::weights(small, tomoedx::reference::weight::strip);
  return w;
}

/// Whole counts around the projection of a lump, zeros among them, different in each slice.
std::vector<vector> lump(double noise, double background = 0) {
  std::vector<vector> b;
  for (std::size_t y = 0; y < slices; ++y) {
    vector x(small.voxels());
    for (std::size_t z = 3; z < 8; ++z)
      for (std::size_t c = 4; c < 9; ++c) x[z * small.width + c] = 5 + static_cast<double>((z * c + y) % 4);
    auto stack = small_weights().times(x);
    for (std::size_t i = 0; i < stack.size(); ++i) {
      double const spread = noise * tomoedx::random_stream(40 + y, i).normal();
      stack[i] = std::max(0.0, std::floor(stack[i] + background + (stack[i] > 0 ? spread : 0)));
    }
    b.push_back(stack);
  }
  return b;
}

/// The Kullback-Leibler deviance of counts b from the model A x + s: what the likelihood brings down.
double deviance(std::vector<vector> const& b, double s, std::vector<vector> const& x) {
  double sum = 0;
  for (std::size_t y = 0; y < b.size(); ++y) {
    auto const model = small_weights().times(x[y]);
    for (std::size_t i = 0; i < model.size(); ++i) {
      double const m = model[i] + s;
      if (b[y][i] > 0) sum += b[y][i] * std::log(b[y][i] / m);
      sum += m - b[y][i];
    }
  }
  return 2 * sum;
}

matrix_t matrix_operator(plain::matrix const& w, std::size_t count) {
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  vector values;
  for (std::size_t i = 0; i < w.rows; ++i) {
    for (std::size_t j = 0; j < w.columns; ++j)
      if (w(i, j) != 0) indices.push_back(static_cast<std::uint32_t>(j)), values.push_back(w(i, j));
    offsets.push_back(values.size());
  }
  return {Space(), {w.rows, w.columns, offsets, indices, values}, count};
}

/// OSEM of several slices in plain loops, subset by subset.
struct reference {
  std::vector<plain::matrix> a;
  std::vector<std::vector<vector>> b, s;  ///< by subset and slice
  std::vector<vector> x = {}, mask = {};
  std::vector<double> norms = {};

  void start() {
    double counts = 0, rays = 0;
    x.assign(slices, vector(a[0].columns, 1.0));
    if (!mask.empty()) x = mask;
    for (std::size_t part = 0; part < a.size(); ++part)
      for (std::size_t y = 0; y < slices; ++y) {
        for (auto const v : b[part][y]) counts += v;
        for (auto const v : a[part].times(x[y])) rays += v;
      }
    for (auto& slice : x)
      for (auto& v : slice) v *= counts / rays;
  }
  void step() {
    double norm = 0;
    for (std::size_t part = 0; part < a.size(); ++part) {
      auto const columns = a[part].transposed_times(vector(a[part].rows, 1.0));
      for (std::size_t y = 0; y < slices; ++y) {
        auto ratio = a[part].times(x[y]);
        for (std::size_t i = 0; i < ratio.size(); ++i) {
          double const expected = ratio[i] + s[part][y][i];
          norm += (b[part][y][i] - expected) * (b[part][y][i] - expected);
          ratio[i] = expected > 0 ? b[part][y][i] / expected : 0;
        }
        auto const g = a[part].transposed_times(ratio);
        for (std::size_t j = 0; j < g.size(); ++j) {
          if (columns[j] > 1e-7) x[y][j] *= g[j] / columns[j];
          if (!mask.empty()) x[y][j] *= mask[y][j];
        }
      }
    }
    norms.push_back(std::sqrt(norm));
  }
};

}  // namespace

TEST_CASE("one subset is EM, with the same bits, voxels that nobody sees too") {
  // the detector sees only the middle
  tomoedx::parallel_beam const narrow{
      .tilts_deg = {-50, -5, 0, 5, 40}, .width = 30, .depth = 9, .detector = 11, .axis_offset = 0.2};
  for (auto const& g : {small, narrow}) {
    op_t const op({}, g, 5);
    auto const data = tomoedx::make_range(op), map = tomoedx::make_range(op);
    auto const x = tomoedx::make_domain(op), expected = tomoedx::make_domain(op),
               mask = tomoedx::make_domain(op);
    std::vector<vector> b, background, inside;
    for (std::size_t y = 0; y < 5; ++y) {
      b.push_back(cases::random_values(g.rays(), 5 + y, 0, 9));
      background.push_back(cases::random_values(g.rays(), 15 + y, 0, 2));
      inside.push_back(vector(g.voxels(), 1.0));
      for (std::size_t j = y; j < g.voxels(); j += 5) inside[y][j] = 0;
    }
    plain::put(data, op.lanes(), b);
    plain::put(map, op.lanes(), background);
    plain::put(mask, op.lanes(), inside);
    for (bool const full : {false, true}) {
      tomoedx::em_options<op_t::domain_view, op_t::range_view> o{.iterations = 6};
      options many{.iterations = 6};
      if (full) {
        o.background = many.background = 0.5;
        o.background_map = map, many.background_maps = {map};
        o.mask = many.mask = mask;
      }
      auto const whole = tomoedx::em(op, data, expected, o);
      auto const report = tomoedx::osem(std::vector{op}, {data}, x, many);
      CHECK(plain::flat(x) == plain::flat(expected));
      CHECK(report.residuals == whole.residuals);
    }
  }
}

TEST_CASE("OSEM follows the plain iteration, with our projectors and with matrices") {
  op_t const op({}, small, slices);
  auto const b = lump(3, 2);
  auto const data = tomoedx::make_range(op), map = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  std::vector<vector> varying, inside;
  for (std::size_t y = 0; y < slices; ++y) {
    varying.push_back(cases::random_values(small.rays(), 50 + y, 0.1, 2));
    inside.emplace_back(small.voxels(), 1.0);
    for (std::size_t j = y; j < small.voxels(); j += 7) inside[y][j] = 0;
  }
  plain::put(data, op.lanes(), b);
  plain::put(map, op.lanes(), varying);
  plain::put(mask, op.lanes(), inside);
  tomoedx::tilt_subsets const parts(op, 4);
  auto const of_tilts = [&](std::vector<vector> const& whole, std::vector<std::size_t> const& tilts) {
    std::vector<vector> part(slices);
    for (std::size_t y = 0; y < slices; ++y)
      for (auto const t : tilts)
        part[y].insert(part[y].end(), whole[y].begin() + t * small.detector,
                       whole[y].begin() + (t + 1) * small.detector);
    return part;
  };
  for (bool const full : {false, true}) {
    CAPTURE(full);
    reference expected;
    std::vector<matrix_t> foreign;
    std::vector<matrix_t::range_view> foreign_data, foreign_maps;
    for (auto const& tilts : parts.tilts()) {
      expected.a.push_back(
          plain::weights(tomoedx::at_tilts(small, tilts), tomoedx::reference::weight::strip));
      expected.b.push_back(of_tilts(b, tilts));
      expected.s.push_back(of_tilts(varying, tilts));
      for (auto& slice : expected.s.back())
        for (auto& v : slice) v = full ? v + 0.75 : 0;
      foreign.push_back(matrix_operator(expected.a.back(), slices));
      foreign_data.push_back(tomoedx::make_range(foreign.back()));
      plain::put(foreign_data.back(), foreign.back().lanes(), expected.b.back());
      foreign_maps.push_back(tomoedx::make_range(foreign.back()));
      plain::put(foreign_maps.back(), foreign.back().lanes(), of_tilts(varying, tilts));
    }
    if (full) expected.mask = inside;
    expected.start();
    for (int k = 0; k < 5; ++k) expected.step();
    auto const check = [&](auto const& report, auto const& volume, std::size_t lanes) {
      for (std::size_t y = 0; y < slices; ++y)
        CHECK(cases::relative_l2(plain::get(volume, lanes, slices)[y], expected.x[y]) < 1e-11);
      REQUIRE(report.residuals.size() == 5);
      CHECK(cases::relative_l2(report.residuals, expected.norms) < 1e-11);
    };
    options o{.iterations = 5};
    if (full) o.background = 0.75, o.background_maps = parts.split(map), o.mask = mask;
    check(tomoedx::osem(parts.operators(), parts.split(data), x, o), x, op.lanes());
    auto const volume = tomoedx::make_domain(foreign[0]), where = tomoedx::make_domain(foreign[0]);
    plain::put(where, foreign[0].lanes(), inside);
    tomoedx::osem_options<matrix_t::domain_view, matrix_t::range_view> p{.iterations = 5};
    if (full) p.background = 0.75, p.background_maps = foreign_maps, p.mask = where;
    check(tomoedx::osem(foreign, foreign_data, volume, p), volume, foreign[0].lanes());
  }
}

TEST_CASE(
    "the likelihood gains about as much in an iteration of OSEM as in as many of EM as there are subsets") {
  op_t const op({}, small, slices);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const b = lump(2, 1);
  plain::put(data, op.lanes(), b);
  auto const now = [&] { return deviance(b, 1, plain::get(x, op.lanes(), slices)); };
  std::vector<double> em;
  tomoedx::em_solver<op_t> one(op, data, x, {.iterations = 24, .background = 1});
  em.push_back(now());
  for (int k = 0; k < 24; ++k) {
    one.step();
    em.push_back(now());
    CHECK(em.back() < em[em.size() - 2]);  // EM is monotone
  }
  tomoedx::tilt_subsets const parts(op, 4);
  auto const split = parts.split(data);
  tomoedx::osem_solver<op_t> many(parts.operators(), split, x, {.iterations = 3, .background = 1});
  CHECK(now() == doctest::Approx(em[0]).epsilon(1e-12));  // the same start
  for (std::size_t k = 1; k <= 3; ++k) {
    CAPTURE(k);
    many.step();
    CHECK(now() < em[3 * k]);  // three quarters of the subsets' number at least
    CHECK(now() > em[8 * k]);  // and not twice of it
  }
}

TEST_CASE("voxels that a subset does not see stay as they are, those that none sees are zero") {
  // five voxels: the first subset sees 0 and 1, the second 1 and 2, nobody 3; the last only as rounding
  plain::matrix first(2, 5), second(1, 5);
  first(0, 0) = 1, first(1, 0) = 1, first(1, 1) = 2, first(1, 4) = 1e-12;
  second(0, 1) = 1, second(0, 2) = 3;
  auto const a = matrix_operator(first, 1), b = matrix_operator(second, 1);
  auto const data_a = tomoedx::make_range(a), data_b = tomoedx::make_range(b);
  auto const x = tomoedx::make_domain(a);
  vector const start{1, 2, 3, 4, 5};
  plain::put(data_a, a.lanes(), {{10, 20}});
  plain::put(data_b, b.lanes(), {{30}});
  plain::put(x, a.lanes(), {start});
  tomoedx::osem_solver<matrix_t> method({b, a}, {data_b, data_a}, x, {.iterations = 4, .warm_start = true});
  auto const begun = plain::get(x, a.lanes(), 1)[0];
  CHECK(begun == vector{1, 2, 3, 0, 0});
  method.step();
  auto const after = plain::get(x, a.lanes(), 1)[0];
  double const middle = 2 * 30.0 / 11;  // voxel 1 after the second subset, which comes first here
  CHECK(after[2] == doctest::Approx(3 * 30.0 / 11));
  CHECK(after[1] == doctest::Approx(middle * 20 / (1 + 2 * middle)));
  CHECK(after[0] == doctest::Approx(0.5 * (10 + 20 / (1 + 2 * middle))));
  CHECK(after[3] == 0);
  CHECK(after[4] == 0);
}

TEST_CASE("stored and resumed, OSEM gives the bits of an uninterrupted run, and steps are quiet") {
  op_t const op({}, small, slices);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), again = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), lump(3));
  tomoedx::tilt_subsets const parts(op, 3);
  auto const split = parts.split(data);
  tomoedx::osem_solver<op_t> first(parts.operators(), split, x, {.iterations = 6, .background = 0.5});
  static_assert(tomoedx::solver<decltype(first)>);
  CHECK(first.subsets() == 3);
  vector volume, norms;
  for (std::size_t k = 0; k < 6; ++k) {
    if (k == 2) volume = plain::flat(x), norms = plain::flat(first.residuals());
    CHECK(quiet::faults([&] { first.step(); }) == "");
  }
  CHECK_THROWS_WITH_AS(first.step(), doctest::Contains("osem: all 6 iterations"), tomoedx::error);
  tomoedx::osem_solver<op_t> second(parts.operators(), split, again, {.iterations = 6, .background = 0.5});
  second.visit_state([&](std::string const& name, auto const& v) {
    auto const& from = name == "x" ? volume : norms;
    REQUIRE(v.size() == from.size());
    auto const host = Kokkos::create_mirror_view(v);
    std::copy(from.begin(), from.end(), host.data());
    Kokkos::deep_copy(v, host);
  });
  second.resume(2);
  while (second.iteration() < 6) second.step();
  CHECK(plain::flat(again) == plain::flat(x));
  CHECK(plain::flat(second.residuals()) == plain::flat(first.residuals()));
}

TEST_CASE("OSEM refuses subsets, data and options that mean nothing, and leaves x alone") {
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op), bad_data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(x, 7.0);
  using domain = op_t::domain_view;
  auto const refuse = [&](std::vector<op_t> const& operators, std::vector<domain> const& parts,
                          options const& o, char const* what) {
    CHECK_THROWS_WITH_AS(tomoedx::osem(operators, parts, x, o), doctest::Contains(what), tomoedx::error);
  };
  double const nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  refuse({}, {}, {}, "no subsets");
  refuse({op, op}, {data}, {}, "1 arrays of data for 2 subsets");
  refuse({op, op}, {data, data}, {.background_maps = {data}}, "1 background maps for 2 subsets");
  refuse({op, op}, {data, x}, {}, "of the data");
  refuse({op}, {data}, {.background_maps = {x}}, "of the background");
  refuse({op}, {data}, {.mask = data}, "mask");
  refuse({op}, {data}, {.iterations = 0}, "iterations is 0");
  for (double const bad : {-1.0, nan, inf}) {
    refuse({op}, {data}, {.background = bad}, "background");
    Kokkos::deep_copy(bad_data, bad);
    refuse({op, op}, {data, bad_data}, {}, "the data hold");
    refuse({op, op}, {data, data}, {.background_maps = {data, bad_data}}, "background map");
  }
  CHECK(plain::flat(x) == vector(x.size(), 7.0));
  for (double const bad : {-1.0, nan}) {
    Kokkos::deep_copy(x, bad);
    refuse({op}, {data}, {.warm_start = true}, "to start from");
  }
}
