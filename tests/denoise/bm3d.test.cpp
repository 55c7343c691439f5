// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/bm3d.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "../spaces.hpp"
#include "filters.hpp"

using filters::furthest, filters::rms_distance;
using tomoedx::bm3d_options, tomoedx::bm3d_stages, tomoedx::borrow;
using serial = Kokkos::Serial;
static_assert(tomoedx::denoiser<tomoedx::bm3d_denoiser<>>);
static_assert(tomoedx::denoiser<tomoedx::bm3d_denoiser<double, serial>>);

namespace {

/// Discs, a grating, a checkerboard and a ramp: values 0 to about 250.
template <class T>
std::vector<T> phantom(int height, int width) {
  std::vector<T> v(static_cast<std::size_t>(height * width));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      double const r = std::hypot(y - height / 2, x - width / 2) / std::min(height, width);
      double value = 20 + 0.2 * x;
      if (r < 0.42) value = 120 + (r > 0.25 ? 40 * std::sin(x / 3.0 + y / 7.0) : 80);
      if (y < height / 4 && x < width / 4) value = (x / 5 + y / 5) % 2 == 0 ? 60 : 180;
      v[static_cast<std::size_t>(y * width + x)] = static_cast<T>(value);
    }
  return v;
}

template <class T>
std::vector<T> with_noise(std::vector<T> v, double sigma, std::uint64_t seed = 1) {
  for (std::size_t i = 0; i < v.size(); ++i)
    v[i] = static_cast<T>(static_cast<double>(v[i]) + sigma * tomoedx::random_stream(seed, i).normal());
  return v;
}

template <class T, class Space = serial>
std::vector<T> denoised(std::vector<T> const& v, int n, int height, int width, bm3d_options const& options,
                        Space const& space = {}) {
  std::vector<T> out(v.size(), T(-1));
  tomoedx::denoise_bm3d(space, borrow(v.data(), n, height, width), borrow(out.data(), n, height, width),
                        options);
  return out;
}

double decibel(double from, double to) {
  return 20 * std::log10(from / to);
}

}  // namespace

TEST_CASE_TEMPLATE("the second stage gains more than the first, and both much", T, float, double) {
  auto const clean = phantom<T>(96, 112);
  // measured: first 10.62, 11.13, 12.42 dB, both 11.64, 11.25, 12.97
  for (auto const& [sigma, first_gain, gain] :
       {std::array{10.0, 10.5, 11.5}, {25.0, 11.0, 11.2}, {50.0, 12.3, 12.85}}) {
    auto const noisy = with_noise(clean, sigma);
    double const before = rms_distance(noisy, clean);
    double const first =
        rms_distance(denoised(noisy, 1, 96, 112, {.sigma = sigma, .stages = bm3d_stages::first}), clean);
    double const both = rms_distance(denoised(noisy, 1, 96, 112, {.sigma = sigma}), clean);
    CAPTURE(sigma);
    CHECK(decibel(before, first) > first_gain);
    CHECK(decibel(before, both) > gain);
    CHECK(both < first);
  }
}

TEST_CASE_TEMPLATE("an image without noise comes back", T, float, double) {
  auto const clean = phantom<T>(50, 61);
  CHECK(denoised(clean, 1, 50, 61, {.sigma = 0}) == clean);
  double const tolerance =
      std::is_same_v<T, float> ? 2e-4 : 2e-5;  // double: sigma is raised to 1e-8 of the range
  CHECK(furthest(denoised(clean, 1, 50, 61, {.sigma = 1e-9}), clean) < tolerance);
  auto const near = denoised(with_noise(clean, 1e-2), 1, 50, 61, {.sigma = 1e-2});
  CHECK(furthest(near, clean) < 0.1);
}

TEST_CASE_TEMPLATE("a constant image is unchanged, with sigma and without", T, float, double) {
  std::vector<T> const v(40 * 33, T(0.1));
  CHECK(denoised(v, 1, 40, 33, {.sigma = 3}) == v);
  CHECK(denoised(v, 1, 40, 33, {}) == v);
}

TEST_CASE_TEMPLATE("pure noise is flattened to its mean", T, float, double) {
  auto const noisy = with_noise(std::vector<T>(64 * 64, T(100)), 5);
  auto const out = denoised(noisy, 1, 64, 64, {.sigma = 5});
  CHECK(rms_distance(out, std::vector<T>(64 * 64, T(100))) < 0.6);
}

