// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../projectors/cases.hpp"
#include "../solvers/plain.hpp"
#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace {

using tomoedx::mixed_operator, tomoedx::mixing;
using HostSpace = Kokkos::DefaultHostExecutionSpace;

tomoedx::parallel_beam const tiny{
    .tilts_deg = {-50, 0, 31}, .width = 6, .depth = 5, .detector = 7, .axis_offset = 0.3};

plain::matrix const& tiny_weights() {
  static plain::matrix const w = plain::weights(tiny, tomoedx::reference::weight::strip);
  return w;
}

/// M (x) W, every number of it.
plain::matrix stacked(mixing const& m) {
  auto const& w = tiny_weights();
  plain::matrix all(m.rows * w.rows, m.columns * w.columns);
  for (std::size_t r = 0; r < m.rows; ++r)
    for (std::size_t c = 0; c < m.columns; ++c)
      for (std::size_t i = 0; i < w.rows; ++i)
        for (std::size_t j = 0; j < w.columns; ++j)
          all(r * w.rows + i, c * w.columns + j) = m(r, c) * w(i, j);
  return all;
}

mixing const matrices[] = {
    {3, 2, {0.3, 0, 0, 0.3, 0.7, 0.7}},   // HEBT
    {1, 3, {1, 2, 0.5}},                  // one channel sees all
    {3, 1, {1, 2, 0.5}},                  // one element in all channels
    {2, 3, {0, -1.5, 2, 0.25, 0, 1}},     // any signs
    {2, 2, {0, 1, 1, 0}},                 // a permutation is not the unit matrix
    {3, 3, {1, 0, 0, 0, 1, 0, 0, 0, 1}},  // the unit matrix
    {1, 1, {1}},
};

/// The weights as a sparse matrix.
template <class T>
tomoedx::sparse_operator<HostSpace, T> sparse_weights(std::size_t slices) {
  auto const& w = tiny_weights();
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  std::vector<T> values;
  for (std::size_t i = 0; i < w.rows; ++i) {
    for (std::size_t j = 0; j < w.columns; ++j)
      if (w(i, j) != 0)
        indices.push_back(static_cast<std::uint32_t>(j)), values.push_back(static_cast<T>(w(i, j)));
    offsets.push_back(values.size());
  }
  return {HostSpace(), {w.rows, w.columns, offsets, indices, values}, slices};
}

struct calls {
  int forward = 0, adjoint = 0;
};

/// The weights as callables that count.
inline auto counting_weights(calls& count) {
  auto const& w = tiny_weights();
  return tomoedx::make_operator<double>(
      HostSpace(), tomoedx::extents<1>{w.columns}, tomoedx::extents<1>{w.rows},
      [&w, &count](auto const& x, auto const& y) {
        ++count.forward;
        auto const r = w.times(plain::flat(x));
        std::copy(r.begin(), r.end(), y.data());
      },
      [&w, &count](auto const& y, auto const& x) {
        ++count.adjoint;
        auto const r = w.transposed_times(plain::flat(y));
        std::copy(r.begin(), r.end(), x.data());
      });
}

/// An operator that hides that it can carry several series, and its sums.
template <class Op>
struct plain_view {
  using execution_space = typename Op::execution_space;
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  Op op;

  execution_space space() const { return op.space(); }
  Kokkos::LayoutRight domain_layout() const { return op.domain_layout(); }
  Kokkos::LayoutRight range_layout() const { return op.range_layout(); }
  void forward(domain_view const& x, range_view const& y) const { op.forward(x, y); }
  void adjoint(range_view const& y, domain_view const& x) const { op.adjoint(y, x); }
};

/// Fill an operand of a mixed operator: values[channel][slice] for slices of W.
using by_channel = std::vector<std::vector<plain::vector>>;

by_channel random_channels(std::size_t channels, std::size_t slices, std::size_t size, std::uint64_t seed) {
  by_channel v(channels);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t y = 0; y < slices; ++y) v[c].push_back(cases::random_values(size, seed + 10 * c + y));
  return v;
}

