// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/denoise/gaussian.hpp>

#include "filters.hpp"

using namespace tomoedx;
using filters::shape;

static_assert(denoiser<gaussian_denoiser<float>>);
static_assert(denoiser<gaussian_denoiser<double, Kokkos::Serial>>);

namespace {

std::size_t wrapped(std::ptrdiff_t i, std::size_t extent) {
  auto const n = static_cast<std::ptrdiff_t>(extent);
  while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
  return static_cast<std::size_t>(i);
}

/// One axis after the other, one value after the other.
template <class T>
std::vector<double> plain(std::vector<T> const& in, shape const& s, std::array<double, 3> const& sigma,
                          double truncate = 4) {
  std::vector<double> a(in.begin(), in.end());
  std::array<std::size_t, 3> const stride = {s[1] * s[2], s[2], 1};
  for (std::size_t k = 0; k < 3; ++k) {
    auto const radius = static_cast<std::ptrdiff_t>(truncate * sigma[k] + 0.5);
    auto const from = a;
    for (std::size_t i = 0; i < a.size(); ++i) {
      auto const at = i / stride[k] % s[k];
      double sum = 0, weights = 0;
      for (std::ptrdiff_t d = -radius; d <= radius; ++d) {
        double const w = d == 0 ? 1 : std::exp(-0.5 * std::pow(static_cast<double>(d) / sigma[k], 2));
        weights += w;
        sum += w * from[i - at * stride[k] + wrapped(static_cast<std::ptrdiff_t>(at) + d, s[k]) * stride[k]];
      }
      a[i] = sum / weights;
    }
  }
  return a;
}

template <class T>
constexpr double rounding = sizeof(T) == 4 ? 2e-6 : 1e-14;

std::vector<shape> const shapes = {{1, 1, 1},   {1, 1, 7},    {1, 7, 1},     {2, 5, 3}, {3, 2, 4},
                                   {2, 37, 53}, {1, 20, 131}, {1, 130, 140}, {9, 8, 16}};

}  // namespace

TEST_CASE_TEMPLATE("the Gaussian agrees with plain loops, also where the kernel is wider than the image", T,
                   float, double) {
  for (auto const& s : shapes)
    for (double const sigma : {0.0, 0.1, 0.6, 1.5, 4.0, 40.0}) {
      CAPTURE(s[0]);
      CAPTURE(s[1]);
      CAPTURE(s[2]);
      CAPTURE(sigma);
      auto const in = filters::scene<T>(s, 1);
      CHECK(filters::furthest(filters::run(gaussian_denoiser<T>({.sigma = {sigma}}), in, s),
                              plain(in, s, {0, sigma, sigma})) < 2 * rounding<T>);
      CHECK(filters::furthest(
                filters::run(gaussian_denoiser<T>({.sigma = {sigma}, .over = neighbourhood::volume}), in, s),
                plain(in, s, {sigma, sigma, sigma})) < 2 * rounding<T>);
    }
}

TEST_CASE_TEMPLATE("each axis has its own sigma, and the kernel ends where it is told to", T, float, double) {
  shape const s = {7, 19, 23};
  auto const in = filters::scene<T>(s, 2);
  CHECK(filters::furthest(filters::run(gaussian_denoiser<T>({.sigma = {0.8, 2.5}}), in, s),
                          plain(in, s, {0, 0.8, 2.5})) < rounding<T>);
  CHECK(filters::furthest(
            filters::run(gaussian_denoiser<T>({.sigma = {3.0, 0.0, 1.2}, .over = neighbourhood::volume}), in,
                         s),
            plain(in, s, {3.0, 0, 1.2})) < rounding<T>);
  CHECK(filters::furthest(filters::run(gaussian_denoiser<T>({.sigma = {2.0}, .truncate = 1.3}), in, s),
                          plain(in, s, {0, 2, 2}, 1.3)) < rounding<T>);
  CHECK(filters::furthest(filters::run(gaussian_denoiser<T>({.sigma = {2.0}, .truncate = 100}), in, s),
                          filters::run(gaussian_denoiser<T>({.sigma = {2.0}, .truncate = 39}), in, s)) == 0);
}

