// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <tomoedx/figures/canvas.hpp>

using tomoedx::figures::canvas;
using tomoedx::figures::rgb;

namespace {
constexpr rgb white{255, 255, 255}, black{0, 0, 0}, red{255, 0, 0};

std::size_t count(canvas const& c, rgb color) {
  std::size_t n = 0;
  for (rgb const p : c.pixels()) n += p == color;
  return n;
}
}  // namespace

TEST_CASE("a canvas has its size and background, and a filled rectangle its pixels") {
  canvas c(7, 5);
  CHECK(c.width() == 7);
  CHECK(c.height() == 5);
  CHECK(count(c, white) == 35);
  c.fill(1, 2, 3, 2, red);
  CHECK(count(c, red) == 6);
  CHECK(c.at(1, 2) == red);
  CHECK(c.at(3, 3) == red);
  CHECK(c.at(4, 3) == white);
}

TEST_CASE("what lies outside the canvas is cut off") {
  canvas c(4, 4, black);
  c.fill(-10, -10, 12, 12, red);
  CHECK(count(c, red) == 4);
  c.fill(3, 3, 100, 100, red);
  CHECK(count(c, red) == 5);
  c.set(-1, 0, red);
  c.set(0, 4, red);
  c.blend(4, 0, red, 1);
  CHECK(count(c, red) == 5);
  c.line(-1e9, 2.5, 1e9, 2.5, white, 1);
  for (std::size_t x = 0; x < 4; ++x) CHECK(c.at(x, 2) == white);
  c.line(std::nan(""), 0, 1, 1, white);
  CHECK(count(c, white) == 4);
}

TEST_CASE("a frame is one pixel wide, just inside its rectangle") {
  canvas c(10, 10);
  c.frame(2, 3, 5, 4, red);
  CHECK(count(c, red) == 14);
  CHECK(c.at(2, 3) == red);
  CHECK(c.at(6, 6) == red);
  CHECK(c.at(3, 4) == white);
}

TEST_CASE("blending lays one colour over the other") {
  canvas c(1, 1, {0, 100, 200});
  c.blend(0, 0, {100, 0, 200}, 0.25);
  CHECK(c.at(0, 0) == rgb{25, 75, 200});
  c.blend(0, 0, red, 7.0);  // taken as 1
  CHECK(c.at(0, 0) == red);
}

TEST_CASE("a thick line covers its width and a disc its area") {
  canvas c(40, 40, black);
  c.line(5, 20, 35, 20, white, 4);  // rows 18 to 21
  CHECK(c.at(20, 17) == black);
  CHECK(c.at(20, 18) == white);
  CHECK(c.at(20, 21) == white);
  CHECK(c.at(20, 22) == black);
  canvas d(40, 40, black);
  d.line(20, 20, 20, 20, white, 20);
  double area = 0;
  for (rgb const p : d.pixels()) area += p.red / 255.0;
  CHECK(area == doctest::Approx(3.14159 * 100).epsilon(0.01));
}

TEST_CASE("a picture is copied into another, cut at the border") {
  canvas c(4, 4), d(3, 3, red);
  c.blit(d, 2, -1);
  CHECK(count(c, red) == 4);
  CHECK(c.at(2, 0) == red);
  CHECK(c.at(3, 1) == red);
  CHECK(c.at(2, 2) == white);
}

TEST_CASE("a canvas without pixels, or with too many, is refused") {
  auto const refused = [](std::size_t w, std::size_t h) {
    CHECK_THROWS_AS(canvas(w, h), tomoedx::value_error);
  };
  refused(0, 5);
  refused(5, 0);
  refused(std::size_t{1} << 20, std::size_t{1} << 20);
  refused(static_cast<std::size_t>(-1), 2);
}
