// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/denoise/total_variation.hpp>
#include <tomoedx/denoise/tv_pdhg.hpp>

#include "filters.hpp"

using namespace tomoedx;
using filters::shape;

static_assert(denoiser<total_variation_denoiser<float>>);
static_assert(denoiser<total_variation_denoiser<double, Kokkos::Serial>>);

namespace {

total_variation_options converged(double weight, tv_norm norm = tv_norm::isotropic,
                                  tv_model model = tv_model::exact) {
  return {.weight = weight, .tolerance = 0, .iterations = 3000, .norm = norm, .model = model};
}

/// The scheme with the border held outside, pixel by pixel in reading order, both updates of a pixel at once: other
/// steps than the library's, the same fixed point.
std::vector<double> plain_held(std::vector<double> const& f, std::size_t height, std::size_t width,
                               double weight, bool isotropic, int iterations = 6000) {
  std::size_t const stride = width + 2;
  std::vector<double> u(stride * (height + 2), 0.0), dx = u, dy = u, bx = u, by = u;
  auto const at = [&](std::size_t y, std::size_t x) { return (y + 1) * stride + x + 1; };
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) u[at(y, x)] = f[y * width + x];
  for (std::size_t x = 0; x < width; ++x) {
    u[at(0, x) - stride] = f[(height > 1 ? width : 0) + x];
    u[at(height, x)] = f[(height - 1) * width + x];
  }
  for (std::size_t y = 0; y < height; ++y) {
    u[at(y, 0) - 1] = f[y * width + (width > 1 ? 1 : 0)];
    u[at(y, width)] = f[y * width + width - 1];
  }
  double const lambda = 2 * weight;
  for (int it = 0; it < iterations; ++it)
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        std::size_t const i = at(y, x), up = i - stride, down = i + stride;
        u[i] =
            (weight * f[y * width + x] + lambda * (u[up] + u[down] + u[i - 1] + u[i + 1] + dx[i - 1] - dx[i] +
                                                   dy[up] - dy[i] - bx[i - 1] + bx[i] - by[up] + by[i])) /
            (weight + 4 * lambda);
        double const vx = u[i + 1] - u[i] + bx[i], vy = u[down] - u[i] + by[i];
        double const length = std::hypot(vx, vy);
        auto const shrunk = [&](double v) {
          return isotropic ? v * length / (length + 1 / lambda)
                           : std::copysign(std::max(std::abs(v) - 1 / lambda, 0.0), v);
        };
        dx[i] = shrunk(vx), dy[i] = shrunk(vy);
        bx[i] = vx - dx[i], by[i] = vy - dy[i];
      }
  std::vector<double> out;
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) out.push_back(u[at(y, x)]);
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("the exact model goes to the minimiser, with either norm", T, float, double) {
  for (shape const& s : {shape{1, 9, 11}, shape{1, 12, 6}, shape{1, 5, 33}})
    for (double const weight : {50.0, 8.0, 2.0})
      for (auto const norm : {tv_norm::isotropic, tv_norm::anisotropic}) {
        auto const in = filters::scene<T>(s, 1);
        filters::plain_rof const expected(std::vector<double>(in.begin(), in.end()), s, 1 / weight,
                                          norm == tv_norm::isotropic);
        REQUIRE(expected.gap < 2e-7);
        auto const out = filters::run(total_variation_denoiser<T>(converged(weight, norm)), in, s);
        CHECK(filters::rms_distance(out, expected.x) < 2e-4);
      }
}

