// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/figures/curves.hpp>

namespace f = tomoedx::figures;
namespace d = tomoedx::figures::detail;

namespace {

std::size_t count(f::canvas const& c, f::rgb color) {
  std::size_t n = 0;
  for (auto const p : c.pixels()) n += p == color;
  return n;
}

std::vector<std::string> labels(d::axis const& a) {
  std::vector<std::string> all;
  for (auto const& t : a.ticks)
    if (!t.label.empty()) all.push_back(t.label);
  return all;
}

}  // namespace

TEST_CASE("a linear axis has round ticks that hold the data") {
  auto const a = d::linear_axis(0.12, 0.97, 5, true);
  CHECK(a.low == doctest::Approx(0));
  CHECK(a.high == doctest::Approx(1));
  CHECK(labels(a) == std::vector<std::string>{"0", "0.2", "0.4", "0.6", "0.8", "1"});
  auto const b = d::linear_axis(1, 200, 4, false);
  CHECK(b.low == 1);
  CHECK(labels(b) == std::vector<std::string>{"50", "100", "150", "200"});
  auto const flat = d::linear_axis(3, 3, 4, true);
  CHECK(flat.low < 3);
  CHECK(flat.high > 3);
  auto const near = labels(d::linear_axis(1000000.1, 1000000.4, 3, true));
  REQUIRE(near.size() >= 3);
  CHECK(near[0] != near[1]);
  CHECK(labels(d::linear_axis(1, 3, 6, false, 1)) == std::vector<std::string>{"1", "2", "3"});
}

TEST_CASE("a logarithmic axis labels its decades, or finer where there is less than one") {
  auto const wide = d::log_axis(0.02, 900);
  CHECK(wide.low == doctest::Approx(0.01));
  CHECK(wide.high == doctest::Approx(1000));
  CHECK(labels(wide) == std::vector<std::string>{"0.01", "0.1", "1", "10", "100", "1000"});
  CHECK(wide.part(1.0) == doctest::Approx(0.4));
  CHECK(labels(d::log_axis(1.5, 18)) == std::vector<std::string>{"1", "2", "5", "10", "20"});
  CHECK(labels(d::log_axis(2.3, 3.1)).size() >= 3);
  CHECK(labels(d::log_axis(100.1, 100.3)).size() >= 3);
  CHECK(labels(d::log_axis(1e-40, 1e40)).size() <= 10);
  auto const flat = d::log_axis(7, 7);
  CHECK(flat.low > 0);
  CHECK(flat.low < 7);
  CHECK(flat.high > 7);
}

TEST_CASE("points lie where the axes say") {
  std::vector<f::curve> const line{{"", {0, 0, 0, 10}, {0, 1, 2, 3}}};
  auto const c = f::plot(line, {.width = 400, .height = 300});
  auto const ink = d::curve_color(0);
  // The last point, in the upper right corner, has the colour of the curve; the upper left one has not.
  std::size_t right = 0, left = 0, below = 0;
  for (std::size_t y = 0; y < 300; ++y)
    for (std::size_t x = 0; x < 400; ++x) {
      bool const hit = c.at(x, y) == ink;
      right += hit && x > 360 && y < 40;
      left += hit && x < 200 && y < 200;
      below += hit && x < 200 && y > 250;
    }
  CHECK(right > 5);
  CHECK(left == 0);
  CHECK(below > 50);
}

TEST_CASE("every curve has its colour and its name, and a gap where a value is missing") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> const smooth(100, 1.0);
  auto broken = smooth;
  for (std::size_t i = 40; i < 60; ++i) broken[i] = nan;
  auto const full = f::plot(std::vector<f::curve>{{"", smooth}});
  auto const gap = f::plot(std::vector<f::curve>{{"", broken}});
  double const part = static_cast<double>(count(gap, d::curve_color(0))) /
                      static_cast<double>(count(full, d::curve_color(0)));
  CHECK(part == doctest::Approx(0.8).epsilon(0.03));
  auto const two = f::plot(std::vector<f::curve>{{"one", {1, 2, 3}}, {"two", {3, 2, 1}}});
  CHECK(count(two, d::curve_color(0)) > 100);
  CHECK(count(two, d::curve_color(1)) > 100);
  CHECK(count(two, d::curve_color(2)) == 0);
}

TEST_CASE("a logarithmic plot leaves out what is not positive") {
  std::vector<f::curve> const curves{{"r", {100, 10, 0, -1, 1}}};
  CHECK_NOTHROW(f::plot(curves, {.log_y = true}));
  CHECK_THROWS_AS(f::plot(std::vector<f::curve>{{"r", {0, -1}}}, {.log_y = true}), tomoedx::value_error);
}

TEST_CASE("long names, a single point and the smallest picture are drawn") {
  std::string const name(200, 'w');
  std::vector<f::curve> const curves{{name, {5}}};
  CHECK_NOTHROW(
      f::plot(curves, {.title = name, .x_label = name, .y_label = name, .width = 240, .height = 160}));
  CHECK(count(f::plot(curves), d::curve_color(0)) > 10);
}

TEST_CASE("plot refuses nothing to draw, unequal lengths and sizes out of range") {
  std::vector<f::curve> const none{}, empty{{"a", {}}}, uneven{{"a", {1, 2}, {1}}}, good{{"a", {1, 2}}};
  std::vector<f::curve> const nan{{"a", {std::nan("")}}}, huge{{"a", {1, 1e305}}};
  CHECK_THROWS_AS(f::plot(none), tomoedx::value_error);
  CHECK_THROWS_AS(f::plot(empty), tomoedx::value_error);
  CHECK_THROWS_AS(f::plot(uneven), tomoedx::shape_error);
  CHECK_THROWS_AS(f::plot(nan), tomoedx::value_error);
  CHECK_THROWS_AS(f::plot(huge), tomoedx::value_error);
  CHECK_THROWS_AS(f::plot(good, {.width = 10}), tomoedx::value_error);
  CHECK_THROWS_AS(f::plot(good, {.height = 100000}), tomoedx::value_error);
}
