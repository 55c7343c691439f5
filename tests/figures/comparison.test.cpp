// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/figures/comparison.hpp>

namespace f = tomoedx::figures;

namespace {

using image = std::vector<float>;

std::size_t count(f::canvas const& c, f::rgb color) {
  std::size_t n = 0;
  for (auto const p : c.pixels()) n += p == color;
  return n;
}

/// Where the first pixel of a colour is, row by row; all of them lie within one rectangle of this size.
struct place {
  std::size_t x = 0, y = 0, width = 0, height = 0;
  bool operator==(place const&) const = default;
};
place place_of(f::canvas const& c, f::rgb color) {
  std::size_t left = c.width(), top = c.height(), right = 0, bottom = 0;
  for (std::size_t y = 0; y < c.height(); ++y)
    for (std::size_t x = 0; x < c.width(); ++x)
      if (c.at(x, y) == color) {
        left = std::min(left, x), right = std::max(right, x + 1);
        top = std::min(top, y), bottom = std::max(bottom, y + 1);
      }
  return {left, top, right - left, bottom - top};
}

f::rgb const high = f::difference_map()(1.0), low = f::difference_map()(0.0), gone = f::not_a_number;

}  // namespace

TEST_CASE("the difference map is neutral in the middle, blue below and red above") {
  auto const map = f::difference_map();
  for (double const t : {0.499, 0.501}) {
    auto const c = map(t);
    int const least = std::min({c.red, c.green, c.blue}), most = std::max({c.red, c.green, c.blue});
    CHECK(most - least < 8);
    CHECK(least > 200);
  }
  CHECK(low.blue > low.red + 60);
  CHECK(high.red > high.blue + 60);
  CHECK(map(std::numeric_limits<double>::quiet_NaN()) == f::not_a_number);
}

TEST_CASE("a pixel that is not finite is shown where it is, in every panel it reaches") {
  image before(6 * 8, 1.0f), after(6 * 8, 2.0f);
  before[2 * 8 + 5] = std::numeric_limits<float>::quiet_NaN();
  auto const c = f::comparison(before, after, {6, 8});
  // two panels of 8 x 6 pixels, each pixel 32 wide: 'before' and the difference
  CHECK(count(c, gone) == 2 * 32 * 32);
  auto const where = place_of(c, gone);
  CHECK(where.height == 32);
  CHECK(where.x == 14 + 5 * 32);
  CHECK(where.width == 2 * (8 * 32 + 18) + 32);
}

TEST_CASE("what was taken off is drawn with its sign, and nothing taken off is neutral") {
  image before(6 * 8, 10.0f), after = before;
  after[3 * 8 + 1] = 4;   // 6 taken off
  after[4 * 8 + 2] = 16;  // 6 added
  auto const c = f::comparison(before, after, {6, 8}, {}, {.brightest = 1});
  std::size_t const left = 14 + 2 * (8 * 32 + 18);
  auto const zero = f::difference_map()(0.5);
  auto const at = [&](std::size_t y, std::size_t x) {
    std::size_t const top = c.height() - 14 - 9 - 12 - 9 - 12 - 8 - 6 * 32;
    return c.at(left + x * 32 + 16, top + y * 32 + 16);
  };
  CHECK(at(3, 1) == high);
  CHECK(at(4, 2) == low);
  CHECK(at(0, 0) == zero);
  auto const same = f::comparison(before, before, {6, 8});
  CHECK(count(same, high) + count(same, low) < 8 * 300);  // the ends of the colour bar alone
}

TEST_CASE("the autocorrelation is one more panel, its middle left out of the colours") {
  image const a(30 * 20, 1.0f), b(30 * 20, 2.0f);
  std::vector<double> lags(49, 0.0);
  lags[24] = 1;
  lags[23] = lags[25] = 0.4;
  auto const without = f::comparison(a, b, {30, 20}), with = f::comparison(a, b, {30, 20}, lags);
  CHECK(with.width() > without.width() + 150);
  std::size_t const more = count(with, high) - count(without, high);
  CHECK(more >= 2 * 28 * 28);  // two of 7 x 7 squares, and the end of the colour bar
  CHECK(more < 2 * 28 * 28 + 100);
}

TEST_CASE("large images are reduced and small ones enlarged, to about the wanted size") {
  for (auto const& [height, width] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {3, 500}, {2000, 30}, {257, 255}}) {
    CAPTURE(height);
    image const a(height * width, 1.0f);
    auto const c = f::comparison(a, a, {height, width}, {}, {.title = "a title", .panel = 100});
    CHECK(c.width() < 3 * 170 + 100);
    CHECK(c.height() < 300);
  }
}

TEST_CASE("comparison refuses what it cannot draw") {
  image const a(12, 1.0f), b(10, 1.0f);
  std::vector<double> const eight(8), four(4);
  CHECK_THROWS_AS(f::comparison(a, b, {3, 4}), tomoedx::shape_error);
  CHECK_THROWS_AS(f::comparison(a, a, {3, 5}), tomoedx::shape_error);
  CHECK_THROWS_AS(f::comparison(a, a, {0, 0}), tomoedx::shape_error);
  CHECK_THROWS_AS(f::comparison(a, a, {3, 4}, eight), tomoedx::shape_error);
  CHECK_THROWS_AS(f::comparison(a, a, {3, 4}, four), tomoedx::shape_error);
  CHECK_THROWS_AS(f::comparison(a, a, {3, 4}, {}, {.panel = 5}), tomoedx::value_error);
  CHECK_THROWS_AS(f::comparison(a, a, {3, 4}, {}, {.brightest = 0.2}), tomoedx::value_error);
}
