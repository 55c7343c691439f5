// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/centre_of_mass.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

TEST_CASE("centres of mass align an isolated specimen exactly, wherever it is") {
  std::vector<double> tilts;
  for (int t = -70; t <= 70; t += 7) tilts.push_back(t);
  auto balls = particles(15, 14, 3);
  for (ball& b : balls) b.x += 5, b.z -= 3, b.y += 2;
  std::vector<misplacement> at(tilts.size());
  alignment truth(tilts.size());
  truth.axis_offset = 1.5;
  for (std::size_t t = 0; t < tilts.size(); ++t) {
    random_stream r(1, t);
    truth.dx[t] = at[t].dx = 4 * r.uniform() - 2, truth.dy[t] = at[t].dy = 4 * r.uniform() - 2;
  }
  auto const series = series_of(balls, tilts, 64, 64, 1.5, at);
  auto const found = align_by_centre_of_mass(series, {tilts.size(), 64, 64}, tilts);
  auto const off = distance(found, truth, tilts);
  CHECK(off.x < 0.01);
  CHECK(off.y < 0.01);

  auto const still = series_of(balls, tilts, 64, 64, 1.5);
  auto const axis = fit_axis(tilts, centres_of_mass(still, {tilts.size(), 64, 64}).x);
  CHECK(std::abs(axis.axis_offset - 1.5) < 0.05);
  double mass = 0, x = 0, z = 0;
  for (ball const& b : balls) {
    double const m = b.density * b.radius * b.radius * b.radius;
    mass += m, x += m * b.x, z += m * b.z;
  }
  CHECK(std::abs(axis.x - x / mass) < 0.05);
  CHECK(std::abs(axis.z - z / mass) < 0.02);
  CHECK(axis.rms < 0.01);
}

TEST_CASE("the centre of one pixel is its place, and images without mass are refused") {
  std::vector<float> image(35);
  image[2 * 7 + 5] = 3;
  auto const c = centres_of_mass(image, {1, 5, 7});
  CHECK(c.x[0] == doctest::Approx(2));
  CHECK(c.y[0] == doctest::Approx(0).epsilon(1e-12));
  CHECK_THROWS_AS(centres_of_mass(std::vector<float>(35), {1, 5, 7}), value_error);
  CHECK_THROWS_AS(centres_of_mass(image, {1, 5, 8}), shape_error);
  CHECK_THROWS_AS(align_by_centre_of_mass(image, {1, 5, 7}, std::vector<double>{0, 1}), shape_error);
  CHECK_THROWS_AS(fit_axis(std::vector<double>{0, 1}, std::vector<double>{0, 1}), shape_error);
}

TEST_CASE("after an axis offset was found the centre of mass keeps it, if told") {
  std::vector<double> const tilts{-60, -40, -20, 0, 20, 40, 60};
  auto const series = series_of(particles(20, 15, 3), tilts, 64, 64, 5);
  alignment known(tilts.size());
  known.axis_offset = 5;
  auto const both = then(known, align_by_centre_of_mass(series, {7, 64, 64}, tilts, known.axis_offset));
  CHECK(distance(both, known, tilts).x < 0.01);
  CHECK(both.axis_offset == 5);
  CHECK_THROWS_AS(align_by_centre_of_mass(series, {7, 64, 64}, tilts, NAN), value_error);
}
