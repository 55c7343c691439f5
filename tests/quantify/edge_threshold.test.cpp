// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/quantify/edge_threshold.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

using namespace tomoedx;

namespace {

constexpr double pi = std::numbers::pi;

/// A ball of value 1 with a Gaussian blur, in closed form, off the centre of the grid.
std::vector<float> blurred_ball(int n, double radius, double blur) {
  std::vector<float> v;
  auto const bell = [&](double d) { return std::exp(-0.5 * d * d / (blur * blur)) / std::sqrt(2 * pi); };
  for (int z = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) {
        double const c = 0.5 * (n - 1);
        double const r = std::hypot(x - c - 0.2, y - c + 0.1, z - c + 0.3) + 1e-9, w = blur * std::sqrt(2.0);
        v.push_back(static_cast<float>(0.5 * (std::erf((radius + r) / w) + std::erf((radius - r) / w)) -
                                       blur / r * (bell(r - radius) - bell(r + radius))));
      }
  return v;
}

void add_noise(std::vector<float>& v, double sigma, bool clip) {
  for (std::size_t i = 0; i < v.size(); ++i) {
    random_stream s(5, i);
    v[i] += static_cast<float>(sigma * s.normal());
    if (clip && v[i] < 0) v[i] = 0;
  }
}

double above(std::vector<float> const& v, double t) {
  double n = 0;
  for (float const x : v) n += static_cast<double>(x) > t;
  return n;
}

}  // namespace

TEST_CASE("the volume above the threshold is the ball's within 2 %, for several radii, blurs and noises") {
  struct {
    int n;
    double radius, blur, noise;
    bool clip;
  } const cases[] = {{32, 8, 1, 0, false},      {32, 8, 2, 0, false},     {40, 12, 2.5, 0, false},
                     {48, 16, 1, 0.03, false},  {32, 5, 0.7, 0.06, true}, {32, 8, 1.5, 0.06, false},
                     {40, 12, 1, 0.06, true},   {48, 16, 3, 0.06, true},  {32, 8, 1, 0.1, true},
                     {40, 12, 2.5, 0.1, false}, {48, 16, 2, 0.1, true}};
  for (auto const& c : cases) {
    CAPTURE(c.radius);
    CAPTURE(c.blur);
    CAPTURE(c.noise);
    auto v = blurred_ball(c.n, c.radius, c.blur);
    if (c.noise > 0) add_noise(v, c.noise, c.clip);
    auto const r = edge_threshold(v);
    REQUIRE_MESSAGE(r.found, r.why_not);
    double const truth = 4.0 / 3 * pi * c.radius * c.radius * c.radius;
    CHECK(std::abs(r.volume / truth - 1) < 0.02);
    CHECK(std::abs(above(v, r.threshold) / truth - 1) < 0.02);
    CHECK(r.blur == doctest::Approx(c.blur / c.radius).epsilon(0.1));
    CHECK(r.plateau == doctest::Approx(1).epsilon(0.03));
    CHECK(r.r_squared > 0.998);
  }
}

TEST_CASE("half the plateau is a worse threshold the wider the blur is, and so is the least gradient") {
  auto const v = blurred_ball(40, 12, 2.5);
  double const truth = 4.0 / 3 * pi * 12 * 12 * 12;
  auto const r = edge_threshold(v);
  REQUIRE(r.found);
  CHECK(above(v, 0.5) / truth - 1 < -0.1);
  CHECK(above(v, r.least_gradient) / truth - 1 < -0.2);  // by about 9 (blur / radius)^2
  CHECK(r.threshold < 0.45);
  CHECK(r.least_gradient > 0.6);
}

TEST_CASE("a rod and a film are bent less, and their threshold is higher") {
  int const n = 40;
  std::vector<float> rod, film;
  for (int z = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) {
        double const across = std::hypot(x - 19.3, z - 19.6), depth = std::abs(z - 19.6),
                     w = 1.5 * std::sqrt(2.0);
        // a cylinder's blur to second order in blur / radius; a film's exactly
        double const bend =
            1.5 / (2 * 9) / std::sqrt(2 * pi) * std::exp(-0.5 * std::pow((across - 9) / 1.5, 2));
        rod.push_back(static_cast<float>(0.5 * std::erfc((across - 9) / w) - bend));
        film.push_back(static_cast<float>(0.5 * std::erfc((depth - 9) / w)));
      }
  add_noise(rod, 0.03, true);
  add_noise(film, 0.03, true);
  auto const r = edge_threshold(rod, {.shape = specimen_shape::rod});
  REQUIRE_MESSAGE(r.found, r.why_not);
  CHECK(r.volume / (pi * 81 * n) == doctest::Approx(1).epsilon(0.02));
  auto const f = edge_threshold(film, {.shape = specimen_shape::film});
  REQUIRE_MESSAGE(f.found, f.why_not);
  CHECK(f.volume / (18.0 * n * n) == doctest::Approx(1).epsilon(0.02));
  CHECK(f.threshold == doctest::Approx(0.5).epsilon(0.05));
  CHECK(r.threshold < f.threshold);
}

