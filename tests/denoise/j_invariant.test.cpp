// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/j_invariant.hpp>
#include <tomoedx/denoise/non_local_means.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <set>

#include "risk_scene.hpp"

namespace s = risk_scene;

static_assert(tomoedx::denoiser<tomoedx::j_invariant_denoiser<s::blur<float>>>);

TEST_CASE("space and options are those of the denoiser it is made from") {
  using nlm = tomoedx::non_local_means_denoiser<float, Kokkos::Serial>;
  tomoedx::j_invariant_denoiser<nlm> const blind(nlm({.h = 0.75}));
  CHECK(blind.options().h == 0.75);
  CHECK(blind.space() == Kokkos::Serial());
}

TEST_CASE("hidden pixels become the weighted mean of the neighbours there are") {
  auto const in = s::empty<double>(2, 4, 5), out = s::empty<double>(2, 4, 5);
  for (std::size_t i = 0; i < in.size(); ++i) in.data()[i] = double(i * i % 17);
  auto const hide = [&](std::size_t y, std::size_t x) { tomoedx::detail::hide_pixels(in, {3, y, x}, out); };
  hide(1, 1);
  CHECK(out(0, 1, 1) == doctest::Approx((in(0, 0, 1) + in(0, 2, 1) + in(0, 1, 0) + in(0, 1, 2) +
                                         0.5 * (in(0, 0, 0) + in(0, 0, 2) + in(0, 2, 0) + in(0, 2, 2))) /
                                        6));
  CHECK(out(1, 1, 4) ==
        doctest::Approx((in(1, 0, 4) + in(1, 2, 4) + in(1, 1, 3) + 0.5 * (in(1, 0, 3) + in(1, 2, 3))) / 4));
  hide(0, 0);
  CHECK(out(0, 0, 0) == doctest::Approx((in(0, 0, 1) + in(0, 1, 0) + 0.5 * in(0, 1, 1)) / 2.5));
  CHECK(out(1, 3, 3) ==
        doctest::Approx((in(1, 2, 3) + in(1, 3, 2) + in(1, 3, 4) + 0.5 * (in(1, 2, 2) + in(1, 2, 4))) / 4));
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t y = 0; y < 4; ++y)
      for (std::size_t x = 0; x < 5; ++x)
        if (y % 3 != 0 || x % 3 != 0) CHECK(out(n, y, x) == in(n, y, x));
}

TEST_CASE("a constant stays under the mask at every border, and a lone pixel becomes zero") {
  for (auto const& [h, w] : {std::pair{6, 7}, {1, 5}, {5, 1}, {2, 2}}) {
    auto const in = s::empty<float>(1, h, w), out = s::empty<float>(1, h, w);
    Kokkos::deep_copy(in, 3.f);
    for (auto const& phase : tomoedx::detail::grid_phases(2, 0, h, w)) {
      tomoedx::detail::hide_pixels(in, phase, out);
      for (std::size_t i = 0; i < out.size(); ++i) CHECK(out.data()[i] == 3.f);
    }
  }
  auto const one = s::empty<float>(1, 1, 1), hidden = s::empty<float>(1, 1, 1);
  one(0, 0, 0) = 5;
  tomoedx::detail::hide_pixels(one, {4, 0, 0}, hidden);
  CHECK(hidden(0, 0, 0) == 0);
}

TEST_CASE("all placements together hide every pixel once; some are spread over rows and columns") {
  for (int const grid : {2, 3, 4, 7})
    for (auto const& [h, w] : {std::pair<std::size_t, std::size_t>{13, 18}, {1, 1}, {2, 40}, {30, 3}}) {
      auto const in = s::empty<float>(2, h, w);
      std::vector<int> times(in.size());
      for (auto const& phase : tomoedx::detail::grid_phases(grid, 0, h, w))
        tomoedx::detail::for_hidden(in, phase, [&](std::size_t i) { ++times[i]; });
      CHECK(std::all_of(times.begin(), times.end(), [](int t) { return t == 1; }));
    }
  std::set<std::size_t> rows, columns;
  for (auto const& phase : tomoedx::detail::grid_phases(4, 4, 64, 64)) {
    rows.insert(phase.first_y);
    columns.insert(phase.first_x);
  }
  CHECK(rows.size() == 4);
  CHECK(columns.size() == 4);
}

