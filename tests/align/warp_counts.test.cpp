// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/warp_counts.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <cmath>
#include <numeric>
#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

double sum(std::vector<float> const& v) {
  return std::accumulate(v.begin(), v.end(), 0.0);
}

}  // namespace

TEST_CASE("turned counts are as many as before, with those that left the field") {
  std::size_t const rows = 31, columns = 40;
  std::vector<float> counts(rows * columns), result(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = std::floor(6 * static_cast<float>(random_stream(1, i).uniform()));
  for (image_warp const w :
       {image_warp{}, {0.5, 0.25}, {3.2, -1.7, 11}, {0, 0, 90}, {0, 0, 45, 0.8}, {0, 0, -20, 1.4}}) {
    CAPTURE(w.rotation_deg);
    double const lost = warp_counts(counts, rows, columns, w, result);
    CHECK(sum(result) + lost == doctest::Approx(sum(counts)).epsilon(1e-5));
    CHECK(lost >= -1e-6);
  }
}

TEST_CASE(
    "shares are the areas of overlap: halves for half a pixel, and those of many points inside a turned "
    "one") {
  std::vector<float> one(49), result(49), variance(49);
  one[3 * 7 + 3] = 100;
  warp_counts(one, 7, 7, {.dx = 0.5}, result, variance);
  CHECK(result[3 * 7 + 3] == doctest::Approx(50));
  CHECK(result[3 * 7 + 4] == doctest::Approx(50));
  CHECK(variance[3 * 7 + 4] == doctest::Approx(25));
  image_warp const w{0.3, -0.2, 28, 1.3};
  warp_counts(one, 7, 7, w, result);
  std::vector<double> shares(49);
  int const fine = 1000;
  double const c = std::cos(28 * std::numbers::pi / 180), s = std::sin(28 * std::numbers::pi / 180);
  for (int i = 0; i < fine * fine; ++i) {
    double const u = (i % fine + 0.5) / fine - 0.5, v = (i / fine + 0.5) / fine - 0.5;
    auto const x = static_cast<std::size_t>(std::lround(1.3 * (c * u - s * v) + 3 + 0.3));
    auto const y = static_cast<std::size_t>(std::lround(1.3 * (s * u + c * v) + 3 - 0.2));
    shares[y * 7 + x] += 100.0 / fine / fine;
  }
  for (std::size_t i = 0; i < 49; ++i) CHECK(std::abs(static_cast<double>(result[i]) - shares[i]) < 0.03);
}

TEST_CASE("the variance given is that of turned Poisson counts") {
  std::size_t const n = 9, trials = 4000;
  std::vector<float> const mean(n * n, 3.0f);
  std::vector<float> result(n * n), variance(n * n);
  image_warp const w{0.3, 0.4, 20};
  std::vector<double> first(n * n), second(n * n);
  for (std::size_t k = 0; k < trials; ++k) {
    warp_counts(simulate::poisson_counts(mean, k), n, n, w, result);
    for (std::size_t i = 0; i < n * n; ++i) {
      double const v = static_cast<double>(result[i]);
      first[i] += v / trials, second[i] += v * v / trials;
    }
  }
  warp_counts(mean, n, n, w, result, variance);
  for (std::size_t i : {4 * n + 4, 3 * n + 5, 5 * n + 3}) {
    CHECK(result[i] == doctest::Approx(3).epsilon(1e-5));
    CHECK(second[i] - first[i] * first[i] == doctest::Approx(variance[i]).epsilon(0.1));
    CHECK(variance[i] < 2.5f);  // of 3: it is smoothed
  }
}

TEST_CASE("sizes that differ are refused") {
  std::vector<float> image(12), result(12), small(11);
  CHECK_THROWS_AS(warp_counts(image, 3, 4, {}, small), shape_error);
  CHECK_THROWS_AS(warp_counts(image, 3, 4, {}, result, small), shape_error);
  CHECK_THROWS_AS(warp_counts(image, 3, 4, {.dy = INFINITY}, result), value_error);
}
