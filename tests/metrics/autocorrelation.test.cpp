// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/metrics/autocorrelation.hpp>

#include <tomoedx/core/random.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

namespace m = tomoedx::metrics;

namespace {

/// White noise of `images` images, spread by `along_y` and `along_x` taps.
template <class T>
std::vector<T> noise(std::size_t images, std::size_t height, std::size_t width, unsigned seed,
                     std::vector<double> const& along_y = {1}, std::vector<double> const& along_x = {1}) {
  std::vector<T> out;
  std::size_t const tall = height + along_y.size(), wide = width + along_x.size();
  for (std::size_t n = 0; n < images; ++n) {
    tomoedx::random_stream random(seed, n);
    std::vector<double> white(tall * wide);
    for (double& v : white) v = random.normal();
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        double sum = 0;
        for (std::size_t i = 0; i < along_y.size(); ++i)
          for (std::size_t j = 0; j < along_x.size(); ++j)
            sum += along_y[i] * along_x[j] * white[(y + i) * wide + x + j];
        out.push_back(static_cast<T>(7 + 3 * sum));
      }
  }
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("the autocorrelation agrees with plain loops", T, float, double) {
  std::size_t const n = 3, h = 13, w = 21;
  auto const r = noise<T>(n, h, w, 3, {1, 0.6}, {1, -0.4, 0.2});
  auto const map = m::autocorrelation(r, {n, h, w}, 4);
  std::vector<double> centred(r.begin(), r.end());
  double power = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double mean = 0;
    for (std::size_t p = 0; p < h * w; ++p) mean += centred[i * h * w + p] / static_cast<double>(h * w);
    for (std::size_t p = 0; p < h * w; ++p) {
      centred[i * h * w + p] -= mean;
      power += std::pow(centred[i * h * w + p], 2) / static_cast<double>(n * h * w);
    }
  }
  for (int dy = -4; dy <= 4; ++dy)
    for (int dx = -4; dx <= 4; ++dx) {
      double sum = 0, squares = 0, pairs = 0;
      for (int i = 0; i < int(n); ++i)
        for (int y = 0; y < int(h); ++y)
          for (int x = 0; x < int(w); ++x) {
            if (y + dy < 0 || y + dy >= int(h) || x + dx < 0 || x + dx >= int(w)) continue;
            double const p = centred[(i * h + y) * w + x] * centred[(i * h + y + dy) * w + x + dx];
            sum += p, squares += p * p, ++pairs;
          }
      CAPTURE(dy);
      CAPTURE(dx);
      CHECK(map(dy, dx) == doctest::Approx(sum / pairs / power).epsilon(1e-10));
      if (dy != 0 || dx != 0)
        CHECK(map.standard_error(dy, dx) ==
              doctest::Approx(std::sqrt(squares) / pairs / power).epsilon(1e-10));
    }
}

TEST_CASE("the standard error is that of white noise, also when its variance differs between pixels") {
  for (bool const uneven : {false, true}) {
    double chi = 0, error = 0;
    int const draws = 300;
    for (unsigned seed = 0; seed < unsigned(draws); ++seed) {
      auto r = noise<double>(1, 24, 30, seed);
      for (std::size_t i = 0; i < r.size(); ++i) r[i] = (r[i] - 7) * (uneven && i / 30 < 4 ? 6 : 1);
      auto const map = m::autocorrelation(r, {24, 30}, 2);
      chi += std::pow(map(0, 1) / map.standard_error(0, 1), 2) / draws;
      error += map.standard_error(0, 1) / draws;
    }
    CHECK(chi == doctest::Approx(1).epsilon(0.3));  // 3.7 standard errors of a mean of 300 squares
    double const plain = 1 / std::sqrt(24.0 * 29.0);
    if (uneven)
      CHECK(error > 1.8 * plain);
    else
      CHECK(error == doctest::Approx(plain).epsilon(0.05));
  }
}

TEST_CASE_TEMPLATE("white noise needs a blind spot of one pixel", T, float, double) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    auto const advice = m::advise_blind_spot(m::autocorrelation(noise<T>(2, 60, 50, seed), {2, 60, 50}));
    CHECK(advice.y == 1);
    CHECK(advice.x == 1);
    CHECK_FALSE(advice.open_y);
    CHECK_FALSE(advice.open_x);
  }
}

