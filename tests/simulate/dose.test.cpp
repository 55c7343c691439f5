// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <tomoedx/simulate/dose.hpp>

namespace s = tomoedx::simulate;

TEST_CASE("scale_to_counts brings the mean map to the dose with one factor") {
  std::vector<float> series{1, 2, 3, 4, 0, 2};  // three maps with 3, 7 and 2
  double const factor = s::scale_to_counts(series, 3, 1000);
  CHECK(factor == doctest::Approx(250));
  CHECK(series == std::vector<float>{250, 500, 750, 1000, 0, 500});
}

TEST_CASE("scale_to_mean brings the mean pixel to the dose") {
  std::vector<double> series{1, 2, 3, 6};
  CHECK(s::scale_to_mean(series, 6.0) == doctest::Approx(2));
  CHECK(std::accumulate(series.begin(), series.end(), 0.0) / 4 == doctest::Approx(6));
}

TEST_CASE("scale_each_map brings every map to the dose") {
  std::vector<double> series{1, 2, 3, 4, 0, 2};
  s::scale_each_map(series, 3, 30);
  CHECK(series[0] + series[1] == doctest::Approx(30));
  CHECK(series[2] + series[3] == doctest::Approx(30));
  CHECK(series[4] == 0);
  CHECK(series[1] / series[0] == doctest::Approx(2));
}

TEST_CASE("add_background spreads its counts evenly over each map, also over maps of zeros") {
  std::vector<float> series{0, 0, 0, 0, 1, 1, 1, 1};
  s::add_background(std::span<float>(series), 2, 100);
  CHECK(series == std::vector<float>{25, 25, 25, 25, 26, 26, 26, 26});
}

TEST_CASE("the dose functions refuse what they cannot scale and leave it alone") {
  std::vector<double> const nan{1, std::numeric_limits<double>::quiet_NaN()}, negative{1, -1}, zeros{0, 0};
  for (auto series : {nan, negative, zeros}) {
    CHECK_THROWS_AS(s::scale_to_counts(series, 1, 10), tomoedx::value_error);
    CHECK_THROWS_AS(s::scale_to_mean(series, 10), tomoedx::value_error);
    CHECK_THROWS_AS(s::scale_each_map(series, 1, 10), tomoedx::value_error);
    CHECK(series[0] == (series[1] == 0 ? 0 : 1));
  }
  std::vector<double> series{1, 2, 0, 0};
  CHECK_THROWS_AS(s::scale_each_map(series, 2, 10), tomoedx::value_error);  // the second map is empty
  CHECK(series == std::vector<double>{1, 2, 0, 0});
  CHECK_THROWS_AS(s::scale_to_counts(series, 3, 10), tomoedx::shape_error);
  CHECK_THROWS_AS(s::scale_to_counts(series, 0, 10), tomoedx::shape_error);
  CHECK_THROWS_AS(s::scale_to_counts(series, 1, -1), tomoedx::value_error);
  CHECK_THROWS_AS(s::add_background(series, 3, 10), tomoedx::shape_error);
}
