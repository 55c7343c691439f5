// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/reference/projector.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace {

using tomoedx::direction, tomoedx::direction_of, tomoedx::parallel_beam, tomoedx::reference::weight;
namespace reference = tomoedx::reference;

constexpr weight kinds[] = {weight::strip, weight::joseph, weight::siddon};

/// Where a point lies across the beam, and the unit square around the origin: written out again.
bool in_square(double x, double z) {
  return std::abs(x) <= 0.5 && std::abs(z) <= 0.5;
}

double strip_by_points(double d, direction const& t) {
  int const n = 1200;
  int inside = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      double const x = (i + 0.5) / n - 0.5, z = (j + 0.5) / n - 0.5;
      inside += std::abs(x * t.cos + z * t.sin - d) < 0.5;
    }
  return static_cast<double>(inside) / (static_cast<double>(n) * n);
}

double siddon_by_points(double d, direction const& t) {
  int const n = 400000;
  int inside = 0;
  for (int i = 0; i < n; ++i) {
    double const l = 2.0 * ((i + 0.5) / n - 0.5);
    inside += in_square(d * t.cos - l * t.sin, d * t.sin + l * t.cos);
  }
  return 2.0 * inside / n;
}

std::vector<double> random_values(std::size_t n, std::uint64_t seed) {
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = tomoedx::random_stream(seed, i).uniform();
  return v;
}

}  // namespace

TEST_CASE("the strip weight is the area of the strip in the voxel, counted point by point") {
  for (double const tilt : {0.0, 7.0, 30.0, 45.0, -62.0, 90.0, 135.0, 200.0})
    for (double const d : {0.0, 0.13, -0.4, 0.55, 0.9, -1.1, 1.3}) {
      CAPTURE(tilt);
      CAPTURE(d);
      auto const t = direction_of(tilt);
      CHECK(std::abs(reference::strip_weight(0, 0, t, d) - strip_by_points(d, t)) < 2e-3);
    }
}

TEST_CASE("the siddon weight is the length of the ray in the voxel, counted point by point") {
  for (double const tilt : {0.0, 7.0, 30.0, 45.0, -62.0, 90.0, 135.0, 200.0})
    for (double const d : {0.0, 0.13, -0.4, 0.45, 0.55, 0.69, -1.1}) {
      CAPTURE(tilt);
      CAPTURE(d);
      auto const t = direction_of(tilt);
      CHECK(std::abs(reference::siddon_weight(0, 0, t, d) - siddon_by_points(d, t)) < 2e-5);
    }
}

TEST_CASE("a ray along an edge gives half its length to the voxel on either side") {
  for (double const tilt : {0.0, 90.0, 180.0, -90.0})
    for (double const side : {-0.5, 0.5}) {
      CHECK(reference::siddon_weight(0, 0, direction_of(tilt), side) == 0.5);
      CHECK(reference::siddon_weight(0, 0, direction_of(tilt), 0.99 * side) == doctest::Approx(1.0));
      CHECK(reference::siddon_weight(0, 0, direction_of(tilt), 1.01 * side) == 0);
    }
}

TEST_CASE("joseph interpolates between the two voxels next to the ray") {
  // a ray at 30 degrees through row z meets x = (s - z sin) / cos
  auto const t = direction_of(30);
  double const s = 1.3, z = 2, crossing = (s - z * t.sin) / t.cos, below = std::floor(crossing);
  double const share = crossing - below;
  CHECK(reference::joseph_weight(below, z, t, s) == doctest::Approx((1 - share) / t.cos).epsilon(1e-14));
  CHECK(reference::joseph_weight(below + 1, z, t, s) == doctest::Approx(share / t.cos).epsilon(1e-14));
  CHECK(reference::joseph_weight(below + 2, z, t, s) == 0);
  CHECK(reference::joseph_weight(below - 1, z, t, s) == 0);
  // past 45 degrees it walks along x
  auto const steep = direction_of(70);
  double const x = -1, cross = (s - x * steep.cos) / steep.sin, low = std::floor(cross);
  CHECK(reference::joseph_weight(x, low, steep, s) ==
        doctest::Approx((1 - (cross - low)) / steep.sin).epsilon(1e-14));
}

TEST_CASE("area_below cuts the square where the line is") {
  std::array<reference::point, 4> const square{{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}}};
  for (double const tilt : {0.0, 20.0, 45.0, 90.0, -130.0}) {
    auto const t = direction_of(tilt);
    CHECK(reference::area_below(square, t, -1) == 0);
    CHECK(reference::area_below(square, t, 1) == doctest::Approx(1).epsilon(1e-15));
    CHECK(reference::area_below(square, t, 0) == doctest::Approx(0.5).epsilon(1e-15));
    for (double const c : {0.1, 0.33, 0.6})
      CHECK(reference::area_below(square, t, c) + reference::area_below(square, t, -c) ==
            doctest::Approx(1).epsilon(1e-14));
  }
  CHECK(reference::area_below(square, direction_of(0), -0.25) == doctest::Approx(0.25).epsilon(1e-15));
  // the corner of 45 degrees is a triangle
  CHECK(reference::area_below(square, direction_of(45), -0.5) ==
        doctest::Approx(std::pow(std::sqrt(0.5) - 0.5, 2)).epsilon(1e-14));
}

