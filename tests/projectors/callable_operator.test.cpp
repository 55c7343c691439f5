// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/callable_operator.hpp>

#include "../solvers/plain.hpp"
#include "../spaces.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>

namespace {

using Space = Kokkos::DefaultHostExecutionSpace;
using tomoedx::extents;

/// How far <A x, y> is from <x, A' y> on random data, against the size of both: rounding for a transpose,
/// of order one for anything else. This is the check to run on an own operator.
template <class Op>
double adjoint_error(Op const& op) {
  using T = typename Op::value_type;
  typename Op::domain_view const x("x", op.domain_layout()), aty("aty", op.domain_layout());
  typename Op::range_view const y("y", op.range_layout()), ax("ax", op.range_layout());
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<T>(2 * tomoedx::random_stream(1, i).uniform() - 1);
  for (std::size_t i = 0; i < y.size(); ++i)
    y.data()[i] = static_cast<T>(2 * tomoedx::random_stream(2, i).uniform() - 1);
  op.forward(x, ax);
  op.adjoint(y, aty);
  op.space().fence();
  auto const left = plain::flat(ax), right = plain::flat(aty);
  double const scale = std::sqrt(plain::dot(left, left) * plain::dot(plain::flat(y), plain::flat(y)));
  return std::abs(plain::dot(left, plain::flat(y)) - plain::dot(plain::flat(x), right)) / scale;
}

tomoedx::parallel_beam const beam{
    .tilts_deg = {-50, 0, 21}, .width = 9, .depth = 7, .detector = 8, .axis_offset = 0.7};

/// What someone else's library offers: functions on pointers, plain loops, doubles.
void their_forward(double const* volume, double* stack, std::size_t ny) {
  auto const result = tomoedx::reference::project(beam, tomoedx::reference::weight::joseph, ny,
                                                  std::vector<double>(volume, volume + beam.voxels() * ny));
  std::copy(result.begin(), result.end(), stack);
}
void their_back(double const* stack, double* volume, std::size_t ny) {
  auto const result = tomoedx::reference::backproject(beam, tomoedx::reference::weight::joseph, ny,
                                                      std::vector<double>(stack, stack + beam.rays() * ny));
  std::copy(result.begin(), result.end(), volume);
}

auto const volume_first = [](auto const& from, auto const& to) {
  their_forward(from.data(), to.data(), from.extent(1));
};
auto const stack_first = [](auto const& from, auto const& to) {
  their_back(from.data(), to.data(), from.extent(1));
};

// what does not make an operator, at compile time
template <class F, class G>
concept makes_operator = requires(F f, G g) {
  tomoedx::make_operator<float>(Space(), extents<1>{2}, extents<2>{2, 2}, f, g);
};
using one_d = tomoedx::array_on<float, 1, Space>;
using two_d = tomoedx::array_on<float, 2, Space>;
struct there {
  void operator()(one_d, two_d) const {}
};
struct back {
  void operator()(two_d, one_d) const {}
};
struct there_not_const {
  void operator()(one_d, two_d) {}
};
struct not_copyable : there {
  not_copyable(not_copyable const&) = delete;
};
static_assert(makes_operator<there, back>);
static_assert(!makes_operator<there, there> && !makes_operator<back, there>);
static_assert(!makes_operator<there_not_const, back>, "operators are applied through const");
static_assert(!makes_operator<not_copyable, back> && !makes_operator<int, back>);

}  // namespace

TEST_CASE("two callables are an operator, with the extents it was told") {
  std::size_t const ny = 3;
  auto const op =
      tomoedx::make_operator<double>(Space(), extents<3>{beam.depth, ny, beam.width},
                                     extents<3>{beam.tilts(), ny, beam.detector}, volume_first, stack_first);
  static_assert(tomoedx::linear_operator<decltype(op)> && !tomoedx::projector<decltype(op)>);
  static_assert(std::is_same_v<decltype(op)::value_type, double>);
  decltype(op)::domain_view const x("x", op.domain_layout());
  decltype(op)::range_view const y("y", op.range_layout());
  CHECK(x.extent(0) == 7);
  CHECK(x.extent(1) == 3);
  CHECK(x.extent(2) == 9);
  CHECK(y.extent(0) == 3);
  CHECK(y.extent(1) == 3);
  CHECK(y.extent(2) == 8);
  auto const volume = cases::random_values(x.size(), 5);
  std::copy(volume.begin(), volume.end(), x.data());
  op.forward(x, y);
  CHECK(plain::flat(y) == tomoedx::reference::project(beam, tomoedx::reference::weight::joseph, ny, volume));
}

