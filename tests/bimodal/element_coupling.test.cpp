// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/element_coupling.hpp>

#include "../projectors/cases.hpp"

#include <doctest/doctest.h>

namespace {

using Space = Kokkos::DefaultHostExecutionSpace;
using flat = tomoedx::flat_on<double, Space>;
using chosen = tomoedx::element_coupling<double, Space>;
static_assert(tomoedx::regularizer<chosen>);

/// The chosen regularizer does what the one with its name does, bit for bit.
template <class R>
void compare(tomoedx::coupling kind) {
  auto const g = tomoedx::plain_grid(2, 3, 4, 5);
  tomoedx::variation_options const o{.lambda = 0.7, .spacing = {1, 2, 1}, .weights = {1, 3}};
  chosen const any(Space(), kind, g, o);
  R const own(Space(), g, o);
  CHECK(any.size() == own.size());
  CHECK(any.dual_size() == own.dual_size());
  CHECK(any.squared_norm() == own.squared_norm());
  CHECK(any.column_sum() == own.column_sum());
  CHECK(any.row_sum() == own.row_sum());
  auto const values = cases::random_values(g.size(), 3);
  flat const x("x", g.size()), p("p", own.dual_size()), p2("p", own.dual_size()), a("a", g.size()),
      b("b", g.size());
  std::copy(values.begin(), values.end(), x.data());
  tomoedx::number_on<Space> const f("f"), f2("f");
  any.value(x, f), own.value(x, f2);
  any.dual_step(p, x, 0.4), own.dual_step(p2, x, 0.4);
  any.add_adjoint(p, a), own.add_adjoint(p2, b);
  Space().fence();
  CHECK(f() == f2());
  CHECK(f() > 0);
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(p(i) == p2(i));
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a(i) == b(i));
}

}  // namespace

TEST_CASE("the coupling chosen at run time is the regularizer of that name") {
  compare<tomoedx::total_nuclear_variation<double, Space>>(tomoedx::coupling::tnv);
  compare<tomoedx::vectorial_tv<double, Space>>(tomoedx::coupling::vectorial_tv);
  compare<tomoedx::total_variation<double, Space>>(tomoedx::coupling::tv);
}

TEST_CASE("couplings have names") {
  using tomoedx::coupling, tomoedx::name_of;
  CHECK(std::string(name_of(coupling::tnv)) == "tnv");
  CHECK(std::string(name_of(coupling::vectorial_tv)) == "vectorial-tv");
  CHECK(std::string(name_of(coupling::tv)) == "tv");
}
