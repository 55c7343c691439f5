// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/regularizers/no_regularizer.hpp>

#include <doctest/doctest.h>

TEST_CASE("no regularizer is 0 everywhere and moves nothing") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  using none = tomoedx::no_regularizer<Space, float>;
  static_assert(tomoedx::regularizer<none>);
  none const nothing{.values = 3};
  CHECK(nothing.size() == 3);
  CHECK(nothing.dual_size() == 0);
  CHECK(nothing.squared_norm() + nothing.column_sum() + nothing.row_sum() == 0);
  tomoedx::flat_on<float, Space> const x("x", 3), g("g", 3);
  Kokkos::deep_copy(x, 2.0f);
  Kokkos::deep_copy(g, 5.0f);
  tomoedx::number_on<Space> const f("f");
  f() = 7;
  nothing.value(x, f);
  CHECK(f() == 0);
  nothing.dual_step({}, x, 0.5f);
  nothing.add_adjoint({}, g);
  for (std::size_t i = 0; i < 3; ++i) CHECK(g(i) == 5);
}
