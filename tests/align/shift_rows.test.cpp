// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/shift_rows.hpp>

#include <doctest/doctest.h>

TEST_CASE("whole-row shifts move rows, fill from the nearest and leave other tilts alone") {
  std::vector<float> stack{1, 2, 3, 4, 5, 6, 7, 8,   // tilt 0: rows (1 2) (3 4) (5 6) (7 8)
                           1, 2, 3, 4, 5, 6, 7, 8};  // tilt 1
  std::vector<double> const dy{1, 0};
  CHECK(tomoedx::shift_rows(stack, {2, 4, 2}, dy) == 1);
  CHECK(stack == std::vector<float>{1, 2, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8});
  std::vector<double> const back{-2, 0};
  CHECK(tomoedx::shift_rows(stack, {2, 4, 2}, back) == 2);
  CHECK(stack == std::vector<float>{3, 4, 5, 6, 5, 6, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("a fraction of a row interpolates, exactly for a ramp") {
  std::vector<float> ramp(50);
  for (std::size_t y = 0; y < 50; ++y) ramp[y] = 2.0f * static_cast<float>(y);
  std::vector<double> const dy{0.25};
  tomoedx::shift_rows(ramp, {1, 50, 1}, dy);
  for (std::size_t y = 1; y < 50; ++y)
    CHECK(ramp[y] == doctest::Approx(2.0 * (static_cast<double>(y) - 0.25)));
}

TEST_CASE("shift_rows refuses sizes and shifts that mean nothing, and leaves the stack alone") {
  std::vector<float> stack(24, 1.0f);
  auto const before = stack;
  std::vector<double> const one{1}, far{0, 4}, nan{0, NAN};
  CHECK_THROWS_AS(tomoedx::shift_rows(stack, {2, 4, 3}, one), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::shift_rows(stack, {2, 4, 4}, far), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::shift_rows(stack, {2, 4, 3}, far), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::shift_rows(stack, {2, 4, 3}, nan), tomoedx::value_error);
  CHECK(stack == before);
}
