// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/regularizers/box.hpp>
#include <tomoedx/regularizers/masked.hpp>

#include <doctest/doctest.h>

TEST_CASE("a mask pins voxels to 0 and leaves the rest to the constraint inside") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  auto const nothing = [](auto const&, auto const&) {};
  auto const op = tomoedx::make_operator<float>(Space(), tomoedx::extents<2>{2, 3}, tomoedx::extents<1>{4},
                                                nothing, nothing);
  auto const mask = tomoedx::make_domain(op);
  mask(0, 1) = 1, mask(1, 2) = -0.5f;
  auto const bounds = tomoedx::make_masked(op, tomoedx::make_box(2.0f, 9.0f), mask);
  static_assert(tomoedx::constraint<std::remove_const_t<decltype(bounds)>>);
  for (std::size_t i = 0; i < 6; ++i) {
    bool const inside = i == 1 || i == 5;
    CAPTURE(i);
    CHECK(bounds.lower(i) == (inside ? 2.0f : 0.0f));
    CHECK(bounds.upper(i) == (inside ? 9.0f : 0.0f));
  }
  decltype(mask) const other("mask", 2, 4);
  CHECK_THROWS_WITH_AS(tomoedx::make_masked(op, tomoedx::make_box(2.0f, 9.0f), other),
                       doctest::Contains("mask"), tomoedx::shape_error);
}
