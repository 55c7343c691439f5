// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/joint_problem.hpp>

#include "bimodal_case.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace {

tomoedx::calibration with_gamma(double gamma, std::vector<double> offset = {}) {
  tomoedx::calibration c;
  c.gamma = gamma, c.offset = offset;
  return c;
}

using problem = tomoedx::joint_problem<bimodal::projector>;
static_assert(tomoedx::noise_model<problem::noise_type>);
static_assert(tomoedx::regularizer<problem::penalty_type>);
static_assert(tomoedx::constraint<problem::bounds_type>);

double relative(double a, double b) {
  return std::abs(a - b) / std::abs(b);
}

}  // namespace

TEST_CASE("the units follow the counts: a problem told in other units, or at another dose, is the same one") {
  bimodal::specimen const s(24);
  s.draw_counts(5);
  problem const p(s.op, s.factors, s.maps, s.haadf, {});
  // what the noise of the counts lets tell: 1 / unit^2 is s^2 sum w^2 / m, with m the level of the counts
  for (std::size_t e = 0; e < 2; ++e) {
    double total = 0, pairs = 0;
    for (std::size_t i = 0; i < s.haadf.size(); ++i) {
      double const v = static_cast<double>(s.maps(e, i));
      total += v, pairs += v * (v - 1);
    }
    double squares = 0;
    tomoedx::reference::for_each_weight(s.beam, tomoedx::reference::weight::strip,
                                        [&](std::size_t, std::size_t, double w) { squares += w * w; });
    double const information = s.factors.sensitivity[e] * s.factors.sensitivity[e] * squares /
                               static_cast<double>(s.beam.voxels()) / (pairs / total);
    CHECK(relative(p.units()[e], 1 / std::sqrt(information)) < 0.04);
  }
  auto const grams = tomoedx::in_units(s.factors, {1e-3, 50});
  problem const q(s.op, grams, s.maps, s.haadf, {});
  CHECK(relative(q.units()[0], p.units()[0] * 1e3) < 1e-5);
  CHECK(relative(q.units()[1], p.units()[1] / 50) < 1e-5);
  CHECK(relative(q.haadf_sigma(), p.haadf_sigma()) < 1e-5);
  // four times the dose, counted anew: half the deviation
  bimodal::specimen const more(24, 4);
  more.draw_counts(6);
  problem const r(more.op, more.factors, more.maps, more.haadf, {});
  for (std::size_t e = 0; e < 2; ++e) CHECK(relative(r.units()[e], p.units()[e] / 2) < 0.04);
}

TEST_CASE("the deviation of HAADF is found in the series") {
  bimodal::specimen const s(64, 1, 8);
  bimodal::space().fence();
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < s.haadf.size(); ++i) {
    double const h = static_cast<double>(s.haadf.data()[i]);
    sum += h, squares += h * h;
  }
  double const level = squares / sum, noise = 0.05 * level;
  problem const silent(s.op, s.factors, s.maps, s.haadf, {.model_error = 0.02});
  CHECK(silent.haadf_sigma() > 0.0199 * level);
  CHECK(silent.haadf_sigma() < 0.022 * level);
  for (std::size_t i = 0; i < s.haadf.size(); ++i)
    s.haadf.data()[i] += static_cast<float>(noise * tomoedx::random_stream(3, i).normal());
  tomoedx::clear_padding(s.op, s.haadf);
  problem const noisy(s.op, s.factors, s.maps, s.haadf, {.model_error = 1e-6});
  CHECK(relative(noisy.haadf_sigma(), noise) < 0.04);
  problem const told(s.op, s.factors, s.maps, s.haadf, {.haadf_sigma = 12.5});
  CHECK(told.haadf_sigma() == 12.5);
  // noise of HAADF strengthens the regularizer: by (1 + sum of (z sqrt(m) / s sigma)^2)^(1/6), m the level of the counts
  problem const half(s.op, s.factors, s.maps, s.haadf, {.lambda = 0.5, .haadf_sigma = noise});
  double determinant = 1;
  for (std::size_t e = 0; e < 2; ++e) {
    double total = 0, pairs = 0;
    for (std::size_t i = 0; i < s.haadf.size(); ++i) {
      double const v = static_cast<double>(s.maps(e, i));
      total += v, pairs += v * (v - 1);
    }
    double const mean = total / static_cast<double>(s.beam.rays() * s.slices);
    double const counts = std::max(pairs / total, mean);
    determinant += counts * std::pow(s.factors.haadf[e] / (s.factors.sensitivity[e] * noise), 2);
  }
  CHECK(relative(half.lambda(), 0.5 * std::pow(determinant, 1.0 / 6)) < 0.01);
  problem const in_own(s.op, s.factors, s.maps, s.haadf, {.lambda = 0.5, .units = {1, 1}});
  CHECK(in_own.lambda() == 0.5);
}

