// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/monotone_curve.hpp>
#include <tomoedx/core/random.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace tomoedx;

TEST_CASE("the curve of noisy maps over HAADF never falls and is the true one within its noise") {
  std::size_t const n = 40000;
  std::vector<float> haadf(n), maps(n);
  auto const truth = [](double h) { return -30 * std::log(1 - h / 100); };
  for (std::size_t i = 0; i < n; ++i) {
    random_stream r(2, i);
    double const h = 80 * r.uniform();
    haadf[i] = static_cast<float>(h);
    maps[i] = static_cast<float>(truth(h) + 3 * r.normal());
  }
  auto const curve = fit_monotone_curve(haadf, maps);
  for (std::size_t i = 1; i < curve.value.size(); ++i) {
    CHECK(curve.value[i] > curve.value[i - 1]);
    CHECK(curve.at[i] > curve.at[i - 1]);
  }
  for (double h = 2; h < 78; h += 4) CHECK(std::abs(curve(h) - truth(h)) < 0.5);  // 3 / sqrt(625) is 0.12
  std::vector<float> three{-5, 40, 500};
  linearize(three, curve);
  CHECK(three[0] == doctest::Approx(curve.value.front()));
  CHECK(std::abs(static_cast<double>(three[1]) - truth(40)) < 0.5);
  CHECK(three[2] == doctest::Approx(curve.value.back()));
}

TEST_CASE("groups that would fall are joined to their mean") {
  std::vector<float> const haadf{1, 2, 3, 4}, maps{1, 5, 3, 10};
  auto const curve = fit_monotone_curve(haadf, maps, 4);
  CHECK(curve.at == std::vector<double>{1, 2.5, 4});
  CHECK(curve.value == std::vector<double>{1, 4, 10});
}

TEST_CASE("curves that cannot be are refused") {
  std::vector<float> const up{1, 2, 3}, down{3, 2, 1};
  CHECK_THROWS_AS(fit_monotone_curve(up, down, 3), value_error);
  CHECK_THROWS_AS(fit_monotone_curve(up, std::vector<float>{1}, 3), shape_error);
  CHECK_THROWS_AS(fit_monotone_curve(up, up, 1), value_error);
  CHECK_THROWS_AS(fit_monotone_curve(up, std::vector<float>{1, NAN, 2}), value_error);
  std::vector<float> v{1};
  CHECK_THROWS_AS(linearize(v, monotone_curve{}), shape_error);
  monotone_curve const line{{0, 1}, {0, 2}};
  CHECK(std::isnan(line(NAN)));
  std::vector<float> broken{0.5f, NAN};
  CHECK_THROWS_AS(linearize(broken, line), value_error);
  CHECK(broken[0] == 0.5f);
}
