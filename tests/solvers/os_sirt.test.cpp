// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_subsets.hpp>
#include <tomoedx/solvers/os_sirt.hpp>
#include <tomoedx/solvers/sirt.hpp>

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

constexpr double inf = std::numeric_limits<double>::infinity();

tomoedx::parallel_beam const small{
    .tilts_deg = cases::every(-70, 70, 14), .width = 13, .depth = 11, .detector = 15, .axis_offset = 0.4};

template <class OnSpace = Space>
auto matrix_operator(plain::matrix const& w, std::size_t slices) {
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  vector values;
  for (std::size_t i = 0; i < w.rows; ++i) {
    for (std::size_t j = 0; j < w.columns; ++j)
      if (w(i, j) != 0) indices.push_back(static_cast<std::uint32_t>(j)), values.push_back(w(i, j));
    offsets.push_back(values.size());
  }
  return tomoedx::sparse_operator<OnSpace, double>(OnSpace(), {w.rows, w.columns, offsets, indices, values},
                                                   slices);
}

/// Ordered-subsets SIRT of one slice in plain loops.
struct reference {
  std::vector<plain::matrix> a = {};
  std::vector<vector> b = {};
  vector x, mask = {};
  std::vector<double> norms = {};

  void run(int iterations, double relaxation, double decay, double lower, double upper) {
    for (int k = 0; k < iterations; ++k) {
      double norm = 0;
      for (std::size_t s = 0; s < a.size(); ++s) {
        auto const rows = a[s].times(vector(a[s].columns, 1.0));
        auto const columns = a[s].transposed_times(vector(a[s].rows, 1.0));
        auto r = a[s].times(x);
        for (std::size_t i = 0; i < r.size(); ++i) {
          norm += (b[s][i] - r[i]) * (b[s][i] - r[i]);
          r[i] = rows[i] > 1e-7 ? (b[s][i] - r[i]) / rows[i] : 0;
        }
        auto const g = a[s].transposed_times(r);
        for (std::size_t j = 0; j < x.size(); ++j) {
          double const step = columns[j] > 1e-7 ? relaxation / (1 + decay * k) * g[j] / columns[j] : 0;
          x[j] = std::clamp(x[j] + step, lower, upper);
          if (!mask.empty() && mask[j] == 0) x[j] = 0;
        }
      }
      norms.push_back(std::sqrt(norm));
    }
  }
};

std::vector<vector> repeat(vector const& v, std::size_t n) {
  return std::vector<vector>(n, v);
}

}  // namespace

TEST_CASE("one subset is SIRT, with the same bits") {
  op_t const op({}, small, 5);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), expected = tomoedx::make_domain(op),
             mask = tomoedx::make_domain(op);
  std::vector<vector> b, inside;
  for (std::size_t y = 0; y < 5; ++y) {
    b.push_back(cases::random_values(small.rays(), 5 + y, -0.5, 3));
    inside.push_back(vector(small.voxels(), 1.0));
    for (std::size_t j = y; j < small.voxels(); j += 5) inside[y][j] = 0;
  }
  plain::put(data, op.lanes(), b);
  plain::put(mask, op.lanes(), inside);
  for (bool const masked : {false, true})
    for (double const lower : {-inf, 0.0, 0.05}) {
      CAPTURE(lower);
      auto const where = masked ? mask : op_t::domain_view{};
      auto const whole =
          tomoedx::sirt(op, data, expected,
                        {.iterations = 9, .relaxation = 1.3, .lower = lower, .upper = 0.25, .mask = where});
      auto const report = tomoedx::os_sirt(
          std::vector{op}, {data}, x,
          {.iterations = 9, .relaxation = 1.3, .lower = lower, .upper = 0.25, .mask = where});
      CHECK(plain::flat(x) == plain::flat(expected));
      CHECK(report.residuals == whole.residuals);
      // and so it is through one subset of the tilts
      tomoedx::tilt_subsets const parts(op, 1);
      tomoedx::os_sirt(parts.operators(), parts.split(data), x,
                       {.iterations = 9, .relaxation = 1.3, .lower = lower, .upper = 0.25, .mask = where});
      CHECK(plain::flat(x) == plain::flat(expected));
    }
}