template <class Op>
void compare_with_dense(Op const& op, std::size_t lanes, std::size_t slices) {
  using T = typename Op::domain_view::value_type;
  double const tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-13;
  for (auto const& m : matrices) {
    CAPTURE(m.rows);
    CAPTURE(m.columns);
    mixed_operator<Op> const mixed(op, m);
    static_assert(tomoedx::linear_operator<mixed_operator<Op>>);
    static_assert(tomoedx::projector<mixed_operator<Op>> == tomoedx::projector<Op>);
    CHECK(mixed.elements() == m.columns);
    CHECK(mixed.channels() == m.rows);
    auto const a = stacked(m);
    auto const x = tomoedx::make_domain(mixed), back = tomoedx::make_domain(mixed);
    auto const y = tomoedx::make_range(mixed), data = tomoedx::make_range(mixed);
    auto const elements = random_channels(m.columns, slices, tiny.voxels(), 300);
    auto const channels = random_channels(m.rows, slices, tiny.rays(), 400);
    for (std::size_t e = 0; e < m.columns; ++e) plain::put(mixed.element(x, e), lanes, elements[e]);
    for (std::size_t c = 0; c < m.rows; ++c) plain::put(mixed.channel(data, c), lanes, channels[c]);
    Kokkos::deep_copy(y, T(9));
    Kokkos::deep_copy(back, T(9));
    mixed.forward(x, y);
    mixed.adjoint(data, back);
    mixed.space().fence();
    double left = 0, right = 0, scale = 0;
    for (std::size_t s = 0; s < slices; ++s) {
      plain::vector from, to, in, out;
      for (std::size_t e = 0; e < m.columns; ++e) {
        from.insert(from.end(), elements[e][s].begin(), elements[e][s].end());
        auto const v = plain::get(mixed.element(back, e), lanes, slices)[s];
        out.insert(out.end(), v.begin(), v.end());
      }
      for (std::size_t c = 0; c < m.rows; ++c) {
        auto const v = plain::get(mixed.channel(y, c), lanes, slices)[s];
        to.insert(to.end(), v.begin(), v.end());
        in.insert(in.end(), channels[c][s].begin(), channels[c][s].end());
      }
      CHECK(cases::relative_l2(to, a.times(from)) < tolerance);
      CHECK(cases::relative_l2(out, a.transposed_times(in)) < tolerance);
      left += plain::dot(to, in), right += plain::dot(from, out);
      scale += std::sqrt(plain::dot(to, to) * plain::dot(in, in));
    }
    CHECK(std::abs(left - right) <= tolerance * scale);
    if constexpr (tomoedx::projector<Op>) {
      plain::vector const rows = a.times(plain::vector(a.columns, 1.0)),
                          columns = a.transposed_times(plain::vector(a.rows, 1.0));
      auto const row_sums = mixed.row_sums();
      auto const column_sums = mixed.column_sums();
      std::size_t const per_channel = y.extent(1), per_element = x.extent(1);
      for (std::size_t i = 0; i < rows.size(); ++i)
        CHECK(std::abs(row_sums(i / tiny.rays() * per_channel + i % tiny.rays() * lanes) - rows[i]) <
              20 * tolerance);
      for (std::size_t j = 0; j < columns.size(); ++j)
        CHECK(std::abs(column_sums(j / tiny.voxels() * per_element + j % tiny.voxels() * lanes) -
                       columns[j]) < 20 * tolerance);
    }
  }
}

template <class Sums>
plain::vector expand(Sums const& sums, std::size_t n) {
  plain::vector v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<double>(sums(i));
  return v;
}

}  // namespace

TEST_CASE_TEMPLATE("M (x) W is the stacked matrix, written out, on our projector", Space, TOMOEDX_SPACES) {
  tomoedx::tilt_projector<Space, double, tomoedx::strip> const op(Space(), tiny, 3);
  if constexpr (std::is_same_v<Space, HostSpace> || std::is_same_v<Space, Kokkos::Serial>)
    compare_with_dense(op, op.lanes(), 3);
  else
    compare_with_dense(plain_view<decltype(op)>{op}, op.lanes(), 3);  // sums are read on the host
}

