// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/repeated_values.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../static/archetypes.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>

// tests/static asserts what each concept accepts and refuses; here the least that models a concept is run
// through everything that asks for it.
namespace {

using host = Kokkos::DefaultHostExecutionSpace;

/// What of our spaces, views and operators a concept does not take.
using managed = Kokkos::View<float***, Kokkos::LayoutRight, Kokkos::HostSpace>;
using strided = Kokkos::View<float***, Kokkos::LayoutStride, Kokkos::HostSpace>;
static_assert(
    tomoedx::view_on<Kokkos::View<float const***, Kokkos::LayoutRight, Kokkos::HostSpace>, host, 3>);
static_assert(tomoedx::view_on<strided, host, 3>);
static_assert(tomoedx::operand_on<managed, host> && !tomoedx::operand_on<strided, host>);
static_assert(
    !tomoedx::operand_on<Kokkos::View<float const***, Kokkos::LayoutRight, Kokkos::HostSpace>, host>,
    "an operand is written to");
static_assert(!tomoedx::operand_on<Kokkos::View<long double*, Kokkos::LayoutRight, Kokkos::HostSpace>, host>);
static_assert(!tomoedx::execution_space<host&> && !tomoedx::execution_space<host::device_type>);

/// A diagonal matrix with the members of the archetype and no others: 3 values in, 1 x 3 out.
struct diagonal {
  using execution_space = archetype::op::execution_space;
  using domain_view = archetype::op::domain_view;
  using range_view = archetype::op::range_view;

  explicit diagonal(float factor) : factor_(factor) {}
  diagonal(diagonal const&) = default;
  diagonal& operator=(diagonal const&) = delete;
  execution_space space() const { return {}; }
  Kokkos::LayoutRight domain_layout() const { return Kokkos::LayoutRight(3); }
  Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(1, 3); }
  void forward(domain_view x, range_view y) const {
    for (std::size_t i = 0; i < 3; ++i) y(0, i) = weight(i) * x(i);
  }
  void adjoint(range_view y, domain_view x) const {
    for (std::size_t i = 0; i < 3; ++i) x(i) = weight(i) * y(0, i);
  }
  float weight(std::size_t i) const { return factor_ * static_cast<float>(i + 1); }

 private:
  float factor_;
};
static_assert(tomoedx::linear_operator<diagonal> && !tomoedx::projector<diagonal>);
static_assert(!std::is_default_constructible_v<diagonal> && !std::is_copy_assignable_v<diagonal>);

/// The same with sums that it knows.
struct knowing_diagonal : diagonal {
  using diagonal::diagonal;
  using sums = tomoedx::repeated_values<float, Kokkos::HostSpace>;
  sums row_sums() const {
    Kokkos::View<float*, Kokkos::LayoutRight, Kokkos::HostSpace> values("values", 3), one("one", 1);
    for (std::size_t i = 0; i < 3; ++i) values(i) = weight(i);
    one(0) = 1;
    return {values, 1, one, 3};
  }
  sums column_sums() const { return row_sums(); }
};
static_assert(tomoedx::projector<knowing_diagonal>);

template <class Op>
void invert_by_everything(Op const& op) {
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  // the solution is 1, 2, 3
  for (std::size_t i = 0; i < 3; ++i) data(0, i) = op.weight(i) * static_cast<float>(i + 1);
  auto const check = [&](auto const& at) {
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(at(i) == doctest::Approx(static_cast<double>(i + 1)).epsilon(1e-5));
  };
  tomoedx::sirt(op, data, x, {.iterations = 5});
  check([&](std::size_t i) { return x(i); });
  Kokkos::deep_copy(x, 0.0f);
  tomoedx::em(op, data, x, {.iterations = 5});
  check([&](std::size_t i) { return x(i); });

  tomoedx::mixed_operator const two(op, {2, 2, {1, 0.5, 0.5, 1}});
  auto const volumes = tomoedx::make_domain(two);
  auto const series = tomoedx::make_range(two);
  for (std::size_t e = 0; e < 2; ++e)
    for (std::size_t i = 0; i < 3; ++i) series(e, i) = 1.5f * data(0, i);
  tomoedx::sirt(two, series, volumes, {.iterations = 200});
  for (std::size_t e = 0; e < 2; ++e) check([&](std::size_t i) { return volumes(e, i); });

  // both elements alike, HAADF their sum
  Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace> const bimodal("bimodal", 3, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    bimodal(0, i) = bimodal(1, i) = data(0, i);
    bimodal(2, i) = 2 * data(0, i);
  }
  tomoedx::hebt(op, bimodal, volumes, {.iterations = 200, .ratios = {1, 1}});
  for (std::size_t e = 0; e < 2; ++e) check([&](std::size_t i) { return volumes(e, i); });
}

}  // namespace

TEST_CASE("the least linear operator goes through every solver") {
  invert_by_everything(diagonal(2));
}

TEST_CASE("the least projector goes through every solver") {
  invert_by_everything(knowing_diagonal(0.5f));
}
