// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/array.hpp>

#include "scratch.hpp"

namespace io = tomoedx::io;

TEST_CASE("the number of elements is known, or known to overflow") {
  CHECK(io::count_of({}).value() == 1);
  CHECK(io::count_of({3, 4, 5}).value() == 60);
  CHECK(io::count_of({std::size_t(1) << 62, std::size_t(1) << 62, 0}).value() == 0);
  CHECK_FALSE(io::count_of({std::size_t(1) << 32, std::size_t(1) << 32}).has_value());
  CHECK(io::count_of({std::size_t(1) << 62}).has_value());
  CHECK_FALSE(io::count_of({std::size_t(1) << 62}, 8).has_value());
}

TEST_CASE("values and axes that do not fit the shape are refused with both numbers") {
  std::vector<float> const six(6);
  CHECK_NOTHROW(io::check(io::array_view<float>({2, 3}, six), "x"));
  auto const few = scratch::complaint([&] { io::check(io::array_view<float>({2, 4}, six), "x"); });
  CHECK(few == "x: the shape 2 x 4 needs 8 values, there are 6");
  auto const axes = scratch::complaint([&] {
    io::check(io::array_view<float>({2, 3}, six, {{"y", "nm"}}), "x");
  });
  CHECK(axes == "x: 1 axes for 2 indices; give one for each, or none");
  CHECK_THROWS_AS(io::check(io::array_view<float>({std::size_t(1) << 40, std::size_t(1) << 40}, six), "x"),
                  tomoedx::shape_error);
}

TEST_CASE("lengths are known in nanometres, other units are not lengths") {
  CHECK(io::nanometres_in("nm").value() == 1);
  CHECK(io::nanometres_in("Å").value() == 0.1);
  CHECK(io::nanometres_in("µm").value() == 1e3);
  CHECK(io::nanometres_in("μm").value() == 1e3);  // the Greek letter
  CHECK_FALSE(io::nanometres_in("keV").has_value());
  CHECK_FALSE(io::nanometres_in("").has_value());
}

TEST_CASE("shapes are named for people") {
  CHECK(io::text_of({}) == "one number");
  CHECK(io::text_of({16, 256, 256}) == "16 x 256 x 256");
}
