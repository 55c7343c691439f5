// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/part.hpp>

#include "scratch.hpp"

namespace io = tomoedx::io;

TEST_CASE("a part counts its values and rows of all lines are one") {
  io::shape3 const whole{4, 10, 6};
  auto const p = io::rows_of(whole, 3, 5);
  CHECK(p.first_line == 0);
  CHECK(p.lines == 4);
  CHECK(p.first_row == 3);
  CHECK(io::count_of(p, whole) == 4 * 5 * 6);
  CHECK(io::count_of({1, 2, 0, 3}, whole) == 2 * 3 * 6);
  io::check(p, whole, "it");
  io::check({4, 0, 10, 0}, whole, "it");
}

TEST_CASE("parts that do not lie inside are refused, also where the sum of the numbers overflows") {
  io::shape3 const whole{4, 10, 6};
  auto const complaint = [&](io::part const& p) {
    return scratch::complaint([&] { io::check(p, whole, "a.mrc"); });
  };
  CHECK(complaint({2, 3, 0, 10}) == "a.mrc: 3 lines from line 2 are wanted, there are 4");
  CHECK(complaint({0, 4, 8, 3}) == "a.mrc: 3 rows from row 8 are wanted, there are 10");
  CHECK(scratch::contains(complaint({0, 1, std::size_t(-1), 2}), "there are 10"));
  CHECK(scratch::contains(complaint({1, std::size_t(-1), 0, 1}), "there are 4"));
}
