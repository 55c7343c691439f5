// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/poisson_ratios.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>

namespace {

std::vector<double> const truth{1.7, 0.6};

/// Two elements that overlap in part, in a field of which a half is vacuum: expected counts, HAADF and counts.
struct experiment {
  std::vector<std::vector<double>> expected, counts;
  std::vector<double> haadf;

  /// `dose` counts a pixel in the mean over the particle
  experiment(double dose, double haadf_noise, std::uint64_t seed, std::size_t edge = 100)
      : expected(2, std::vector<double>(edge * edge)), counts(expected), haadf(edge * edge) {
    double const centre = 0.5 * (static_cast<double>(edge) - 1), radius = 0.4 * static_cast<double>(edge);
    double total = 0, inside = 0;
    for (std::size_t i = 0; i < haadf.size(); ++i) {
      double const x = (static_cast<double>(i % edge) - centre) / radius;
      double const y = (static_cast<double>(i / edge) - centre) / radius;
      if (x * x + y * y >= 1) continue;
      double const whole = std::sqrt(1 - x * x - y * y);
      double const core = std::sqrt(std::max(0.0, 0.35 - (x - 0.3) * (x - 0.3) - y * y));
      expected[0][i] = core + 0.05 * whole;
      expected[1][i] = whole - core * 0.9;
      total += expected[0][i] + expected[1][i];
      inside += 2;
    }
    double largest = 0;
    for (auto& map : expected)
      for (double& v : map) v *= dose * inside / total;
    for (std::size_t i = 0; i < haadf.size(); ++i) {
      haadf[i] = truth[0] * expected[0][i] + truth[1] * expected[1][i];
      largest = std::max(largest, haadf[i]);
    }
    for (std::size_t e = 0; e < 2; ++e)
      counts[e] = tomoedx::simulate::poisson_counts(expected[e], seed * 10 + e);
    for (std::size_t i = 0; i < haadf.size(); ++i)
      haadf[i] += haadf_noise * largest * tomoedx::random_stream(seed * 10 + 7, i).normal();
  }
  std::vector<std::span<double const>> maps() const { return {counts.begin(), counts.end()}; }
  tomoedx::poisson_ratios estimate(tomoedx::poisson_ratio_options const& o = {}) const {
    return tomoedx::estimate_poisson_ratios(maps(), std::span<double const>(haadf), o);
  }
  tomoedx::response_ratios least_squares() const {
    return tomoedx::estimate_response_ratios(maps(), std::span<double const>(haadf));
  }
};

}  // namespace

TEST_CASE("ratios from counts are free of bias, know their errors, and are better than least squares'") {
  constexpr std::size_t repeats = 30;
  for (double const dose : {0.5, 2.0, 10.0, 100.0}) {
    CAPTURE(dose);
    std::vector<double> mean(2), square(2), claimed(2), ours(2), theirs(2), their_mean(2);
    for (std::size_t n = 0; n < repeats; ++n) {
      experiment const run(dose, 0.01, 1 + n);
      auto const got = run.estimate();
      auto const nnls = run.least_squares();
      CHECK(got.iterations < 20);
      CHECK(got.pixels == 10000);
      for (std::size_t e = 0; e < 2; ++e) {
        mean[e] += got.ratios[e] / repeats;
        square[e] += got.ratios[e] * got.ratios[e] / repeats;
        claimed[e] += got.standard_errors[e] / repeats;
        ours[e] += std::pow(got.ratios[e] - truth[e], 2) / repeats;
        theirs[e] += std::pow(nnls.ratios[e] - truth[e], 2) / repeats;
        their_mean[e] += nnls.ratios[e] / repeats;
      }
    }
    for (std::size_t e = 0; e < 2; ++e) {
      double const scatter = std::sqrt((square[e] - mean[e] * mean[e]) * repeats / (repeats - 1));
      MESSAGE("dose " << dose << " element " << e << ": bias " << mean[e] / truth[e] - 1 << " scatter "
                      << scatter / truth[e] << " claimed " << claimed[e] / truth[e]
                      << "; least squares: bias " << their_mean[e] / truth[e] - 1 << ", rms by ours "
                      << std::sqrt(theirs[e] / ours[e]));
      CHECK(std::abs(mean[e] - truth[e]) < 0.5 * claimed[e]);  // the mean is known to 0.18 of it
      CHECK(claimed[e] == doctest::Approx(scatter).epsilon(0.35));
      CHECK(theirs[e] > ours[e]);
      if (dose <= 2) CHECK(theirs[e] > 12 * ours[e]);
    }
  }
}

