// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/eels.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "counts.hpp"
#include "messages.hpp"

using namespace tomoedx;
using doctest::Approx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

namespace {

// Gadolinium in ceria: windows and ratio of Wang et al. 2025, supplement S4.
energy_axis const axis{0.75, 0.001, 600};
eels_edge const ce{"Ce_M45", 800, 840, 840, 960}, gd{"Gd_M45", 1065, 1165, 1165, 1285};
eels_overlap const ce_in_gd{"Gd_M45", "Ce_M45", 10.3};
double const gd_share = 0.25;

// Expected values per channel: `level` of background at 800 eV, half of that times 120 in the Ce edge.
double expected(double level, std::size_t c, double exponent = 3) {
  double const e = 750 + static_cast<double>(c);
  double v = level * std::pow(e / 800, -exponent);
  double const edge = 0.5 * level;  // per eV in the mean of a window of 120 eV
  if (e >= 883 && e < 960) v += edge * 120 / 77;
  if (e >= 1185 && e < 1285) v += (edge / 10.3 + gd_share * edge) * 120 / 100;
  return v;
}
double ce_counts(double level) {
  return 60 * level;
}

std::vector<float> quiet(double level, double exponent = 3) {
  std::vector<float> v(axis.channels);
  for (std::size_t c = 0; c < v.size(); ++c) v[c] = static_cast<float>(expected(level, c, exponent));
  return v;
}

std::vector<float> noisy(double level, std::size_t pixels, std::uint64_t seed) {
  std::vector<float> v(pixels * axis.channels);
  for (std::size_t p = 0; p < pixels; ++p) {
    random_stream random(seed, p);
    for (std::size_t c = 0; c < axis.channels; ++c)
      v[p * axis.channels + c] = static_cast<float>(simulate::poisson(random, expected(level, c)));
  }
  return v;
}

eels_maps map(std::vector<float> const& v, eels_options const& options = {},
              std::vector<eels_edge> const& edges = {ce, gd}) {
  return map_edges(dense_spectra{1, v.size() / axis.channels, axis, v}, edges, options);
}

double mean_square(std::span<float const> sigma) {
  double sum = 0;
  for (float const s : sigma) sum += double(s) * s / static_cast<double>(sigma.size());
  return sum;
}

}  // namespace

TEST_CASE("edges on a power law are counted exactly, and an overlap is taken out of them") {
  for (auto const fit : {eels_fit::likelihood, eels_fit::logarithms})
    for (bool const shared : {false, true})
      for (double const exponent : {3.0, 1.2, -0.5}) {
        auto const v = quiet(1e6, exponent);
        auto const m = map(v, {.fit = fit, .shared_exponent = shared, .overlaps = {ce_in_gd}});
        CHECK(m.failed == 0);
        CHECK(m.edges.names == std::vector<std::string>{"Ce_M45", "Gd_M45"});
        CHECK(m.edges.counts_of(0)[0] == Approx(ce_counts(1e6)).epsilon(1e-4));
        CHECK(m.edges.counts_of(1)[0] == Approx(gd_share * ce_counts(1e6)).epsilon(1e-3));
        CHECK(m.of(m.exponent, 0)[0] == Approx(exponent).epsilon(1e-4));
        double b = 0;
        for (std::size_t e = 840; e < 960; ++e) b += 1e6 * std::pow(double(e) / 800, -exponent);
        CHECK(m.of(m.background, 0)[0] == Approx(b).epsilon(1e-4));
      }
}

TEST_CASE("the likelihood fit is at its maximum, and the weights are its derivatives") {
  auto const v = noisy(30, 1, 4);
  auto const x = std::span(v).subspan(50, 40);
  std::vector<double> t;
  for (std::size_t i = 0; i < 40; ++i) t.push_back(std::log((800 + double(i)) / 840));
  auto const law = detail::fit_counts(x, t);
  REQUIRE(law.good);
  double sum = 0, moment = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    sum += x[i] - law.at(t[i]);
    moment += (x[i] - law.at(t[i])) * t[i];
  }
  CHECK(std::abs(sum) < 1e-7);
  CHECK(std::abs(moment) < 1e-7);

  // sigma^2 = sum over channels of (d counts / d value)^2 times value, the derivatives taken numerically
  for (auto const fit : {eels_fit::likelihood, eels_fit::logarithms}) {
    eels_options const options{.fit = fit, .overlaps = {ce_in_gd}};
    auto const big = noisy(3000, 1, 5);
    auto const at = map(big, options);
    for (std::size_t edge = 0; edge < 2; ++edge) {
      double variance = 0;
      for (std::size_t c = 0; c < axis.channels; ++c) {
        auto up = big, down = big;
        up[c] += 64;
        down[c] -= 64;
        double const slope = (double(map(up, options).edges.counts_of(edge)[0]) -
                              map(down, options).edges.counts_of(edge)[0]) /
                             128;
        variance += slope * slope * big[c];
      }
      CHECK(at.edges.sigma_of(edge)[0] == Approx(std::sqrt(variance)).epsilon(0.01));
    }
  }
}