TEST_CASE("a voxel falls where the convention says: s = x cos t + z sin t from the centres") {
  parallel_beam const g{.tilts_deg = {0, 90, -90, 180, 37},
                        .width = 9,
                        .depth = 7,
                        .detector = 21,
                        .axis_offset = 1,
                        .shifts = {0, 0, 0, 0, 2}};
  std::vector<double> volume(g.voxels());
  volume[1 * g.width + 7] = 1;  // z = -2, x = 3 from the centre
  for (auto const kind : kinds) {
    auto const stack = reference::project(g, kind, 1, volume);
    auto const centre_of = [&](std::size_t t) {
      double sum = 0, moment = 0;
      for (std::size_t b = 0; b < g.detector; ++b) {
        sum += stack[t * g.detector + b];
        moment += static_cast<double>(b) * stack[t * g.detector + b];
      }
      return moment / sum;
    };
    CHECK(centre_of(0) == doctest::Approx(10 + 1 + 3));
    CHECK(centre_of(1) == doctest::Approx(10 + 1 - 2));
    CHECK(centre_of(2) == doctest::Approx(10 + 1 + 2));
    CHECK(centre_of(3) == doctest::Approx(10 + 1 - 3));
    if (kind == weight::strip) {
      auto const t = direction_of(37);
      double const s = 10 + 1 - 2 + 3 * t.cos - 2 * t.sin;
      CHECK(std::abs(centre_of(4) - s) < 0.1);  // bins sample the shadow
    }
  }
}

TEST_CASE("projections of a disc are its chords") {
  double const radius = 30;
  parallel_beam const g{.tilts_deg = {0, 17, 45, 63, 90, -31}, .width = 81, .depth = 81, .detector = 81};
  std::vector<double> disc(g.voxels());
  for (std::size_t iz = 0; iz < g.depth; ++iz)
    for (std::size_t ix = 0; ix < g.width; ++ix) {
      // the covered share of the voxel
      double inside = 0;
      for (int a = 0; a < 10; ++a)
        for (int b = 0; b < 10; ++b) {
          double const x = static_cast<double>(ix) - 40.5 + (a + 0.5) / 10,
                       z = static_cast<double>(iz) - 40.5 + (b + 0.5) / 10;
          inside += x * x + z * z < radius * radius;
        }
      disc[iz * g.width + ix] = inside / 100;
    }
  for (auto const kind : kinds) {
    auto const stack = reference::project(g, kind, 1, disc);
    for (std::size_t t = 0; t < g.tilts(); ++t)
      for (std::size_t b = 0; b < g.detector; ++b) {
        double const s = static_cast<double>(b) - 40;
        if (std::abs(s) > radius - 4) continue;  // the rim is steep
        double const chord = 2 * std::sqrt(radius * radius - s * s);
        CHECK(stack[t * g.detector + b] == doctest::Approx(chord).epsilon(0.03));
      }
  }
}

TEST_CASE("backprojection is the transpose of projection, slices and all") {
  parallel_beam const g{.tilts_deg = {-50, 0, 21},
                        .width = 9,
                        .depth = 7,
                        .detector = 8,
                        .axis_offset = 0.7,
                        .shifts = {0.5, 0, -1}};
  std::size_t const slices = 3;
  auto const x = random_values(g.voxels() * slices, 1), y = random_values(g.rays() * slices, 2);
  for (auto const kind : kinds) {
    auto const ax = reference::project(g, kind, slices, x);
    auto const aty = reference::backproject(g, kind, slices, y);
    double left = 0, right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) left += ax[i] * y[i];
    for (std::size_t j = 0; j < x.size(); ++j) right += x[j] * aty[j];
    CHECK(left == doctest::Approx(right).epsilon(1e-13));
  }
}

TEST_CASE("slices lie as (z, y, x) and (tilt, y, bin) and do not mix") {
  parallel_beam const g{.tilts_deg = {-50, 0, 21}, .width = 6, .depth = 5, .detector = 8};
  std::size_t const slices = 3;
  auto const one = random_values(g.voxels(), 3);
  std::vector<double> volume(g.voxels() * slices);
  for (std::size_t iz = 0; iz < g.depth; ++iz)
    for (std::size_t ix = 0; ix < g.width; ++ix)
      volume[(iz * slices + 1) * g.width + ix] = one[iz * g.width + ix];
  auto const stack = reference::project(g, weight::strip, slices, volume);
  auto const single = reference::project(g, weight::strip, 1, one);
  for (std::size_t t = 0; t < g.tilts(); ++t)
    for (std::size_t y = 0; y < slices; ++y)
      for (std::size_t b = 0; b < g.detector; ++b)
        CHECK(stack[(t * slices + y) * g.detector + b] == (y == 1 ? single[t * g.detector + b] : 0));
}

TEST_CASE("the reference refuses a geometry that means nothing and arrays that do not fit it") {
  parallel_beam const none{.tilts_deg = {}, .width = 6, .depth = 5, .detector = 8};
  CHECK_THROWS_AS(reference::project(none, weight::strip, 1, std::vector<double>(30)), tomoedx::shape_error);
  parallel_beam const g{.tilts_deg = {0}, .width = 6, .depth = 5, .detector = 8};
  CHECK_THROWS_AS(reference::project(g, weight::strip, 1, std::vector<double>(60)), tomoedx::shape_error);
  CHECK_THROWS_AS(reference::backproject(g, weight::strip, 1, std::vector<double>(16)), tomoedx::shape_error);
}
