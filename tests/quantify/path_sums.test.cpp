// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/quantify/path_sums.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace tomoedx;

namespace {

std::vector<float> random_volume(volume_shape const& s) {
  std::vector<float> v(s.voxels());
  for (std::size_t i = 0; i < v.size(); ++i) {
    random_stream g(9, i);
    v[i] = g.uniform() < 0.3 ? 0.0f : static_cast<float>(g.uniform());
  }
  return v;
}

/// Many small steps from the middle of a voxel outwards.
double brute_force(std::vector<float> const& v, volume_shape const& s, std::size_t z, std::size_t y,
                   std::size_t x, std::array<double, 3> way) {
  double const length = std::hypot(way[0], way[1], way[2]), step = 1e-3;
  double sum = 0;
  for (double at = 0.5 * step;; at += step) {
    double const px = static_cast<double>(x) + 0.5 + at * way[0] / length,
                 py = static_cast<double>(y) + 0.5 + at * way[1] / length,
                 pz = static_cast<double>(z) + 0.5 + at * way[2] / length;
    if (px < 0 || py < 0 || pz < 0 || px >= static_cast<double>(s.width) ||
        py >= static_cast<double>(s.rows) || pz >= static_cast<double>(s.depth))
      return sum;
    sum += step * static_cast<double>(
                      v[(static_cast<std::size_t>(pz) * s.rows + static_cast<std::size_t>(py)) * s.width +
                        static_cast<std::size_t>(px)]);
  }
}

}  // namespace

TEST_CASE("sums agree with many small steps, in any direction") {
  volume_shape const s{7, 5, 9};
  auto const v = random_volume(s);
  std::vector<float> sums(v.size());
  for (std::array<double, 3> const way :
       {std::array{0.3, 0.5, 0.8}, std::array{-0.9, 0.1, 0.2}, std::array{0.1, -2.0, -0.4},
        std::array{-0.2, -0.3, -0.1}, std::array{1.0, 0.0, 0.37}, std::array{0.0, -0.6, 0.7}}) {
    path_sums(v, s, way, sums);
    double worst = 0;
    for (std::size_t i = 0; i < v.size(); ++i)
      worst = std::max(
          worst, std::abs(static_cast<double>(sums[i]) - brute_force(v, s, i / 45, i / 9 % 5, i % 9, way)));
    CHECK(worst < 0.01);  // of the small steps
  }
}

TEST_CASE("along the axes the sums are plain sums, half of the first voxel") {
  volume_shape const s{4, 3, 6};
  auto const v = random_volume(s);
  std::vector<float> sums(v.size());
  path_sums(v, s, {2, 0, 0}, sums);
  for (std::size_t row = 0; row < 12; ++row) {
    double expected = 0;
    for (std::size_t x = 6; x-- > 0;) {
      expected += 0.5 * static_cast<double>(v[row * 6 + x]);
      CHECK(sums[row * 6 + x] == doctest::Approx(expected).epsilon(1e-6));
      expected += 0.5 * static_cast<double>(v[row * 6 + x]);
    }
  }
  path_sums(v, s, {0, 0, -1}, sums);
  CHECK(sums[3 * 18 + 5] == doctest::Approx(0.5 * v[3 * 18 + 5] + v[2 * 18 + 5] + v[18 + 5] + v[5]));
  path_sums(v, s, {0, 1, 0}, sums);
  CHECK(sums[7] == doctest::Approx(0.5 * v[7] + v[13]));
}

TEST_CASE("in a uniform box the sum is the distance to its wall, and from a ball's centre its radius") {
  volume_shape const s{11, 11, 11};
  std::vector<float> v(s.voxels(), 1.0f), sums(v.size());
  std::array<double, 3> const way{0.48, 0.6, 0.64};
  path_sums(v, s, way, sums);
  for (std::size_t i = 0; i < v.size(); ++i) {
    double const room[] = {10.5 - static_cast<double>(i % 11), 10.5 - static_cast<double>(i / 11 % 11),
                           10.5 - static_cast<double>(i / 121)};
    CHECK(sums[i] ==
          doctest::Approx(std::min({room[0] / 0.48, room[1] / 0.6, room[2] / 0.64})).epsilon(1e-5));
  }
  volume_shape const t{41, 41, 41};
  std::vector<float> ball(t.voxels()), out(ball.size());
  for (std::size_t i = 0; i < ball.size(); ++i)
    ball[i] = std::hypot(static_cast<double>(i % 41) - 20, static_cast<double>(i / 41 % 41) - 20,
                         static_cast<double>(i / 1681) - 20) < 17.2;
  for (int k = 0; k < 20; ++k) {
    random_stream g(4, static_cast<std::uint64_t>(k));
    path_sums(ball, t, {g.normal(), g.normal(), g.normal()}, out);
    CHECK(std::abs(out[20 * 1681 + 20 * 41 + 20] - 17.2) < 0.9);  // steps of its voxels
  }
}

TEST_CASE("what is empty costs nothing and sums to nothing") {
  volume_shape const s{3, 4, 5};
  std::vector<float> v(s.voxels()), sums(v.size(), 7.0f);
  path_sums(v, s, {1, 1, 1}, sums);
  for (float const f : sums) CHECK(f == 0);
  v[2 * 20 + 3 * 5 + 4] = 2;  // one voxel in the corner, seen from the opposite one
  path_sums(v, s, {4, 3, 2}, sums);
  CHECK(sums[0] ==
        doctest::Approx(2 * std::sqrt(29.0) / 4));  // one step in x is the shortest of its ways through
  CHECK(sums[1] ==
        doctest::Approx(2 * std::sqrt(29.0) * (3.5 / 4 - 2.5 / 3)));  // into it through y, out through x
  CHECK(sums[5] == 0);
  CHECK(sums[2] == 0);
}

TEST_CASE("sizes that do not fit and ways of no direction are refused") {
  std::vector<float> v(8), sums(8);
  CHECK_THROWS_AS(path_sums(v, {2, 2, 3}, {1, 0, 0}, sums), shape_error);
  CHECK_THROWS_AS(path_sums(v, {2, 2, 2}, {1, 0, 0}, std::span(sums).first(7)), shape_error);
  CHECK_THROWS_AS(path_sums(v, {2, 2, 2}, {0, 0, 0}, sums), value_error);
  CHECK_THROWS_AS(path_sums(v, {2, 2, 2}, {std::numeric_limits<double>::quiet_NaN(), 0, 1}, sums),
                  value_error);
  CHECK_THROWS_AS(path_sums({}, {0, 2, 2}, {1, 0, 0}, {}), shape_error);
}
