// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <tomoedx/metrics/ssim.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

namespace {

// The index as the paper writes it: an 11 x 11 window at a time, moments about the weighted means.
template <class T>
double plain_ssim(std::vector<T> const& x, std::vector<T> const& y, std::size_t height, std::size_t width,
                  double range) {
  double kernel[11][11], norm = 0;
  for (int i = 0; i < 11; ++i)
    for (int j = 0; j < 11; ++j)
      norm += kernel[i][j] = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / (2 * 1.5 * 1.5));
  double const c1 = std::pow(0.01 * range, 2), c2 = std::pow(0.03 * range, 2);
  double sum = 0;
  int windows = 0;
  for (std::size_t r = 5; r + 5 < height; ++r)
    for (std::size_t c = 5; c + 5 < width; ++c, ++windows) {
      double mx = 0, my = 0, vx = 0, vy = 0, cov = 0;
      for (std::size_t i = 0; i < 11; ++i)
        for (std::size_t j = 0; j < 11; ++j) {
          mx += kernel[i][j] / norm * static_cast<double>(x[(r + i - 5) * width + c + j - 5]);
          my += kernel[i][j] / norm * static_cast<double>(y[(r + i - 5) * width + c + j - 5]);
        }
      for (std::size_t i = 0; i < 11; ++i)
        for (std::size_t j = 0; j < 11; ++j) {
          double const a = static_cast<double>(x[(r + i - 5) * width + c + j - 5]) - mx;
          double const b = static_cast<double>(y[(r + i - 5) * width + c + j - 5]) - my;
          vx += kernel[i][j] / norm * a * a;
          vy += kernel[i][j] / norm * b * b;
          cov += kernel[i][j] / norm * a * b;
        }
      sum += (2 * mx * my + c1) / (mx * mx + my * my + c1) * ((2 * cov + c2) / (vx + vy + c2));
    }
  return sum / windows;
}

}  // namespace

TEST_CASE_TEMPLATE("ssim agrees with windows written out one at a time", T, float, double) {
  auto const x = support::random_values<T>(17 * 23, 15, 0, 4);
  auto y = support::random_values<T>(17 * 23, 16, 0, 1);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += x[i];
  CHECK(m::ssim(x, y, {17, 23}, {.range = 4.0}) ==
        doctest::Approx(plain_ssim(x, y, 17, 23, 4.0)).epsilon(1e-11));
  double low = 1e9, high = -1e9;
  for (T const v : x) {
    low = std::min(low, static_cast<double>(v));
    high = std::max(high, static_cast<double>(v));
  }
  CHECK(m::ssim(x, y, {17, 23}) == doctest::Approx(plain_ssim(x, y, 17, 23, high - low)).epsilon(1e-11));
}

TEST_CASE("ssim of two constant images is the luminance term") {
  std::vector<double> const x(144, 2.0), y(144, 3.0);
  double const c1 = 0.01 * 0.01;
  CHECK(m::ssim(x, y, {12, 12}, {.range = 1.0}) == doctest::Approx((12 + c1) / (13 + c1)).epsilon(1e-12));
}

TEST_CASE_TEMPLATE("ssim of an array with itself is 1, with its negative image far below", T, float, double) {
  auto const x = support::random_values<T>(15 * 15, 17);
  CHECK(m::ssim(x, x, {15, 15}) == doctest::Approx(1.0).epsilon(1e-12));
  CHECK(m::ssim(x, support::scaled(x, -1, 1), {15, 15}) < 0);
}

TEST_CASE("ssim does not drown in a large offset") {
  auto const x = support::random_values<double>(13 * 13, 18), y = support::random_values<double>(13 * 13, 19);
  auto const far_x = support::scaled(x, 1, 1048576), far_y = support::scaled(y, 1, 1048576);
  CHECK(m::ssim(far_x, far_y, {13, 13}, {.range = 1.0}) ==
        doctest::Approx(plain_ssim(far_x, far_y, 13, 13, 1.0)).epsilon(1e-6));
}

TEST_CASE("ssim of a volume is the mean over its slices with one dynamic range") {
  auto const x = support::random_values<float>(3 * 12 * 14, 20),
             y = support::random_values<float>(3 * 12 * 14, 21);
  double mean = 0;
  for (std::size_t s = 0; s < 3; ++s) {
    auto const from = static_cast<std::ptrdiff_t>(s * 12 * 14), to = from + 12 * 14;
    std::vector<float> const a(x.begin() + from, x.begin() + to), b(y.begin() + from, y.begin() + to);
    mean += plain_ssim(a, b, 12, 14, 1.0) / 3;
  }
  std::vector<std::size_t> const shape{3, 12, 14};
  CHECK(m::ssim(x, y, shape, {.range = 1.0}) == doctest::Approx(mean).epsilon(1e-10));
}

TEST_CASE("ssim refuses shapes, ranges and options that do not fit") {
  auto const x = support::random_values<float>(144, 22);
  std::vector<float> const flat(144, 1.f), small(100, 1.f);
  auto const throws_shape = [&](std::initializer_list<std::size_t> shape) {
    CHECK_THROWS_AS(m::ssim(x, x, shape), tomoedx::shape_error);
  };
  throws_shape({144});
  throws_shape({12, 13});
  throws_shape({6, 12});
  throws_shape({0, 12, 12});
  throws_shape({2, 6, 12});
  throws_shape({std::size_t{1} << 63, 2, 144});
  CHECK(support::contains(support::message_of<tomoedx::shape_error>([&] {
                            m::ssim(small, small, {10, 10});
                          }),
                          "10 x 10 pixels, the window 11"));
  CHECK_THROWS_AS(m::ssim(flat, x, {12, 12}), tomoedx::value_error);
  CHECK_THROWS_AS(m::ssim(x, x, {12, 12}, {.range = 0.0}), tomoedx::value_error);
  CHECK_THROWS_AS(m::ssim(x, x, {12, 12}, {.range = std::nan("")}), tomoedx::value_error);
  CHECK_THROWS_AS(m::ssim(x, x, {12, 12}, {.k2 = 0.0}), tomoedx::value_error);
  CHECK_THROWS_AS(m::ssim(x, x, {12, 12}, {.window = 0}), tomoedx::value_error);
  auto bad = x;
  bad[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(m::ssim(x, bad, {12, 12}), tomoedx::value_error);
}