TEST_CASE("M (x) W is the stacked matrix in float and over several blocks of slices") {
  tomoedx::tilt_projector<HostSpace, float, tomoedx::strip> const op({}, tiny, 70);
  REQUIRE(op.blocks() > 1);
  compare_with_dense(op, op.lanes(), 70);
}

TEST_CASE("M (x) W is the stacked matrix on a sparse matrix and on callables") {
  auto const sparse = sparse_weights<double>(3);
  compare_with_dense(sparse, sparse.lanes(), 3);
  calls count;
  compare_with_dense(counting_weights(count), 1, 1);
}

TEST_CASE("series side by side and one after the other give the same bits") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, tiny, 5);
  plain_view<op_t> const hidden{op};
  for (auto const& m : matrices) {
    mixed_operator<op_t> const together(op, m);
    mixed_operator<plain_view<op_t>> const apart(hidden, m);
    auto const x = tomoedx::make_domain(together), x1 = tomoedx::make_domain(together),
               x2 = tomoedx::make_domain(apart);
    auto const y1 = tomoedx::make_range(together), y2 = tomoedx::make_range(apart);
    for (std::size_t e = 0; e < m.columns; ++e)
      plain::put(together.element(x, e), op.lanes(), random_channels(1, 5, tiny.voxels(), 500 + e)[0]);
    together.forward(x, y1);
    apart.forward(x, y2);
    CHECK(plain::flat(y1) == plain::flat(y2));
    together.adjoint(y1, x1);
    apart.adjoint(y1, x2);
    CHECK(plain::flat(x1) == plain::flat(x2));
  }
}

TEST_CASE("the unit matrix takes a short cut to the same bits") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, tiny, 5);
  mixed_operator<op_t> const unit(op, tomoedx::separate_channels(2));
  mixed_operator<op_t> const general(op, {3, 2, {1, 0, 0, 1, 0, 0}});  // the unit matrix over a row of zeros
  auto const x = tomoedx::make_domain(unit), x1 = tomoedx::make_domain(unit), x2 = tomoedx::make_domain(unit);
  auto const y1 = tomoedx::make_range(unit);
  auto const y2 = tomoedx::make_range(general);
  for (std::size_t e = 0; e < 2; ++e)
    plain::put(unit.element(x, e), op.lanes(), random_channels(1, 5, tiny.voxels(), 600 + e)[0]);
  unit.forward(x, y1);
  general.forward(x, y2);
  auto const by_unit = plain::flat(y1);
  auto by_general = plain::flat(y2);
  for (std::size_t i = by_unit.size(); i < by_general.size(); ++i) CHECK(by_general[i] == 0);
  by_general.resize(by_unit.size());
  CHECK(by_unit == by_general);
  auto const before = plain::flat(y1);
  unit.adjoint(y1, x1);
  CHECK(plain::flat(y1) == before);  // nothing is written to what is read
  general.adjoint(y2, x2);
  CHECK(plain::flat(x1) == plain::flat(x2));
}

TEST_CASE("an application costs one projection for each element, whatever the channels") {
  for (auto const& m : matrices) {
    calls count;
    auto const op = counting_weights(count);
    mixed_operator const mixed(op, m);
    CHECK(count.forward + count.adjoint == 0);
    auto const x = tomoedx::make_domain(mixed);
    auto const y = tomoedx::make_range(mixed);
    int const k = static_cast<int>(m.columns);
    mixed.forward(x, y);
    CHECK(count.forward == k);
    CHECK(count.adjoint == 0);
    mixed.adjoint(y, x);
    CHECK(count.forward == k);
    CHECK(count.adjoint == k);
    tomoedx::sirt_solver<decltype(mixed_operator(op, m))> method(mixed, y, x, {.iterations = 5});
    count = {};
    for (int i = 1; i <= 5; ++i) {
      method.step();
      CHECK(count.forward == k * i);
      CHECK(count.adjoint == k * i);
    }
  }
}

