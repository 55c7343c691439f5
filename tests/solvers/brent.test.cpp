// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/solvers/brent.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using tomoedx::brent;
using tomoedx::decision;
using tomoedx::search_axis;

TEST_CASE("brent finds known minima in few evaluations") {
  auto const parabola = brent([](double x) { return (x - 1.7) * (x - 1.7) + 3; }, -4, 9, {.tolerance = 1e-8});
  CHECK(parabola.converged);
  CHECK(std::abs(parabola.at - 1.7) <= 1e-7);
  CHECK(parabola.value == doctest::Approx(3).epsilon(1e-14));
  CHECK(parabola.evaluations <= 12);

  auto const cosine = brent([](double x) { return std::cos(x); }, 2, 5, {.tolerance = 1e-7});
  CHECK(std::abs(cosine.at - 3.141592653589793) <= 1e-6);
  CHECK(cosine.evaluations <= 15);

  auto const kink = brent([](double x) { return std::abs(x - 0.3); }, 0, 1, {.tolerance = 1e-6});
  CHECK(kink.converged);
  CHECK(std::abs(kink.at - 0.3) <= 1e-6);

  auto const trap = brent([](double x) { return std::pow(x - 0.7, 20); }, 0, 3, {.tolerance = 1e-7});
  CHECK(trap.converged);
  CHECK(trap.evaluations <=
        60);  // parabolas alone need hundreds: their steps must shrink by half each second time

  auto const flat_bottom = brent([](double x) { return std::pow(x + 2, 4); }, -7, 20, {.tolerance = 1e-4});
  CHECK(flat_bottom.converged);
  CHECK(std::abs(flat_bottom.at + 2) <= 1e-2);  // a fourth power is flat to 1e-8 there
}

TEST_CASE("brent never does worse than golden sections by much") {
  for (int k = 1; k <= 40; ++k) {  // sharp, lopsided wells all over the interval
    double const place = k / 41.0;
    auto const well = [&](double x) { return x < place ? 50 * (place - x) : std::sqrt(x - place); };
    auto const m = brent(well, 0, 1, {.tolerance = 1e-6, .max_evaluations = 200});
    CHECK(m.converged);
    CHECK(std::abs(m.at - place) <= 1e-6);
    CHECK(m.evaluations <= 60);  // golden sections alone need 30
  }
}

TEST_CASE("brent on a logarithmic axis finds a minimum over six decades, to a relative tolerance") {
  auto const well = [](double x) {
    return std::pow(std::log10(x) + 2.25, 2) * (1 + 0.3 * std::sin(std::log10(x)));
  };
  auto const m =
      brent(well, 1e-5, 10, {.tolerance = 1e-4, .max_evaluations = 60, .axis = search_axis::logarithmic});
  CHECK(m.converged);
  CHECK(m.at == doctest::Approx(std::pow(10.0, -2.25)).epsilon(2e-4));
  CHECK(m.evaluations <= 25);
}

TEST_CASE("brent approaches a minimum at either end to within the tolerance and stays inside") {
  double lowest = 100, highest = -100;
  auto const rising = [&](double x) {
    lowest = std::min(lowest, x), highest = std::max(highest, x);
    return x;
  };
  auto const left = brent(rising, 2, 5, {.tolerance = 1e-3});
  CHECK(left.converged);
  CHECK((left.at > 2 && left.at <= 2 + 2e-3));
  auto const right = brent([&](double x) { return -rising(x); }, 2, 5, {.tolerance = 1e-3});
  CHECK(right.converged);
  CHECK((right.at < 5 && right.at >= 5 - 2e-3));
  CHECK((lowest > 2 && highest < 5));
}

TEST_CASE("brent settles on a noisy plateau and on a constant") {
  auto const noise = [](double x) { return std::sin(1e5 * x) + std::cos(3e4 * x * x); };
  auto const basin = [&](double x) { return std::max(std::abs(x - 4) - 1, 0.0) + 1e-3 * noise(x); };
  auto const m = brent(basin, 0, 10, {.tolerance = 1e-5});
  CHECK(m.converged);
  CHECK(m.at > 2.9);
  CHECK(m.at < 5.1);
  auto const constant = brent([](double) { return 2.5; }, 0, 1, {.tolerance = 1e-6});
  CHECK(constant.converged);
  CHECK(constant.value == 2.5);
}

TEST_CASE("brent reports the lowest of all values it met, and keeps to its number of evaluations") {
  for (std::size_t most : {1u, 2u, 3u, 7u}) {
    std::vector<double> values;
    auto const f = [&](double x) {
      values.push_back(std::sin(7 * x) + 0.2 * x);
      return values.back();
    };
    auto const m = brent(f, 0, 6, {.tolerance = 1e-12, .max_evaluations = most});
    CHECK(values.size() == most);
    CHECK(m.evaluations == most);
    CHECK_FALSE(m.converged);
    CHECK(m.value == *std::min_element(values.begin(), values.end()));
    CHECK(std::sin(7 * m.at) + 0.2 * m.at == m.value);
  }
}

TEST_CASE("an observer of brent sees every evaluation and can stop it") {
  std::vector<tomoedx::progress> seen;
  auto const m = brent([](double x) { return x * x; }, -1, 2, {.tolerance = 1e-9, .max_evaluations = 50},
                       [&](tomoedx::progress const& p) {
                         seen.push_back(p);
                         return seen.size() == 5 ? decision::stop : decision::proceed;
                       });
  CHECK(seen.size() == 5);
  CHECK(m.evaluations == 5);
  CHECK_FALSE(m.converged);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].iteration == i + 1);
    CHECK(seen[i].iterations == 50);
    if (i > 0) CHECK(seen[i].residual <= seen[i - 1].residual);
  }
  CHECK(m.value == seen.back().residual);
}

TEST_CASE("brent refuses what it cannot search") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  auto const f = [](double x) { return x * x; };
  CHECK_THROWS_AS(brent(f, 1, 1), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, 2, 1), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, nan, 1), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, 0, std::numeric_limits<double>::infinity()), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, 0, 1, {.axis = search_axis::logarithmic}), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, 0, 1, {.tolerance = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, 0, 1, {.tolerance = nan}), tomoedx::value_error);
  CHECK_THROWS_AS(brent(f, 0, 1, {.max_evaluations = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(brent([](double x) { return std::log(x); }, -2, -1), tomoedx::value_error);
}