TEST_CASE("counts are unbiased and scatter as sigma says, from 10 counts a channel on") {
  for (double const level : {10.0, 100.0}) {
    CAPTURE(level);
    auto const v = noisy(level, 3000, 11);
    auto const m = map(v, {.overlaps = {ce_in_gd}});
    CHECK(m.failed == 0);
    double const truth[] = {ce_counts(level), gd_share * ce_counts(level)};
    for (std::size_t edge = 0; edge < 2; ++edge) {
      CAPTURE(edge);
      auto const net = counts::of(m.edges.counts_of(edge));
      CHECK(std::abs(net.mean - truth[edge]) < 3 * net.error);
      CHECK(std::ranges::min(m.of(m.background, edge)) > 0);
      CHECK(net.variance == Approx(mean_square(m.edges.sigma_of(edge))).epsilon(0.1));
    }
    // var = S + h B for an edge without overlap
    for (std::size_t p = 0; p < 20; ++p)
      CHECK(std::pow(m.edges.sigma_of(0)[p], 2) ==
            Approx(m.edges.counts_of(0)[p] + m.of(m.h, 0)[p] * m.of(m.background, 0)[p]).epsilon(1e-4));
  }
}

TEST_CASE("where counts are few the logarithms are biased and the likelihood is not") {
  auto const v = noisy(4, 3000, 3);
  auto const bias = [&](eels_fit fit) {  // of Gd, in standard deviations
    auto const m = map(v, {.fit = fit, .overlaps = {ce_in_gd}});
    REQUIRE(m.failed == 0);
    auto const net = counts::of(m.edges.counts_of(1));
    return (net.mean - gd_share * ce_counts(4)) / std::sqrt(net.variance);
  };
  CHECK(std::abs(bias(eels_fit::likelihood)) < 3 / std::sqrt(3000.0));
  CHECK(std::abs(bias(eels_fit::logarithms)) > 0.5);
}

TEST_CASE("one exponent for all pixels makes sigma smaller, and still true") {
  auto const v = noisy(4, 3000, 8);
  auto const own = map(v), shared = map(v, {.shared_exponent = true});
  for (std::size_t edge = 0; edge < 2; ++edge) {
    auto const net = counts::of(shared.edges.counts_of(edge));
    CHECK(net.variance == Approx(mean_square(shared.edges.sigma_of(edge))).epsilon(0.08));
    CHECK(mean_square(shared.edges.sigma_of(edge)) < 0.7 * mean_square(own.edges.sigma_of(edge)));
  }
  double const gd_and_ce = (gd_share + 1 / 10.3) * ce_counts(4);
  auto const net = counts::of(shared.edges.counts_of(1));
  CHECK(net.mean == Approx(gd_and_ce).epsilon(0.1));
  // With two pixels the exponent is as uncertain as the amplitudes: sigma must know.
  std::vector<double> counts, told;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    auto const m = map(noisy(20, 2, 100 + seed), {.shared_exponent = true});
    counts.push_back(m.edges.counts_of(0)[0]);
    told.push_back(std::pow(m.edges.sigma_of(0)[0], 2));
  }
  CHECK(counts::of(counts).variance == Approx(counts::of(told).mean).epsilon(0.12));
}

TEST_CASE("a gain scales counts and sigma alike, an uncertain ratio adds to sigma") {
  auto const v = noisy(200, 4, 2);
  auto scaled = v;
  for (float& x : scaled) x *= 8;
  auto const one = map(v, {.overlaps = {ce_in_gd}}), eight = map(scaled, {.gain = 8, .overlaps = {ce_in_gd}});
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(eight.edges.counts[i] == Approx(8 * one.edges.counts[i]).epsilon(1e-4));
    CHECK(eight.edges.sigma[i] == Approx(8 * one.edges.sigma[i]).epsilon(1e-4));
    CHECK(eight.h[i] == Approx(one.h[i]).epsilon(1e-4));
  }
  auto uncertain = ce_in_gd;
  uncertain.ratio_sigma = 1;
  auto const wide = map(v, {.overlaps = {uncertain}});
  double const extra = one.edges.counts_of(0)[0] / (10.3 * 10.3);
  CHECK(wide.edges.sigma_of(1)[0] == Approx(std::hypot(one.edges.sigma_of(1)[0], extra)).epsilon(1e-4));
  CHECK(wide.edges.sigma_of(0)[0] == one.edges.sigma_of(0)[0]);
}

