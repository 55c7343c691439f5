// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/non_local_means.hpp>
#include <tomoedx/denoise/unbiased_risk.hpp>

#include <doctest/doctest.h>

#include <limits>

#include "risk_scene.hpp"

namespace s = risk_scene;

namespace {

template <class T>
auto non_local_means(double h, double sigma = 0) {
  return tomoedx::non_local_means_denoiser<T, Kokkos::Serial>(
      {.patch = 5, .distance = 3, .h = h, .sigma = sigma});
}

/// Over many draws of noise, the mean of (estimate - true error) is zero within three standard errors, and
/// these are a small part of the error, so that a missing term would show.
template <class Draw, class Risk, class D, class T>
void check_unbiased(s::stack<T> const& clean, Draw const& draw, Risk const& risk_of, D const& denoise,
                    double largest_error = 0.03) {
  int const draws = 80;
  double sum = 0, squares = 0, error = 0;
  for (int k = 0; k < draws; ++k) {
    auto const noisy = draw(static_cast<std::uint64_t>(1000 + k));
    double const mse = s::true_mse(denoise, noisy, clean);
    auto risk =
        risk_of(noisy, tomoedx::probe_options{.probes = 1, .seed = static_cast<std::uint64_t>(77 + k)});
    auto d = denoise;
    double const difference = risk(d) - mse;
    sum += difference, squares += difference * difference, error += mse / draws;
  }
  double const mean = sum / draws, deviation = std::sqrt(squares / draws - mean * mean);
  double const standard_error = deviation / std::sqrt(draws - 1.0);
  CAPTURE(error);
  CHECK(std::abs(mean) <= 3 * standard_error);
  CHECK(standard_error <= largest_error * error);
}

}  // namespace

TEST_CASE_TEMPLATE("the risk for Gaussian noise is unbiased, for linear and other denoisers", T, float,
                   double) {
  double const sigma = 4;
  auto const clean = s::truth<T>(1, 40, 40, 10);
  auto const draw = [&](std::uint64_t seed) { return s::with_gaussian(clean, seed, sigma); };
  auto const risk = [&](auto const& noisy, auto const& o) { return tomoedx::gaussian_risk(noisy, sigma, o); };
  for (double const width : {0.4, 0.8, 2.0}) check_unbiased(clean, draw, risk, s::blur<T>{width});
  for (double const h : {2.0, 3.0, 5.0}) check_unbiased(clean, draw, risk, non_local_means<T>(h), 0.04);
  check_unbiased(clean, draw, risk, non_local_means<T>(2, sigma), 0.04);
}

TEST_CASE_TEMPLATE("the risk for counts is unbiased, for linear denoisers down to few counts and for others",
                   T, float, double) {
  for (double const level : {0.2, 2.0, 12.0}) {
    auto const clean = s::truth<T>(1, 40, 40, level);
    auto const draw = [&](std::uint64_t seed) { return s::with_counts(clean, seed); };
    auto const risk = [](auto const& noisy, auto const& o) { return tomoedx::poisson_risk(noisy, o); };
    for (double const width : {0.5, 1.5})
      check_unbiased(clean, draw, risk, s::blur<T>{width}, level < 1 ? 0.1 : 0.04);
    if (level > 10) check_unbiased(clean, draw, risk, non_local_means<T>(8), 0.05);
  }
}

TEST_CASE("the risk is unbiased for a gain, and for counts with Gaussian noise on top") {
  auto const clean = s::truth<double>(1, 40, 40, 30);
  for (double const sigma : {0.0, 3.0}) {
    auto const draw = [&](std::uint64_t seed) { return s::with_counts(clean, seed, 2.5, sigma); };
    auto const risk = [&](auto const& noisy, auto const& o) {
      return tomoedx::unbiased_risk(noisy, {.gain = 2.5, .sigma = sigma}, o);
    };
    check_unbiased(clean, draw, risk, s::blur<double>{0.8});
  }
}

TEST_CASE_TEMPLATE("without denoising the risk is the variance of the noise", T, float, double) {
  auto const clean = s::truth<T>(1, 30, 30, 5);
  s::nothing<T> none;
  auto const noisy = s::with_gaussian(clean, 1, 3.0);
  CHECK(tomoedx::gaussian_risk(noisy, 3.0)(none) == doctest::Approx(9).epsilon(1e-6));
  auto const counts = s::with_counts(clean, 2);
  double mean = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) mean += double(counts.data()[i]) / double(counts.size());
  CHECK(tomoedx::poisson_risk(counts)(none) == doctest::Approx(mean).epsilon(1e-6));
}