TEST_CASE("OS-SIRT and SART follow the plain iteration, with our projectors and with matrices") {
  op_t const op({}, small, 3);
  auto const b = cases::random_values(small.rays(), 5, -0.5, 3);
  vector inside(small.voxels(), 1.0);
  for (std::size_t j = 0; j < inside.size(); j += 5) inside[j] = 0;
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), repeat(b, 3));
  plain::put(mask, op.lanes(), repeat(inside, 3));
  for (std::size_t const n : {3, 11})
    for (bool const masked : {false, true}) {
      CAPTURE(n);
      CAPTURE(masked);
      tomoedx::tilt_subsets const parts(op, n);
      reference expected{.x = vector(small.voxels())};
      if (masked) expected.mask = inside;
      std::vector<matrix_t> foreign;
      std::vector<matrix_t::range_view> foreign_data;
      for (auto const& tilts : parts.tilts()) {
        expected.a.push_back(
            plain::weights(tomoedx::at_tilts(small, tilts), tomoedx::reference::weight::strip));
        expected.b.emplace_back();
        for (auto const t : tilts)
          expected.b.back().insert(expected.b.back().end(), b.begin() + t * small.detector,
                                   b.begin() + (t + 1) * small.detector);
        foreign.push_back(matrix_operator(expected.a.back(), 3));
        foreign_data.push_back(tomoedx::make_range(foreign.back()));
        plain::put(foreign_data.back(), foreign.back().lanes(), repeat(expected.b.back(), 3));
      }
      expected.run(6, 1.1, 0.3, 0.0, 0.25);
      auto const check = [&](auto const& operators, auto const& split, auto const& volume,
                             auto const& where) {
        using domain = typename std::decay_t<decltype(volume)>;
        auto const report = tomoedx::os_sirt(operators, split, volume,
                                             {.iterations = 6,
                                              .relaxation = 1.1,
                                              .decay = 0.3,
                                              .upper = 0.25,
                                              .mask = masked ? where : domain{}});
        CHECK(report.iterations == 6);
        for (auto const& slice : plain::get(volume, operators[0].lanes(), 3))
          CHECK(cases::relative_l2(slice, expected.x) < 1e-11);
        REQUIRE(report.residuals.size() == 6);
        for (std::size_t k = 0; k < 6; ++k)
          CHECK(report.residuals[k] == doctest::Approx(std::sqrt(3.0) * expected.norms[k]).epsilon(1e-11));
      };
      check(parts.operators(), parts.split(data), x, mask);
      auto const volume = tomoedx::make_domain(foreign[0]), where = tomoedx::make_domain(foreign[0]);
      plain::put(where, foreign[0].lanes(), repeat(inside, 3));
      check(foreign, foreign_data, volume, where);
    }
}

TEST_CASE("voxels that a subset does not see stay as they are") {
  // four voxels: the first subset sees 0 and 1, the second 1 and 2
  plain::matrix first(2, 4), second(1, 4);
  first(0, 0) = 1, first(1, 0) = 1, first(1, 1) = 2;
  second(0, 1) = 1, second(0, 2) = 3;
  auto const a = matrix_operator(first, 1), b = matrix_operator(second, 1);
  auto const data_a = tomoedx::make_range(a), data_b = tomoedx::make_range(b);
  auto const x = tomoedx::make_domain(a);
  vector const start{1, 2, 3, 4};
  plain::put(data_a, a.lanes(), {{10, 20}});
  plain::put(data_b, b.lanes(), {{30}});
  auto const run = [&](std::vector<matrix_t> const& operators,
                       std::vector<matrix_t::range_view> const& data) {
    plain::put(x, a.lanes(), {start});
    tomoedx::os_sirt(operators, data, x, {.iterations = 1, .lower = -inf, .warm_start = true});
    return plain::get(x, a.lanes(), 1)[0];
  };
  auto const one = run({a}, {data_a});
  CHECK(one[0] != 1);
  CHECK(one[1] != 2);
  CHECK(one[2] == 3);
  CHECK(one[3] == 4);
  auto const both = run({a, b}, {data_a, data_b});
  CHECK(both[0] == one[0]);
  CHECK(both[1] != one[1]);
  CHECK(both[2] != 3);
  CHECK(both[3] == 4);
}