TEST_CASE_TEMPLATE("every instruction set gives the same image up to rounding", T, float, double) {
  shape const s = {2, 33, 61};
  auto const in = filters::scene<T>(s, 3);
  auto const expected = plain(in, s, {0, 2, 2});
  for (isa const level : {isa::baseline, isa::avx2, isa::avx512})
    CHECK(filters::furthest(filters::run(gaussian_denoiser<T>({.sigma = {2.0}, .level = level}), in, s),
                            expected) < rounding<T>);
}

TEST_CASE_TEMPLATE("rows, images and stacks go through one function", T, float, double) {
  Kokkos::DefaultHostExecutionSpace const space;
  auto const in = filters::scene<T>({3, 8, 11}, 4);
  std::vector<T> out(in.size());
  auto const all = in.size();
  denoise_gaussian(space, borrow(in.data(), all), borrow(out.data(), all), {.sigma = {1.5}});
  CHECK(filters::furthest(out, plain(in, {1, 1, all}, {0, 0, 1.5})) < rounding<T>);
  denoise_gaussian(space, borrow(in.data(), 24, 11), borrow(out.data(), 24, 11), {.sigma = {0.7, 2.0}});
  CHECK(filters::furthest(out, plain(in, {1, 24, 11}, {0, 0.7, 2})) < rounding<T>);
  denoise_gaussian(space, borrow(in.data(), 3, 8, 11), borrow(out.data(), 3, 8, 11), {.sigma = {1.1}});
  CHECK(filters::furthest(out, plain(in, {3, 8, 11}, {0, 1.1, 1.1})) < rounding<T>);
  denoise_gaussian(space, borrow(in.data(), 3, 8, 11), borrow(out.data(), 3, 8, 11),
                   {.sigma = {1.1}, .over = neighbourhood::volume});
  CHECK(filters::furthest(out, plain(in, {3, 8, 11}, {1.1, 1.1, 1.1})) < rounding<T>);
  CHECK_THROWS_AS(
      denoise_gaussian(space, borrow(in.data(), all), borrow(out.data(), all), {.sigma = {1.0, 2.0}}),
      value_error);
}

TEST_CASE_TEMPLATE("constants stay, the mean stays, sigma 0 changes nothing", T, float, double) {
  shape const s = {2, 29, 31};
  gaussian_denoiser<T> const smooth({.sigma = {3.0}});
  std::vector<T> const constant(2 * 29 * 31, T(421.7));
  CHECK(filters::furthest(filters::run(smooth, constant, s), constant) < 421.7 * rounding<T>);
  auto const in = filters::scene<T>(s, 5);
  CHECK(filters::mean(filters::run(smooth, in, s)) ==
        doctest::Approx(filters::mean(in)).epsilon(rounding<T>));
  CHECK(filters::run(gaussian_denoiser<T>({.sigma = {0.0}}), in, s) == in);
}

TEST_CASE_TEMPLATE("the Gaussian is linear, separable, and knows no left from right", T, float, double) {
  shape const s = {1, 26, 35}, turned = {1, 35, 26};
  gaussian_denoiser<T> const smooth({.sigma = {1.7}});
  auto const a = filters::scene<T>(s, 6), b = filters::scene<T>(s, 7);
  std::vector<T> both;
  for (std::size_t i = 0; i < a.size(); ++i) both.push_back(T(2) * a[i] - T(3) * b[i]);
  auto const fa = filters::run(smooth, a, s), fb = filters::run(smooth, b, s);
  std::vector<double> expected;
  for (std::size_t i = 0; i < a.size(); ++i)
    expected.push_back(2.0 * static_cast<double>(fa[i]) - 3.0 * static_cast<double>(fb[i]));
  CHECK(filters::furthest(filters::run(smooth, both, s), expected) < 10 * rounding<T>);
  CHECK(filters::run(smooth, filters::scaled(a, 4), s) == filters::scaled(fa, 4));
  CHECK(filters::furthest(filters::run(smooth, filters::mirrored_x(a, s), s), filters::mirrored_x(fa, s)) <
        rounding<T>);
  CHECK(filters::furthest(filters::run(smooth, filters::transposed(a, s, filters::swap_yx), turned),
                          filters::transposed(fa, s, filters::swap_yx)) < rounding<T>);
  auto const columns = filters::run(gaussian_denoiser<T>({.sigma = {1.7, 0.0}}), a, s);
  CHECK(filters::furthest(filters::run(gaussian_denoiser<T>({.sigma = {0.0, 1.7}}), columns, s), fa) <
        rounding<T>);
}