TEST_CASE("the probe is the same in every call, and more probes tell the divergence more exactly") {
  auto const clean = s::truth<double>(1, 24, 24, 10);
  auto const noisy = s::with_gaussian(clean, 4, 4.0);
  s::blur<double> d{0.7};
  int runs = 0;
  d.runs = &runs;
  tomoedx::unbiased_risk risk(noisy, {.gain = 0, .sigma = 4}, {.probes = 3});
  double const first = risk(d);
  CHECK(runs == 4);
  CHECK(risk(d) == first);

  // the trace of a blur is known: a unit pulse in an image of zeros gives its diagonal
  double exact = 0;
  for (std::size_t i = 0; i < noisy.size(); ++i) {
    auto const pulse = s::empty<double>(1, 24, 24), answer = s::empty<double>(1, 24, 24);
    pulse.data()[i] = 1;
    tomoedx::ignore nobody;
    s::blur<double>{0.7}(s::stack<double const>(pulse), answer, nobody);
    exact += answer.data()[i];
  }
  auto const out = s::empty<double>(1, 24, 24);
  tomoedx::ignore nobody;
  d(s::stack<double const>(noisy), out, nobody);
  double expected = -16 + 2 * 16 * exact / double(noisy.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    expected += std::pow(out.data()[i] - noisy.data()[i], 2) / double(noisy.size());
  auto const spread = [&](int probes) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 8; ++seed)
      sum += std::pow(
          tomoedx::gaussian_risk(noisy, 4.0, {.probes = probes, .seed = 1000 * (seed + 1)})(d) - expected, 2);
    return std::sqrt(sum / 8);
  };
  double const one = spread(1), many = spread(36);
  CHECK(one < 0.1 * 16);
  CHECK(many < one / 2.5);  // a sixth is expected
}

TEST_CASE("small images are probed more often, large ones once") {
  for (auto const& [edge, expected] : {std::pair<std::size_t, int>{20, 9}, {100, 4}, {300, 2}}) {
    auto const noisy = s::truth<float>(1, edge, edge, 4);
    s::blur<float> d{0.3};
    int runs = 0;
    d.runs = &runs;
    tomoedx::poisson_risk(noisy)(d);
    CHECK(runs == expected);
  }
}

TEST_CASE("a probe keeps counts from zero up") {
  auto const counts = s::with_counts(s::truth<float>(1, 20, 20, 0.3), 8);
  auto const sparse = s::empty<float>(1, 20, 20);  // as of counts that were averaged
  double mean = 0;
  for (std::size_t i = 0; i < sparse.size(); ++i) {
    sparse.data()[i] = i % 3 == 0 ? 0.004f : i % 3 == 1 ? 0 : 1e-6f * static_cast<float>(i);
    mean += double(sparse.data()[i]) / double(sparse.size());
  }
  struct strict {
    using execution_space = Kokkos::Serial;
    using value_type = float;
    void operator()(s::stack<float const> const& in, s::stack<float> const& out, tomoedx::ignore&) const {
      for (std::size_t i = 0; i < in.size(); ++i) {
        tomoedx::expects<tomoedx::value_error>(in.data()[i] >= 0, "strict: below zero");
        out.data()[i] = in.data()[i];
      }
    }
  } d;
  for (double const step : {0.1, 1.0}) {
    CHECK_NOTHROW(tomoedx::poisson_risk(counts, {.step = step})(d));
    CHECK(tomoedx::poisson_risk(sparse, {.step = step})(d) == doctest::Approx(mean).epsilon(1e-6));
  }
}

TEST_CASE("the unbiased risk refuses noise and data that do not go together") {
  using tomoedx::poisson_risk, tomoedx::gaussian_risk, tomoedx::value_error;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  auto const good = s::truth<double>(1, 4, 4, 1), none = s::empty<double>(1, 0, 4);
  auto const negative = s::truth<double>(1, 4, 4, -1), bad = s::truth<double>(1, 4, 4, nan);
  CHECK_THROWS_AS(poisson_risk(negative), value_error);
  CHECK_NOTHROW(gaussian_risk(negative, 1));
  CHECK_NOTHROW(tomoedx::unbiased_risk(negative, {.gain = 1, .sigma = 1}));
  CHECK_THROWS_AS(poisson_risk(bad), value_error);
  CHECK_THROWS_AS(poisson_risk(none), tomoedx::shape_error);
  for (double const sigma : {0.0, -1.0, nan}) CHECK_THROWS_AS(gaussian_risk(good, sigma), value_error);
  CHECK_THROWS_AS(tomoedx::unbiased_risk(good, {.gain = -1, .sigma = 1}), value_error);
  for (double const step : {0.0, -0.1, 1.5, nan})
    CHECK_THROWS_AS(poisson_risk(good, {.step = step}), value_error);
  CHECK_THROWS_AS(poisson_risk(good, {.probes = -1}), value_error);
}
