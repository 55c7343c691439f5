// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/best_parameter.hpp>
#include <tomoedx/denoise/non_local_means.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "risk_scene.hpp"

namespace s = risk_scene;
using tomoedx::best_parameter;

namespace {

constexpr tomoedx::parameter_range widths{.low = 0.2, .high = 8};

template <class T>
auto make_blur(double sigma) {
  return s::blur<T>{sigma};
}

/// How much worse the chosen width is than the best of a fine grid; 1 is perfect.
template <class T, class Risk>
double excess(s::stack<T> const& noisy, s::stack<T> const& clean, Risk&& risk) {
  auto const best = best_parameter(make_blur<T>, risk, widths);
  CHECK(best.converged);
  CHECK_FALSE(best.at_end);
  return s::true_mse(s::blur<T>{best.parameter}, noisy, clean) /
         s::lowest_mse(make_blur<T>, noisy, clean, widths.low, widths.high, 40);
}

}  // namespace

TEST_CASE_TEMPLATE("against a truth the chosen parameter is the best one", T, float, double) {
  auto const clean = s::truth<T>(1, 48, 48, 10);
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (double const sigma : {2.0, 10.0}) {
      auto const noisy = s::with_gaussian(clean, seed, sigma);
      CHECK(excess(noisy, clean, tomoedx::reference_risk(noisy, clean)) <= 1.005);
    }
}

TEST_CASE_TEMPLATE("without a truth the unbiased risk chooses nearly the best parameter", T, float, double) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto const bright = s::truth<T>(1, 48, 48, 10);
    for (double const sigma : {3.0, 12.0}) {
      auto const noisy = s::with_gaussian(bright, seed, sigma);
      CHECK(excess(noisy, bright, tomoedx::gaussian_risk(noisy, sigma)) <= 1.1);
    }
    for (double const level : {0.6, 8.0}) {
      auto const clean = s::truth<T>(1, 48, 48, level);
      auto const counts = s::with_counts(clean, seed);
      CHECK(excess(counts, clean, tomoedx::poisson_risk(counts)) <= 1.1);
    }
  }
}

TEST_CASE_TEMPLATE("J-invariant calibration chooses nearly the best parameter", T, float, double) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (double const level : {0.6, 4.0}) {
      auto const clean = s::truth<T>(1, 48, 48, level);
      auto const counts = s::with_counts(clean, seed);
      CHECK(excess(counts, clean, tomoedx::j_invariant_risk(counts)) <= 1.15);
    }
}

TEST_CASE("the h of non-local means is found for counts without a truth") {
  auto const clean = s::truth<float>(1, 64, 64, 8);
  auto const make = [](double h) {
    return tomoedx::non_local_means_denoiser<float, Kokkos::Serial>({.patch = 5, .distance = 5, .h = h});
  };
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto const counts = s::with_counts(clean, seed);
    double const lowest = s::lowest_mse(make, counts, clean, 0.3, 30, 40);
    auto const chosen = [&](auto&& risk) {
      auto const best = best_parameter(make, risk, {.low = 0.3, .high = 30});
      return s::true_mse(make(best.parameter), counts, clean) / lowest;
    };
    CHECK(chosen(tomoedx::reference_risk(counts, clean)) <= 1.05);
    CHECK(chosen(tomoedx::poisson_risk(counts)) <= 1.15);
    CHECK(chosen(tomoedx::j_invariant_risk(counts, {.phases = 4})) <= 1.15);
  }
}

TEST_CASE("the result lists everything that was tried, by parameter, and the lowest of it") {
  auto const clean = s::truth<float>(1, 32, 32, 10);
  auto const noisy = s::with_gaussian(clean, 1, 5.0);
  std::size_t calls = 0;
  auto const counted = [&](double sigma) {
    ++calls;
    return s::blur<float>{sigma};
  };
  auto const best = best_parameter(counted, tomoedx::reference_risk(noisy, clean), widths);
  CHECK(best.curve.size() == calls);
  CHECK(calls <= widths.max_evaluations);
  CHECK(calls <= 20);
  CHECK(best.curve.front().parameter == widths.low);
  CHECK(best.curve.back().parameter == widths.high);
  bool found = false;
  for (std::size_t i = 0; i < calls; ++i) {
    if (i > 0) CHECK(best.curve[i].parameter > best.curve[i - 1].parameter);
    CHECK(best.curve[i].risk >= best.risk);
    found = found || (best.curve[i].parameter == best.parameter && best.curve[i].risk == best.risk);
  }
  CHECK(found);
}

