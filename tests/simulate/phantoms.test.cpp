// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/simulate/phantoms.hpp>

namespace s = tomoedx::simulate;

TEST_CASE("every kind that is listed can be made, at the wanted size") {
  CHECK(s::phantom_kinds().size() >= 3);
  for (auto const& kind : s::phantom_kinds()) {
    CAPTURE(kind.name);
    CHECK(!kind.description.empty());
    auto const p = s::make_phantom(kind.name, {.size = 24, .slices = 5});
    REQUIRE(p.elements.size() == 2);
    for (auto const& e : p.elements) {
      CHECK(e.shape == std::vector<std::size_t>{24, 5, 24});
      CHECK(e.values.size() == 24 * 5 * 24);
      CHECK(e.mask.size() == e.values.size());
      std::size_t inside = 0;
      for (auto const m : e.mask) inside += m;
      CHECK(inside > 0);
      CHECK(inside < e.mask.size());
    }
  }
}

TEST_CASE("without a size a phantom has that of its paper") {
  CHECK(s::make_phantom("square-in-cube").elements[0].values.size() == 512 * 512);
  CHECK(s::make_phantom("core-shell").elements[0].values.size() == 97 * 97);
}

TEST_CASE("cube-in-cube ends along y, square-in-cube does not") {
  auto const first = [](std::string_view kind) {
    auto const p = s::make_phantom(kind, {.size = 16, .slices = 16});
    double sum = 0;
    for (auto const& e : p.elements)
      for (std::size_t z = 0; z < 16; ++z)
        for (std::size_t x = 0; x < 16; ++x) sum += static_cast<double>(e.values[z * 256 + x]);
    return sum;
  };
  CHECK(first("square-in-cube") > 0);
  CHECK(first("cube-in-cube") == 0);
}

TEST_CASE("an unknown phantom is refused with the list of those known") {
  try {
    s::make_phantom("cheese");
    FAIL("accepted");
  } catch (tomoedx::value_error const& e) {
    std::string const text = e.what();
    CHECK(text.find("cheese") != std::string::npos);
    for (auto const& kind : s::phantom_kinds()) CHECK(text.find(kind.name) != std::string::npos);
  }
}
