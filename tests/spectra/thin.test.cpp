// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/thin.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "counts.hpp"

using namespace tomoedx;

TEST_CASE("two halves add up to the whole") {
  auto const image =
      counts::draw(9, 10, {0, 0.01, 30}, 1, [](auto p, auto c) { return 0.02 * double(p + c); });
  auto const halves = thin(image, 0.3, 5);
  validate(halves.taken, "test");
  validate(halves.rest, "test");
  auto const all = counts::dense<int>(image), a = counts::dense<int>(halves.taken),
             b = counts::dense<int>(halves.rest);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(a[i] + b[i] == all[i]);
  CHECK(counts::dense<int>(thin(image, 0.3, 5).taken) == a);
  CHECK(counts::dense<int>(thin(image, 0.3, 6).taken) != a);
}

TEST_CASE("the share taken is binomial, whatever the count") {
  for (double const p : {0.5, 0.1, 0.75, 1 / 3.0})
    for (std::uint32_t const n : {1u, 7u, 64u, 100u, 5000u}) {
      CAPTURE(p);
      CAPTURE(n);
      std::vector<double> drawn;
      for (std::uint64_t i = 0; i < 4000; ++i) {
        random_stream random(9, i);
        drawn.push_back(detail::binomial(random, n, p));
        REQUIRE(drawn.back() <= n);
      }
      auto const m = counts::of(drawn);
      CHECK(std::abs(m.mean - n * p) < 4 * m.error);
      CHECK(m.variance == doctest::Approx(n * p * (1 - p)).epsilon(0.1));
    }
  random_stream random(1, 1);
  double const huge = detail::binomial(random, 4000000000u, 0.25);
  CHECK(std::abs(huge - 1e9) < 5 * std::sqrt(0.75e9));
}

TEST_CASE("halves of Poisson counts are Poisson and do not know of each other") {
  auto const image = counts::draw(100, 100, {0, 0.01, 2}, 3, [](auto, auto) { return 6.0; });
  auto const halves = thin(image, 0.25, 1);
  auto const x = counts::dense<double>(halves.taken), y = counts::dense<double>(halves.rest);
  auto const mx = counts::of(x), my = counts::of(y);
  CHECK(mx.mean == doctest::Approx(1.5).epsilon(0.02));
  CHECK(mx.variance == doctest::Approx(1.5).epsilon(0.05));
  CHECK(my.variance == doctest::Approx(4.5).epsilon(0.05));
  double covariance = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    covariance += (x[i] - mx.mean) * (y[i] - my.mean) / double(x.size());
  CHECK(std::abs(covariance) < 4 * std::sqrt(mx.variance * my.variance / double(x.size())));
}

TEST_CASE("a share that is none is refused") {
  auto const image = counts::draw(1, 1, {0, 0.01, 2}, 3, [](auto, auto) { return 6.0; });
  for (double const p : {0.0, 1.0, -0.5, 2.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(thin(image, p, 1), value_error);
  auto broken = image;
  broken.rows = 0;
  CHECK_THROWS_AS(thin(broken, 0.5, 1), shape_error);
}