TEST_CASE("the scan finds the deeper of two valleys, where the search alone would not") {
  struct known : s::nothing<double> {
    double parameter;
  };
  auto const make = [](double p) {
    known k;
    k.parameter = p;
    return k;
  };
  auto const risk = [](known& k) {  // valleys at 0.02 and 20, the first deeper
    double const u = std::log10(k.parameter);
    return std::min(std::pow(u + 1.7, 2), 0.5 + std::pow(u - 1.3, 2));
  };
  auto const scanned = best_parameter(make, risk, {.low = 1e-3, .high = 1e3, .tolerance = 1e-3, .scan = 9});
  CHECK(scanned.parameter == doctest::Approx(std::pow(10, -1.7)).epsilon(2e-3));
  auto const monotone = [](known& k) { return k.parameter; };
  auto const low = best_parameter(make, monotone, {.low = 0.5, .high = 8});
  CHECK(low.at_end);
  CHECK(low.parameter == 0.5);
  auto const places = [](auto const& found, double from, double to) {
    return std::count_if(found.curve.begin(), found.curve.end(),
                         [&](auto const& e) { return e.parameter > from && e.parameter < to; });
  };
  CHECK(places(low, 1.01, 9) == 3);  // 2, 4 and 8 of the scan: the search stays beside the best place
  auto const unscanned = best_parameter(make, monotone, {.low = 0.5, .high = 8, .scan = 0});
  CHECK(unscanned.at_end);
  CHECK(unscanned.parameter == doctest::Approx(0.5).epsilon(0.05));
  auto const high = best_parameter(make, [](known& k) { return -k.parameter; }, {.low = 0.5, .high = 8});
  CHECK(high.at_end);
  CHECK(high.parameter == 8);
  CHECK(places(high, 0.1, 3.99) == 3);
}

TEST_CASE("an observer sees every evaluation and can stop the search with what it has") {
  auto const clean = s::truth<float>(1, 20, 20, 10);
  auto const noisy = s::with_gaussian(clean, 1, 5.0);
  for (std::size_t const most : {1u, 3u, 5u, 8u}) {
    std::size_t seen = 0;
    auto const best = best_parameter(
        make_blur<float>, tomoedx::reference_risk(noisy, clean), widths, [&](tomoedx::progress const& p) {
          CHECK(p.iteration == ++seen);
          CHECK(p.iterations == widths.max_evaluations);
          return seen == most ? tomoedx::decision::stop : tomoedx::decision::proceed;
        });
    CHECK(seen == most);
    CHECK(best.curve.size() == most);
    CHECK_FALSE(best.converged);
    CHECK(best.parameter > 0);
  }
  auto few = widths;
  few.max_evaluations = 6;
  auto const best = best_parameter(make_blur<float>, tomoedx::reference_risk(noisy, clean), few);
  CHECK(best.curve.size() == 6);
  CHECK_FALSE(best.converged);
}

TEST_CASE("a search refuses ranges and risks that mean nothing") {
  using tomoedx::value_error;
  auto const clean = s::truth<float>(1, 8, 8, 10);
  tomoedx::reference_risk risk(clean, clean);
  for (tomoedx::parameter_range const& bad : {tomoedx::parameter_range{.low = 0, .high = 1},
                                              {.low = 2, .high = 1},
                                              {.low = -1, .high = 1},
                                              {.low = 1, .high = 1},
                                              {.low = 1, .high = HUGE_VAL},
                                              {.low = 1, .high = 2, .tolerance = 0},
                                              {.low = 1, .high = 2, .tolerance = 1},
                                              {.low = 1, .high = 2, .max_evaluations = 0},
                                              {.low = 1, .high = 2, .max_evaluations = 4}})
    CHECK_THROWS_AS(best_parameter(make_blur<float>, risk, bad), value_error);
  auto const nan = [](s::blur<float>&) { return std::nan(""); };
  CHECK_THROWS_AS(best_parameter(make_blur<float>, nan, widths), value_error);
}
