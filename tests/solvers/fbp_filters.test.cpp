// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/solvers/fbp_filters.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <string>

namespace {

constexpr double pi = std::numbers::pi;
using tomoedx::fbp_filter, tomoedx::tilt_range;
constexpr fbp_filter all[] = {fbp_filter::ram_lak, fbp_filter::shepp_logan, fbp_filter::cosine,
                              fbp_filter::hann};

/// The frequency response as its definition says, f in cycles a pixel.
double response(fbp_filter filter, double cutoff, double f) {
  double const c = 0.5 * cutoff;
  if (f > c) return 0;
  double const u = 0.5 * pi * f / c;
  switch (filter) {
    case fbp_filter::ram_lak:
      return f;
    case fbp_filter::shepp_logan:
      return u > 0 ? f * std::sin(u) / u : 0;
    case fbp_filter::cosine:
      return f * std::cos(u);
    default:
      return f * std::cos(u) * std::cos(u);
  }
}

double sum(std::vector<double> const& v) {
  return std::accumulate(v.begin(), v.end(), 0.0);
}

std::vector<double> degrees(std::vector<double> arcs) {
  for (double& a : arcs) a *= 180 / pi;
  return arcs;
}

}  // namespace

TEST_CASE("a kernel is the inverse Fourier integral of its frequency response") {
  for (auto const filter : all)
    for (double const cutoff : {1.0, 0.73, 0.2}) {
      CAPTURE(tomoedx::name_of(filter));
      CAPTURE(cutoff);
      auto const h = tomoedx::fbp_kernel(filter, cutoff, 40);
      REQUIRE(h.size() == 40);
      for (std::size_t n = 0; n < h.size(); ++n) {
        constexpr int steps = 20000;  // midpoint rule
        double const width = 0.5 * cutoff / steps;
        double integral = 0;
        for (int i = 0; i < steps; ++i) {
          double const f = (i + 0.5) * width;
          integral += 2 * width * response(filter, cutoff, f) * std::cos(2 * pi * f * static_cast<double>(n));
        }
        CHECK(h[n] == doctest::Approx(integral).epsilon(1e-6).scale(1e-2));
      }
    }
}

TEST_CASE("the closed forms of Ram-Lak and Shepp-Logan come out") {
  auto const ramp = tomoedx::fbp_kernel(fbp_filter::ram_lak, 1, 64);
  auto const shepp = tomoedx::fbp_kernel(fbp_filter::shepp_logan, 1, 64);
  CHECK(ramp[0] == doctest::Approx(0.25).epsilon(1e-14));
  for (int n = 1; n < 64; ++n) {
    auto const i = static_cast<std::size_t>(n);
    if (n % 2 == 0)
      CHECK(ramp[i] == 0);
    else
      CHECK(ramp[i] == doctest::Approx(-1 / (pi * pi * n * n)).epsilon(1e-14));
    CHECK(shepp[i] == doctest::Approx(-2 / (pi * pi * (4.0 * n * n - 1))).epsilon(1e-11));
  }
}

TEST_CASE(
    "the mean of every kernel goes to zero, where a sampled ramp is wrong by its bin of zero frequency") {
  for (auto const filter : all)
    for (double const cutoff : {1.0, 0.6}) {
      CAPTURE(tomoedx::name_of(filter));
      auto const h = tomoedx::fbp_kernel(filter, cutoff, 20001);
      CHECK(std::abs(2 * sum(h) - h[0]) < 1.5 / (pi * pi * 20001));  // what is cut off
    }
}

TEST_CASE("smoother filters let less noise through") {
  double before = 1;
  for (auto const filter : all) {
    auto const h = tomoedx::fbp_kernel(filter, 1, 2000);
    double power = h[0] * h[0];
    for (std::size_t n = 1; n < h.size(); ++n) power += 2 * h[n] * h[n];
    CHECK(power < before);
    before = power;
  }
}

TEST_CASE("even tilts all round stand for equal arcs, in any order and half turn") {
  std::vector<double> const tilts{0, 30, 60, 90, 120, 150}, other{-30, 120, 30, -180, 240, -90};
  for (auto const& t : {tilts, other})
    for (double const arc : degrees(tomoedx::tilt_arcs(t))) CHECK(arc == doctest::Approx(30).epsilon(1e-13));
  std::vector<double> const series{-75, -50, -25, 0, 25, 50, 75};  // 30 degrees are left: all round
  CHECK(sum(degrees(tomoedx::tilt_arcs(series))) == doctest::Approx(180));
}

TEST_CASE("irregular tilts share the half circle by the way to their neighbours") {
  auto const arcs = degrees(tomoedx::tilt_arcs({100, 0, 40, 140}, tilt_range::full));
  CHECK(arcs[0] == doctest::Approx(50));
  CHECK(arcs[1] == doctest::Approx(40));
  CHECK(arcs[2] == doctest::Approx(50));
  CHECK(arcs[3] == doctest::Approx(40));
  // two of the same direction share its arc
  auto const twice = degrees(tomoedx::tilt_arcs({0, 180, 60, 120}));
  CHECK(twice[0] + twice[1] == doctest::Approx(60));
  CHECK(twice[0] == doctest::Approx(30));
  CHECK(twice[2] == doctest::Approx(60));
}

TEST_CASE("a missing wedge stands for nothing: the ends of the range get their own spacing") {
  std::vector<double> const tilts{-70, -50, -40, 0, 30, 60};
  for (auto const range : {tilt_range::limited}) {
    auto const arcs = degrees(tomoedx::tilt_arcs(tilts, range));
    std::vector<double> const expected{20, 15, 25, 35, 30, 30};
    for (std::size_t t = 0; t < tilts.size(); ++t) CHECK(arcs[t] == doctest::Approx(expected[t]));
  }
  std::vector<double> zhong;
  for (int t = -75; t <= 75; t += 5) zhong.push_back(t);
  for (double const arc : degrees(tomoedx::tilt_arcs(zhong))) CHECK(arc == doctest::Approx(5));
  CHECK(sum(degrees(tomoedx::tilt_arcs(zhong, tilt_range::full))) == doctest::Approx(180));
}

TEST_CASE("one tilt, or one direction only, stands for everything") {
  CHECK(degrees(tomoedx::tilt_arcs({17}))[0] == doctest::Approx(180));
  CHECK(sum(degrees(tomoedx::tilt_arcs({10, 10, -170}))) == doctest::Approx(180));
}

TEST_CASE("kernels and arcs refuse what means nothing") {
  for (double const cutoff : {0.0, -1.0, 1.01, double(NAN)})
    CHECK_THROWS_AS(tomoedx::fbp_kernel(fbp_filter::hann, cutoff, 5), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::tilt_arcs({}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::tilt_arcs({0, NAN}), tomoedx::value_error);
}
