// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/shell.hpp>

#include <doctest/doctest.h>

using namespace tomoedx::physics;

TEST_CASE("a subshell knows its name, its main shell and its place in it") {
  CHECK(name_of(shell::K) == "K");
  CHECK(name_of(shell::L3) == "L3");
  CHECK(name_of(shell::M5) == "M5");
  for (shell const s : all_shells) {
    CHECK(name_of(s).front() == letter_of(s));
    CHECK(static_cast<int>(first_of(letter_of(s))) + place_of(s) == static_cast<int>(s));
    // the digit of L3 counts from one, its place from nothing
    if (name_of(s).size() == 2) CHECK(name_of(s).back() - '1' == place_of(s));
  }
  CHECK(place_of(shell::K) == 0);
  CHECK(first_of('L') == shell::L1);
}
