// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/quantify/fractions.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace tomoedx;
using physics::element_named;

namespace {

std::vector<physics::element> const of{element_named("Ag"), element_named("Au"), element_named("O")};
std::vector<f_factor> const f{f_factor(1.05), f_factor(1.13), f_factor(0.4)};

mass_scale scale() {
  return masses(std::span<f_factor const>(f));
}

/// Volumes of a random composition, with vacuum in every third voxel.
std::vector<float> volumes(std::size_t n, std::vector<double>* truth = nullptr) {
  std::vector<float> x(3 * n);
  if (truth) truth->assign(3 * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    random_stream s(3, i);
    double c[3] = {s.uniform(), s.uniform(), s.uniform()}, rho = 1 + 9 * s.uniform();
    double const sum = c[0] + c[1] + c[2];
    if (i % 3 == 0) continue;
    for (std::size_t e = 0; e < 3; ++e) {
      x[e * n + i] = static_cast<float>(f[e].value * c[e] / sum * rho);
      if (truth) (*truth)[e * n + i] = c[e] / sum;
    }
  }
  return x;
}

}  // namespace

TEST_CASE("the composition that made the volumes comes back, adds to 1 inside and is 0 outside") {
  std::size_t const n = 10000;  // several blocks
  std::vector<double> truth;
  auto const x = volumes(n, &truth);
  auto const r = weight_fractions(x, scale(), {.threshold = 0.5});
  CHECK(r.count_inside == n - (n + 2) / 3);
  double worst = 0, worst_sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t e = 0; e < 3; ++e) {
      worst = std::max(worst, std::abs(r.fractions[e * n + i] - truth[e * n + i]));
      sum += static_cast<double>(r.fractions[e * n + i]);
    }
    worst_sum = std::max(worst_sum, std::abs(sum - r.inside[i]));
    REQUIRE(r.inside[i] == (i % 3 != 0));
  }
  CHECK(worst < 1e-6);
  CHECK(worst_sum < 1e-6);
}

TEST_CASE("HEBT volumes are z C rho, and give the same") {
  std::size_t const n = 300;
  std::vector<double> truth;
  auto x = volumes(n, &truth);
  std::vector<z_factor> const z{z_factor(1.064e4), z_factor(1.175e4), z_factor(3e3)};
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t i = 0; i < n; ++i) x[e * n + i] *= static_cast<float>(z[e].value / f[e].value);
  auto const r = weight_fractions(x, masses(std::span<z_factor const>(z)));
  for (std::size_t i = 0; i < 3 * n; ++i) CHECK(std::abs(r.fractions[i] - truth[i]) < 1e-6);
}

TEST_CASE("atomic fractions divide by atomic weights, within the same mask") {
  std::size_t const n = 300;
  auto const x = volumes(n);
  auto const w = weight_fractions(x, scale(), {.threshold = 3});
  auto const a = atomic_fractions(x, scale(), of, {.threshold = 3});
  CHECK(a.inside == w.inside);
  CHECK(w.count_inside < n - n / 3);
  for (std::size_t i = 0; i < n; ++i) {
    if (!w.inside[i]) continue;
    double moles = 0;
    for (std::size_t e = 0; e < 3; ++e) moles += w.fractions[e * n + i] / of[e].weight();
    for (std::size_t e = 0; e < 3; ++e)
      CHECK(a.fractions[e * n + i] ==
            doctest::Approx(w.fractions[e * n + i] / of[e].weight() / moles).epsilon(1e-5));
  }
}

TEST_CASE("mass is what the threshold is on, and a density where the scale is absolute") {
  std::size_t const n = 90;
  auto const x = volumes(n);
  auto const sum = total_mass(x, scale());
  auto const r = weight_fractions(x, scale(), {.threshold = 4});
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(r.mass[i] == sum[i]);
    CHECK((r.inside[i] != 0) == (sum[i] > 4));
  }
  std::vector<f_factor> const co{f_factor(2.25)};
  auto const absolute = densities(std::span<f_factor const>(co), steradian(0.7), 3.121e8, nanometre(1.5));
  std::vector<float> const v{static_cast<float>(8.9 / absolute.per_value[0])};
  CHECK(weight_fractions(v, absolute).mass[0] == doctest::Approx(8.9));
}

TEST_CASE("values below zero are clipped, or kept so that averages stay unbiased") {
  std::vector<float> const x{-1, 2, 3, -1, 2, 3, 5, -7, 2};  // three elements, three voxels
  mass_scale const one{{1, 1, 1}};
  auto r = weight_fractions(x, one);
  CHECK(r.fractions[0] == 0);
  CHECK(r.fractions[6] == 1);
  CHECK(r.fractions[7] == 0);
  r = weight_fractions(x, one, {.below_zero = negatives::keep});
  CHECK(r.fractions[0] == doctest::Approx(-1.0 / 3));
  CHECK(r.fractions[6] == doctest::Approx(5.0 / 3));
  CHECK(r.inside[1] == 0);  // 2 + 2 - 7 is no mass
  CHECK(r.fractions[1] == 0);
}

