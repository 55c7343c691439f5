// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/core/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>

namespace {

using tomoedx::estimate_response_ratios;

template <class T>
struct series {
  std::vector<std::vector<T>> maps;
  std::vector<double> haadf;

  std::vector<std::span<T const>> views() const { return {maps.begin(), maps.end()}; }
  tomoedx::response_ratios estimate() const {
    return estimate_response_ratios(views(), std::span<double const>(haadf));
  }
};

/// Maps of whole counts, many of them zero, and the HAADF signal that the ratios make of them.
template <class T>
series<T> exact(std::vector<double> const& ratios, std::size_t pixels) {
  series<T> s{std::vector<std::vector<T>>(ratios.size(), std::vector<T>(pixels)),
              std::vector<double>(pixels)};
  for (std::size_t e = 0; e < ratios.size(); ++e)
    for (std::size_t i = 0; i < pixels; ++i) {
      double const u = tomoedx::random_stream(70 + e, i).uniform();
      s.maps[e][i] = static_cast<T>(u < 0.5 ? 0 : std::floor(20 * u));
      s.haadf[i] += ratios[e] * static_cast<double>(s.maps[e][i]);
    }
  return s;
}

/// R^2 by its definition, over the pixels that count.
template <class T>
double r_squared_by_hand(series<T> const& s, std::vector<double> const& ratios) {
  double n = 0, sum = 0, residual = 0, total = 0;
  auto const used = [&](std::size_t i) {
    bool any = false;
    for (auto const& m : s.maps) any = any || m[i] != 0;
    return any && s.haadf[i] != 0;
  };
  for (std::size_t i = 0; i < s.haadf.size(); ++i)
    if (used(i)) n += 1, sum += s.haadf[i];
  for (std::size_t i = 0; i < s.haadf.size(); ++i)
    if (used(i)) {
      double model = 0;
      for (std::size_t e = 0; e < ratios.size(); ++e) model += ratios[e] * static_cast<double>(s.maps[e][i]);
      residual += (s.haadf[i] - model) * (s.haadf[i] - model);
      total += (s.haadf[i] - sum / n) * (s.haadf[i] - sum / n);
    }
  return 1 - residual / total;
}

void add_noise(std::vector<double>& haadf, double sigma) {
  for (std::size_t i = 0; i < haadf.size(); ++i)
    if (haadf[i] != 0) haadf[i] += sigma * tomoedx::random_stream(90, i).normal();
}

}  // namespace

TEST_CASE_TEMPLATE("without noise the ratios come back exactly, from any type of counts", T, float, double,
                   std::uint16_t, std::int32_t) {
  std::vector<double> const truth{1.7, 0.45, 3.2};
  // below, at and above the rows of a block
  for (std::size_t const pixels : {40, 1023, 1024, 1025, 5000}) {
    CAPTURE(pixels);
    auto const s = exact<T>(truth, pixels);
    auto const found = s.estimate();
    REQUIRE(found.ratios.size() == 3);
    for (std::size_t e = 0; e < 3; ++e) CHECK(found.ratios[e] == doctest::Approx(truth[e]).epsilon(1e-12));
    CHECK(found.r_squared == doctest::Approx(1).epsilon(1e-12));
    std::size_t expected = 0;
    for (std::size_t i = 0; i < pixels; ++i) expected += s.haadf[i] != 0;
    CHECK(found.pixels == expected);
    CHECK(expected < pixels);
  }
}

