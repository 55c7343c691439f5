// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/anscombe.hpp>

#include <doctest/doctest.h>

#include <limits>

using tomoedx::anscombe_transform;

namespace {

/// E[g(X)] for Poisson X, every probability from its logarithm.
template <class G>
double expected(double m, G g) {
  double const spread = 14 * std::sqrt(m) + 40;
  long double sum = 0;
  for (double k = std::floor(std::max(0.0, m - spread)); k <= m + spread; ++k)
    sum += std::exp(static_cast<long double>(k * std::log(m) - m) -
                    std::lgamma(static_cast<long double>(k) + 1)) *
           static_cast<long double>(g(k));
  return static_cast<double>(sum);
}

/// E[g(sigma N)] by the midpoint rule, fine enough for a kink.
template <class G>
double expected_normal(double sigma, G g) {
  constexpr int steps = 40000;
  double sum = 0, weights = 0;
  for (int i = 0; i < steps; ++i) {
    double const n = -9 + 18 * (i + 0.5) / steps, w = std::exp(-n * n / 2);
    sum += w * g(sigma * n);
    weights += w;
  }
  return sum / weights;
}

}  // namespace

TEST_CASE("the inverse takes the expectation of the transform back to the mean") {
  anscombe_transform const a;
  for (double m = 0.05; m < 3000; m *= 1.037) {
    CAPTURE(m);
    double const d = expected(m, [&](double k) { return a.forward(k); });
    CHECK(std::abs(a.inverse(d) - m) < 1e-8 * std::max(1.0, m));
  }
}

TEST_CASE("the inverse has no step where the table ends and grows without bound") {
  anscombe_transform const a;
  double before = a.inverse(0);
  CHECK(before == 0);
  for (double d = 0.01; d < 70; d += 0.01) {
    double const m = a.inverse(d);
    CHECK(m >= before);
    CHECK(m - before < d * 0.01);  // slope d/2, more at the lowest counts
    before = m;
  }
  double const below = std::nextafter(30.0, 0.0);
  CHECK(std::abs(a.inverse(30.0) - a.inverse(below)) < 1e-9);
  CHECK(a.inverse(2e6) == doctest::Approx(1e12).epsilon(1e-12));
  CHECK(a.inverse(a.forward(0)) == 0);
  CHECK(a.inverse(-5) == 0);
}

TEST_CASE("squaring back is biased where the exact inverse is not") {
  anscombe_transform const a;
  double const m = 0.5, d = expected(m, [&](double k) { return a.forward(k); });
  CHECK(std::abs(d * d / 4 - 0.375 - m) > 0.1);
  CHECK(std::abs(a.inverse(d) - m) < 1e-9);
}

TEST_CASE("the transform makes the noise of counts one") {
  anscombe_transform const a;
  for (double const m : {6.0, 30.0, 500.0}) {
    double const mean = expected(m, [&](double k) { return a.forward(k); });
    double const variance = expected(m, [&](double k) { return std::pow(a.forward(k) - mean, 2); });
    CHECK(variance == doctest::Approx(1).epsilon(0.02));
  }
}

TEST_CASE("with gain, offset and read noise the inverse is exact too") {
  for (double const sigma : {0.3, 1.5, 6.0}) {
    tomoedx::count_model const model{.gain = 2.5, .offset = 40, .read_noise = 2.5 * sigma};
    anscombe_transform const a(model);
    for (double m = 0.1; m < 800; m *= 3.1) {
      CAPTURE(sigma);
      CAPTURE(m);
      double const d = expected(m, [&](double k) {
        return expected_normal(model.read_noise, [&](double n) { return a.forward(2.5 * k + 40 + n); });
      });
      CHECK(std::abs(a.inverse(d) - (2.5 * m + 40)) < 1e-5 * std::max(1.0, m));
    }
  }
}

TEST_CASE("a count model out of range is refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(anscombe_transform({.gain = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(anscombe_transform({.gain = nan}), tomoedx::value_error);
  CHECK_THROWS_AS(anscombe_transform({.offset = nan}), tomoedx::value_error);
  CHECK_THROWS_AS(anscombe_transform({.read_noise = -1}), tomoedx::value_error);
  CHECK_THROWS_AS(anscombe_transform({.gain = 0.1, .read_noise = 11}), tomoedx::value_error);
}
