// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/noise/joined.hpp>
#include <tomoedx/noise/poisson.hpp>

#include "checks.hpp"

namespace {

using Space = Kokkos::DefaultExecutionSpace;
using counts_t = tomoedx::poisson<Space, double>;
using gauss_t = tomoedx::gaussian<Space, double>;
using steps_t = tomoedx::repeated_values<double, Space::memory_space>;
using noise_checks::get;
using noise_checks::put;
using noise_checks::vector;

vector const counts{3, 0, 7, 2, 12, 5}, smooth{-2, 30, 4};
vector const m{2.5, 0.25, 6, 3, 10, 5.5, -1, 28, 4.5};

counts_t first() {
  return counts_t(Space(), put<counts_t>(counts), 2, {.background = 0.5});
}
gauss_t second() {
  return gauss_t(Space(), put<gauss_t>(smooth), 1, {.weight = 0.125});
}
double law(std::size_t i, double v) {
  if (i >= 6) return 0.0625 * std::pow(v - smooth[i - 6], 2);
  double const u = v + 0.5, b = counts[i];
  if (u < 0 || (u == 0 && b > 0)) return 1e300;
  return b > 0 ? u - b + b * std::log(b / u) : u;
}
double low(std::size_t i) {
  return i < 6 ? -0.5 : -500;
}

}  // namespace

TEST_CASE("two models joined are each themselves, also nested") {
  using pair = tomoedx::joined<counts_t, gauss_t>;
  static_assert(tomoedx::noise_model<pair>);
  pair const noise(Space(), first(), second());
  CHECK(noise.size() == 9);
  CHECK(noise.channels() == 3);
  CHECK(noise.taking_part() == 9);
  CHECK(noise.curvature() == doctest::Approx(12 / 0.25));
  vector const sigma{0.1, 1, 0.5, 0.02, 2, 0.75, 3, 0.2, 1};
  noise_checks::check(noise, law, low, m, sigma, 1e-9);
  Kokkos::View<double*, Kokkos::LayoutRight, Space::memory_space> const r("r", 3);
  noise.residuals(put<pair>(m), r);
  double expected[3] = {};
  for (std::size_t i = 0; i < 9; ++i)
    expected[i / 3] += std::pow(i < 6 ? counts[i] - m[i] - 0.5 : smooth[i - 6] - m[i], 2);
  for (std::size_t c = 0; c < 3; ++c) CHECK(plain::flat(r)[c] == doctest::Approx(expected[c]));

  tomoedx::joined<gauss_t, pair> const three(Space(), second(), noise);
  CHECK(three.size() == 12);
  CHECK(three.channels() == 4);
  auto const nested = [](std::size_t i, double v) { return law(i < 3 ? i + 6 : i - 3, v); };
  vector longer{0, 1, 2}, steps{1, 2, 3};
  longer.insert(longer.end(), m.begin(), m.end());
  steps.insert(steps.end(), sigma.begin(), sigma.end());
  noise_checks::check(
      three, nested, [](std::size_t i) { return low(i < 3 ? i + 6 : i - 3); }, longer, steps, 1e-9);
}

TEST_CASE("steps that repeat or have a factor for each channel are parted where the models meet") {
  tomoedx::joined<counts_t, gauss_t> const noise(Space(), first(), second());
  using model = decltype(noise);
  vector const values{0.1, 0.4, 2}, factors{1, 3, 0.25};
  vector plain_steps;
  for (std::size_t i = 0; i < 9; ++i) plain_steps.push_back(values[i % 3] * factors[i / 3]);
  auto const q = put<counts_t>(vector(9, 0.0)), expected = put<counts_t>(vector(9, 0.0));
  noise.dual_step(q, put<counts_t>(m), steps_t{put<counts_t>(values), 1, put<counts_t>(factors), 3});
  noise.dual_step(expected, put<counts_t>(m), steps_t{.values = put<counts_t>(plain_steps)});
  CHECK(plain::flat(q) == plain::flat(expected));
  CHECK(plain::flat(q)[8] != 0);
  static_assert(tomoedx::noise_model<std::remove_const_t<model>>);
  // a period of 9 / 2 rows ends inside the first model
  CHECK_THROWS_WITH_AS(
      noise.dual_step(q, put<counts_t>(m), steps_t{put<counts_t>({1, 2}), 2, put<counts_t>(factors), 4}),
      doctest::Contains("cannot be parted"), tomoedx::shape_error);
}