TEST_CASE("subsets gain about their number over SIRT at first") {
  tomoedx::parallel_beam const g{
      .tilts_deg = cases::every(-88, 88, 8), .width = 24, .depth = 24, .detector = 24};
  op_t const op({}, g, 1);
  auto const truth = tomoedx::make_domain(op), x = tomoedx::make_domain(op);
  vector lump(g.voxels());
  for (std::size_t z = 6; z < 17; ++z)
    for (std::size_t c = 5; c < 19; ++c) lump[z * g.width + c] = 1 + static_cast<double>((z / 3 + c / 4) % 3);
  plain::put(truth, op.lanes(), {lump});
  auto const data = tomoedx::make_range(op);
  op.forward(truth, data);
  auto const error = [&] { return cases::relative_l2(plain::get(x, op.lanes(), 1)[0], lump); };
  tomoedx::tilt_subsets const parts(op, 6);
  auto const split = parts.split(data);
  tomoedx::os_sirt(parts.operators(), split, x, {.iterations = 2});
  double const two = error();
  tomoedx::sirt(op, data, x, {.iterations = 2});
  CHECK(two < 0.75 * error());
  tomoedx::sirt(op, data, x, {.iterations = 8});  // two thirds of 2 x 6
  CHECK(two < error());
  tomoedx::sirt(op, data, x, {.iterations = 24});  // twice as many
  CHECK(two > error());
  // consistent data are met in the end
  auto const report = tomoedx::os_sirt(parts.operators(), split, x, {.iterations = 300});
  CHECK(report.residuals.back() < 5e-3 * report.residuals.front());
}