TEST_CASE("sizes below a block and single pixels") {
  for (auto const& [height, width] : {std::pair{1, 1}, {7, 5}, {1, 40}, {9, 3}, {8, 8}, {3, 200}}) {
    CAPTURE(height);
    CAPTURE(width);
    std::vector<double> clean(static_cast<std::size_t>(height * width));
    for (std::size_t i = 0; i < clean.size(); ++i) clean[i] = 50 + 0.01 * static_cast<double>(i);
    auto const noisy = with_noise(clean, 2, 3);
    auto const out = denoised(noisy, 1, height, width, {.sigma = 2});
    for (double const v : out) CHECK(std::isfinite(v));
    if (clean.size() > 1) CHECK(rms_distance(out, clean) < rms_distance(noisy, clean));
  }
  CHECK(denoised(std::vector<float>{4.5f}, 1, 1, 1, {}) == std::vector<float>{4.5f});
}

TEST_CASE("adding a constant adds it to the result, and a factor is a factor") {
  auto const noisy = with_noise(phantom<double>(60, 52), 20);
  auto const base = denoised(noisy, 1, 60, 52, {.sigma = 20});
  auto moved = noisy, scaled = noisy;
  for (double& v : moved) v = v + 1024;
  for (double& v : scaled) v = v * 64;
  auto back = denoised(moved, 1, 60, 52, {.sigma = 20});
  for (double& v : back) v -= 1024;
  CHECK(furthest(back, base) < 1e-8);
  back = denoised(scaled, 1, 60, 52, {.sigma = 20 * 64});
  for (double& v : back) v /= 64;
  CHECK(furthest(back, base) < 1e-11);
}

TEST_CASE("a mirrored or transposed image gives nearly the mirrored or transposed result") {
  constexpr int n = 65;  // (n - 8) % 3 == 0: the reference blocks are the same ones
  auto const noisy = with_noise(phantom<double>(n, n), 20);
  auto const base = denoised(noisy, 1, n, n, {.sigma = 20});
  auto const change = rms_distance(base, noisy);
  auto const turned = [](std::vector<double> const& v, int way) {
    std::vector<double> t(v.size());
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x)
        t[static_cast<std::size_t>(y * n + x)] = v[static_cast<std::size_t>(way == 0   ? y * n + n - 1 - x
                                                                            : way == 1 ? (n - 1 - y) * n + x
                                                                                       : x * n + y)];
    return t;
  };
  for (int const way : {0, 1, 2}) {
    auto const back = turned(denoised(turned(noisy, way), 1, n, n, {.sigma = 20}), way);
    CAPTURE(way);
    CHECK(rms_distance(back, base) < 1e-3 * change);
  }
}

TEST_CASE("float agrees with double, and every instruction set with every other") {
  auto const noisy = with_noise(phantom<float>(70, 83), 25);
  std::vector<double> const wide(noisy.begin(), noisy.end());
  auto const reference = denoised(wide, 1, 70, 83, {.sigma = 25, .level = tomoedx::isa::baseline});
  for (auto const level : {tomoedx::isa::baseline, tomoedx::isa::avx2, tomoedx::isa::avx512}) {
    auto const single = denoised(noisy, 1, 70, 83, {.sigma = 25, .level = level});
    auto const both = denoised(wide, 1, 70, 83, {.sigma = 25, .level = level});
    std::vector<double> const s(single.begin(), single.end());
    CAPTURE(name_of(level));
    CHECK(rms_distance(s, reference) < 2e-2);  // a tie between blocks may fall the other way
    CHECK(rms_distance(both, reference) < 2e-2);
  }
}

#if defined(KOKKOS_ENABLE_OPENMP)
TEST_CASE_TEMPLATE("the bits do not depend on the number of threads or on the company", T, float, double) {
  int const height = 150, width = 131;
  auto stack = with_noise(phantom<T>(height, width), 15, 1);
  auto const other = with_noise(phantom<T>(height, width), 30, 2);
  auto const alone = denoised(other, 1, height, width, {});
  stack.insert(stack.end(), other.begin(), other.end());
  auto const one = denoised(stack, 2, height, width, {});
  auto const many = denoised(stack, 2, height, width, {}, Kokkos::OpenMP());
  CHECK(one == many);
  CHECK(std::equal(alone.begin(), alone.end(), one.begin() + height * width));
  if (Kokkos::OpenMP().concurrency() == 1)
    MESSAGE("only one thread: set OMP_NUM_THREADS=2 for all of this test");
}
#endif

