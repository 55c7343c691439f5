// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/figures/orthoslices.hpp>

namespace f = tomoedx::figures;
namespace d = tomoedx::figures::detail;

namespace {

using shape = std::array<std::size_t, 3>;

std::vector<float> zeros(shape const& n) {
  return std::vector<float>(n[0] * n[1] * n[2]);
}

float& at(std::vector<float>& v, shape const& n, std::size_t z, std::size_t y, std::size_t x) {
  return v[(z * n[1] + y) * n[2] + x];
}

// The colour that pixel (i, j) of a panel has in the picture, in its middle.
f::rgb panel_color(f::canvas const& c, d::layout const& l, shape const& n, std::size_t column, std::size_t s,
                   std::size_t i, std::size_t j) {
  auto const zoom = static_cast<std::ptrdiff_t>(l.zoom);
  auto const across =
      static_cast<std::ptrdiff_t>((d::plane_width(d::sections[s], n) + l.factor - 1) / l.factor);
  auto const down =
      static_cast<std::ptrdiff_t>((d::plane_height(d::sections[s], n) + l.factor - 1) / l.factor);
  auto const x =
      l.left(column) + (l.column - across * zoom) / 2 + static_cast<std::ptrdiff_t>(i) * zoom + zoom / 2;
  auto const y =
      l.top[s] + (l.height[s] - down * zoom) / 2 + static_cast<std::ptrdiff_t>(j) * zoom + zoom / 2;
  return c.at(static_cast<std::size_t>(x), static_cast<std::size_t>(y));
}

std::size_t count(f::canvas const& c, f::rgb color) {
  std::size_t n = 0;
  for (auto const p : c.pixels()) n += p == color;
  return n;
}

}  // namespace

TEST_CASE("the three panels show the central sections, first letter right and second down") {
  shape const n{8, 6, 10};
  auto v = zeros(n);
  at(v, n, 4, 1, 7) = 1;  // in xy at (7, 1)
  at(v, n, 2, 3, 8) = 1;  // in xz at (8, 2)
  at(v, n, 6, 5, 5) = 1;  // in zy at (6, 5)
  std::vector<f::channel> const channels{{"Fe", v}};
  f::orthoslice_options const options{.brightest = 1};
  auto const c = f::orthoslices(channels, n, options);
  d::layout const l(n, options, 1);
  auto const bright = f::perceptual_map()(1.0), dark = f::perceptual_map()(0.0);
  std::array<std::array<std::size_t, 2>, 3> const spots{{{7, 1}, {8, 2}, {6, 5}}};
  for (std::size_t s = 0; s < 3; ++s)
    for (std::size_t j = 0; j < d::plane_height(d::sections[s], n); ++j)
      for (std::size_t i = 0; i < d::plane_width(d::sections[s], n); ++i) {
        CAPTURE(s);
        CAPTURE(i);
        CAPTURE(j);
        bool const spot = spots[s] == std::array{i, j};
        CHECK(panel_color(c, l, n, 0, s, i, j) == (spot ? bright : dark));
      }
}

TEST_CASE("large volumes are reduced by the mean of squares") {
  d::plane const p{3, 2, {1, 3, 10, 5, 7, 20}};
  auto const small = d::reduced(p, 2);
  CHECK(small.width == 2);
  CHECK(small.height == 1);
  CHECK(small.values == std::vector<float>{4, 15});
  CHECK(d::reduced(p, 1).values == p.values);
  shape const n{5, 700, 300};
  auto const v = zeros(n);
  auto const c = f::orthoslices(std::vector<f::channel>{{"a", v}}, n, {.panel = 100});
  CHECK(c.height() < 500);
  CHECK(c.width() < 500);
}

TEST_CASE("values that are not finite are marked, also after reduction and in the composite") {
  shape const n{4, 4, 4};
  float const nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  auto clean = zeros(n), broken = zeros(n);
  at(clean, n, 2, 2, 2) = 1;
  at(broken, n, 2, 2, 2) = 1;
  at(broken, n, 2, 1, 3) = nan;
  at(broken, n, 2, 3, 0) = -inf;
  std::vector<f::channel> const good{{"a", clean}, {"b", clean}}, bad{{"a", clean}, {"b", broken}};
  f::orthoslice_options const options{};
  auto const c = f::orthoslices(bad, n, options);
  d::layout const l(n, options, 3);
  CHECK(count(f::orthoslices(good, n, options), f::not_a_number) == 0);
  CHECK(panel_color(c, l, n, 1, 0, 3, 1) == f::not_a_number);
  CHECK(panel_color(c, l, n, 1, 0, 0, 3) == f::not_a_number);
  CHECK(panel_color(c, l, n, 2, 0, 3, 1) == f::not_a_number);
  CHECK(panel_color(c, l, n, 0, 0, 3, 1) != f::not_a_number);
  CHECK(panel_color(c, l, n, 1, 0, 2, 2) == f::perceptual_map()(1.0));
  auto const small = d::reduced({2, 1, {nan, 1}}, 2);
  CHECK(std::isnan(small.values[0]));
  std::vector<float> const nothing(64, nan);
  auto const all = f::orthoslices(std::vector<f::channel>{{"none", nothing}}, n, options);
  CHECK(panel_color(all, d::layout(n, options, 1), n, 0, 1, 0, 0) == f::not_a_number);
}

