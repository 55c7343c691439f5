// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include "../projectors/cases.hpp"
#include "checks.hpp"

#include <limits>

namespace {

using Space = Kokkos::DefaultExecutionSpace;
using noise_checks::get;
using noise_checks::put;
using noise_checks::vector;

template <class T>
void follows_the_law(double tolerance) {
  using model = tomoedx::gaussian<Space, T>;
  vector const b{0, 1, -2, 7, 30, 0.5}, w{1, 0.5, 3, 1, 0.25, 2}, m{0.3, 2, -0.7, 6, 12, 0};
  for (bool const weighted : {false, true}) {
    CAPTURE(weighted);
    typename model::options o{.weight = 0.75};
    if (weighted) o.weights = put<model>(w);
    auto const weight = [&](std::size_t i) { return 0.75 * (weighted ? w[i] : 1); };
    model const noise(Space(), put<model>(b), 3, o);
    static_assert(tomoedx::noise_model<model>);
    noise_checks::check(
        noise, [&](std::size_t i, double v) { return weight(i) / 2 * (v - b[i]) * (v - b[i]); },
        [](std::size_t) { return -500.0; }, m, vector{0.02, 0.5, 3, 0.1, 1, 40}, tolerance);
    CHECK(noise.curvature() == doctest::Approx(weighted ? 2.25 : 0.75));
    CHECK(noise.taking_part() == 6);
    Kokkos::View<double*, Kokkos::LayoutRight, Space::memory_space> const r("r", 3);
    Kokkos::deep_copy(r, 1.0);
    noise.residuals(put<model>(m), r);
    for (std::size_t c = 0; c < 3; ++c)
      CHECK(plain::flat(r)[c] ==
            doctest::Approx(1 + std::pow(b[2 * c] - m[2 * c], 2) + std::pow(b[2 * c + 1] - m[2 * c + 1], 2)));
  }
}

}  // namespace

TEST_CASE("the Gaussian model follows its definition in double") {
  follows_the_law<double>(1e-9);
}
TEST_CASE("the Gaussian model follows its definition in float") {
  follows_the_law<float>(2e-6);
}

TEST_CASE("data of weight 0 and padding take no part in the Gaussian model; weights may repeat") {
  tomoedx::parallel_beam const beam{.tilts_deg = {-30, 10, 50}, .width = 6, .depth = 5, .detector = 7};
  std::size_t const slices = 5;
  using op_t = tomoedx::tilt_projector<Space, float, tomoedx::joseph>;
  op_t const op({}, beam, slices);
  auto const data = tomoedx::make_range(op), model = tomoedx::make_range(op);
  std::vector<vector> b, m;
  vector const of_tilt{2, 0, 0.5};
  double expected = 0;
  for (std::size_t y = 0; y < slices; ++y) {
    b.push_back(cases::random_values(beam.rays(), 3 + y, -4, 9));
    m.push_back(cases::random_values(beam.rays(), 60 + y, 0.1, 7));
    for (std::size_t i = 0; i < beam.rays(); ++i)
      expected += of_tilt[i / beam.detector] / 2 * std::pow(b[y][i] - m[y][i], 2);
  }
  plain::put(data, op.lanes(), b);
  plain::put(model, op.lanes(), m);
  // a weight for each tilt: all bins and lanes of it share one
  Kokkos::View<float*, Kokkos::LayoutRight, Space::memory_space> const values("weights", 3);
  auto const host = Kokkos::create_mirror_view(values);
  for (std::size_t t = 0; t < 3; ++t) host(t) = static_cast<float>(of_tilt[t]);
  Kokkos::deep_copy(values, host);
  auto const weights = tomoedx::spread_over_range(op, op_t::sums{values, beam.detector * op.lanes()});
  auto const noise = tomoedx::make_gaussian(op, data, {.weights = weights});
  CHECK(noise.taking_part() == slices * 2 * beam.detector);
  using flat = decltype(noise)::flat;
  tomoedx::number_on<Space> const f("f");
  noise.value(flat(model.data(), model.size()), f);
  CHECK(get<Space>(f) == doctest::Approx(expected).epsilon(1e-5));
  // of the left out datum the dual stays 0, whatever it was
  auto const q = put<decltype(noise)>(vector(noise.size(), 0.5));
  Kokkos::View<float*, Kokkos::LayoutRight, Space::memory_space> const one("one", 1);
  Kokkos::deep_copy(one, 0.3f);
  noise.dual_step(q, flat(model.data(), model.size()), {.values = one});
  auto const host_q = plain::flat(q);
  for (std::size_t n = 0; n < beam.detector * op.lanes(); ++n)
    CHECK(host_q[beam.detector * op.lanes() + n] == 0);
  noise.conjugate(q, f);
  CHECK(std::isfinite(get<Space>(f)));
  CHECK_THROWS_WITH_AS(tomoedx::spread_over_range(op, op_t::sums{values, 5}),
                       doctest::Contains("do not repeat"), tomoedx::shape_error);
}

TEST_CASE("the Gaussian model refuses data and weights that mean nothing") {
  using model = tomoedx::gaussian<Space, float>;
  double const inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  auto const make = [](vector const& b, std::size_t channels = 1, model::options const& o = {}) {
    return model(Space(), put<model>(b), channels, o);
  };
  CHECK_THROWS_AS(make({1, nan}), tomoedx::value_error);
  CHECK_THROWS_AS(make({1, inf}), tomoedx::value_error);
  CHECK_THROWS_AS(make({}), tomoedx::shape_error);
  CHECK_THROWS_AS(make({1, 2, 3}, 2), tomoedx::shape_error);
  for (double const bad : {-1.0, 0.0, inf, nan})
    CHECK_THROWS_AS(make({1, 2}, 1, {.weight = bad}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(make({1, 2}, 1, {.weights = put<model>({0, -3})}), doctest::Contains("-3"),
                       tomoedx::value_error);
  CHECK_THROWS_AS(make({1, 2}, 1, {.weights = put<model>({0})}), tomoedx::shape_error);
}