TEST_CASE("a dense core well inside does not move the edge of what is around it") {
  auto v = blurred_ball(40, 13, 1);
  auto const core = blurred_ball(40, 8, 1);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] += 0.6f * core[i];
  add_noise(v, 0.03, false);
  auto const r = edge_threshold(v);
  REQUIRE_MESSAGE(r.found, r.why_not);
  CHECK(!r.uniform);
  CHECK(std::abs(r.volume / (4.0 / 3 * pi * 13 * 13 * 13) - 1) < 0.02);
}

TEST_CASE("scale and offset of the values do not matter") {
  auto v = blurred_ball(32, 8, 1.2);
  add_noise(v, 0.05, false);
  auto const r = edge_threshold(v);
  for (float& x : v) x = 3e4f * x - 1e3f;
  auto const s = edge_threshold(v);
  REQUIRE((r.found && s.found));
  CHECK(s.threshold == doctest::Approx(3e4 * r.threshold - 1e3).epsilon(0.01));
  CHECK(s.volume == doctest::Approx(r.volume).epsilon(0.005));
}

TEST_CASE("the curve is reported with its fit") {
  auto const v = blurred_ball(32, 8, 1.2);
  auto const r = edge_threshold(v, {.thresholds = 60});
  REQUIRE(r.found);
  REQUIRE(r.thresholds.size() == r.volumes.size());
  REQUIRE(r.fitted.size() == r.volumes.size());
  CHECK(r.thresholds.size() > 40);
  for (std::size_t j = 0; j < r.volumes.size(); ++j) CHECK(r.volumes[j] == above(v, r.thresholds[j]));
}

TEST_CASE("a particle without blur, as segmentation leaves it, is parted half way up") {
  std::size_t const n = 40;
  for (double const noise : {0.0, 0.005, 0.04})
    for (double const core : {1.0, 3.0}) {  // the core is a fifth of it
      std::vector<float> v(n * n * n);
      double volume = 0;
      for (std::size_t i = 0; i < v.size(); ++i) {
        double const r = std::hypot(static_cast<double>(i % n) - 19.5, static_cast<double>(i / n % n) - 19.5,
                                    static_cast<double>(i / n / n) - 19.5);
        v[i] = r < 7 ? static_cast<float>(core) : r < 12 ? 1.0f : 0.0f;
        volume += r < 12;
      }
      if (noise > 0) add_noise(v, noise, false);
      auto const e = edge_threshold(v);
      INFO("noise " << noise << ", core " << core << ": " << e.why_not);
      REQUIRE(e.found);
      CHECK(std::abs(above(v, e.threshold) / volume - 1) < 0.005);
      CHECK(std::abs(e.volume / volume - 1) < 0.005);
      CHECK(e.uniform == (core == 1));
      CHECK(e.plateau == doctest::Approx(1).epsilon(0.2));
      CHECK((e.thresholds.size() == 100 && e.volumes.size() == 100 && e.fitted.size() == 100));
    }
}

TEST_CASE("what has no edge gets a clear answer") {
  auto const reason = [](std::vector<float> const& v) {
    auto const r = edge_threshold(v);
    CHECK(!r.found);
    CHECK(r.threshold == 0);
    return r.why_not;
  };
  std::vector<float> flat(1000, 2.5f);
  CHECK(reason(flat) == "all values are 2.5; there is no edge");
  std::vector<float> noise(30000, 0.0f);
  add_noise(noise, 1, false);
  CHECK(reason(noise).size() > 10);
  std::vector<float> ramp;
  for (int i = 0; i < 30000; ++i) ramp.push_back(static_cast<float>(i));
  CHECK(reason(ramp).size() > 10);
  std::vector<float> clipped = noise;
  for (float& x : clipped) x = std::max(x, 0.0f);
  CHECK(reason(clipped).size() > 10);
  std::vector<float> full(30000, 1.0f);  // a specimen that leaves the field of view everywhere
  add_noise(full, 0.05, false);
  CHECK(reason(full).size() > 10);
  auto drowned = blurred_ball(32, 5, 1);
  add_noise(drowned, 0.5, false);
  CHECK(reason(drowned).size() > 10);
  std::vector<float> one(8000, 0.0f);
  one[77] = 5;
  CHECK(reason(one).size() > 10);
}

TEST_CASE("nonsense is refused") {
  std::vector<float> v(100, 1.0f);
  CHECK_THROWS_AS(edge_threshold(std::span(v).first(10)), shape_error);
  CHECK_THROWS_AS(edge_threshold(v, {.thresholds = 3}), value_error);
  CHECK_THROWS_AS(edge_threshold(v, {.shape = static_cast<specimen_shape>(9)}), value_error);
  v[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(edge_threshold(v), value_error);
}