TEST_CASE("least squares that drop pixels of zero counts are biased even where every pixel is the same") {
  // h = 2 lambda, half a count a pixel: regression sees h constant, and only pixels with counts
  std::vector<double> const expected(20000, 0.5);
  auto const p = tomoedx::simulate::poisson_counts(expected, 3);
  std::vector<double> h(expected.size());
  for (std::size_t i = 0; i < h.size(); ++i) h[i] = 1 + 1e-3 * tomoedx::random_stream(4, i).normal();
  auto const got = tomoedx::estimate_poisson_ratios<double, double>({p}, h);
  double const sum = std::accumulate(p.begin(), p.end(), 0.0);
  CHECK(std::abs(got.ratios[0] - 2) < 2 * got.standard_errors[0]);
  // all that counts can tell: their sum
  CHECK(got.ratios[0] == doctest::Approx(20000 / sum).epsilon(1e-3));
  CHECK(got.standard_errors[0] == doctest::Approx(2 / std::sqrt(sum)).epsilon(0.05));
  CHECK(tomoedx::estimate_response_ratios<double, double>({p}, h).ratios[0] <
        1.4);  // even with the empty pixels: 2 / (1 + 0.5)
}

TEST_CASE("at very many counts both estimates are the truth") {
  experiment const run(1e7, 0, 2);
  auto const got = run.estimate();
  for (std::size_t e = 0; e < 2; ++e) {
    CHECK(got.ratios[e] == doctest::Approx(truth[e]).epsilon(1e-4));
    CHECK(run.least_squares().ratios[e] == doctest::Approx(truth[e]).epsilon(1e-4));
  }
  CHECK(got.r_squared > 0.9999);
}

TEST_CASE("what HAADF scatters beyond the counts is told") {
  experiment const run(100, 0.05, 5, 200);
  double largest = 0;
  experiment const clean(100, 0, 5, 200);
  for (double const h : clean.haadf) largest = std::max(largest, h);
  CHECK(run.estimate().haadf_noise == doctest::Approx(0.05 * largest).epsilon(0.1));
  CHECK(run.estimate().r_squared < 0.999);
}

TEST_CASE("maps in other units of counts and other types give the same") {
  experiment const run(2, 0.01, 9);
  auto const expected = run.estimate();
  std::vector<std::vector<float>> scaled(2);
  std::vector<std::vector<std::uint16_t>> whole(2);
  for (std::size_t e = 0; e < 2; ++e)
    for (double const v : run.counts[e]) {
      scaled[e].push_back(static_cast<float>(v / (e == 0 ? 3.0 : 0.1)));
      whole[e].push_back(static_cast<std::uint16_t>(v));
    }
  std::span<double const> const h(run.haadf);
  auto const from_floats = tomoedx::estimate_poisson_ratios(
      std::vector<std::span<float const>>(scaled.begin(), scaled.end()), h, {.counts_per_unit = {3, 0.1}});
  auto const from_words = tomoedx::estimate_poisson_ratios(
      std::vector<std::span<std::uint16_t const>>(whole.begin(), whole.end()), h);
  for (std::size_t e = 0; e < 2; ++e) {
    CHECK(from_words.ratios[e] == expected.ratios[e]);
    CHECK(from_floats.ratios[e] == expected.ratios[e]);  // for counts, in the unit of h
  }
}

TEST_CASE("an element that HAADF does not see is pinned at 0, not below") {
  experiment run(10, 0, 11);
  for (std::size_t i = 0; i < run.haadf.size(); ++i)
    run.haadf[i] = std::max(0.0, 2 * run.expected[1][i] - 0.3 * run.expected[0][i]);
  auto const got = run.estimate();
  CHECK(got.ratios[0] == 0);
  CHECK(got.ratios[1] > 1.5);
  CHECK(got.standard_errors[0] > 0);
  CHECK(got.standard_errors[0] < 0.2);
}

TEST_CASE("what is no count, or tells nothing, is refused") {
  std::vector<double> const p{0, 1, 2, 3, 1}, h{0, 2, 4, 6, 2};
  auto const run = [](std::vector<std::vector<double>> const& maps, std::vector<double> const& haadf,
                      tomoedx::poisson_ratio_options const& o = {}) {
    return tomoedx::estimate_poisson_ratios(std::vector<std::span<double const>>(maps.begin(), maps.end()),
                                            std::span<double const>(haadf), o);
  };
  CHECK(run({p}, h).ratios[0] == doctest::Approx(2));
  CHECK_THROWS_AS(run({}, h), tomoedx::shape_error);
  CHECK_THROWS_AS(run({{1, 2}}, h), tomoedx::shape_error);
  CHECK_THROWS_AS(run({p}, h, {.counts_per_unit = {1, 2}}), tomoedx::shape_error);
  CHECK_THROWS_AS(run({p}, h, {.counts_per_unit = {0}}), tomoedx::value_error);
  CHECK_THROWS_AS(run({p}, h, {.iterations = 0}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(run({{0, 1, 2.5, 3, 1}}, h), doctest::Contains("whole counts"), tomoedx::value_error);
  CHECK_THROWS_AS(run({{0, -1, 2, 3, 1}}, h), tomoedx::value_error);
  CHECK_THROWS_AS(run({{0, NAN, 2, 3, 1}}, h), tomoedx::value_error);
  CHECK_THROWS_AS(run({p}, {0, NAN, 2, 3, 1}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(run({{0, 0, 0, 0, 0}}, h), doctest::Contains("no counts"), tomoedx::value_error);
  CHECK_THROWS_AS(run({p}, {0, 0, 0, 0, 0}), tomoedx::value_error);
}
