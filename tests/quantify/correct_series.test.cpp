// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/correct_series.hpp>
#include <tomoedx/quantify/detector.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace tomoedx;

namespace {

constexpr std::size_t width = 25, rows = 21;
constexpr double radius = 8.4;
absorption_table const table{2, {600, 5200, 50, 45}};
mass_scale const scale{{1, 1}, true};
double const density[] = {1.5, 2};

parallel_beam beam() {
  parallel_beam b{.tilts_deg = {}, .width = width, .depth = width, .detector = 29, .axis_offset = 0.5};
  for (int t = -70; t <= 70; t += 20) b.tilts_deg.push_back(t);
  b.shifts.assign(b.tilts(), 0.25);
  return b;
}

absorption_setup setup(beam_side side = beam_side::high_z) {
  return {table, beam().tilts_deg, {{.elevation_deg = 18, .azimuth_deg = 0}}, nanometre(60), side};
}

/// A ball of one alloy, its surface smoothed by the part of each voxel in it.
std::vector<float> ball() {
  std::vector<float> v(2 * width * rows * width);
  for (std::size_t i = 0; i < v.size() / 2; ++i) {
    int inside = 0;
    for (int k = 0; k < 216; ++k) {
      double const x = static_cast<double>(i % width) - 12 + (k % 6 - 2.5) / 6,
                   y = static_cast<double>(i / width % rows) - 10 + (k / 6 % 6 - 2.5) / 6,
                   z = static_cast<double>(i / width / rows) - 12 + (k / 36 - 2.5) / 6;
      inside += x * x + y * y + z * z < radius * radius;
    }
    for (std::size_t e = 0; e < 2; ++e)
      v[e * (v.size() / 2) + i] = static_cast<float>(density[e] * inside / 216.0);
  }
  return v;
}

/// Maps of that ball with every point's way out in closed form, sampled four times finer than the voxels.
std::vector<float> maps(bool absorbing, beam_side side = beam_side::high_z) {
  auto const b = beam();
  auto const s = setup(side);
  std::size_t const pixels = rows * b.detector;
  std::vector<float> series(2 * b.tilts() * pixels);
  for (std::size_t t = 0; t < b.tilts(); ++t) {
    auto const way = way_to_detector(s.segments[0], degree(b.tilts_deg[t]), side);
    direction const d = direction_of(b.tilts_deg[t]);
    double const h = 0.25;
    for (double z = -9 + h / 2; z < 9; z += h)
      for (double y = -9 + h / 2; y < 9; y += h)
        for (double x = -9 + h / 2; x < 9; x += h) {
          double const rest = radius * radius - x * x - y * y - z * z;
          if (rest <= 0) continue;
          double const along = x * way[0] + y * way[1] + z * way[2],
                       out = -along + std::sqrt(along * along + rest);
          double const bin = b.axis_bin(t) + x * d.cos + z * d.sin;
          auto const low = static_cast<std::size_t>(bin);
          auto const row = static_cast<std::size_t>(std::floor(y + 10.5));
          for (std::size_t e = 0; e < 2; ++e) {
            double const mu = (table(e, 0) * density[0] + table(e, 1) * density[1]) * 60e-7;
            double const seen = density[e] * h * h * h * (absorbing ? std::exp(-mu * out) : 1);
            float* const line = &series[((e * b.tilts() + t) * rows + row) * b.detector];
            line[low] += static_cast<float>(seen * (1 - (bin - static_cast<double>(low))));
            line[low + 1] += static_cast<float>(seen * (bin - static_cast<double>(low)));
          }
        }
  }
  return series;
}

/// SIRT in plain loops, with the same two bins for each voxel.
std::vector<float> reconstruct(std::span<float const> series, int iterations) {
  auto const b = beam();
  std::size_t const n = width * rows * width, pixels = rows * b.detector, views = b.tilts() * pixels;
  std::vector<float> x(2 * n), ones(n, 1.0f);
  auto const each = [&](auto const& touch) {
    for (std::size_t t = 0; t < b.tilts(); ++t) {
      direction const d = direction_of(b.tilts_deg[t]);
      for (std::size_t i = 0; i < n; ++i) {
        double const bin = b.axis_bin(t) + (static_cast<double>(i % width) - 12) * d.cos +
                           (static_cast<double>(i / width / rows) - 12) * d.sin;
        for (int side = 0; side < 2; ++side) {
          double const at = std::floor(bin) + side;
          if (at < 0 || at >= static_cast<double>(b.detector)) continue;
          touch(i, (t * rows + i / width % rows) * b.detector + static_cast<std::size_t>(at),
                static_cast<float>(side ? bin - std::floor(bin) : 1 - bin + std::floor(bin)));
        }
      }
    }
  };
  std::vector<float> row(views), column(n);
  each([&](std::size_t i, std::size_t p, float w) { row[p] += w, column[i] += w; });
  for (int k = 0; k < iterations; ++k)
    for (std::size_t e = 0; e < 2; ++e) {
      std::vector<float> model(views), step(n);
      each([&](std::size_t i, std::size_t p, float w) { model[p] += w * x[e * n + i]; });
      for (std::size_t p = 0; p < views; ++p)
        model[p] = row[p] > 0 ? (series[e * views + p] - model[p]) / row[p] : 0;
      each([&](std::size_t i, std::size_t p, float w) { step[i] += w * model[p]; });
      for (std::size_t i = 0; i < n; ++i)
        x[e * n + i] = std::max(0.0f, x[e * n + i] + (column[i] > 0 ? step[i] / column[i] : 0));
    }
  return x;
}

/// How much of the counts of an element is wrong.
double wrong(std::vector<float> const& a, std::vector<float> const& b, std::size_t e) {
  double difference = 0, all = 0;
  for (std::size_t i = e * a.size() / 2; i < (e + 1) * a.size() / 2; ++i)
    difference += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])),
        all += static_cast<double>(b[i]);
  return difference / all;
}

}  // namespace

