// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <tomoedx/figures/colormap.hpp>

namespace f = tomoedx::figures;

namespace {

double linear(std::uint8_t v) {
  double const s = v / 255.0;
  return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
}

// CIE L* (0 to 100), another measure of lightness than the one the map was made with.
double cie_lightness(f::rgb c) {
  double const y = 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
  return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

}  // namespace

TEST_CASE("gray runs from black to white") {
  auto const gray = f::gray_map();
  CHECK(gray(0.0) == f::rgb{0, 0, 0});
  CHECK(gray(1.0) == f::rgb{255, 255, 255});
  CHECK(gray(0.2) == f::rgb{51, 51, 51});
}

TEST_CASE("the perceptual map grows lighter evenly from black, by an independent measure of lightness") {
  auto const map = f::perceptual_map();
  CHECK(map(0.0) == f::rgb{0, 0, 0});
  CHECK(cie_lightness(map(1.0)) > 90);
  double before = cie_lightness(map(0.0));
  for (int i = 1; i <= 255; ++i) {
    double const here = cie_lightness(map(i / 255.0));
    CHECK(here >= before - 0.25);
    before = here;
  }
  for (int i = 3; i < 10; ++i) {  // a tenth of the map is 7 to 13 of the 100 steps of lightness
    double const step = cie_lightness(map((i + 1) / 10.0)) - cie_lightness(map(i / 10.0));
    CHECK(step > 7);
    CHECK(step < 13);
  }
}

TEST_CASE("neighbouring colours of the perceptual map hardly differ") {
  auto const map = f::perceptual_map();
  for (int i = 1; i <= 255; ++i) {
    auto const a = map((i - 1) / 255.0), b = map(i / 255.0);
    CHECK(std::abs(a.red - b.red) <= 8);
    CHECK(std::abs(a.green - b.green) <= 8);
    CHECK(std::abs(a.blue - b.blue) <= 8);
  }
}

TEST_CASE("numbers outside 0 to 1 have the colour of the end, NaN one that no map uses") {
  double const inf = std::numeric_limits<double>::infinity();
  for (auto const& map : {f::gray_map(), f::perceptual_map(), f::tint_map(f::element_tint(0))}) {
    CHECK(map(-inf) == map(0.0));
    CHECK(map(-1e-9) == map(0.0));
    CHECK(map(inf) == map(1.0));
    CHECK(map(std::nan("")) == f::not_a_number);
    for (int i = 0; i < 256; ++i) CHECK(map(i / 255.0) != f::not_a_number);
  }
}

TEST_CASE("OKLab white, gray and an impossible colour") {
  CHECK(f::detail::oklab(1, 0, 0) == f::rgb{255, 255, 255});
  auto const gray = f::detail::oklab(0.6, 0, 0);
  REQUIRE(gray.has_value());
  CHECK(gray->red == gray->green);
  CHECK(gray->green == gray->blue);
  CHECK(!f::detail::oklab(0.5, 0.4, 0.4).has_value());
}

TEST_CASE("a tint map ends in its tint, and six elements have six tints") {
  for (std::size_t i = 0; i < f::tints; ++i) {
    CHECK(f::tint_map(f::element_tint(i))(1.0) == f::element_tint(i));
    CHECK(f::tint_map(f::element_tint(i))(0.0) == f::rgb{0, 0, 0});
    for (std::size_t j = 0; j < i; ++j) CHECK(f::element_tint(i) != f::element_tint(j));
  }
}
