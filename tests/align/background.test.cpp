// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/background.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

TEST_CASE("the level under a specimen is found by its mode, a percentile and the border") {
  std::size_t const n = 64;
  auto image = image_of(particles(15, 18, 1), 0, n, n);
  for (std::size_t i = 0; i < image.size(); ++i)
    image[i] = 200 + 30 * image[i] + 4 * static_cast<float>(random_stream(1, i).normal());
  CHECK(std::abs(background_level(image, n, n) - 200) < 4);
  CHECK(std::abs(background_level(image, n, n, {.from = background_from::border}) - 200) < 0.8);
  double const low = background_level(image, n, n, {.from = background_from::percentile, .percentile = 30});
  CHECK(std::abs(low - 200) < 4);
}

TEST_CASE("percentiles and modes of a few numbers are what they should be") {
  std::vector<float> const few{5, 1, 4, 2, 3};
  CHECK(background_level(few, 1, 5, {.from = background_from::percentile, .percentile = 50}) == 3);
  CHECK(background_level(few, 1, 5, {.from = background_from::percentile, .percentile = 0}) == 1);
  CHECK(background_level(few, 5, 1, {.from = background_from::percentile, .percentile = 100}) == 5);
  CHECK(background_level(few, 1, 5, {.from = background_from::percentile, .percentile = 37.5}) == 2.5);
  std::vector<float> const counts{0, 7, 0, 1, 0, 3, 0, 0, 2, 9};
  CHECK(background_level(counts, 2, 5) == 0);
  CHECK(background_level(std::vector<float>{8, 1.0f, 1.25f}, 1, 3) == 1.125);
  CHECK(background_level(std::vector<float>{6}, 1, 1) == 6);
}

TEST_CASE("each image loses its own level, and stays positive unless told otherwise") {
  std::vector<float> series{1, 1, 1, 5, 3, 3, 3, 2};
  auto signed_series = series;
  auto const levels = remove_background(series, {2, 2, 2});
  CHECK(levels == std::vector<double>{1, 3});
  CHECK(series == std::vector<float>{0, 0, 0, 4, 0, 0, 0, 0});
  remove_background(signed_series, {2, 2, 2}, {.keep_positive = false});
  CHECK(signed_series[7] == -1);
}

TEST_CASE("levels of nothing are refused") {
  CHECK_THROWS_AS(background_level({}, 0, 0), shape_error);
  CHECK_THROWS_AS(background_level(std::vector<float>{1, NAN}, 1, 2), value_error);
  CHECK_THROWS_AS(
      background_level(std::vector<float>{1}, 1, 1, {.from = background_from::percentile, .percentile = 101}),
      value_error);
  CHECK_THROWS_AS(
      background_level(std::vector<float>{1}, 1, 1, {.from = background_from::border, .border = 0}),
      value_error);
}