TEST_CASE("data that contradict themselves end in a cycle, which decay shrinks away") {
  // two equations for one voxel, x = 1 and x = 3, and for another x = 0 and x = 2
  plain::matrix one(2, 2);
  one(0, 0) = one(1, 1) = 1;
  auto const a = matrix_operator(one, 1);
  auto const low = tomoedx::make_range(a), high = tomoedx::make_range(a);
  auto const x = tomoedx::make_domain(a);
  plain::put(low, a.lanes(), {{1, 0}});
  plain::put(high, a.lanes(), {{3, 2}});
  tomoedx::os_sirt(std::vector{a, a}, {low, high}, x, {.iterations = 500});
  CHECK(plain::get(x, a.lanes(), 1)[0] == vector{3, 2});  // where the last subset left it
  tomoedx::os_sirt(std::vector{a, a}, {low, high}, x, {.iterations = 4000, .decay = 1});
  auto const settled = plain::get(x, a.lanes(), 1)[0];
  CHECK(settled[0] == doctest::Approx(2).epsilon(0.01));
  CHECK(settled[1] == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("the bimodal system in subsets meets consistent data") {
  tomoedx::parallel_beam const g{
      .tilts_deg = cases::every(-90, 84, 6), .width = 10, .depth = 10, .detector = 16};
  op_t const op({}, g, 2);
  tomoedx::mixing const m{3, 2, {0.3, 0, 0, 0.3, 0.7, 0.7}};
  tomoedx::mixed_operator const whole(op, m);
  auto const truth = tomoedx::make_domain(whole), x = tomoedx::make_domain(whole);
  for (std::size_t e = 0; e < 2; ++e) {
    std::vector<vector> volume;
    for (std::size_t y = 0; y < 2; ++y)
      volume.push_back(cases::random_values(g.voxels(), 30 + 2 * e + y, 0, 1));
    plain::put(whole.element(truth, e), op.lanes(), volume);
  }
  auto const data = tomoedx::make_range(whole);
  whole.forward(truth, data);
  tomoedx::tilt_subsets const parts(op, 5);
  std::vector<tomoedx::mixed_operator<op_t>> joint;
  for (auto const& part : parts.operators()) joint.emplace_back(part, m);
  auto const report = tomoedx::os_sirt(joint, parts.split(data), x, {.iterations = 200});
  CHECK(report.by_channel[0].size() == 3);
  CHECK(report.residuals.back() < 1e-2 * report.residuals.front());
  tomoedx::sirt(whole, data, x, {.iterations = 200});
  auto const slow = cases::relative_l2(plain::flat(x), plain::flat(truth));
  tomoedx::os_sirt(joint, parts.split(data), x, {.iterations = 200});
  CHECK(cases::relative_l2(plain::flat(x), plain::flat(truth)) < slow);
}

TEST_CASE("stored and resumed, OS-SIRT gives the bits of an uninterrupted run, and steps are quiet") {
  op_t const op({}, small, 3);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), again = tomoedx::make_domain(op);
  std::vector<vector> b;
  for (std::size_t y = 0; y < 3; ++y) b.push_back(cases::random_values(small.rays(), 5 + y, -0.5, 3));
  plain::put(data, op.lanes(), b);
  tomoedx::tilt_subsets const parts(op, 4);
  auto const split = parts.split(data);
  tomoedx::os_sirt_options<op_t::domain_view> const o{.iterations = 7, .decay = 0.2, .lower = 0.01};
  tomoedx::os_sirt_solver<op_t> first(parts.operators(), split, x, o);
  static_assert(tomoedx::solver<decltype(first)>);
  CHECK(first.subsets() == 4);
  vector volume, norms;
  for (std::size_t k = 0; k < 7; ++k) {
    if (k == 3) volume = plain::flat(x), norms = plain::flat(first.residuals());
    CHECK(quiet::faults([&] { first.step(); }) == "");
  }
  CHECK_THROWS_WITH_AS(first.step(), doctest::Contains("all 7 iterations"), tomoedx::error);
  tomoedx::os_sirt_solver<op_t> second(parts.operators(), split, again, o);
  second.visit_state([&](std::string const& name, auto const& v) {
    auto const& from = name == "x" ? volume : norms;
    REQUIRE(v.size() == from.size());
    auto const host = Kokkos::create_mirror_view(v);
    std::copy(from.begin(), from.end(), host.data());
    Kokkos::deep_copy(v, host);
  });
  second.resume(3);
  while (second.iteration() < 7) second.step();
  CHECK(plain::flat(again) == plain::flat(x));
  CHECK(plain::flat(second.residuals()) == plain::flat(first.residuals()));
}

TEST_CASE("OS-SIRT refuses subsets and options that mean nothing, and leaves x alone") {
  op_t const op({}, small, 2), other({}, {.tilts_deg = {0, 9}, .width = 12, .depth = 11, .detector = 15}, 2);
  auto const data = tomoedx::make_range(op), odd = tomoedx::make_range(other);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(x, 7.0);
  using domain = op_t::domain_view;
  auto const refuse = [&](std::vector<op_t> const& operators, std::vector<domain> const& parts,
                          tomoedx::os_sirt_options<domain> const& o, char const* what) {
    CHECK_THROWS_WITH_AS(tomoedx::os_sirt(operators, parts, x, o), doctest::Contains(what), tomoedx::error);
  };
  refuse({}, {}, {}, "no subsets");
  refuse({op, op}, {data}, {}, "1 arrays of data for 2 subsets");
  refuse({op, other}, {data, odd}, {}, "extent 2 of the volume is 13 in subset 0 and 12 in subset 1");
  refuse({op, op}, {data, odd}, {}, "of the data");
  refuse({op}, {data}, {.iterations = 0}, "iterations is 0");
  for (double const bad : {0.0, 2.0, -1.0, std::nan("")})
    refuse({op}, {data}, {.relaxation = bad}, "relaxation");
  for (double const bad : {-0.1, inf, std::nan("")}) refuse({op}, {data}, {.decay = bad}, "decay");
  refuse({op}, {data}, {.lower = 1, .upper = 0}, "no finite value lies between the bounds 1 and 0");
  refuse({op}, {data}, {.mask = data}, "mask");
  std::vector<tomoedx::mixed_operator<op_t>> mixed;
  mixed.emplace_back(op, tomoedx::mixing{1, 1, {1}});
  mixed.emplace_back(op, tomoedx::mixing{2, 1, {1, 1}});
  CHECK_THROWS_WITH_AS(tomoedx::os_sirt(mixed, {tomoedx::make_range(mixed[0]), tomoedx::make_range(mixed[1])},
                                        tomoedx::make_domain(mixed[0])),
                       doctest::Contains("subset 0 has 1 channels, subset 1 has 2"), tomoedx::shape_error);
  Kokkos::deep_copy(data, inf);
  refuse({op}, {data}, {}, "NaN or infinity");
  CHECK(plain::flat(x) == vector(x.size(), 7.0));
}
