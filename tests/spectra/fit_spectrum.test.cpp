// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/fit_spectrum.hpp>

#include "synthetic_spectra.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace tomoedx;

namespace {

energy_axis const axis{0, 0.01, 1000};

spectral_model galena() {
  return synthetic::with_one_background(make_model(axis, {"S", "Pb_Ma", "Fe"}, {.from_kev = 1}));
}

}  // namespace

TEST_CASE("sulfur K and lead M, 37 eV apart, are told apart without bias and with the sigma that is told") {
  auto const m = galena();
  auto const truth = synthetic::amplitudes(m, {{"S_Ka", 3000}, {"Pb_Ma", 2000}, {"Fe_Ka", 500}}, 5000);
  auto const mu = synthetic::expected(m, truth);
  int const draws = 200;
  std::vector<double> sum(m.size()), squares(m.size());
  double deviance = 0;
  for (int i = 0; i < draws; ++i) {
    auto const f = fit_spectrum(m, synthetic::counts(mu, 100 + std::uint64_t(i)));
    REQUIRE(f.converged);
    deviance += f.reduced_deviance();
    for (std::size_t j = 0; j < m.size(); ++j) {
      double const pull = (f.amplitude[j] - truth[j]) / f.sigma[j];
      sum[j] += pull;
      squares[j] += pull * pull;
    }
  }
  for (std::size_t j = 0; j < m.size(); ++j) {
    CHECK(std::abs(sum[j]) / std::sqrt(draws) < 3);                                       // mean 0
    CHECK(squares[j] / draws == doctest::Approx(1).epsilon(3 * std::sqrt(2.0 / draws)));  // variance 1
  }
  CHECK(deviance / draws == doctest::Approx(1).epsilon(0.1));
}

TEST_CASE("a fit tells its parts in counts") {
  auto const m = galena();
  auto const truth = synthetic::amplitudes(m, {{"S_Ka", 3000}, {"Fe_Ka", 500}}, 5000);
  auto const mu = synthetic::expected(m, truth);
  auto const f = fit_spectrum(m, mu);  // of the expected counts themselves: the truth, without residual
  CHECK(f.names == std::vector<std::string>{"S_Ka", "Pb_Ma", "Fe_Ka", "background 0"});
  for (std::size_t j = 0; j < truth.size(); ++j)
    CHECK(f.amplitude[j] == doctest::Approx(truth[j]).scale(1e3).epsilon(1e-4));
  CHECK(f.deviance < 1e-3);
  for (std::size_t c = 0; c < f.expected.size(); ++c) {
    CHECK(std::abs(f.residual[c]) < 0.01);
    CHECK(f.background[c] <= f.expected[c] * 1.0001);
  }
  CHECK(f.place_of("Fe_Ka") == 2);
  CHECK_THROWS_AS(f.place_of("Fe"), value_error);
  CHECK(f.covariance(0, 1) < 0);  // lines that overlap take from each other
  CHECK(f.sigma[0] > std::sqrt(f.amplitude[0]));
}

TEST_CASE("bounds keep absent lines at zero, without bounds they scatter around it") {
  auto const m = galena();
  auto const truth = synthetic::amplitudes(m, {{"S_Ka", 3000}}, 20000);
  auto const mu = synthetic::expected(m, truth);
  int negative = 0, zero = 0;
  for (std::uint64_t i = 0; i < 30; ++i) {
    auto const n = synthetic::counts(mu, i);
    negative += fit_spectrum(m, n).amplitude[1] < 0;
    auto const f = fit_spectrum(m, n, amplitude_bounds::non_negative);
    zero += f.amplitude[1] == 0;
    CHECK(f.amplitude[1] >= 0);
    CHECK(f.sigma[1] > 0);
  }
  CHECK(negative == zero);
  CHECK(negative > 5);
  CHECK(negative < 25);
}

TEST_CASE("empty spectra have finite sigmas; what are no counts is refused") {
  auto const m = galena();
  std::vector<double> n(axis.channels);
  auto const f = fit_spectrum(m, n);
  CHECK(f.converged);
  for (std::size_t j = 0; j < m.size(); ++j) {
    CHECK(f.amplitude[j] == 0);
    CHECK((std::isfinite(f.sigma[j]) && f.sigma[j] > 0));
  }
  n[500] = -1;
  CHECK_THROWS_AS(fit_spectrum(m, n), value_error);
  n[500] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(fit_spectrum(m, n), value_error);
  n.pop_back();
  CHECK_THROWS_AS(fit_spectrum(m, n), shape_error);
}
