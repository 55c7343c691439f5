// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/element.hpp>

#include "csv.hpp"

#include <limits>
#include <set>

using namespace tomoedx::physics;
using tomoedx::value_error;

TEST_CASE("elements from lithium to californium are there, each with a symbol, a name and a weight") {
  std::set<std::string_view> symbols, names;
  for (int z = 3; z <= 98; ++z) {
    element const e(z);
    CHECK(e.z() == z);
    CHECK(element_named(e.symbol()) == e);
    CHECK(e.weight() > 1.9 * z);  // at least about one neutron for each proton
    CHECK(e.weight() < 2.7 * z);
    symbols.insert(e.symbol());
    names.insert(e.name());
  }
  CHECK(symbols.size() == 96);
  CHECK(names.size() == 96);
  CHECK(element(26).symbol() == "Fe");
  CHECK(element(26).name() == "iron");
  CHECK(element(98).name() == "californium");
  CHECK(element_named("Au").weight() == doctest::Approx(196.97));
  CHECK(element_named("Co") < element_named("Ni"));
}

TEST_CASE("hydrogen, helium and what is no element are refused with a reason") {
  for (int const z : {std::numeric_limits<int>::min(), -1, 0, 1, 2, 99, std::numeric_limits<int>::max()})
    CHECK_THROWS_AS(element{z}, value_error);
  CHECK_THROWS_WITH_AS(element{2}, doctest::Contains("Z = 2 is outside 3 to 98"), value_error);
  for (auto const* const name : {"H", "He"})
    CHECK_THROWS_WITH_AS(element_named(name), doctest::Contains("emits no X-ray line"), value_error);
  for (auto const* const name : {"", "fe", "FE", "Xx", "Fe ", "iron"})
    CHECK_THROWS_WITH_AS(element_named(name), doctest::Contains("write it like Fe"), value_error);
}

TEST_CASE("symbols and weights are those of the table") {
  TOMOEDX_SHARED_OR_SKIP(path, "physics/lines.csv");
  for (auto const& row : tomoedx_tests::read_csv(path)) {
    element const e(std::stoi(row("Z")));
    CHECK(e.symbol() == row("symbol"));
    CHECK(e.weight() == row["A"]);
  }
}
