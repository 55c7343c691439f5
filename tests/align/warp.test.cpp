// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/warp.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <cmath>
#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

/// A smooth scene, its value known everywhere.
float scene(double x, double y) {
  double sum = 0;
  for (int k = 0; k < 5; ++k) {
    double const u = x - 6 * std::cos(k * 2.0) - k, v = y - 8 * std::sin(k * 1.3);
    sum += (1 + k) * std::exp(-(u * u + v * v) / 18);
  }
  return static_cast<float>(sum);
}

std::vector<float> sampled(std::size_t rows, std::size_t columns, image_warp const& w) {
  std::vector<float> image(rows * columns);
  double const r = -w.rotation_deg * std::numbers::pi / 180;
  for (std::size_t i = 0; i < image.size(); ++i) {
    double const x =
        (static_cast<double>(i % columns) - 0.5 * static_cast<double>(columns - 1) - w.dx) / w.scale;
    double const y =
        (static_cast<double>(i / columns) - 0.5 * static_cast<double>(rows - 1) - w.dy) / w.scale;
    image[i] = scene(std::cos(r) * x - std::sin(r) * y, std::sin(r) * x + std::cos(r) * y);
  }
  return image;
}

}  // namespace

TEST_CASE("a warped image is the scene sampled where the warp says") {
  std::size_t const rows = 50, columns = 61;
  auto const original = sampled(rows, columns, {});
  for (image_warp const w :
       {image_warp{}, {1.3, -2.7}, {0, 0, 7}, {0.4, 0.2, -33}, {2, 1, 15, 1.2}, {0, 0, 90}}) {
    CAPTURE(w.rotation_deg);
    std::vector<float> result(original.size());
    warp_image(original, rows, columns, w, result, beyond_edges::zero);
    auto const expected = sampled(rows, columns, w);
    double off = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
      auto const x = i % columns, y = i / columns;
      if (x > 6 && y > 6 && x + 6 < columns && y + 6 < rows)
        off = std::max(off, std::abs(static_cast<double>(result[i] - expected[i])));
    }
    CHECK(off < 4e-3);  // of values up to 5
  }
}

TEST_CASE("no warp gives back every pixel, whole shifts move them, and edges are as asked for") {
  std::size_t const rows = 5, columns = 7;
  std::vector<float> image(35), result(35);
  for (std::size_t i = 0; i < 35; ++i) image[i] = static_cast<float>(random_stream(2, i).uniform());
  warp_image(image, rows, columns, {}, result);
  for (std::size_t i = 0; i < 35; ++i) CHECK(result[i] == doctest::Approx(image[i]).epsilon(1e-5));
  warp_image(image, rows, columns, {.dx = 2, .dy = -1}, result, beyond_edges::zero);
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x)
      CHECK(result[y * columns + x] ==
            doctest::Approx(x >= 2 && y + 1 < rows ? image[(y + 1) * columns + x - 2] : 0.0f).epsilon(1e-5));
  warp_image(image, rows, columns, {.dx = 2}, result, beyond_edges::nearest);
  CHECK(result[0] == doctest::Approx(image[0]).epsilon(1e-5));
  std::vector<float> line{1, 5, 2, 8}, moved(4);  // images of one row and of one column
  warp_image(line, 1, 4, {.dx = 1}, moved, beyond_edges::zero);
  CHECK(moved[2] == doctest::Approx(5));
  warp_image(line, 4, 1, {.dy = -1}, moved, beyond_edges::zero);
  CHECK(moved[1] == doctest::Approx(2));
}

TEST_CASE("warps that mean nothing are refused") {
  std::vector<float> image(12), result(12), small(11);
  CHECK_THROWS_AS(warp_image(image, 3, 4, {}, small), shape_error);
  CHECK_THROWS_AS(warp_image(image, 3, 5, {}, result), shape_error);
  CHECK_THROWS_AS(warp_image(image, 3, 4, {.dx = NAN}, result), value_error);
  CHECK_THROWS_AS(warp_image(image, 3, 4, {.scale = 0}, result), value_error);
  CHECK_THROWS_AS(warp_image(image, 3, 4, {.rotation_deg = 1000}, result), value_error);
}