TEST_CASE("the colours run from zero to the brightest part, from below zero where values are negative") {
  shape const n{1, 1, 4};
  std::vector<float> const v{2, 4, 1, 3};
  auto const whole = d::prepare(v, n, 1, 1.0);
  CHECK(whole.low == 0);
  CHECK(whole.high == 4);
  CHECK(!whole.cut);
  CHECK(whole.relative(1) == doctest::Approx(0.25));
  std::vector<float> const w{-2, 0, 0, 2};
  CHECK(d::prepare(w, n, 1, 1.0).low == -2);
  shape const large{1, 1, 1000};
  std::vector<float> spike(1000, 1.f);
  spike[3] = 100;
  auto const robust = d::prepare(spike, large, 1, 0.99);
  CHECK(robust.high == 1);
  CHECK(robust.cut);
  std::vector<float> const flat(4, 0.f);
  CHECK(d::prepare(flat, n, 1, 0.999).relative(0) == 0);
}

TEST_CASE("HAADF is gray and not in the composite, elements add up in their tints") {
  shape const n{2, 2, 2};
  auto haadf = zeros(n), au = zeros(n), ag = zeros(n);
  for (float& v : haadf) v = 1;
  at(au, n, 1, 1, 1) = 5;
  at(ag, n, 1, 1, 0) = 3;
  std::vector<f::channel> const channels{{"HAADF", haadf, false}, {"Au", au}, {"Ag", ag}};
  f::orthoslice_options const options{};
  auto const c = f::orthoslices(channels, n, options);
  d::layout const l(n, options, 4);
  CHECK(panel_color(c, l, n, 0, 0, 0, 0) == f::rgb{255, 255, 255});
  CHECK(panel_color(c, l, n, 3, 0, 1, 1) == f::element_tint(0));
  CHECK(panel_color(c, l, n, 3, 0, 0, 1) == f::element_tint(1));
  CHECK(panel_color(c, l, n, 3, 0, 0, 0) == f::rgb{0, 0, 0});
  auto const without = f::orthoslices(channels, n, {.composite = false});
  CHECK(without.width() < c.width());
}

TEST_CASE("a single voxel and a volume of one slice are drawn") {
  std::vector<float> const one{2.5f};
  CHECK_NOTHROW(f::orthoslices(std::vector<f::channel>{{"a", one}}, {1, 1, 1}, {.voxel_nm = 1.5}));
  std::vector<float> const sheet(40 * 50, 1.f);
  CHECK_NOTHROW(f::orthoslices(std::vector<f::channel>{{"a", sheet}}, {40, 1, 50}));
  CHECK_NOTHROW(
      f::orthoslices(std::vector<f::channel>(9, {"a name that is far too long", sheet}), {40, 1, 50}));
}

TEST_CASE("orthoslices refuses nothing to draw, sizes that do not fit and options out of range") {
  std::vector<float> const v(24);
  std::vector<f::channel> const channels{{"Mg", v}}, none{};
  CHECK_THROWS_AS(f::orthoslices(none, {2, 3, 4}), tomoedx::value_error);
  CHECK_THROWS_AS(f::orthoslices(channels, {0, 3, 4}), tomoedx::shape_error);
  CHECK_THROWS_AS(f::orthoslices(channels, {std::size_t{1} << 63, 2, 24}), tomoedx::shape_error);
  CHECK_THROWS_AS(f::orthoslices(channels, {2, 3, 4}, {.panel = 1}), tomoedx::value_error);
  CHECK_THROWS_AS(f::orthoslices(channels, {2, 3, 4}, {.brightest = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(f::orthoslices(channels, {2, 3, 4}, {.voxel_nm = -1}), tomoedx::value_error);
  try {
    f::orthoslices(channels, {2, 3, 5});
    FAIL("accepted");
  } catch (tomoedx::shape_error const& e) {
    CHECK(std::string(e.what()).find("Mg has 24 values, the volumes are 2 x 3 x 5") != std::string::npos);
  }
}
