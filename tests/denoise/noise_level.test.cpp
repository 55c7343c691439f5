// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/noise_level.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace {

template <class T>
std::vector<T> noise(std::size_t count, double sigma, std::uint64_t seed) {
  std::vector<T> v(count);
  for (std::size_t i = 0; i < count; ++i)
    v[i] = static_cast<T>(sigma * tomoedx::random_stream(seed, i).normal());
  return v;
}

}  // namespace

TEST_CASE_TEMPLATE("white noise is measured to a few per cent, whatever lies beneath", T, float, double) {
  constexpr int height = 201, width = 178;
  for (double const sigma : {1e-3, 3.0, 2e4}) {
    auto v = noise<T>(height * width, sigma, 4);
    CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), height, width)) ==
          doctest::Approx(sigma).epsilon(0.03));
    for (int y = 0; y < height; ++y)  // a ramp and a disc with a sharp edge
      for (int x = 0; x < width; ++x)
        v[y * width + x] += static_cast<T>(
            sigma * (40 + 0.2 * x - 0.1 * y + ((y - 90) * (y - 90) + (x - 70) * (x - 70) < 2500 ? 60 : 0)));
    CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), height, width)) ==
          doctest::Approx(sigma).epsilon(0.05));
  }
}

TEST_CASE("a row or a column of noise will do, and a single pixel has none") {
  auto const v = noise<double>(20001, 2.5, 5);
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 1, 20001)) == doctest::Approx(2.5).epsilon(0.03));
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 20001, 1)) == doctest::Approx(2.5).epsilon(0.03));
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 1, 1)) == 0);
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 0, 4)) == 0);
}

TEST_CASE("the estimate of a few pixels is the median by hand") {
  // diagonals (a - b - c + d) / 2 of the two squares: 1 and 3, of which the median is 2
  std::vector<float> const v{2, 0, 9, 3, 0, 0, 3, 3};
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 2, 4)) == doctest::Approx(2 / 0.6744897501960817));
}

TEST_CASE_TEMPLATE("images of whole numbers do not lock the estimate to steps", T, float, double) {
  for (double const sigma : {0.7, 1.0, 2.0}) {
    auto v = noise<T>(200 * 200, sigma, 6);
    for (T& value : v) value = std::round(value);
    CAPTURE(sigma);
    CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 200, 200)) == doctest::Approx(sigma).epsilon(0.1));
    CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 1, 40000)) == doctest::Approx(sigma).epsilon(0.1));
  }
}

TEST_CASE("equal differences are spread over the step between them") {
  // diagonals 1, 2, 2 and 4 of the four squares: the two 2s stand for 1.5 to 3, and half of them lie below the median
  std::vector<float> const v{2, 0, 4, 0, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 2, 8)) == doctest::Approx(2.25 / 0.6744897501960817));
  std::vector<float> const same{2, 0, 2, 0, 0, 0, 0, 0};  // nothing to spread over
  CHECK(tomoedx::noise_level(tomoedx::borrow(same.data(), 2, 4)) == doctest::Approx(1 / 0.6744897501960817));
  std::vector<float> const sparse{0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0};
  CHECK(tomoedx::noise_level(tomoedx::borrow(sparse.data(), 2, 6)) == 0);
}

TEST_CASE("constant images have no noise and NaN is refused") {
  std::vector<float> v(64, 7.5f);
  CHECK(tomoedx::noise_level(tomoedx::borrow(v.data(), 8, 8)) == 0);
  v[19] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(tomoedx::noise_level(tomoedx::borrow(v.data(), 8, 8)), tomoedx::value_error);
}