TEST_CASE_TEMPLATE("one thread and many give the same bits", T, float, double) {
  for (shape const& s : {shape{1, 190, 180}, shape{3, 190, 180}, shape{40, 6, 9}})
    for (auto const over : {neighbourhood::image, neighbourhood::volume}) {
      auto const in = filters::scene<T>(s, 8);
      gaussian_options const options = {.sigma = {2.2}, .over = over};
      CHECK(filters::run(gaussian_denoiser<T, Kokkos::Serial>(options), in, s) ==
            filters::run(gaussian_denoiser<T>(options), in, s));
    }
}

TEST_CASE("a denoiser may be used again for other sizes") {
  gaussian_denoiser<double> smooth({.sigma = {1.3}});
  for (auto const& s : shapes) {
    auto const in = filters::scene<double>(s, 9);
    std::vector<double> out(in.size());
    smooth(borrow(in.data(), s[0], s[1], s[2]), borrow(out.data(), s[0], s[1], s[2]));
    CHECK(filters::furthest(out, plain(in, s, {0, 1.3, 1.3})) < rounding<double>);
  }
}

TEST_CASE("the observer hears of every image and may stop") {
  shape const s = {6, 12, 13};
  auto const in = filters::scene<float>(s, 10);
  std::vector<float> out(in.size());
  auto const from = borrow(in.data(), 6, 12, 13);
  auto const to = borrow(out.data(), 6, 12, 13);
  std::vector<std::size_t> heard;
  auto listen = [&](progress const& p) {
    heard.push_back(p.iteration);
    CHECK(p.iterations == 6);
    return decision::proceed;
  };
  gaussian_denoiser<float> smooth;
  smooth(from, to, listen);
  CHECK(heard == std::vector<std::size_t>{1, 2, 3, 4, 5, 6});
  auto stop = [](progress const& p) { return p.iteration == 2 ? decision::stop : decision::proceed; };
  CHECK(filters::contains(filters::message_of<cancelled>([&] { smooth(from, to, stop); }), "after 2 of 6"));
}

TEST_CASE_TEMPLATE("the Gaussian refuses what it cannot filter", T, float, double) {
  CHECK(filters::not_refused(gaussian_denoiser<T>()) == "");
  CHECK_THROWS_AS(gaussian_denoiser<T>({.sigma = {-1.0}}), value_error);
  CHECK_THROWS_AS(gaussian_denoiser<T>({.sigma = {std::nan("")}}), value_error);
  CHECK_THROWS_AS(gaussian_denoiser<T>({.sigma = {}}), value_error);
  CHECK_THROWS_AS(gaussian_denoiser<T>({.sigma = {1.0, 1.0, 1.0}}), value_error);
  CHECK_THROWS_AS(gaussian_denoiser<T>({.sigma = {1.0, 1.0}, .over = neighbourhood::volume}), value_error);
  CHECK_THROWS_AS(gaussian_denoiser<T>({.truncate = 0}), value_error);
  std::vector<T> out(24, T(-7)), big(60, T(0));
  Kokkos::View<T const***, Kokkos::LayoutRight, Kokkos::HostSpace> const gaps =
      Kokkos::subview(borrow(big.data(), 4, 3, 5), std::pair(0, 2), Kokkos::ALL, std::pair(0, 4));
  CHECK_THROWS_AS(gaussian_denoiser<T>()(gaps, borrow(out.data(), 2, 3, 4)), shape_error);
}