TEST_CASE("a transpose passes the check for adjoints, what is not one fails it") {
  auto const with = [](auto const& g) {
    return tomoedx::make_operator<double>(Space(), extents<3>{beam.depth, 2, beam.width},
                                          extents<3>{beam.tilts(), 2, beam.detector}, volume_first, g);
  };
  CHECK(adjoint_error(with(stack_first)) < 1e-14);
  // the usual mistakes: another weight, another scale
  CHECK(adjoint_error(with([](auto const& from, auto const& to) {
          auto const r =
              tomoedx::reference::backproject(beam, tomoedx::reference::weight::siddon, 2, plain::flat(from));
          std::copy(r.begin(), r.end(), to.data());
        })) > 1e-6);
  CHECK(adjoint_error(with([](auto const& from, auto const& to) {
          their_back(from.data(), to.data(), from.extent(1));
          for (std::size_t i = 0; i < to.size(); ++i) to.data()[i] *= 1.001;
        })) > 1e-6);
}

TEST_CASE("domain and range may differ in rank, and float is the default") {
  auto const op = tomoedx::make_operator(
      Space(), extents<1>{4}, extents<2>{2, 2},
      [](auto const& x, auto const& y) {
        for (std::size_t i = 0; i < 4; ++i) y(i / 2, i % 2) = 2 * x(i);
      },
      [](auto const& y, auto const& x) {
        for (std::size_t i = 0; i < 4; ++i) x(i) = 2 * y(i / 2, i % 2);
      });
  static_assert(std::is_same_v<decltype(op)::value_type, float>);
  static_assert(decltype(op)::domain_view::rank() == 1 && decltype(op)::range_view::rank() == 2);
  CHECK(adjoint_error(op) < 1e-6);
}

TEST_CASE("a copy calls the same callables") {
  int calls = 0;
  auto const op = tomoedx::make_operator(
      Space(), extents<1>{1}, extents<1>{1}, [&](auto const&, auto const&) { ++calls; },
      [&](auto const&, auto const&) { calls += 10; });
  auto const copy = op;
  tomoedx::array_on<float, 1, Space> const x("x", 1);
  copy.forward(x, x);
  op.adjoint(x, x);
  CHECK(calls == 11);
}

TEST_CASE("an operator on nothing, or on more than memory holds, is refused") {
  auto const nothing = [](auto const&, auto const&) {};
  std::size_t const huge = std::size_t{1} << 40;
  CHECK_THROWS_WITH_AS(tomoedx::make_operator(Space(), extents<2>{3, 0}, extents<1>{4}, nothing, nothing),
                       doctest::Contains("0 and 4"), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::make_operator(Space(), extents<1>{3}, extents<2>{0, 4}, nothing, nothing),
                  tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::make_operator(Space(), extents<2>{huge, huge}, extents<1>{4}, nothing, nothing),
                  tomoedx::shape_error);
}

TEST_CASE("operands that do not fit are refused before a callable sees them") {
  int calls = 0;
  auto const count = [&](auto const&, auto const&) { ++calls; };
  auto const op = tomoedx::make_operator(Space(), extents<2>{2, 3}, extents<1>{4}, count, count);
  tomoedx::array_on<float, 2, Space> const x("x", 2, 3), wrong("x", 3, 2);
  tomoedx::array_on<float, 1, Space> const y("y", 4), longer("y", 5);
  CHECK_THROWS_AS(op.forward(wrong, y), tomoedx::shape_error);
  CHECK_THROWS_AS(op.adjoint(longer, x), tomoedx::shape_error);
  CHECK(calls == 0);
}
