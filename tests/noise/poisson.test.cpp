// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/noise/poisson.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include "../projectors/cases.hpp"
#include "checks.hpp"

#include <limits>

namespace {

using Space = Kokkos::DefaultExecutionSpace;
using noise_checks::get;
using noise_checks::put;
using noise_checks::vector;

/// u - b + b log(b / u) of u = e m + s.
double divergence(double b, double u) {
  if (u < 0 || (u == 0 && b > 0)) return 1e300;
  return b > 0 ? u - b + b * std::log(b / u) : u;
}

struct counts_case {
  vector b{0, 1, 2, 7, 30, 500, 0, 3}, s{0.5, 0, 1.25, 0, 3, 10, 0, 0.25}, e{1, 0.5, 2, 1, 3, 1, 0.25, 4};
  vector m{0.3, 2, 0.7, 6, 12, 480, 0.01, 1.5};
};

template <class T>
void follows_the_law(double tolerance) {
  using model = tomoedx::poisson<Space, T>;
  counts_case const c;
  for (bool const exposed : {false, true})
    for (bool const background : {false, true}) {
      CAPTURE(exposed);
      CAPTURE(background);
      typename model::options o;
      if (background) o.background_map = put<model>(c.s), o.background = 0.125;
      if (exposed) o.exposure = put<model>(c.e);
      auto const s = [&](std::size_t i) { return background ? c.s[i] + 0.125 : 0; };
      auto const e = [&](std::size_t i) { return exposed ? c.e[i] : 1; };
      model const noise(Space(), put<model>(c.b), 2, o);
      static_assert(tomoedx::noise_model<model>);
      noise_checks::check(
          noise, [&](std::size_t i, double m) { return divergence(c.b[i], e(i) * m + s(i)); },
          [&](std::size_t i) { return -s(i) / e(i); }, c.m, vector{0.02, 0.5, 3, 0.1, 0.01, 0.001, 40, 1},
          tolerance);
      CHECK(noise.taking_part() == 8);
      Kokkos::View<double*, Kokkos::LayoutRight, Space::memory_space> const r("r", 2);
      Kokkos::deep_copy(r, 1.0);
      noise.residuals(put<model>(c.m), r);
      double expected[2] = {1, 1};
      for (std::size_t i = 0; i < 8; ++i) expected[i / 4] += std::pow(c.b[i] - e(i) * c.m[i] - s(i), 2);
      for (std::size_t k = 0; k < 2; ++k)
        CHECK(plain::flat(r)[k] == doctest::Approx(expected[k]).epsilon(10 * tolerance));
      // the bound on the curvature is met at m = 0
      double curvature = 0;
      for (std::size_t i = 0; i < 8; ++i)
        if (c.b[i] > 0) curvature = std::max(curvature, e(i) * e(i) * c.b[i] / (s(i) * s(i)));
      if (std::isinf(curvature))
        CHECK(std::isinf(noise.curvature()));
      else
        CHECK(noise.curvature() == doctest::Approx(curvature).epsilon(tolerance));
    }
}

}  // namespace

TEST_CASE("the Poisson model follows its definition in double") {
  follows_the_law<double>(1e-9);
}
TEST_CASE("the Poisson model follows its definition in float") {
  follows_the_law<float>(2e-6);
}

TEST_CASE("Poisson dual steps stay inside the domain of the conjugate however long they are") {
  using model = tomoedx::poisson<Space, float>;
  vector b, m;
  for (double const counts : {0.0, 1.0, 1e-3, 50.0, 1e6})
    for (double const expected : {0.0, 1e-6, 1.0, 1e4, 1e7}) b.push_back(counts), m.push_back(expected);
  model const noise(Space(), put<model>(b));
  for (float const sigma : {1e-8f, 1.0f, 1e8f}) {
    CAPTURE(sigma);
    auto const q = put<model>(vector(b.size(), 0.0));
    Kokkos::View<float*, Kokkos::LayoutRight, Space::memory_space> const one("one", 1);
    Kokkos::deep_copy(one, sigma);
    for (int k = 0; k < 3; ++k) noise.dual_step(q, put<model>(m), {.values = one});
    for (auto const v : plain::flat(q)) {
      CHECK(std::isfinite(v));
      CHECK(v <= 1);
    }
    tomoedx::number_on<Space> const f("f");
    noise.conjugate(q, f);
    CHECK(std::isfinite(get<Space>(f)));
  }
}