TEST_CASE("a mixture of mixtures has the sums of its applications to ones") {
  tomoedx::tilt_projector<HostSpace, double, tomoedx::strip> const op({}, tiny, 3);
  mixed_operator const inner(op, mixing{3, 2, {0.3, 0, 0, 0.5, 0.7, 0.9}});
  mixed_operator<decltype(inner)> const outer(inner, mixing{2, 2, {1, 2, 0, 0.25}});
  auto const x = tomoedx::make_domain(outer);
  auto const y = tomoedx::make_range(outer);
  Kokkos::deep_copy(x, 1.0);
  outer.forward(x, y);
  CHECK(cases::relative_l2(expand(tomoedx::row_sums_of(outer), y.size()), plain::flat(y)) < 1e-13);
  Kokkos::deep_copy(y, 1.0);
  outer.adjoint(y, x);
  CHECK(cases::relative_l2(expand(tomoedx::column_sums_of(outer), x.size()), plain::flat(x)) < 1e-13);
}

TEST_CASE("elements and channels are views into the operand, as W knows it") {
  tomoedx::tilt_projector<HostSpace, float, tomoedx::strip> const op({}, tiny, 3);
  mixed_operator const mixed(op, matrices[0]);
  auto const x = tomoedx::make_domain(mixed);
  auto const y = tomoedx::make_range(mixed);
  auto const second = mixed.element(x, 1);
  CHECK(second.data() == &x(1, 0));
  for (std::size_t r = 0; r < 4; ++r) CHECK(second.extent(r) == op.domain_layout().dimension[r]);
  auto const haadf = mixed.channel(y, 2);
  CHECK(haadf.data() == &y(2, 0));
  for (std::size_t r = 0; r < 4; ++r) CHECK(haadf.extent(r) == op.range_layout().dimension[r]);
  second(0, 1, 2, 1) = 4;
  CHECK(x(1, (1 * tiny.width + 2) * op.lanes() + 1) == 4);
  CHECK(&mixed.inner() != nullptr);
  CHECK(mixed.inner().slices() == 3);
}

TEST_CASE("separate channels are the unit matrix") {
  auto const m = tomoedx::separate_channels(3);
  CHECK(m.rows == 3);
  CHECK(m.columns == 3);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) CHECK(m(r, c) == (r == c ? 1 : 0));
}

TEST_CASE("a matrix or an operand that means nothing is refused") {
  calls count;
  auto const op = counting_weights(count);
  using mixed_t = mixed_operator<decltype(counting_weights(count))>;
  double const nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(mixed_t(op, mixing{}), tomoedx::shape_error);
  CHECK_THROWS_AS(mixed_t(op, tomoedx::separate_channels(0)), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(mixed_t(op, mixing{2, 2, {1, 2, 3}}), doctest::Contains("2 x 2 matrix with 3"),
                       tomoedx::shape_error);
  CHECK_THROWS_AS(mixed_t(op, mixing{0, 2, {}}), tomoedx::shape_error);
  CHECK_THROWS_AS(mixed_t(op, mixing{2, 0, {}}), tomoedx::shape_error);
  CHECK_THROWS_AS(mixed_t(op, mixing{1, 2, {1, nan}}), tomoedx::value_error);
  CHECK_THROWS_AS(mixed_t(op, mixing{1, 2, {1, -inf}}), tomoedx::value_error);

  mixed_t const mixed(op, matrices[0]);
  auto const x = tomoedx::make_domain(mixed);
  auto const y = tomoedx::make_range(mixed);
  // larger than asked for, so that a careless operator reads and writes nothing that is not there
  mixed_t::domain_view const more_elements("x", 3, x.extent(1));
  mixed_t::range_view const more_channels("y", 4, y.extent(1));
  CHECK_THROWS_AS(mixed.forward(more_elements, y), tomoedx::shape_error);
  CHECK_THROWS_AS(mixed.adjoint(more_channels, x), tomoedx::shape_error);
  CHECK(count.forward + count.adjoint == 0);
}