TEST_CASE_TEMPLATE("it meets the primal-dual method at lambda = 1 / weight", T, float, double) {
  shape const s = {2, 40, 51};
  auto const in = filters::scene<T>(s, 2);
  for (double const lambda : {0.03, 0.1, 0.3}) {
    auto const a = filters::run(total_variation_denoiser<T>(converged(1 / lambda)), in, s);
    auto const b =
        filters::run(tv_pdhg_denoiser<T>({.lambda = lambda, .tolerance = 5e-4, .iterations = 20'000}), in, s);
    CHECK(filters::rms_distance(a, b) < 1e-3 * filters::deviation(in));
  }
}

TEST_CASE_TEMPLATE("the model of scikit-image has the fixed point of the plain scheme", T, float, double) {
  for (shape const& s :
       {shape{1, 1, 1}, shape{1, 1, 9}, shape{1, 8, 1}, shape{1, 2, 2}, shape{1, 9, 11}, shape{1, 10, 8}})
    for (double const weight : {12.0, 3.0})
      for (bool const isotropic : {true, false}) {
        auto const in = filters::scene<T>(s, 3);
        auto const expected =
            plain_held(std::vector<double>(in.begin(), in.end()), s[1], s[2], weight, isotropic);
        auto const out = filters::run(
            total_variation_denoiser<T>(converged(
                weight, isotropic ? tv_norm::isotropic : tv_norm::anisotropic, tv_model::scikit_image)),
            in, s);
        CHECK(filters::furthest(out, expected) < (sizeof(T) == 4 ? 2e-5 : 1e-6));
      }
}

TEST_CASE_TEMPLATE("less weight, less variation: from the image to its mean, which stays", T, float, double) {
  shape const s = {1, 21, 18};
  auto const in = filters::scene<T>(s, 4);
  for (auto const norm : {tv_norm::isotropic, tv_norm::anisotropic}) {
    bool const isotropic = norm == tv_norm::isotropic;
    double before = filters::total_variation(in, s, isotropic);
    for (double const weight : {100.0, 20.0, 5.0, 1.0}) {
      auto const out = filters::run(total_variation_denoiser<T>(converged(weight, norm)), in, s);
      double const variation = filters::total_variation(out, s, isotropic);
      CHECK(variation < 0.999 * before);
      CHECK(filters::mean(out) == doctest::Approx(filters::mean(in)).epsilon(1e-5));
      before = variation;
    }
    auto const same = filters::run(total_variation_denoiser<T>(converged(1e7, norm)), in, s);
    CHECK(filters::furthest(same, in) < 1e-5);
    auto const flat = filters::run(total_variation_denoiser<T>(converged(0.02, norm)), in, s);
    CHECK(filters::furthest(flat, std::vector<double>(in.size(), filters::mean(in))) < 1e-3);
  }
}

TEST_CASE_TEMPLATE("constants stay to the bit in both models", T, float, double) {
  for (double const value : {0.0, 421.7, -1e-30, 1e30})
    for (auto const model : {tv_model::exact, tv_model::scikit_image}) {
      std::vector<T> const constant(2 * 17 * 19, static_cast<T>(value));
      CHECK(filters::run(total_variation_denoiser<T>({.model = model}), constant, {2, 17, 19}) == constant);
    }
}

TEST_CASE_TEMPLATE("scaling, an offset, swapped axes, and with |dx| + |dy| the mirror image", T, float,
                   double) {
  shape const s = {1, 14, 22};
  auto const in = filters::scene<T>(s, 5);
  auto const options = [](double weight) { return converged(weight, tv_norm::anisotropic); };
  auto const out = filters::run(total_variation_denoiser<T>(options(6)), in, s);
  CHECK(filters::run(total_variation_denoiser<T>(options(6.0 / 1024)), filters::scaled(in, 1024), s) ==
        filters::scaled(out, 1024));
  double const near = sizeof(T) == 4 ? 2e-4 : 1e-6;
  CHECK(
      filters::furthest(filters::run(total_variation_denoiser<T>(options(6)), filters::scaled(in, 1, 100), s),
                        filters::scaled(out, 1, 100)) < near);
  CHECK(
      filters::furthest(filters::run(total_variation_denoiser<T>(options(6)), filters::mirrored_x(in, s), s),
                        filters::mirrored_x(out, s)) < near);
  for (auto const norm : {tv_norm::isotropic, tv_norm::anisotropic}) {
    total_variation_denoiser<T> const denoise(converged(6, norm));
    CHECK(filters::furthest(filters::run(denoise, filters::transposed(in, s, filters::swap_yx), {1, 22, 14}),
                            filters::transposed(filters::run(denoise, in, s), s, filters::swap_yx)) < near);
  }
}

TEST_CASE_TEMPLATE("a pixel stays, and a row is a column", T, float, double) {
  Kokkos::DefaultHostExecutionSpace const space;
  CHECK(filters::run(total_variation_denoiser<T>(), std::vector<T>{T(3.25)}, {1, 1, 1}) ==
        std::vector<T>{T(3.25)});
  for (std::size_t const n : {2u, 3u, 16u, 41u}) {
    auto const in = filters::scene<T>({1, 1, n}, 6);
    filters::plain_rof const expected(std::vector<double>(in.begin(), in.end()), {1, 1, n}, 0.2);
    std::vector<T> out(n);
    denoise_total_variation(space, borrow(in.data(), n), borrow(out.data(), n), converged(5));
    CHECK(filters::rms_distance(out, expected.x) < 2e-4);
    denoise_total_variation(space, borrow(in.data(), n, 1), borrow(out.data(), n, 1), converged(5));
    CHECK(filters::rms_distance(out, expected.x) < 2e-4);
  }
}

TEST_CASE_TEMPLATE("instruction sets agree, and threads give the same bits", T, float, double) {
  for (shape const& s : {shape{1, 190, 181}, shape{5, 20, 37}})
    for (auto const norm : {tv_norm::isotropic, tv_norm::anisotropic})
      for (auto const model : {tv_model::exact, tv_model::scikit_image}) {
        auto const in = filters::scene<T>(s, 7);
        total_variation_options options = {
            .weight = 5, .tolerance = 0, .iterations = 11, .norm = norm, .model = model};
        auto const out = filters::run(total_variation_denoiser<T>(options), in, s);
        CHECK(filters::run(total_variation_denoiser<T, Kokkos::Serial>(options), in, s) == out);
        for (isa const level : {isa::baseline, isa::avx2}) {
          options.level = level;
          CHECK(filters::furthest(filters::run(total_variation_denoiser<T>(options), in, s), out) < 1e-5);
        }
      }
}

TEST_CASE("it stops when the rms change is below the tolerance, and says so") {
  shape const s = {3, 32, 32};
  auto const in = filters::scene<double>(s, 8);
  std::vector<double> out(in.size());
  Kokkos::DefaultHostExecutionSpace const space;
  auto const run = [&](double tolerance) {
    return denoise_total_variation(space, borrow(in.data(), 3, 32, 32), borrow(out.data(), 3, 32, 32),
                                   {.tolerance = tolerance, .iterations = 1000});
  };
  auto const loose = run(1e-2), tight = run(1e-5), never = run(0);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(loose[i].change < 1e-2);
    CHECK(tight[i].change < 1e-5);
    CHECK(loose[i].iterations < tight[i].iterations);
    CHECK(never[i].iterations == 1000);
  }
}

TEST_CASE("float follows double") {
  shape const s = {2, 40, 50};
  auto const options = converged(8);
  CHECK(filters::furthest(
            filters::run(total_variation_denoiser<float>(options), filters::scene<float>(s, 9), s),
            filters::run(total_variation_denoiser<double>(options), filters::scene<double>(s, 9), s)) < 1e-4);
}

TEST_CASE("the observer hears of every image and may stop") {
  shape const s = {4, 12, 13};
  auto const in = filters::scene<float>(s, 10);
  std::vector<float> out(in.size());
  auto const from = borrow(in.data(), 4, 12, 13);
  auto const to = borrow(out.data(), 4, 12, 13);
  std::vector<std::size_t> heard;
  auto listen = [&](progress const& p) { return heard.push_back(p.iteration), decision::proceed; };
  total_variation_denoiser<float>()(from, to, listen);
  CHECK(heard == std::vector<std::size_t>{1, 2, 3, 4});
  auto stop = [](progress const&) { return decision::stop; };
  CHECK_THROWS_AS(total_variation_denoiser<float>()(from, to, stop), cancelled);
}

TEST_CASE_TEMPLATE("split Bregman refuses what it cannot take", T, float, double) {
  CHECK(filters::not_refused(total_variation_denoiser<T>()) == "");
  CHECK_THROWS_AS(total_variation_denoiser<T>({.weight = 0}), value_error);
  CHECK_THROWS_AS(total_variation_denoiser<T>({.weight = std::nan("")}), value_error);
  CHECK_THROWS_AS(total_variation_denoiser<T>({.tolerance = -1}), value_error);
  CHECK_THROWS_AS(total_variation_denoiser<T>({.iterations = 0}), value_error);
}
