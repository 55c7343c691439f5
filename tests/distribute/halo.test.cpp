// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/halo.hpp>
#include <tomoedx/regularizers/total_variation.hpp>

#include "../projectors/cases.hpp"

#include <doctest/doctest.h>

// Several ranks are tested in tests/distribute/mpi, under mpirun.

namespace {
using space_t = Kokkos::DefaultHostExecutionSpace;
using flat = tomoedx::flat_on<float, space_t>;
using tv_t = tomoedx::total_variation<float, space_t>;
}  // namespace

TEST_CASE("on one rank a distributed regularizer is the regularizer") {
  static_assert(tomoedx::regularizer<tomoedx::distributed<tv_t>>);
  space_t const space;
  auto const g = tomoedx::sliced_grid(1, 4, 8, 5, 4);
  tv_t const plain(space, g, {.lambda = 0.4});
  tomoedx::distributed<tv_t> const spread({}, space, g, tomoedx::variation_options{.lambda = 0.4});
  CHECK(spread.dual_size() == plain.dual_size());
  CHECK(spread.squared_norm() == plain.squared_norm());
  flat const x("x", g.size()), p("p", plain.dual_size()), q("q", plain.dual_size()), a("a", g.size()),
      b("b", g.size());
  auto const values = cases::random_values(g.size(), 5, 0, 3);
  for (std::size_t i = 0; i < g.size(); ++i) x(i) = static_cast<float>(values[i]);
  tomoedx::number_on<space_t> const f("f"), h("h");
  plain.value(x, f);
  spread.value(x, h);
  plain.dual_step(p, x, 0.1f);
  spread.dual_step(q, x, 0.1f);
  plain.add_adjoint(p, a);
  spread.add_adjoint(q, b);
  space.fence();
  CHECK(f() > 0);
  CHECK(f() == h());
  for (std::size_t i = 0; i < g.size(); ++i) CHECK(a(i) == b(i));
}

TEST_CASE("a rank alone has no neighbours, and values that are not its grid's are refused") {
  space_t const space;
  tomoedx::halo_exchange<float, space_t> const halo({}, space, tomoedx::plain_grid(1, 2, 3, 4));
  CHECK(!halo.has_below());
  CHECK(!halo.has_above());
  halo(flat("x", 24));
  CHECK_THROWS_WITH_AS(halo(flat("x", 23)), doctest::Contains("23 values, the grid has 24"),
                       tomoedx::shape_error);
}
