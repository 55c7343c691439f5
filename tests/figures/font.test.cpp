// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <set>
#include <tomoedx/figures/font.hpp>

namespace f = tomoedx::figures;

namespace {
std::vector<bool> drawn(char letter, int scale) {
  f::canvas c(static_cast<std::size_t>(8 * scale), static_cast<std::size_t>(11 * scale));
  f::draw_text(c, scale, scale, std::string_view(&letter, 1), {0, 0, 0}, scale);
  std::vector<bool> ink;
  for (f::rgb const p : c.pixels()) ink.push_back(p == f::rgb{0, 0, 0});
  return ink;
}
}  // namespace

TEST_CASE("every printable character has a picture of its own, inside its cell") {
  std::set<std::vector<bool>> seen;
  for (char letter = ' '; letter <= '~'; ++letter) {
    CAPTURE(letter);
    auto const ink = drawn(letter, 1);
    std::size_t dots = 0;
    for (std::size_t i = 0; i < ink.size(); ++i) {
      dots += ink[i];
      bool const in_cell = i % 8 >= 1 && i % 8 <= 5 && i / 8 >= 1 && i / 8 <= 9;
      CHECK((!ink[i] || in_cell));
    }
    CHECK((dots > 0) == (letter != ' '));
    CHECK(seen.insert(ink).second);
  }
}

TEST_CASE("a scale of two doubles every dot") {
  auto const one = drawn('g', 1), two = drawn('g', 2);
  for (std::size_t y = 0; y < 22; ++y)
    for (std::size_t x = 0; x < 16; ++x) CHECK(two[y * 16 + x] == one[y / 2 * 8 + x / 2]);
}

TEST_CASE("letters stand beside each other at the width that is told") {
  CHECK(f::text_width("") == 0);
  CHECK(f::text_width("A") == 5);
  CHECK(f::text_width("AB", 2) == 22);
  CHECK(f::text_height(3) == 27);
  f::canvas c(60, 12);
  f::draw_text(c, 0, 0, "HH", {0, 0, 0});
  CHECK(c.at(0, 0) == f::rgb{0, 0, 0});
  CHECK(c.at(6, 0) == f::rgb{0, 0, 0});
  CHECK(c.at(10, 0) == f::rgb{0, 0, 0});
  CHECK(c.at(5, 3) == f::rgb{255, 255, 255});
}

TEST_CASE("what is not ASCII is one question mark, and control characters too") {
  CHECK(f::text_width("\xC2\xB5m") == f::text_width("um"));
  f::canvas a(20, 12), b(20, 12);
  f::draw_text(a, 0, 0, "\xC2\xB5\t", {0, 0, 0});
  f::draw_text(b, 0, 0, "??", {0, 0, 0});
  CHECK(std::equal(a.pixels().begin(), a.pixels().end(), b.pixels().begin()));
}

TEST_CASE("a text is shortened to the width there is") {
  CHECK(f::shortened("short", 100) == "short");
  auto const text = f::shortened("a name that is much too long", 60);
  CHECK(f::text_width(text) <= 60);
  CHECK(text == "a name t..");
  CHECK(f::shortened("abc", 0) == "..");
}
