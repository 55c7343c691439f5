// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/likelihood.hpp>
#include <tomoedx/nn/udvd.hpp>

#include "networks.hpp"

#include <Eigen/Dense>

using namespace tomoedx_tests;

namespace {

struct drawn {
  std::vector<double> outputs, noisy;
};

drawn draw_case(int channels, std::size_t pixels) {
  drawn d;
  random_stream draw(9, static_cast<std::uint64_t>(channels));
  d.outputs.resize(static_cast<std::size_t>(nn::likelihood_outputs(channels)) * pixels);
  d.noisy.resize(static_cast<std::size_t>(channels) * pixels);
  for (auto& v : d.outputs) v = 0.3 * draw.normal();
  for (auto& v : d.noisy) v = draw.uniform();
  return d;
}

using vector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;
using matrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;

/// The formula as it is published, inverse by inverse; some of them are nearly singular.
vector published(int c, double sigma, drawn const& d, std::size_t p, std::size_t pixels) {
  matrix a = matrix::Zero(c, c);
  vector mean(c), noisy(c);
  int k = 0;
  auto const next = [&] { return d.outputs[static_cast<std::size_t>(k++) * pixels + p]; };
  for (int i = 0; i < c; ++i) mean(i) = next(), noisy(i) = d.noisy[static_cast<std::size_t>(i) * pixels + p];
  for (int i = 0; i < c; ++i)
    for (int j = 0; j < c - i; ++j) a(i, j) = next();
  long double const eps = 1e-5, v = static_cast<long double>(sigma) * sigma + eps;
  matrix const one = matrix::Identity(c, c);
  matrix const precision = (a.transpose() * a + eps * one).inverse();
  return (precision + one / v).inverse() * (precision * mean + noisy / v);
}

}  // namespace

TEST_CASE("a likelihood head has a mean for each channel and half a matrix") {
  CHECK(nn::likelihood_outputs(1) == 2);
  CHECK(nn::likelihood_outputs(3) == 9);
  for (int const c : {1, 2, 3, 8}) {
    CHECK(nn::has_likelihood_head({.channels = c, .outputs = nn::likelihood_outputs(c)}));
    CHECK_FALSE(nn::has_likelihood_head({.channels = c, .outputs = c}));
  }
}

TEST_CASE("the posterior mean is what the published formula gives") {
  std::size_t const pixels = 40;
  for (int const c : {1, 2, 3, 5, 8})
    for (double const sigma : {0.0, 0.01, 30.0 / 255, 2.0}) {
      auto const d = draw_case(c, pixels);
      std::vector<double> clean(d.noisy.size());
      nn::posterior_mean<double>(c, sigma, d.outputs, d.noisy, clean);
      for (std::size_t p = 0; p < pixels; ++p) {
        auto const expected = published(c, sigma, d, p, pixels);
        for (int i = 0; i < c; ++i)
          CHECK(std::abs(static_cast<double>(clean[static_cast<std::size_t>(i) * pixels + p] - expected(i))) <
                1e-11);
      }
    }
}

TEST_CASE("without noise the posterior mean is nearly the pixel, with much of it nearly the network's mean") {
  auto d = draw_case(3, 5);
  for (std::size_t i = 3 * 5; i < d.outputs.size(); ++i) d.outputs[i] = i < 6 * 5 ? 1.0 : 0.5;
  std::vector<double> clean(15);
  nn::posterior_mean<double>(3, 0, d.outputs, d.noisy, clean);
  for (std::size_t i = 0; i < 15; ++i) CHECK(clean[i] == doctest::Approx(d.noisy[i]).epsilon(1e-3));
  nn::posterior_mean<double>(3, 1e6, d.outputs, d.noisy, clean);
  for (std::size_t i = 0; i < 15; ++i) CHECK(clean[i] == doctest::Approx(d.outputs[i]).epsilon(1e-6));
}

TEST_CASE("the posterior mean in float is the one in double, and may replace its input") {
  auto const d = draw_case(3, 64);
  std::vector<double> clean(d.noisy.size());
  nn::posterior_mean<double>(3, 0.1, d.outputs, d.noisy, clean);
  std::vector<float> outputs(d.outputs.begin(), d.outputs.end()), noisy(d.noisy.begin(), d.noisy.end());
  nn::posterior_mean<float>(3, 0.1, outputs, noisy, noisy);
  for (std::size_t i = 0; i < clean.size(); ++i) CHECK(std::abs(noisy[i] - clean[i]) < 1e-5);
}

TEST_CASE("the posterior mean refuses what cannot be, and leaves its result alone") {
  auto d = draw_case(1, 4);
  std::vector<double> clean(4, -7);
  auto const text = [&](int c, double sigma) {
    return error_of([&] { nn::posterior_mean<double>(c, sigma, d.outputs, d.noisy, clean); });
  };
  CHECK(text(0, 1) == "posterior_mean: 0 channels asked for; 1 to 8 are possible");
  CHECK(text(9, 1) == "posterior_mean: 9 channels asked for; 1 to 8 are possible");
  CHECK(text(1, -1) == "posterior_mean: the noise has a standard deviation of -1; it must be 0 or positive");
  CHECK(text(3, 1) ==
        "posterior_mean: 4 noisy and 4 clean values for 3 channels; give as many of both for each");
  CHECK(text(2, 1) == "posterior_mean: the network gave 8 values for 2 pixels; 2 channels need 5 for each");
  d.outputs[5] = std::nan("");
  CHECK(text(1, 1) == "posterior_mean: output 5 is nan");
  d.outputs[5] = 0;
  d.noisy[2] = HUGE_VAL;
  CHECK(text(1, 1) == "posterior_mean: noisy value 2 is inf");
  CHECK(clean == std::vector<double>(4, -7));
}
