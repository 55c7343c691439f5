// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/select.hpp>
#include <tomoedx/core/random.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

using namespace tomoedx;

namespace {

std::vector<float> counting(std::size_t n) {
  std::vector<float> v(n);
  std::iota(v.begin(), v.end(), 0.0f);
  return v;
}

}  // namespace

TEST_CASE("rebinned counts are sums, and those beyond the last group are left out") {
  auto const out = rebin(counting(2 * 4 * 5), {2, 4, 5}, 2);
  CHECK(out.shape == std::array<std::size_t, 3>{2, 2, 2});
  CHECK(out.values ==
        std::vector<float>{0 + 1 + 5 + 6, 2 + 3 + 7 + 8, 10 + 11 + 15 + 16, 12 + 13 + 17 + 18,  //
                           20 + 21 + 25 + 26, 22 + 23 + 27 + 28, 30 + 31 + 35 + 36, 32 + 33 + 37 + 38});
  CHECK(rebin(counting(20), {1, 4, 5}, 1).values == counting(20));
  CHECK_THROWS_AS(rebin(counting(20), {1, 4, 5}, 0), shape_error);
  CHECK_THROWS_AS(rebin(counting(20), {1, 4, 5}, 5), shape_error);
  CHECK_THROWS_AS(rebin(counting(20), {1, 4, 6}, 2), shape_error);
}

TEST_CASE("a part is cut out of every image, and the axis offset goes with it") {
  image_part const part{1, 3, 2, 5};
  auto const out = crop(counting(2 * 4 * 6), {2, 4, 6}, part);
  CHECK(out.shape == std::array<std::size_t, 3>{2, 2, 3});
  CHECK(out.values == std::vector<float>{8, 9, 10, 14, 15, 16, 32, 33, 34, 38, 39, 40});
  double const offset = 0.25, bin = 2.5 + offset;  // of 6 columns; the part begins at column 2 and has 3
  CHECK(1 + offset + crop_offset(6, part) == doctest::Approx(bin - 2));
  CHECK_THROWS_AS(crop(counting(48), {2, 4, 6}, {1, 1, 0, 3}), shape_error);
  CHECK_THROWS_AS(crop(counting(48), {2, 4, 6}, {0, 5, 0, 3}), shape_error);
}

TEST_CASE("tilts are dropped from images and from angles alike") {
  std::vector<std::size_t> const gone{1, 3};
  CHECK(drop_tilts<float>(counting(8), 4, gone) == std::vector<float>{0, 1, 4, 5});
  CHECK(drop_tilts<double>(std::vector<double>{-9, 3, 5, 8}, 4, gone) == std::vector<double>{-9, 5});
  CHECK_THROWS_AS(drop_tilts<float>(counting(8), 4, std::vector<std::size_t>{4}), shape_error);
  CHECK_THROWS_AS(drop_tilts<float>(counting(9), 4, gone), shape_error);
  CHECK_THROWS_AS(drop_tilts<float>(counting(2), 2, std::vector<std::size_t>{0, 1, 1}), shape_error);
}

TEST_CASE("x and y are exchanged, twice is nothing") {
  auto const out = exchange_axes(counting(2 * 2 * 3), {2, 2, 3});
  CHECK(out.shape == std::array<std::size_t, 3>{2, 3, 2});
  CHECK(out.values == std::vector<float>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11});
  CHECK(exchange_axes(out.values, out.shape).values == counting(12));
}

TEST_CASE("outliers are what does not follow the neighbours, not what a slope or a bend brings") {
  std::vector<double> totals(31);
  for (std::size_t t = 0; t < 31; ++t) {
    double const a = (static_cast<double>(t) - 15) * 4 * 3.14159 / 180;
    totals[t] = 1000 / std::cos(a) + 5 * random_stream(1, t).normal();
  }
  CHECK(outlying_tilts(totals).empty());
  auto damaged = totals;
  damaged[7] *= 0.8, damaged[8] *= 0.7, damaged[30] *= 1.3;
  CHECK(outlying_tilts(damaged) == std::vector<std::size_t>{7, 8, 30});
  CHECK(outlying_tilts(std::vector<double>{1, 2, 3, 4, 5, 6}).empty());
  CHECK(outlying_tilts(std::vector<double>{1, 2, 3, 9, 5, 6, 7}) == std::vector<std::size_t>{3});
  CHECK(outlying_tilts(std::vector<double>{1, 50, 1}).empty());
  std::vector<double> wild{100, 537, 101, 1011, 99, 685, 102, 1159, 98, 833};
  CHECK(outlying_tilts(wild, 1e-3).size() == 3);  // a third of ten, not more
  CHECK_THROWS_AS(outlying_tilts(std::vector<double>{1, 2, NAN, 4, 5}), value_error);
  CHECK_THROWS_AS(outlying_tilts(totals, 0), value_error);
  CHECK(median_of({3, 1, 2, 10}) == 2.5);
  CHECK(median_of({}) == 0);
}