TEST_CASE("factors from a ball's voxels undo what a finer and exact calculation absorbed, from either side") {
  auto const unabsorbed = maps(false);
  for (auto const side : {beam_side::high_z, beam_side::low_z}) {
    auto series = maps(true, side);
    CHECK(wrong(series, unabsorbed, 0) > 0.3);
    auto const factors = absorption_factors(ball(), rows, beam(), scale, setup(side));
    REQUIRE(factors.size() == series.size());
    for (std::size_t i = 0; i < series.size(); ++i) series[i] *= factors[i];
    CHECK(wrong(series, unabsorbed, 0) < 0.02);
    CHECK(wrong(series, unabsorbed, 1) < 0.001);
    // a detector on the other side of the tilt axis would have absorbed otherwise
    auto other = maps(true, side);
    auto opposite = setup(side);
    opposite.segments[0].azimuth_deg = 180;
    auto const mirrored = absorption_factors(ball(), rows, beam(), scale, opposite);
    for (std::size_t i = 0; i < other.size(); ++i) other[i] *= mirrored[i];
    CHECK(wrong(other, unabsorbed, 0) > 0.05);
  }
}

TEST_CASE("reconstruction and correction in turn end at the unabsorbed maps") {
  auto const unabsorbed = maps(false);
  auto series = maps(true);
  double const before = wrong(series, unabsorbed, 0);
  auto const r = correct_series(series, rows, beam(), scale, setup(),
                                [](std::span<float const> s) { return reconstruct(s, 40); },
                                {.iterations = 20, .tolerance = 2e-3});
  CHECK(r.converged);
  CHECK(wrong(series, unabsorbed, 0) < 0.02);
  CHECK(wrong(series, unabsorbed, 0) < before / 20);
  CHECK(r.through[0] < 0.75);
  CHECK(r.through[1] > 0.98);
}

TEST_CASE("maps that no specimen could give are not called converged") {
  auto series = maps(false);
  auto thick = setup();
  thick.voxel = nanometre(1e5);
  auto const r = correct_series(series, rows, beam(), scale, thick,
                                [](std::span<float const>) { return ball(); }, {.iterations = 3});
  CHECK(!r.converged);
  CHECK(r.beyond > 0);
}

TEST_CASE("where there is no specimen or no absorption nothing changes") {
  auto v = ball();
  for (float& x : v) x *= 1e-7f;
  for (float const f : absorption_factors(v, rows, beam(), scale, setup()))
    CHECK(f == doctest::Approx(1).epsilon(1e-5));
  std::vector<float> const vacuum(v.size());
  for (float const f : absorption_factors(vacuum, rows, beam(), scale, setup())) CHECK(f == 1);
}

TEST_CASE("geometries and volumes that do not fit are refused") {
  auto const v = ball();
  auto other = setup();
  other.tilts_deg.pop_back();
  CHECK_THROWS_AS(absorption_factors(v, rows, beam(), scale, other), value_error);
  CHECK_THROWS_AS(absorption_factors(v, rows + 1, beam(), scale, setup()), shape_error);
  std::vector<float> series(10);
  auto const none = [](std::span<float const>) { return std::vector<float>(); };
  CHECK_THROWS_AS(correct_series(series, rows, beam(), scale, setup(), none), shape_error);
  auto full = maps(true);
  auto const kept = full;
  CHECK_THROWS_AS(correct_series(full, rows, beam(), scale, setup(), none), shape_error);
  CHECK(full == kept);
}
