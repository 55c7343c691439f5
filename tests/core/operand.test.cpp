// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/operand.hpp>

#include <doctest/doctest.h>

TEST_CASE("an operand of other extents, or with gaps, is refused with both numbers") {
  using view = Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace>;
  view const whole("whole", 4, 6);
  CHECK_NOTHROW(tomoedx::expect_operand(whole, Kokkos::LayoutRight(4, 6), "op", "volume"));
  CHECK_THROWS_WITH_AS(tomoedx::expect_operand(whole, Kokkos::LayoutRight(4, 5), "op", "volume"),
                       "op: extent 1 of the volume is 6, the operator needs 5", tomoedx::shape_error);
  view const part = Kokkos::subview(whole, Kokkos::ALL, Kokkos::make_pair(0, 5));
  CHECK_THROWS_WITH_AS(tomoedx::expect_operand(part, Kokkos::LayoutRight(4, 5), "op", "volume"),
                       doctest::Contains("gaps between its rows"), tomoedx::shape_error);
}
