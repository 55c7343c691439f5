// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_LIKELIHOOD_HPP
#define TOMOEDX_NN_LIKELIHOOD_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>

#include <Kokkos_Core.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

/// Networks that give, for C channels, C means and C (C + 1) / 2 numbers of a factor A: of the clean pixel, as seen
/// from its surroundings, a normal distribution of covariance A^T A.
namespace tomoedx::nn {

inline constexpr int most_likelihood_channels = 8;

/// Outputs of such a network.
constexpr int likelihood_outputs(int channels) {
  return channels + channels * (channels + 1) / 2;
}

namespace detail {

using small_matrix = std::array<std::array<double, most_likelihood_channels>, most_likelihood_channels>;

/// The posterior mean of one pixel: m + S (S + v I)^-1 (y - m) with S = A^T A + 1e-5 I and v = sigma^2 + 1e-5, which is
/// inv(S^-1 + I / v) (S^-1 m + y / v) without the inverse of S. Row i of A holds C - i numbers from its left end.
///
/// `at(k)` is output k of the network, `pixel(c)` the noisy value; the result is given to `put(c, value)`.
template <class At, class Pixel, class Put>
void posterior_of_pixel(int channels, double sigma, At&& at, Pixel&& pixel, Put&& put) {
  constexpr double floor = 1e-5;
  small_matrix a{}, s{}, l{};
  int k = channels;
  for (int i = 0; i < channels; ++i)
    for (int j = 0; j < channels - i; ++j) a[i][j] = at(k++);
  for (int i = 0; i < channels; ++i)
    for (int j = 0; j < channels; ++j) {
      for (int r = 0; r < channels; ++r) s[i][j] += a[r][i] * a[r][j];
      if (i == j) s[i][j] += floor;
    }
  double const noise = sigma * sigma + floor;
  std::array<double, most_likelihood_channels> z{};
  for (int i = 0; i < channels; ++i) {  // Cholesky factor of S + v I, and forward substitution
    for (int j = 0; j <= i; ++j) {
      double sum = s[i][j] + (i == j ? noise : 0.0);
      for (int r = 0; r < j; ++r) sum -= l[i][r] * l[j][r];
      l[i][j] = i == j ? std::sqrt(sum) : sum / l[j][j];
    }
    double sum = pixel(i) - at(i);
    for (int r = 0; r < i; ++r) sum -= l[i][r] * z[r];
    z[i] = sum / l[i][i];
  }
  for (int i = channels; i-- > 0;) {
    double sum = z[i];
    for (int r = i + 1; r < channels; ++r) sum -= l[r][i] * z[r];
    z[i] = sum / l[i][i];
  }
  for (int i = 0; i < channels; ++i) {
    double value = at(i);
    for (int j = 0; j < channels; ++j) value += s[i][j] * z[j];
    put(i, value);
  }
}

}  // namespace detail

/// The mean of the clean image given both what a network of likelihood_outputs(channels) outputs makes of the
/// surroundings and the noisy pixel itself, for normal noise of standard deviation `sigma`.
///
/// shapes   outputs (likelihood_outputs(channels), pixel); noisy and clean (channels, pixel), which may be the same
/// throws   tomoedx::shape_error for sizes that do not fit, tomoedx::value_error for impossible numbers
/// source   Sheth et al. 2021; Laine et al. 2019
template <real T>
void posterior_mean(int channels, double sigma, std::span<T const> outputs, std::span<T const> noisy,
                    std::span<T> clean) {
  expects<value_error>(channels >= 1 && channels <= most_likelihood_channels,
                       "posterior_mean: {} channels asked for; 1 to {} are possible", channels,
                       most_likelihood_channels);
  expects<value_error>(std::isfinite(sigma) && sigma >= 0,
                       "posterior_mean: the noise has a standard deviation of {}; it must be 0 or positive",
                       sigma);
  auto const c = static_cast<std::size_t>(channels);
  auto const planes = static_cast<std::size_t>(likelihood_outputs(channels));
  expects<shape_error>(
      !noisy.empty() && noisy.size() % c == 0 && clean.size() == noisy.size(),
      "posterior_mean: {} noisy and {} clean values for {} channels; give as many of both for each",
      noisy.size(), clean.size(), channels);
  auto const pixels = noisy.size() / c;
  expects<shape_error>(
      outputs.size() == planes * pixels,
      "posterior_mean: the network gave {} values for {} pixels; {} channels need {} for each",
      outputs.size(), pixels, channels, planes);
  for (auto const& [name, values] : {std::pair{"output", outputs}, std::pair{"noisy value", noisy}})
    for (std::size_t i = 0; i < values.size(); ++i)
      expects<value_error>(std::abs(values[i]) < 1e100, "posterior_mean: {} {} is {}", name, i, values[i]);

  using host = Kokkos::DefaultHostExecutionSpace;
  Kokkos::parallel_for(
      "tomoedx::posterior_mean", Kokkos::RangePolicy<host, Kokkos::IndexType<std::size_t>>(host{}, 0, pixels),
      [=](std::size_t p) {
        detail::posterior_of_pixel(
            channels, sigma, [&](int k) { return static_cast<double>(outputs[k * pixels + p]); },
            [&](int i) { return static_cast<double>(noisy[i * pixels + p]); },
            [&](int i, double value) { clean[i * pixels + p] = static_cast<T>(value); });
      });
  host{}.fence("tomoedx::posterior_mean");
}

}  // namespace tomoedx::nn

#endif