TEST_CASE("a mask takes the place of the threshold; voxels without mass stay outside") {
  std::vector<float> const x{1, 0, 3, 1, 0, 1};
  std::vector<std::uint8_t> const mask{0, 1, 1};
  auto const r = weight_fractions(x, mass_scale{{1, 1}}, {.threshold = 100, .inside = mask});
  CHECK(r.inside == std::vector<std::uint8_t>{0, 0, 1});
  CHECK(r.fractions[2] == 0.75f);
}

TEST_CASE("uncertainties are the scatter of noisy volumes") {
  double const mean[] = {10, 6, 3}, noise[] = {0.5, 0.3, 0.4};
  std::size_t const n = 6000;
  std::vector<float> x(3 * n), sigma(3 * n);
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t i = 0; i < n; ++i) {
      random_stream s(40 + e, i);
      x[e * n + i] = static_cast<float>(mean[e] + noise[e] * s.normal());
      sigma[e * n + i] = static_cast<float>(noise[e]);
    }
  auto const scatter = [n](std::span<float const> v) {
    double sum = 0, squares = 0;
    for (float const each : v) sum += each, squares += static_cast<double>(each) * each;
    double const m = sum / static_cast<double>(n);
    return std::sqrt(squares / static_cast<double>(n) - m * m);
  };
  auto const mean_of = [n](std::span<float const> v) {
    double sum = 0;
    for (float const each : v) sum += each;
    return sum / static_cast<double>(n);
  };
  for (bool const by_atoms : {false, true}) {
    auto const r =
        by_atoms ? atomic_fractions(x, scale(), of, {}, sigma) : weight_fractions(x, scale(), {}, sigma);
    for (std::size_t e = 0; e < 3; ++e)
      CHECK(mean_of(r.sigma_of(e)) == doctest::Approx(scatter(r.of(e))).epsilon(0.05));
    CHECK(mean_of(r.mass_sigma) == doctest::Approx(scatter(r.mass)).epsilon(0.05));
  }
}

TEST_CASE("uncertain factors give uncertain fractions, and a pure voxel none") {
  std::vector<float> const x{1, 5, 3, 0};
  double const u[] = {0.1, 0.04};
  auto const r = weight_fractions(x, mass_scale{{1, 1}}, {.factor_uncertainty = u});
  // C = 1/4: sigma = C (1 - C) sqrt(u1^2 + u2^2)
  CHECK(r.sigma[0] == doctest::Approx(0.25 * 0.75 * std::sqrt(0.01 + 0.0016)));
  CHECK(r.sigma[2] == doctest::Approx(r.sigma[0]));
  CHECK(r.sigma[1] == doctest::Approx(0));
  CHECK(r.mass_sigma[0] == doctest::Approx(std::sqrt(0.01 + 9 * 0.0016)));
}

TEST_CASE("volumes and options that mean nothing are refused") {
  std::vector<float> const x{1, 2, 3, 4, 5, 6};
  float const nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(weight_fractions(std::vector<float>{1, 2}, scale()), shape_error);
  CHECK_THROWS_AS(weight_fractions(std::vector<float>{}, scale()), shape_error);
  CHECK_THROWS_WITH_AS(weight_fractions(std::vector<float>{1, 2, 3, nan, 5, 6}, scale()),
                       "weight_fractions: value 1 of element 1 is nan; volumes are finite", value_error);
  CHECK_THROWS_AS(weight_fractions(x, mass_scale{{1, 0, 1}}), value_error);
  CHECK_THROWS_AS(weight_fractions(x, scale(), {.threshold = std::nan("")}), value_error);
  CHECK_THROWS_AS(weight_fractions(x, scale(), {.threshold = -1, .below_zero = negatives::keep}),
                  value_error);
  CHECK_THROWS_AS(weight_fractions(x, scale(), {}, std::vector<float>{1}), shape_error);
  CHECK_THROWS_AS(weight_fractions(x, scale(), {}, std::vector<float>{1, 1, 1, 1, 1, -1}), value_error);
  std::vector<std::uint8_t> const mask{1};
  CHECK_THROWS_AS(weight_fractions(x, scale(), {.inside = mask}), shape_error);
  double const u[] = {0.1};
  CHECK_THROWS_AS(weight_fractions(x, scale(), {.factor_uncertainty = u}), shape_error);
  CHECK_THROWS_AS(atomic_fractions(x, scale(), std::span(of).first(2)), shape_error);
}