TEST_CASE("edges that share a fit window have their covariance in the sigma of a split") {
  eels_edge const first{"first", 800, 840, 840, 880}, second{"second", 800, 840, 890, 960};
  auto const v = noisy(40, 3000, 21);
  auto const m = map(v, {.overlaps = {{"second", "first", 2}}}, {first, second});
  auto const apart = map(v, {}, {first, second});
  double const with = counts::of(m.edges.counts_of(1)).variance;
  CHECK(with == Approx(mean_square(m.edges.sigma_of(1))).epsilon(0.08));
  double const without = mean_square(apart.edges.sigma_of(1)) + mean_square(apart.edges.sigma_of(0)) / 4;
  CHECK(with < 0.9 * without);
}

TEST_CASE("pixels without a fit have no counts and no certainty, and nothing is NaN") {
  auto const good = quiet(50);
  std::vector<std::vector<float>> bad;
  bad.emplace_back(axis.channels, 0.0f);
  bad.emplace_back(axis.channels, -3.0f);
  bad.push_back(good);
  for (std::size_t c = 50; c < 90; ++c) bad.back()[c] = c == 50 ? 40.0f : 0.0f;  // all at one end
  bad.push_back(good);
  for (std::size_t c = 50; c < 90; ++c) bad.back()[c] = c < 55 ? 3.0f : 0.0f;  // too few
  bad.push_back(good);
  for (std::size_t c = 50; c < 90; ++c) bad.back()[c] = c < 52 ? 1e5f : 1e-3f;  // too steep
  bad.push_back(good);
  for (std::size_t c = 50; c < 90; ++c) bad.back()[c] = c > 87 ? 3e37f : -1e37f;
  for (auto const fit : {eels_fit::likelihood, eels_fit::logarithms}) {
    std::vector<float> v = good;
    for (auto const& b : bad) v.insert(v.end(), b.begin(), b.end());
    auto const m = map(v, {.fit = fit, .overlaps = {ce_in_gd}});
    CHECK(std::isfinite(m.edges.sigma_of(0)[0]));
    for (std::size_t p = 1; p <= bad.size(); ++p) {
      CAPTURE(p);
      CHECK(m.edges.counts_of(0)[p] == 0);
      CHECK(m.edges.sigma_of(0)[p] == std::numeric_limits<float>::infinity());
      CHECK(m.edges.counts_of(1)[p] == 0);  // Ce is part of it
    }
    CHECK(m.failed == 2 * bad.size());
    for (auto const* all : {&m.edges.counts, &m.edges.sigma, &m.background, &m.exponent, &m.h})
      for (float const x : *all) CHECK(!std::isnan(x));
  }
}

TEST_CASE("edges that mean nothing are refused with the reason") {
  auto const v = quiet(100);
  double const nan = std::numeric_limits<double>::quiet_NaN();
  auto const refused = [&](std::vector<eels_edge> const& edges, eels_options const& options = {}) {
    return message_of<value_error>([&] { map(v, options, edges); });
  };
  CHECK(contains(refused({}), "there is no edge"));
  CHECK(contains(refused({{"a", 840, 800, 900, 950}}), "fit window of a is from 840 to 800"));
  CHECK(contains(refused({{"a", nan, 800, 900, 950}}), "fit window of a"));
  CHECK(contains(refused({{"a", 600, 800, 900, 950}}), "the spectra have 750 to 1349"));
  CHECK(contains(refused({{"a", 800, 840, 900, 1500}}), "signal window of a"));
  CHECK(contains(refused({{"a", 800, 802, 900, 950}}), "2 channels to fit"));
  CHECK(contains(refused({{"a", 800, 840, 900.1, 900.2}}), "0 to count"));
  CHECK(contains(refused({{"a", 800, 840, 830, 900}}), "before its fit ends"));
  CHECK(contains(refused({ce}, {.gain = 0}), "a gain of 0"));
  CHECK(contains(refused({ce}, {.fewest = 0}), "not enough"));
  CHECK(contains(refused({ce}, {.overlaps = {ce_in_gd}}), "'Gd_M45', which is not among"));
  CHECK(contains(refused({ce}, {.overlaps = {{"Ce_M45", "Ce_M45", 2}}}), "overlaps itself"));
  eels_edge third = gd;
  third.name = "third";
  CHECK(contains(refused({ce, gd, third}, {.overlaps = {{"third", "Gd_M45", 2}, ce_in_gd}}),
                 "Gd_M45 is taken out of third before Ce_M45 is taken out of it"));
  CHECK_NOTHROW(map(v, {.overlaps = {ce_in_gd, {"third", "Gd_M45", 2}}}, {ce, gd, third}));
  CHECK(contains(refused({ce, gd}, {.overlaps = {{"Gd_M45", "Ce_M45", -1}}}), "by a ratio of -1"));
  CHECK(contains(refused({ce, gd}, {.overlaps = {{"Gd_M45", "Ce_M45", 1, nan}}}), "by a ratio of 1"));
  std::vector<float> const zeros(axis.channels);
  CHECK(
      contains(message_of<value_error>([&] { map(zeros, {.shared_exponent = true}); }), "no power law fits"));
  CHECK_THROWS_AS(map_edges(dense_spectra{2, 2, axis, v}, std::vector{ce}), shape_error);
}
