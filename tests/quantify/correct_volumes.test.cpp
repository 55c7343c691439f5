// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/quantify/correct_volumes.hpp>
#include <tomoedx/quantify/detector.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace tomoedx;

namespace {

volume_shape const shape{24, 20, 24};
absorption_table const table{2, {400, 5000, 40, 45}};

/// A core of the second element, with some of the first, in a shell of both; in g/cm3.
std::vector<float> core_shell() {
  std::size_t const n = shape.voxels();
  std::vector<float> v(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    double const r = std::hypot(static_cast<double>(i % 24) - 12, static_cast<double>(i / 24 % 20) - 9.5,
                                static_cast<double>(i / 480) - 11);
    if (r < 8.5) v[i] = r < 4 ? 1.0f : 2.0f, v[n + i] = r < 4 ? 5.0f : 0.8f;
  }
  return v;
}

absorption_setup setup(double nm) {
  return {table, {-60, -30, 0, 30, 60}, four_segments(degree(18)), nanometre(nm)};
}

/// What a volume seems to be, absorbed with transmissions found by steps of a hundredth of a voxel.
std::vector<float> absorbed(std::vector<float> const& truth, absorption_setup const& s) {
  std::size_t const n = shape.voxels();
  std::vector<float> seen(truth.size());
  for (std::size_t i = 0; i < n; ++i) {
    if (truth[i] + truth[n + i] == 0) continue;
    double through[2] = {0, 0};
    for (double const tilt : s.tilts_deg)
      for (auto const& d : s.segments) {
        auto const way = way_to_detector(d, degree(tilt), s.side);
        double depth[2] = {0, 0}, step = 0.01;
        for (double at = 0.5 * step;; at += step) {
          double const x = static_cast<double>(i % 24) + 0.5 + at * way[0],
                       y = static_cast<double>(i / 24 % 20) + 0.5 + at * way[1],
                       z = static_cast<double>(i / 480) + 0.5 + at * way[2];
          if (x < 0 || y < 0 || z < 0 || x >= 24 || y >= 20 || z >= 24) break;
          std::size_t const j = (static_cast<std::size_t>(z) * 20 + static_cast<std::size_t>(y)) * 24 +
                                static_cast<std::size_t>(x);
          for (std::size_t l = 0; l < 2; ++l)
            depth[l] += step * s.voxel.value * 1e-7 *
                        (table(l, 0) * static_cast<double>(truth[j]) +
                         table(l, 1) * static_cast<double>(truth[n + j]));
        }
        for (std::size_t l = 0; l < 2; ++l)
          through[l] += std::exp(-depth[l]) / static_cast<double>(s.tilts_deg.size() * s.segments.size());
      }
    for (std::size_t l = 0; l < 2; ++l) seen[l * n + i] = static_cast<float>(truth[l * n + i] * through[l]);
  }
  return seen;
}

double worst(std::vector<float> const& a, std::vector<float> const& b) {
  double w = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (b[i] > 0) w = std::max(w, std::abs(static_cast<double>(a[i] / b[i]) - 1));
  return w;
}

}  // namespace

TEST_CASE("strong absorption is undone: the composition of a core-shell particle comes back") {
  auto const truth = core_shell();
  auto const s = setup(60);  // 500 nm radius; less than half of some X-rays of the first line come out
  auto const seen = absorbed(truth, s);
  CHECK(worst(seen, truth) > 0.5);
  for (bool const given : {false, true}) {
    auto x = seen;
    // with absolute factors, or with fractions and the density of each voxel's mixture
    auto with = s;
    mass_scale scale{{1, 1}, true};
    if (given) {
      scale.absolute = false;
      // both phases have the volumes of their elements: 1 / rho = sum w / rho_e for core and shell
      // 1/6 v1 + 5/6 v2 = 1/6 and 2/2.8 v1 + 0.8/2.8 v2 = 1/2.8
      double const v2 = (2.0 - 1.0) / (10.0 - 0.8), v1 = 1 - 5 * v2;
      with.densities = {1 / v1, 1 / v2};
    }
    auto const r = correct_volumes(x, shape, scale, with, {.iterations = 200, .tolerance = 1e-6});
    CHECK(r.converged);
    CHECK(r.iterations == r.changes.size());
    CHECK(r.changes.back() <= 1e-6);
    CHECK(worst(x, truth) < 0.01);  // of the steps
    CHECK(r.through[0] < 0.82);
    CHECK(r.through[1] > 0.98);
    auto const c = weight_fractions(x, scale);
    std::size_t const core = 11 * 480 + 9 * 24 + 12;
    CHECK(c.fractions[core] == doctest::Approx(1.0 / 6).epsilon(5e-3));
    CHECK(weight_fractions(seen, scale).fractions[core] < 0.6 / 6);
  }
}

TEST_CASE("a thin specimen is left as it is") {
  auto const truth = core_shell();
  auto x = truth;
  auto const r = correct_volumes(x, shape, mass_scale{{1, 1}, true}, setup(0.01));
  CHECK(r.converged);
  CHECK(r.iterations == 1);
  CHECK(worst(x, truth) < 3e-4);
}

TEST_CASE("the observer ends it, and too few iterations are not called converged") {
  auto x = absorbed(core_shell(), setup(60));
  std::size_t calls = 0;
  auto r = correct_volumes(x, shape, mass_scale{{1, 1}, true}, setup(60), {.tolerance = 1e-12},
                           [&](progress const& p) {
                             CHECK(p.iteration == ++calls);
                             return calls == 2 ? decision::stop : decision::proceed;
                           });
  CHECK((r.iterations == 2 && !r.converged));
  r = correct_volumes(x, shape, mass_scale{{1, 1}, true}, setup(60), {.iterations = 1});
  CHECK((r.iterations == 1 && !r.converged));
}

TEST_CASE("more than any specimen could give is not called converged") {
  auto x = core_shell();  // taken as measured: under 2 um voxels nothing of it would come out
  auto const r = correct_volumes(x, shape, mass_scale{{1, 1}, true}, setup(2000));
  CHECK(!r.converged);
  CHECK(r.beyond > 0);
  for (float const v : x) CHECK(v <= 5.01e6f);
  auto thin = core_shell();
  CHECK(correct_volumes(thin, shape, mass_scale{{1, 1}, true}, setup(60)).beyond == 0);
}

TEST_CASE("what means nothing is refused, and the volumes stay as they were") {
  auto x = core_shell();
  auto const before = x;
  mass_scale const scale{{1, 1}, true};
  CHECK_THROWS_AS(correct_volumes(x, {1, 2, 3}, scale, setup(1)), shape_error);
  CHECK_THROWS_AS(correct_volumes(x, shape, scale, setup(1), {.iterations = 0}), value_error);
  CHECK_THROWS_AS(correct_volumes(x, shape, scale, setup(1), {.tolerance = 0}), value_error);
  CHECK_THROWS_AS(correct_volumes(x, shape, scale, setup(-1)), value_error);
  CHECK(x == before);
  x[3] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(correct_volumes(x, shape, scale, setup(1)), value_error);
}