TEST_CASE("a blind spot covers every pixel that shares noise, along y and x separately") {
  std::vector<double> const one{1}, two{1, 1}, three{1, 2, 1}, five{1, 1, 1, 1, 1};
  auto const advice = [](auto const& y, auto const& x) {
    return m::advise_blind_spot(m::autocorrelation(noise<float>(1, 128, 128, 9, y, x), {128, 128}));
  };
  CHECK(advice(two, two).y == 3);
  CHECK(advice(two, two).x == 3);
  CHECK(advice(three, three).y == 5);
  CHECK(advice(three, three).x == 5);
  CHECK(advice(one, two).y == 1);
  CHECK(advice(one, two).x == 3);
  CHECK(advice(one, three).y == 1);
  CHECK(advice(one, three).x == 5);
  CHECK(advice(five, one).y == 9);
  CHECK(advice(five, one).x == 1);
  CHECK_FALSE(advice(five, one).open_y);
  CHECK(advice(std::vector<double>(9, 1.0), one).open_y);  // correlated over more than the five lags
  CHECK(advice(std::vector<double>{-1, 2, -1}, one).y == 1 + 2 * 2);  // -4, then +1: the second lag counts
  CHECK(advice(std::vector<double>{-1, 2}, one).y == 1);              // a negative one does not
}

TEST_CASE("a blind spot covers noise that is shared along a diagonal only") {
  std::size_t const edge = 96;
  auto const white = noise<float>(1, edge + 2, edge + 2, 11);
  for (bool const falling : {true, false}) {
    std::vector<float> r;
    for (std::size_t y = 0; y < edge; ++y)
      for (std::size_t x = 0; x < edge; ++x)
        r.push_back(white[y * (edge + 2) + (falling ? x : x + 2)] +
                    white[(y + 1) * (edge + 2) + (falling ? x + 2 : x)]);
    auto const map = m::autocorrelation(r, {edge, edge});
    CHECK(map(1, falling ? -2 : 2) < 0.1);
    CHECK(map(1, falling ? 2 : -2) == doctest::Approx(0.5).epsilon(0.1));
    auto const advice = m::advise_blind_spot(map);
    CHECK(advice.y == 3);
    CHECK(advice.x == 5);
  }
}

TEST_CASE("what counts can be chosen") {
  auto const map = m::autocorrelation(noise<float>(1, 128, 128, 4, {1}, {1, 2, 1}), {128, 128});
  CHECK(map(0, 1) == doctest::Approx(2.0 / 3).epsilon(0.05));
  CHECK(map(0, 2) == doctest::Approx(1.0 / 6).epsilon(0.2));
  CHECK(m::advise_blind_spot(map, {.negligible = 0.3}).x == 3);
  CHECK(m::advise_blind_spot(map, {.negligible = 0.8}).x == 1);
  CHECK(m::advise_blind_spot(map, {.significance = 1e6}).x == 1);
}

TEST_CASE("images smaller than the lags have no such pairs, and say so") {
  auto const map = m::autocorrelation(noise<double>(3, 1, 40, 2), {3, 1, 40}, 5);
  CHECK(map(1, 0) == 0);
  CHECK(map.standard_error(1, 0) == std::numeric_limits<double>::infinity());
  CHECK(map(0, 0) == 1);
  CHECK(m::advise_blind_spot(map).y == 1);
  auto const narrow = m::autocorrelation(noise<double>(1, 40, 2, 2), {40, 2}, 3);
  CHECK(narrow.standard_error(0, 2) == std::numeric_limits<double>::infinity());
  CHECK(std::isfinite(narrow.standard_error(3, -1)));
}

TEST_CASE("the autocorrelation refuses what has none") {
  std::vector<double> const good{1, 2, 3, 4, 5, 7}, constant(6, 0.1), none;
  std::vector<double> const bad{1, 2, 3, 4, 5, std::numeric_limits<double>::quiet_NaN()};
  CHECK_THROWS_AS(m::autocorrelation(good, {6}), tomoedx::shape_error);
  CHECK_THROWS_AS(m::autocorrelation(good, {2, 2}), tomoedx::shape_error);
  CHECK_THROWS_AS(m::autocorrelation(good, {4, 2}), tomoedx::shape_error);
  CHECK_THROWS_AS(m::autocorrelation(good, {0, 6}), tomoedx::shape_error);
  for (int const lags : {0, -1, 101})
    CHECK_THROWS_AS(m::autocorrelation(good, {2, 3}, lags), tomoedx::value_error);
  CHECK_THROWS_AS(m::autocorrelation_map(-1), tomoedx::value_error);
  CHECK_THROWS_AS(m::autocorrelation(bad, {2, 3}), tomoedx::value_error);
  CHECK_THROWS_AS(m::autocorrelation(constant, {2, 3}), tomoedx::value_error);
  CHECK_THROWS_AS(m::autocorrelation(none, {0, 3}), tomoedx::value_error);
  auto const map = m::autocorrelation(good, {2, 3}, 2);
  CHECK_THROWS_AS(map(3, 0), tomoedx::value_error);
  CHECK_THROWS_AS(m::advise_blind_spot(map, {.negligible = 1}), tomoedx::value_error);
  CHECK(support::contains(support::message_of<tomoedx::value_error>([&] {
                            m::autocorrelation(constant, {6, 1});
                          }),
                          "constant"));
}