TEST_CASE("the objective is the likelihoods and the penalty, in plain loops, with gamma and an offset") {
  bimodal::specimen const s(16, 1, 1, with_gamma(1.4, {7}));
  s.draw_counts(9);
  for (std::size_t i = 0; i < s.haadf.size(); ++i) s.haadf.data()[i] += 7.f;
  tomoedx::clear_padding(s.op, s.haadf);
  problem const p(
      s.op, s.factors, s.maps, s.haadf,
      {.lambda = 0.5, .coupling = tomoedx::coupling::tv, .background = {0.2, 0.3}, .haadf_sigma = 300});
  // three quarters of the truth, whose HAADF is known by the power of its scale
  auto const u = tomoedx::make_domain(p.op());
  for (std::size_t i = 0; i < u.size(); ++i) u.data()[i] = 0.75f * s.truth.data()[i];
  p.enter(u);
  double const got = p.objective(u);
  p.leave(u);
  for (std::size_t i = 0; i < u.size(); ++i) CHECK(u.data()[i] == doctest::Approx(0.75 * s.truth.data()[i]));
  bimodal::specimen const clean(16, 1, 1, with_gamma(1.4));
  bimodal::space().fence();
  double expected = 0;
  std::size_t const lanes = s.op.lanes();
  for (std::size_t i = 0; i < s.haadf.size(); i += lanes) {
    for (std::size_t e = 0; e < 2; ++e) {
      double const m = 0.75 * static_cast<double>(clean.maps(e, i)) + (e == 0 ? 0.2 : 0.3), b = s.maps(e, i);
      expected += m - b + (b > 0 ? b * std::log(b / m) : 0);
    }
    double const h = static_cast<double>(clean.haadf.data()[i]), d = h * (1 - std::pow(0.75, 1.4));
    expected += d * d / (2 * 300.0 * 300.0);
  }
  for (std::size_t e = 0; e < 2; ++e)
    for (std::size_t z = 0; z < 16; ++z)
      for (std::size_t x = 0; x < 16; ++x) {
        auto const at = [&](std::size_t line, std::size_t column) {
          return 0.75 * static_cast<double>(s.truth(e, (line * 16 + column) * lanes)) / p.units()[e];
        };
        double const dz = z < 15 ? at(z + 1, x) - at(z, x) : 0, dx = x < 15 ? at(z, x + 1) - at(z, x) : 0;
        expected += p.lambda() * std::sqrt(dz * dz + dx * dx);
      }
  CHECK(relative(got, expected) < 1e-4);
}

TEST_CASE("a problem that means nothing is refused") {
  bimodal::specimen const s(16, 1, 1);
  using tomoedx::shape_error, tomoedx::value_error;
  auto const make = [&](problem::options const& o) { problem const p(s.op, s.factors, s.maps, s.haadf, o); };
  CHECK_NOTHROW(make({}));
  CHECK_THROWS_WITH_AS(make({.units = {1}}), doctest::Contains("1 units for 2 elements"), shape_error);
  CHECK_THROWS_AS(make({.units = {1, 0}}), value_error);
  CHECK_THROWS_AS(make({.background = {1}}), shape_error);
  CHECK_THROWS_AS(make({.background = {1, -1}}), value_error);
  CHECK_THROWS_AS(make({.haadf_sigma = -1}), value_error);
  CHECK_THROWS_AS(make({.model_error = 0}), value_error);
  CHECK_THROWS_AS(make({.lambda = -1}), value_error);
  CHECK_THROWS_AS(make({.mask = problem::domain_view("mask", 3, s.truth.extent(1))}), shape_error);
  s.maps(1, 16) = -1;
  CHECK_THROWS_WITH_AS(make({}), doctest::Contains("the map of element 1 holds -1"), value_error);
  s.maps(1, 16) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(make({}), value_error);
  s.maps(1, 16) = 0;
  Kokkos::deep_copy(s.haadf, 0.f);
  CHECK_THROWS_WITH_AS(make({}), doctest::Contains("HAADF series sums to 0"), value_error);
}
