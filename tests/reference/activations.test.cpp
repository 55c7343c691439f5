// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/reference/activations.hpp>

#include <doctest/doctest.h>

namespace reference = tomoedx::reference;

TEST_CASE("values lie as (item, channel, z, y, x), the last one fastest") {
  auto a = reference::blank({2, {3, 4, 5}}, 2);
  REQUIRE(a.values.size() == 2 * 2 * 3 * 4 * 5);
  for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] = static_cast<double>(i);
  double next = 0;
  for (std::size_t item = 0; item < 2; ++item)
    for (int c = 0; c < 2; ++c)
      for (int z = 0; z < 3; ++z)
        for (int y = 0; y < 4; ++y)
          for (int x = 0; x < 5; ++x) CHECK(a.row(item, c, z, y)[x] == next++);
  auto const& same = a;
  CHECK(same.row(1, 1, 2, 3) == a.row(1, 1, 2, 3));
}

TEST_CASE("activations without items or with values that do not fit their size are refused") {
  auto const refused = [](std::vector<reference::activations> const& all, char const* text) {
    CHECK_THROWS_WITH_AS(reference::validate(all), doctest::Contains(text), tomoedx::shape_error);
  };
  auto const good = reference::blank({1, {1, 2, 2}}, 2);
  CHECK_NOTHROW(reference::validate({good, reference::blank({3, {1, 7, 1}}, 2)}));
  auto bad = good;
  bad.values.pop_back();
  refused({good, bad}, "input 1 has 7 values, its size asks for 8");
  refused({good, reference::blank({1, {1, 2, 2}}, 3)}, "input 1 has 3 items, the first has 2");
  refused({reference::blank({1, {1, 2, 2}}, 0)}, "input 0 has no items");
  refused({{{1, {1, -2, 2}}, 1, {}}}, "an extent of -2");
  int const large = 1 << 30;
  refused({{{large, {large, large, 1}}, 1, {}}}, "more than memory can hold");
}
