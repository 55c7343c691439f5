// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/operator_sums.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../projectors/cases.hpp"
#include "../spaces.hpp"
#include "plain.hpp"

#include <doctest/doctest.h>

namespace {

tomoedx::parallel_beam const beam{
    .tilts_deg = {-40, 0, 33}, .width = 9, .depth = 7, .detector = 10, .axis_offset = -0.3};

/// Fill with the values of a repeated array, where the space computes.
template <class Sums, class Space, class View>
void expand(Space const& space, Sums const& sums, View const& to) {
  auto* const data = to.data();
  Kokkos::parallel_for(
      "expand", Kokkos::RangePolicy<Space>(space, 0, to.size()),
      KOKKOS_LAMBDA(std::size_t i) { data[i] = sums(i); });
}

}  // namespace

TEST_CASE_TEMPLATE("operands are made as an operator asks for them, and are zero", Space, TOMOEDX_SPACES) {
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const op(Space(), beam, 5);
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  for (std::size_t r = 0; r < 4; ++r) {
    CHECK(x.extent(r) == op.domain_layout().dimension[r]);
    CHECK(y.extent(r) == op.range_layout().dimension[r]);
  }
  for (auto const v : plain::flat(x)) CHECK(v == 0);
  for (auto const v : plain::flat(y)) CHECK(v == 0);
  CHECK(x.data() != tomoedx::make_domain(op).data());
}

TEST_CASE_TEMPLATE("the sums of a projector are its applications to ones at every flat position", Space,
                   TOMOEDX_SPACES) {
  for (std::size_t const slices : {1, 5, 67}) {
    tomoedx::tilt_projector<Space, double, tomoedx::strip> const op(Space(), beam, slices);
    auto const x = tomoedx::make_domain(op), columns = tomoedx::make_domain(op);
    auto const y = tomoedx::make_range(op), rows = tomoedx::make_range(op);
    expand(op.space(), tomoedx::row_sums_of(op), rows);
    expand(op.space(), tomoedx::column_sums_of(op), columns);
    Kokkos::deep_copy(x, 1.0);
    op.forward(x, y);
    CHECK(cases::relative_l2(plain::flat(rows), plain::flat(y)) < 1e-14);
    Kokkos::deep_copy(y, 1.0);
    op.adjoint(y, x);
    CHECK(cases::relative_l2(plain::flat(columns), plain::flat(x)) < 1e-14);
  }
}

TEST_CASE("any other operator is applied to ones, once") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  int forwards = 0, adjoints = 0;
  // y = [x0 + 2 x1, -3 x1, 0]
  auto const op = tomoedx::make_operator<double>(
      Space(), tomoedx::extents<1>{2}, tomoedx::extents<1>{3},
      [&](auto const& x, auto const& y) {
        ++forwards;
        y(0) = x(0) + 2 * x(1), y(1) = -3 * x(1), y(2) = 0;
      },
      [&](auto const& y, auto const& x) {
        ++adjoints;
        x(0) = y(0), x(1) = 2 * y(0) - 3 * y(1);
      });
  static_assert(!tomoedx::projector<decltype(op)>);
  auto const rows = tomoedx::row_sums_of(op);
  CHECK(rows(0) == 3);
  CHECK(rows(1) == -3);
  CHECK(rows(2) == 0);
  auto const columns = tomoedx::column_sums_of(op);
  CHECK(columns(0) == 1);
  CHECK(columns(1) == -1);
  CHECK(forwards == 1);
  CHECK(adjoints == 1);
  // the inverse of a sum that is not positive is zero: that ray takes no part
  auto const inverse = tomoedx::detail::inverted(Space(), rows, 3);
  CHECK(inverse(0) == doctest::Approx(1.0 / 3));
  CHECK(inverse(1) == 0);
  CHECK(inverse(2) == 0);
}

TEST_CASE("an operator that does not say has one channel and no padding") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  auto const nothing = [](auto const&, auto const&) {};
  auto const op = tomoedx::make_operator<float>(Space(), tomoedx::extents<1>{4}, tomoedx::extents<1>{4},
                                                nothing, nothing);
  CHECK(tomoedx::range_channels(op) == 1);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(x, 3.0f);
  tomoedx::clear_padding(op, x);
  for (std::size_t i = 0; i < 4; ++i) CHECK(x(i) == 3);
  tomoedx::mixed_operator const three(op, {3, 1, {1, 1, 1}});
  CHECK(tomoedx::range_channels(three) == 3);
}

TEST_CASE("padding is cleared and the slices stay, in every element of a mixed operator") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, beam, 5);
  REQUIRE(op.lanes() * op.blocks() > 5);
  auto const count = [](auto const& v) {
    double sum = 0;
    for (auto const e : plain::flat(v)) sum += e;
    return sum;
  };
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  Kokkos::deep_copy(x, 1.0f);
  Kokkos::deep_copy(y, 1.0f);
  tomoedx::clear_padding(op, x);
  tomoedx::clear_padding(op, y);
  CHECK(count(x) == 5.0 * static_cast<double>(beam.voxels()));
  CHECK(count(y) == 5.0 * static_cast<double>(beam.rays()));
  for (auto const& slice : plain::get(x, op.lanes(), 5))
    for (auto const v : slice) CHECK(v == 1);

  tomoedx::mixed_operator const mixed(op, {3, 2, {1, 0, 0, 1, 1, 1}});
  auto const all = tomoedx::make_domain(mixed);
  auto const data = tomoedx::make_range(mixed);
  Kokkos::deep_copy(all, 1.0f);
  Kokkos::deep_copy(data, 1.0f);
  tomoedx::clear_padding(mixed, all);
  tomoedx::clear_padding(mixed, data);
  CHECK(count(all) == 2 * 5.0 * static_cast<double>(beam.voxels()));
  CHECK(count(data) == 3 * 5.0 * static_cast<double>(beam.rays()));
}

TEST_CASE("an operand with gaps between its rows is refused: solvers walk it as one flat array") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  auto const copy = [](auto const& from, auto const& to) { Kokkos::deep_copy(to, from); };
  auto const op = tomoedx::make_operator<double>(Space(), tomoedx::extents<2>{3, 4},
                                                 tomoedx::extents<2>{3, 4}, copy, copy);
  using view = decltype(op)::domain_view;
  view const whole("whole", 3, 7), good("good", 3, 4);
  Kokkos::deep_copy(whole, 5.0);
  // Kokkos gives this the type of a row-major array
  view const part = Kokkos::subview(whole, Kokkos::ALL, Kokkos::make_pair(std::size_t{0}, std::size_t{4}));
  REQUIRE(!part.span_is_contiguous());
  CHECK_THROWS_AS(tomoedx::expect_operand(part, op.domain_layout(), "me", "volume"), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, good, part, {.iterations = 1}), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, part, good, {.iterations = 1}), tomoedx::shape_error);
  CHECK(plain::flat(whole) == plain::vector(21, 5.0));
  CHECK_NOTHROW(tomoedx::expect_operand(good, op.domain_layout(), "me", "volume"));
}