TEST_CASE_TEMPLATE("the J-invariant denoiser does not look at the pixel itself", T, float, double) {
  auto const noisy = s::with_gaussian(s::truth<T>(1, 14, 17, 10), 5, 3.0);
  auto const out = s::empty<T>(1, 14, 17), again = s::empty<T>(1, 14, 17);
  tomoedx::j_invariant_denoiser blind(s::blur<T>{0.8}, 3);
  tomoedx::ignore nobody;
  blind(s::stack<T const>(noisy), out, nobody);
  for (auto const& [y, x] : {std::pair{0, 0}, {7, 8}, {13, 16}, {6, 0}}) {
    T const kept = noisy(0, y, x);
    noisy(0, y, x) += 100;
    blind(s::stack<T const>(noisy), again, nobody);
    CHECK(again(0, y, x) == out(0, y, x));
    CHECK(again(0, y, x == 0 ? 1 : x - 1) != out(0, y, x == 0 ? 1 : x - 1));
    noisy(0, y, x) = kept;
  }
}

TEST_CASE_TEMPLATE("the J-invariant risk is the distance of the blinded denoiser to the data", T, float,
                   double) {
  auto const noisy = s::with_gaussian(s::truth<T>(2, 15, 22, 10), 5, 3.0);
  auto const out = s::empty<T>(2, 15, 22);
  s::blur<T> d{0.9};
  int runs = 0;
  d.runs = &runs;
  tomoedx::j_invariant_denoiser(d, 4)(s::stack<T const>(noisy), out, tomoedx::ignore{});
  CHECK(runs == 16);
  double sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    sum += std::pow(double(out.data()[i]) - double(noisy.data()[i]), 2);
  tomoedx::j_invariant_risk risk(noisy);
  CHECK(risk(d) == doctest::Approx(sum / double(out.size())).epsilon(1e-12));
  runs = 0;
  tomoedx::j_invariant_risk(noisy, {.grid = 4, .phases = 3})(d);
  CHECK(runs == 3);
}

TEST_CASE("the J-invariant risk is the blinded error plus the variance of the noise, on average") {
  double const sigma = 3;
  auto const clean = s::truth<double>(1, 32, 32, 10);
  int const draws = 60;
  double sum = 0, squares = 0;
  for (int k = 0; k < draws; ++k) {
    auto const noisy = s::with_gaussian(clean, 300 + k, sigma);
    s::blur<double> d{0.8};
    tomoedx::j_invariant_risk risk(noisy, {.grid = 3});
    double const mse = s::true_mse(tomoedx::j_invariant_denoiser(d, 3), noisy, clean);
    double const difference = risk(d) - sigma * sigma - mse;
    sum += difference, squares += difference * difference;
  }
  double const mean = sum / draws, error = std::sqrt((squares / draws - mean * mean) / (draws - 1));
  CHECK(std::abs(mean) <= 3 * error);
  CHECK(error < 0.02 * sigma * sigma);
}

TEST_CASE("the J-invariant denoiser tells its observer, takes the smallest images and refuses bad input") {
  tomoedx::j_invariant_denoiser blind(s::nothing<float>{}, 2);
  auto const in = s::truth<float>(3, 8, 8, 5), out = s::empty<float>(3, 8, 8);
  std::vector<std::size_t> done;
  blind(s::stack<float const>(in), out, [&](tomoedx::progress const& p) {
    done.push_back(p.iteration);
    CHECK(p.iterations == 3);
    return tomoedx::decision::proceed;
  });
  CHECK(done == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK_THROWS_AS(
      blind(s::stack<float const>(in), out, [](tomoedx::progress const&) { return tomoedx::decision::stop; }),
      tomoedx::cancelled);
  auto const one = s::truth<float>(1, 1, 1, 5), to = s::empty<float>(1, 1, 1);
  CHECK_NOTHROW(blind(s::stack<float const>(one), to, tomoedx::ignore{}));
  CHECK_THROWS_AS(blind(s::stack<float const>(in), to, tomoedx::ignore{}), tomoedx::shape_error);
  CHECK_THROWS_AS(blind(s::stack<float const>(in), in, tomoedx::ignore{}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::j_invariant_denoiser(s::nothing<float>{}, 1), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::j_invariant_risk(in, {.grid = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::j_invariant_risk(in, {.phases = -1}), tomoedx::value_error);
  in(2, 7, 7) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(tomoedx::j_invariant_risk{in}, tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::j_invariant_risk(s::empty<float>(0, 8, 8)), tomoedx::shape_error);
}
