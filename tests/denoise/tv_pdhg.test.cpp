// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/denoise/tv_pdhg.hpp>

#include "filters.hpp"

using namespace tomoedx;
using filters::shape;

static_assert(denoiser<tv_pdhg_denoiser<float>>);
static_assert(denoiser<tv_pdhg_denoiser<double, Kokkos::Serial>>);

namespace {

/// Images one at a time through plain loops.
template <class T>
std::vector<double> plain(std::vector<T> const& in, shape const& s, double lambda) {
  std::vector<double> all;
  auto const pixels = static_cast<std::ptrdiff_t>(s[1] * s[2]);
  for (auto at = in.begin(); at != in.end(); at += pixels) {
    filters::plain_rof const one(std::vector<double>(at, at + pixels), {1, s[1], s[2]}, lambda);
    REQUIRE(one.gap < 2e-7);
    all.insert(all.end(), one.x.begin(), one.x.end());
  }
  return all;
}

/// What float can still prove, and double easily.
template <class T>
constexpr double tight = sizeof(T) == 4 ? 1e-3 : 1e-4;

template <class T>
tv_pdhg_options accurate(double lambda, double tolerance = tight<T>) {
  return {.lambda = lambda, .tolerance = tolerance, .iterations = 40'000};
}

}  // namespace

TEST_CASE_TEMPLATE("the result is the minimiser, within the distance the gap proves", T, float, double) {
  for (shape const& s : {shape{1, 9, 11}, shape{3, 12, 7}, shape{1, 5, 33}})
    for (double const lambda : {0.02, 0.1, 0.5}) {
      auto const in = filters::scene<T>(s, 1);
      auto const expected = plain(in, s, lambda);
      for (double const tolerance : {1e-1, 1e-2, 1e-3}) {
        std::vector<T> out(in.size());
        auto const results =
            denoise_tv_pdhg(Kokkos::Serial(), borrow(in.data(), s[0], s[1], s[2]),
                            borrow(out.data(), s[0], s[1], s[2]), accurate<T>(lambda, tolerance));
        REQUIRE(results.size() == s[0]);
        auto const pixels = static_cast<std::ptrdiff_t>(s[1] * s[2]);
        for (std::size_t i = 0; i < s[0]; ++i) {
          CHECK(results[i].bound <= tolerance);
          auto const at = static_cast<std::ptrdiff_t>(i) * pixels;
          auto const part = [&](auto const& a) {
            return std::vector(a.begin() + at, a.begin() + at + pixels);
          };
          CHECK(filters::rms_distance(part(out), part(expected)) <=
                results[i].bound * filters::deviation(part(in)) + 7e-5);
        }
      }
    }
}

TEST_CASE_TEMPLATE("a volume is denoised in three axes", T, float, double) {
  shape const s = {4, 6, 7};
  auto const in = filters::scene<T>(s, 2);
  filters::plain_rof const expected(std::vector<double>(in.begin(), in.end()), s, 0.1);
  REQUIRE(expected.gap < 2e-7);
  auto options = accurate<T>(0.1);
  options.over = neighbourhood::volume;
  auto const out = filters::run(tv_pdhg_denoiser<T>(options), in, s);
  CHECK(filters::rms_distance(out, expected.x) < tight<T>);
  auto const turned =
      filters::run(tv_pdhg_denoiser<T>(options), filters::transposed(in, s, {2, 0, 1}), {7, 4, 6});
  CHECK(filters::rms_distance(turned, filters::transposed(out, s, {2, 0, 1})) < 2 * tight<T>);
  auto const flat = filters::run(tv_pdhg_denoiser<T>(options), in, {1, 24, 7});
  CHECK(filters::rms_distance(flat, filters::run(tv_pdhg_denoiser<T>(accurate<T>(0.1)), in, {1, 24, 7})) <
        2 * tight<T>);
}

TEST_CASE_TEMPLATE("the gap goes to zero", T, float, double) {
  shape const s = {1, 24, 31};
  auto const in = filters::scene<T>(s, 3);
  double before = 1e300;
  for (std::size_t const iterations : {8u, 32u, 128u, 512u, 2048u}) {
    tv_pdhg_denoiser<T> denoise({.lambda = 0.2, .tolerance = 0, .iterations = iterations});
    std::vector<T> out(in.size());
    denoise(borrow(in.data(), 1, 24, 31), borrow(out.data(), 1, 24, 31));
    auto const result = denoise.results().at(0);
    CHECK(result.iterations == iterations);
    CHECK(result.gap >= 0);
    CHECK(result.gap < before / 3);
    before = result.gap;
  }
  CHECK(before < 1e-4);
}

TEST_CASE_TEMPLATE("more lambda, less variation: from the image to its mean, which stays", T, float, double) {
  shape const s = {1, 21, 18};
  auto const in = filters::scene<T>(s, 4);
  double before = filters::total_variation(in, s) * 1.0001;
  for (double const lambda : {0.0, 0.01, 0.05, 0.2, 0.8, 3.0}) {
    auto const out = filters::run(tv_pdhg_denoiser<T>(accurate<T>(lambda, 1e-3)), in, s);
    double const variation = filters::total_variation(out, s);
    CHECK(variation < before);
    CHECK(filters::mean(out) == doctest::Approx(filters::mean(in)).epsilon(1e-5));
    if (lambda == 0) CHECK(filters::furthest(out, in) < 1e-6);
    before = variation * 0.999;
  }
  auto const flat = filters::run(tv_pdhg_denoiser<T>(accurate<T>(1e6)), in, s);
  CHECK(filters::furthest(flat, std::vector<double>(in.size(), filters::mean(in))) < 2e-3);
}

TEST_CASE_TEMPLATE("constants stay to the bit", T, float, double) {
  for (double const value : {0.0, 421.7, -1e-30, 1e30}) {
    std::vector<T> const constant(2 * 17 * 19, static_cast<T>(value));
    CHECK(filters::run(tv_pdhg_denoiser<T>({.lambda = 3}), constant, {2, 17, 19}) == constant);
  }
}

TEST_CASE_TEMPLATE("scaling the image and lambda scales the result, an offset stays, axes may be swapped", T,
                   float, double) {
  shape const s = {1, 14, 22};
  auto const in = filters::scene<T>(s, 5);
  auto const options = [](double lambda) {
    return tv_pdhg_options{.lambda = lambda, .tolerance = 0, .iterations = 300};
  };
  auto const out = filters::run(tv_pdhg_denoiser<T>(options(0.15)), in, s);
  CHECK(filters::run(tv_pdhg_denoiser<T>(options(0.15 * 1024)), filters::scaled(in, 1024), s) ==
        filters::scaled(out, 1024));
  for (double const factor :
       {std::pow(10, sizeof(T) == 4 ? -25 : -200), std::pow(10, sizeof(T) == 4 ? 25 : 200)}) {
    auto stopped = options(0.15 * factor);
    stopped.tolerance = 1e-3;
    stopped.iterations = 3000;
    auto const far = filters::run(tv_pdhg_denoiser<T>(stopped), filters::scaled(in, factor), s);
    stopped.lambda = 0.15;
    CHECK(filters::furthest(filters::scaled(far, 1 / factor),
                            filters::run(tv_pdhg_denoiser<T>(stopped), in, s)) < 1e-5);
  }
  CHECK(filters::furthest(filters::run(tv_pdhg_denoiser<T>(options(0.15)), filters::scaled(in, 1, 100), s),
                          filters::scaled(out, 1, 100)) < (sizeof(T) == 4 ? 2e-4 : 1e-12));
  CHECK(filters::furthest(filters::run(tv_pdhg_denoiser<T>(options(0.15)),
                                       filters::transposed(in, s, filters::swap_yx), {1, 22, 14}),
                          filters::transposed(out, s, filters::swap_yx)) < 1e-3);
}

TEST_CASE_TEMPLATE("a pixel stays, and a row is a column is a row of a volume", T, float, double) {
  CHECK(filters::run(tv_pdhg_denoiser<T>({.lambda = 5}), std::vector<T>{T(3.25)}, {1, 1, 1}) ==
        std::vector<T>{T(3.25)});
  for (std::size_t const n : {2u, 3u, 16u, 41u}) {
    auto const in = filters::scene<T>({1, 1, n}, 6);
    auto const expected = plain(in, {1, 1, n}, 0.2);
    Kokkos::DefaultHostExecutionSpace const space;
    std::vector<T> out(n);
    denoise_tv_pdhg(space, borrow(in.data(), n), borrow(out.data(), n), accurate<T>(0.2));
    CHECK(filters::rms_distance(out, expected) < tight<T>);
    denoise_tv_pdhg(space, borrow(in.data(), n, 1), borrow(out.data(), n, 1), accurate<T>(0.2));
    CHECK(filters::rms_distance(out, expected) < tight<T>);
    auto options = accurate<T>(0.2);
    options.over = neighbourhood::volume;
    denoise_tv_pdhg(space, borrow(in.data(), n, 1, 1), borrow(out.data(), n, 1, 1), options);
    CHECK(filters::rms_distance(out, expected) < tight<T>);
  }
}

TEST_CASE_TEMPLATE("instruction sets agree, and threads give the same bits", T, float, double) {
  for (shape const& s : {shape{1, 190, 181}, shape{5, 20, 37}})
    for (auto const over : {neighbourhood::image, neighbourhood::volume}) {
      auto const in = filters::scene<T>(s, 7);
      tv_pdhg_options options = {.lambda = 0.2, .tolerance = 0, .iterations = 21, .over = over};
      auto const out = filters::run(tv_pdhg_denoiser<T>(options), in, s);
      CHECK(filters::run(tv_pdhg_denoiser<T, Kokkos::Serial>(options), in, s) == out);
      for (isa const level : {isa::baseline, isa::avx2}) {
        options.level = level;
        CHECK(filters::furthest(filters::run(tv_pdhg_denoiser<T>(options), in, s), out) < 1e-5);
      }
    }
}

TEST_CASE("float follows double") {
  shape const s = {2, 40, 50};
  tv_pdhg_options const options = {.lambda = 0.1, .tolerance = 0, .iterations = 400};
  CHECK(filters::furthest(filters::run(tv_pdhg_denoiser<float>(options), filters::scene<float>(s, 8), s),
                          filters::run(tv_pdhg_denoiser<double>(options), filters::scene<double>(s, 8), s)) <
        1e-5);
}

TEST_CASE("the observer hears of images, and of a volume's way, and may stop") {
  shape const s = {3, 12, 13};
  auto const in = filters::scene<float>(s, 9);
  std::vector<float> out(in.size());
  auto const from = borrow(in.data(), 3, 12, 13);
  auto const to = borrow(out.data(), 3, 12, 13);
  std::vector<std::size_t> heard;
  auto listen = [&](progress const& p) { return heard.push_back(p.iteration), decision::proceed; };
  tv_pdhg_denoiser<float>()(from, to, listen);
  CHECK(heard == std::vector<std::size_t>{1, 2, 3});
  heard.clear();
  tv_pdhg_denoiser<float> volume({.tolerance = 1e-3, .over = neighbourhood::volume});
  volume(from, to, listen);
  CHECK(heard.size() > 2);
  CHECK(heard.front() == 0);
  CHECK(heard.back() == 3);
  auto stop = [](progress const&) { return decision::stop; };
  CHECK_THROWS_AS(volume(from, to, stop), cancelled);
  CHECK_THROWS_AS(tv_pdhg_denoiser<float>()(from, to, stop), cancelled);
}

TEST_CASE_TEMPLATE("the primal-dual method refuses what it cannot take", T, float, double) {
  CHECK(filters::not_refused(tv_pdhg_denoiser<T>()) == "");
  CHECK(filters::not_refused(tv_pdhg_denoiser<T>({.over = neighbourhood::volume})) == "");
  CHECK_THROWS_AS(tv_pdhg_denoiser<T>({.lambda = -1}), value_error);
  CHECK_THROWS_AS(tv_pdhg_denoiser<T>({.lambda = HUGE_VAL}), value_error);
  CHECK_THROWS_AS(tv_pdhg_denoiser<T>({.tolerance = std::nan("")}), value_error);
  CHECK_THROWS_AS(tv_pdhg_denoiser<T>({.iterations = 0}), value_error);
}
