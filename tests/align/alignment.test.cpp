// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/alignment.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

using namespace tomoedx;

namespace {

/// Where an alignment brings a point that is measured from the centre of the image.
std::array<double, 2> moved(alignment const& a, std::size_t t, std::array<double, 2> p) {
  double const r = a.rotation_deg * std::numbers::pi / 180;
  return {std::cos(r) * p[0] - std::sin(r) * p[1] + a.dx[t],
          std::sin(r) * p[0] + std::cos(r) * p[1] + a.dy[t]};
}

alignment some(double rotation, double offset, std::vector<double> dx, std::vector<double> dy) {
  alignment a(dx.size());
  a.dx = std::move(dx), a.dy = std::move(dy), a.rotation_deg = rotation, a.axis_offset = offset;
  a.steps.push_back({"some", {{"rotation", rotation}}});
  return a;
}

}  // namespace

TEST_CASE("one alignment then another moves points as the two do in turn, and keeps both steps") {
  auto const a = some(12, 1.5, {1, -2}, {3, 0.5}), b = some(-40, 0.25, {0.3, 7}, {-1, 2});
  auto const both = then(a, b);
  for (std::size_t t = 0; t < 2; ++t)
    for (auto const& p : {std::array{0.0, 0.0}, {10.0, 0.0}, {-3.0, 8.0}}) {
      auto const twice = moved(b, t, moved(a, t, p)), once = moved(both, t, p);
      CHECK(once[0] == doctest::Approx(twice[0]));
      CHECK(once[1] == doctest::Approx(twice[1]));
    }
  CHECK(both.axis_offset == doctest::Approx(1.75));
  CHECK(both.steps.size() == 2);
}

TEST_CASE("the geometry of an alignment projects a point to where the image has it before it is moved") {
  auto const a = some(0, 2.5, {1.25, -0.5}, {0, 0});
  auto const beam = aligned_geometry({.tilts_deg = {0, 60}, .width = 8, .depth = 8, .detector = 21}, a);
  CHECK(beam.axis_bin(0) == doctest::Approx(10 + 2.5 - 1.25));  // moved by dx it is in register
  CHECK(beam.axis_bin(1) == doctest::Approx(10 + 2.5 + 0.5));
  CHECK_THROWS_AS(aligned_geometry({.tilts_deg = {0}}, a), shape_error);
}

TEST_CASE("a shift of the whole specimen is taken out exactly and is no distance") {
  std::vector<double> const tilts{-70, -40, -5, 20, 45, 66};
  std::vector<double> dx;
  for (double const t : tilts) dx.push_back(3 * direction_of(t).cos - 2 * direction_of(t).sin);
  alignment const rigid = some(0, 0, dx, std::vector<double>(6, 4.0)), none(6);
  auto const d = distance(rigid, none, tilts);
  CHECK(d.x < 1e-12);
  CHECK(d.y < 1e-12);
  auto const [x, z] = remove_rigid_shift(tilts, dx);
  CHECK(x == doctest::Approx(3));
  CHECK(z == doctest::Approx(-2));
  for (double const v : dx) CHECK(std::abs(v) < 1e-12);
  auto bent = rigid;
  bent.dx[2] += 1, bent.dy[1] += 0.6;
  auto const far = distance(bent, none, tilts);
  CHECK(far.x > 0.2);
  CHECK(far.x < std::sqrt(1.0 / 6) + 1e-12);
  CHECK(far.y == doctest::Approx(0.6 * std::sqrt(5.0) / 6));
  std::vector<double> one{5, 5};  // all at one angle: only one direction is known
  remove_rigid_shift(std::vector<double>{0, 0}, one);
  CHECK(std::abs(one[0]) < 1e-12);
}

TEST_CASE("an axis offset and equal shifts against it are the same alignment") {
  std::vector<double> const tilts{-60, 0, 60};
  CHECK(distance(some(0, 2, {0, 0, 0}, {0, 0, 0}), some(0, 0, {-2, -2, -2}, {1, 1, 1}), tilts).x < 1e-12);
}

TEST_CASE("alignments that mean nothing are refused") {
  alignment const two(2), three(3);
  CHECK_THROWS_AS(then(two, three), shape_error);
  auto broken = two;
  broken.dx[1] = NAN;
  CHECK_THROWS_AS(validate(broken, 2, "test"), value_error);
  broken = two;
  broken.rotation_deg = 400;
  CHECK_THROWS_AS(validate(broken, 2, "test"), value_error);
  broken = two;
  broken.axis_offset = INFINITY;
  CHECK_THROWS_AS(validate(broken, 2, "test"), value_error);
  CHECK_THROWS_AS(validate(two, 3, "test"), shape_error);
  std::vector<double> dx{1};
  CHECK_THROWS_AS(remove_rigid_shift(std::vector<double>{0, 1}, dx), shape_error);
}