TEST_CASE("sigma is measured where it is not given") {
  auto const clean = phantom<double>(128, 128);
  auto const noisy = with_noise(clean, 18);
  double const sigma = tomoedx::noise_level(borrow(noisy.data(), 128, 128));
  CHECK(denoised(noisy, 1, 128, 128, {}) == denoised(noisy, 1, 128, 128, {.sigma = sigma}));
}

TEST_CASE("counts: the total is kept and the error falls far below that of the counts") {
  constexpr int n = 96;
  auto clean = phantom<double>(n, n);
  std::vector<double> counts(clean.size());
  double total = 0, expected = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    clean[i] /= 50;  // 0.4 to 4 counts
    double u = tomoedx::random_stream(6, i).uniform(), p = std::exp(-clean[i]);
    for (; u > p && counts[i] < 100; p *= clean[i] / ++counts[i]) u -= p;
    expected += counts[i];
  }
  auto const out = denoised(counts, 1, n, n, {.noise = tomoedx::bm3d_noise::poisson});
  for (double const v : out) {
    CHECK(v >= 0);
    total += v;
  }
  CHECK(total == doctest::Approx(expected).epsilon(0.03));
  CHECK(decibel(rms_distance(counts, clean), rms_distance(out, clean)) > 12.5);
}

TEST_CASE("what cannot be denoised is refused before anything is written") {
  auto v = with_noise(phantom<float>(20, 20), 5);
  std::vector<float> out(400, 77);
  auto const untouched = out;
  auto const run = [&](bm3d_options const& o) {
    tomoedx::denoise_bm3d(serial(), borrow(static_cast<float const*>(v.data()), 1, 20, 20),
                          borrow(out.data(), 1, 20, 20), o);
  };
  double const nan = std::numeric_limits<double>::quiet_NaN();
  for (double const sigma : {-1.0, nan, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(run({.sigma = sigma}), tomoedx::value_error);
  CHECK_THROWS_AS(run({.sigma = 1, .noise = tomoedx::bm3d_noise::poisson}), tomoedx::value_error);
  for (int const step : {0, 9}) CHECK_THROWS_AS(run({.step = step}), tomoedx::value_error);
  for (int const window : {0, -1, 38, 81})
    CHECK_THROWS_AS(run({.search_window = window}), tomoedx::value_error);
  v[399] = static_cast<float>(nan);
  CHECK_THROWS_AS(run({.sigma = 5}), tomoedx::value_error);
  v[399] = -1;
  CHECK_THROWS_AS(run({.noise = tomoedx::bm3d_noise::poisson}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::denoise_bm3d(serial(), borrow(v.data(), 1, 20, 20), borrow(out.data(), 1, 10, 40)),
                  tomoedx::shape_error);
  CHECK_THROWS_AS(
      tomoedx::denoise_bm3d(serial(), borrow(v.data(), 1, 10, 20), borrow(v.data() + 100, 1, 10, 20)),
      tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::denoise_bm3d(serial(), borrow(v.data(), 0, 20, 20), borrow(out.data(), 0, 20, 20)),
                  tomoedx::shape_error);
  CHECK(out == untouched);
}

TEST_CASE("the observer hears of every image and can stop the work") {
  auto const v = with_noise(phantom<float>(4 * 16, 16), 5);
  std::vector<float> out(v.size());
  std::vector<std::size_t> heard;
  auto const run = [&](std::size_t stop_at) {
    heard.clear();
    tomoedx::denoise_bm3d(serial(), borrow(v.data(), 4, 16, 16), borrow(out.data(), 4, 16, 16), {.sigma = 5},
                          [&](tomoedx::progress const& p) {
                            heard.push_back(p.iteration);
                            CHECK(p.iterations == 4);
                            return p.iteration == stop_at ? tomoedx::decision::stop
                                                          : tomoedx::decision::proceed;
                          });
  };
  run(0);
  CHECK(heard == std::vector<std::size_t>{1, 2, 3, 4});
  CHECK_THROWS_AS(run(2), tomoedx::cancelled);
  CHECK(heard == std::vector<std::size_t>{1, 2});
}

TEST_CASE("values near the end of float's range do not overflow") {
  auto v = with_noise(phantom<float>(24, 24), 5);
  for (float& x : v) x *= 3e35f;
  for (float const x : denoised(v, 1, 24, 24, {.sigma = 15e35})) CHECK(std::isfinite(x));
  for (float& x : v) x = (x - 4e37f) * 4;
  for (float const x : denoised(v, 1, 24, 24, {})) CHECK(std::isfinite(x));
}