TEST_CASE("pixels without counts or without HAADF signal do not count") {
  auto s = exact<double>({2, 3}, 400);
  auto const clean = s.estimate();
  for (std::size_t i = 0; i < 400; ++i) {
    if (i % 7 == 0) s.maps[0][i] = s.maps[1][i] = 0, s.haadf[i] = 50;  // HAADF of something else
    if (i % 7 == 1) s.maps[0][i] = 5, s.haadf[i] = 0;                  // counts on vacuum
  }
  auto const found = s.estimate();
  CHECK(found.ratios[0] == doctest::Approx(2).epsilon(1e-12));
  CHECK(found.ratios[1] == doctest::Approx(3).epsilon(1e-12));
  CHECK(found.pixels < clean.pixels);
  CHECK(found.r_squared == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("R^2 is one minus residual over total variation, with noise too") {
  for (double const sigma : {0.1, 3.0, 30.0}) {
    CAPTURE(sigma);
    auto s = exact<float>({1.5, 0.8}, 3000);
    add_noise(s.haadf, sigma);
    auto const found = s.estimate();
    CHECK(found.r_squared == doctest::Approx(r_squared_by_hand(s, found.ratios)).epsilon(1e-10));
    CHECK(found.r_squared < 1);
    CHECK(std::abs(found.ratios[0] - 1.5) < 0.02 * sigma);
    CHECK(std::abs(found.ratios[1] - 0.8) < 0.02 * sigma);
  }
  // a large offset takes no digits from it
  auto s = exact<float>({1.5, 0.8}, 3000);
  add_noise(s.haadf, 0.1);
  for (auto& h : s.haadf) h += h != 0 ? 1e6 : 0;
  CHECK(s.estimate().r_squared == doctest::Approx(r_squared_by_hand(s, s.estimate().ratios)).epsilon(1e-6));
}

TEST_CASE("an element that HAADF speaks against gets zero, and the others the best without it") {
  auto s = exact<double>({2, 0, 1}, 2000);
  for (std::size_t i = 0; i < 2000; ++i) s.haadf[i] = std::max(0.0, s.haadf[i] - 0.5 * s.maps[1][i]);
  auto const found = s.estimate();
  CHECK(found.ratios[1] == 0);
  CHECK(found.ratios[0] > 1);
  CHECK(found.ratios[2] > 0.3);
  // least squares of the two others over the same pixels: normal equations by hand
  double a = 0, b = 0, c = 0, p = 0, q = 0;
  for (std::size_t i = 0; i < 2000; ++i) {
    if (s.haadf[i] == 0) continue;
    double const u = s.maps[0][i], v = s.maps[2][i];
    a += u * u, b += u * v, c += v * v, p += u * s.haadf[i], q += v * s.haadf[i];
  }
  CHECK(found.ratios[0] == doctest::Approx((p * c - q * b) / (a * c - b * b)).epsilon(1e-10));
  CHECK(found.ratios[2] == doctest::Approx((q * a - p * b) / (a * c - b * b)).epsilon(1e-10));
}

TEST_CASE("the order of pixels and of elements changes nothing but the order of the ratios") {
  auto s = exact<float>({1.5, 0.8, 2.2}, 2500);
  add_noise(s.haadf, 2);
  auto const found = s.estimate();
  auto shuffled = s;
  for (std::size_t i = 0; i < 2500; ++i) {
    std::size_t const from = i * 1237 % 2500;  // 1237 and 2500 have no common factor
    shuffled.haadf[i] = s.haadf[from];
    for (std::size_t e = 0; e < 3; ++e) shuffled.maps[e][i] = s.maps[e][from];
  }
  std::rotate(shuffled.maps.begin(), shuffled.maps.begin() + 1, shuffled.maps.end());
  auto const again = shuffled.estimate();
  for (std::size_t e = 0; e < 3; ++e)
    CHECK(again.ratios[e] == doctest::Approx(found.ratios[(e + 1) % 3]).epsilon(1e-10));
  CHECK(again.r_squared == doctest::Approx(found.r_squared).epsilon(1e-10));
  CHECK(again.pixels == found.pixels);
}

TEST_CASE("the units of the signals change the ratios and nothing else") {
  auto s = exact<double>({1.5, 0.8}, 1500);
  add_noise(s.haadf, 2);
  auto const found = s.estimate();
  for (double const unit : {1e-9, 1e-3, 1e6}) {
    auto scaled = s;
    for (auto& h : scaled.haadf) h *= unit;
    auto const other = scaled.estimate();
    for (std::size_t e = 0; e < 2; ++e)
      CHECK(other.ratios[e] == doctest::Approx(unit * found.ratios[e]).epsilon(1e-9));
    CHECK(other.r_squared == doctest::Approx(found.r_squared).epsilon(1e-9));
  }
}

TEST_CASE("maps that are alike or empty leave an answer") {
  auto s = exact<double>({1.5, 0.8}, 1500);
  s.maps.push_back(s.maps[1]);                  // the same map twice
  s.maps.push_back(std::vector<double>(1500));  // an element that is not there
  auto const found = s.estimate();
  CHECK(found.ratios[0] == doctest::Approx(1.5).epsilon(1e-9));
  CHECK(found.ratios[1] + found.ratios[2] == doctest::Approx(0.8).epsilon(1e-9));
  CHECK(found.ratios[3] == 0);
  CHECK(found.r_squared == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("series that cannot give ratios are refused, with what is missing") {
  using tomoedx::shape_error, tomoedx::value_error;
  auto const good = exact<double>({1.5, 0.8}, 100);
  double const nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  auto const refused = [&](auto error, char const* text, auto const& change) {
    CAPTURE(text);
    auto s = good;
    change(s);
    CHECK_THROWS_WITH_AS(s.estimate(), doctest::Contains(text), decltype(error));
  };
  shape_error const shape("");
  value_error const value("");
  refused(shape, "no element maps", [](auto& s) { s.maps.clear(); });
  refused(shape, "map 1 has 99 pixels, the HAADF series 100", [](auto& s) { s.maps[1].pop_back(); });
  refused(shape, "map 0 has 100 pixels, the HAADF series 101", [](auto& s) { s.haadf.push_back(1); });
  for (double const bad : {nan, inf, -inf}) {
    refused(value, "HAADF pixel 42", [&](auto& s) { s.haadf[42] = bad; });
    refused(value, "pixel 42 of map 1", [&](auto& s) { s.maps[1][42] = bad; });
    // also where the pixel would not count
    refused(value, "pixel 42 of map 1", [&](auto& s) { s.haadf[42] = 0, s.maps[1][42] = bad; });
  }
  refused(value, "only 0 pixels", [](auto& s) { std::fill(s.haadf.begin(), s.haadf.end(), 0.0); });
  refused(value, "only 0 pixels", [](auto& s) {
    for (auto& m : s.maps) std::fill(m.begin(), m.end(), 0.0);
  });
  refused(value, "more than 2 are needed", [](auto& s) {
    std::fill(s.haadf.begin(), s.haadf.end(), 0.0);
    s.haadf[0] = 1, s.haadf[1] = 2;
    s.maps[0][0] = s.maps[0][1] = 1;
  });
  refused(value, "the same in every pixel", [](auto& s) { std::fill(s.haadf.begin(), s.haadf.end(), 4.0); });
  refused(value, "only 0 pixels", [](auto& s) {
    s.haadf.clear();
    for (auto& m : s.maps) m.clear();
  });
}

TEST_CASE("given ratios are judged over the same pixels as estimated ones") {
  std::vector<double> const p{0, 1, 2, 3, 0, 5}, h{4, 2, 4.5, 6, 0, 9};
  auto const best = tomoedx::estimate_response_ratios<double, double>({p}, h);
  CHECK(tomoedx::judge_response_ratios<double, double>({p}, h, best.ratios).r_squared ==
        doctest::Approx(best.r_squared).epsilon(1e-12));
  // by hand, ratio 2 over the four pixels with signal and counts: errors 0, .5, 0, -1; mean 5.375
  auto const given = tomoedx::judge_response_ratios<double, double>({p}, h, {2});
  CHECK(given.pixels == 4);
  CHECK(given.r_squared == doctest::Approx(1 - 1.25 / 25.6875).epsilon(1e-12));
  CHECK(given.r_squared < best.r_squared);
  CHECK_THROWS_AS((tomoedx::judge_response_ratios<double, double>({p}, h, {1, 2})), tomoedx::shape_error);
}