TEST_CASE("below a model of 0 the Poisson gradient goes on as a parabola of bounded curvature") {
  using model = tomoedx::poisson<Space, double>;
  double const b = 6, s = 2, m = -5;
  model const noise(Space(), put<model>({b}), 1, {.background = s});
  auto const g = put<model>({m});
  tomoedx::number_on<Space> const f("f");
  noise.gradient(g, f);
  double const slope = 1 - b / s, bend = b / (s * s);
  CHECK(plain::flat(g)[0] == doctest::Approx(slope + bend * m));
  CHECK(get<Space>(f) == doctest::Approx(divergence(b, s) + slope * m + bend / 2 * m * m));
  noise.value(put<model>({m}), f);
  CHECK(get<Space>(f) == std::numeric_limits<double>::infinity());
}

TEST_CASE("padding and data without exposure take no part in the Poisson model") {
  tomoedx::parallel_beam const beam{.tilts_deg = {-30, 10, 50}, .width = 6, .depth = 5, .detector = 7};
  std::size_t const slices = 5;
  tomoedx::tilt_projector<Space, float, tomoedx::joseph> const op({}, beam, slices);
  auto const counts = tomoedx::make_range(op), exposure = tomoedx::make_range(op),
             model = tomoedx::make_range(op);
  REQUIRE(counts.size() > slices * beam.rays());
  std::vector<vector> b, e, m;
  double expected = 0;
  std::size_t part = 0;
  for (std::size_t y = 0; y < slices; ++y) {
    b.push_back(cases::random_values(beam.rays(), 3 + y, 0, 9));
    e.push_back(cases::random_values(beam.rays(), 30 + y, 0.5, 2));
    m.push_back(cases::random_values(beam.rays(), 60 + y, 0.1, 7));
    for (std::size_t i = y; i < beam.rays(); i += 4) e[y][i] = 0;
    for (std::size_t i = 0; i < beam.rays(); ++i)
      if (e[y][i] > 0) expected += divergence(b[y][i], e[y][i] * m[y][i] + 1.5), ++part;
  }
  plain::put(counts, op.lanes(), b);
  plain::put(exposure, op.lanes(), e);
  plain::put(model, op.lanes(), m);
  auto const noise = tomoedx::make_poisson(op, counts, {.background = 1.5, .exposure = exposure});
  CHECK(noise.size() == counts.size());
  CHECK(noise.taking_part() == part);
  tomoedx::number_on<Space> const f("f");
  using flat = decltype(noise)::flat;
  noise.value(flat(model.data(), model.size()), f);
  CHECK(get<Space>(f) == doctest::Approx(expected).epsilon(1e-5));
  noise.gradient(flat(model.data(), model.size()), f);
  auto const slope = plain::get(model, op.lanes(), slices);
  for (std::size_t i = 0; i < beam.rays(); ++i)
    if (e[0][i] == 0) CHECK(slope[0][i] == 0);
  noise.conjugate(flat(model.data(), model.size()), f);
  CHECK(std::isfinite(get<Space>(f)));
}

TEST_CASE("the Poisson model refuses what are no counts") {
  using model = tomoedx::poisson<Space, float>;
  double const inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  auto const make = [](vector const& b, std::size_t channels = 1, model::options const& o = {}) {
    return model(Space(), put<model>(b), channels, o);
  };
  CHECK_THROWS_WITH_AS(make({1, -2, 3}), doctest::Contains("-2"), tomoedx::value_error);
  CHECK_THROWS_AS(make({1, nan}), tomoedx::value_error);
  CHECK_THROWS_AS(make({1, inf}), tomoedx::value_error);
  CHECK_THROWS_AS(make({}), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(make({1, 2, 3}, 2), doctest::Contains("3 data in 2 channels"), tomoedx::shape_error);
  for (double const bad : {-1.0, inf, nan}) {
    CHECK_THROWS_AS(make({1, 2}, 1, {.background = bad}), tomoedx::value_error);
    CHECK_THROWS_AS(make({1, 2}, 1, {.background_map = put<model>({0, bad})}), tomoedx::value_error);
    CHECK_THROWS_AS(make({1, 2}, 1, {.exposure = put<model>({0, bad})}), tomoedx::value_error);
  }
  CHECK_THROWS_WITH_AS(make({1, 2}, 1, {.exposure = put<model>({1, 1, 1})}),
                       doctest::Contains("3 values for 2"), tomoedx::shape_error);
}
