// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include "../projectors/cases.hpp"
#include "../solvers/plain.hpp"
#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

namespace {

using HostSpace = Kokkos::DefaultHostExecutionSpace;

tomoedx::parallel_beam const small{
    .tilts_deg = {-60, -30, 0, 25, 55}, .width = 9, .depth = 8, .detector = 10, .axis_offset = 0.3};

/// SIRT on the stacked system of Zhong et al. 2017, eq. 11, for one slice, every number of it in plain loops:
///
///     | (1-a) W            0  | | x1 |   | (1-a) r1 p1 |
///     |     0   ...        0  | | .. | = |     ..      |
///     |     0      (1-a)   W  | | xk |   | (1-a) rk pk |
///     |   a W   ...      a W  |          |     a h     |
struct stacked_system {
  std::size_t k, rays, voxels;
  plain::matrix a;
  plain::vector b, x;
  std::vector<std::vector<double>> norms;  ///< by iteration and channel

  stacked_system(plain::matrix const& w, double alpha, std::vector<double> const& r,
                 std::vector<plain::vector> const& maps, plain::vector const& haadf)
      : k(r.size()),
        rays(w.rows),
        voxels(w.columns),
        a((k + 1) * rays, k * voxels),
        b((k + 1) * rays),
        x(k * voxels) {
    for (std::size_t i = 0; i < rays; ++i) {
      for (std::size_t e = 0; e < k; ++e) {
        b[e * rays + i] = (1 - alpha) * r[e] * maps[e][i];
        for (std::size_t j = 0; j < voxels; ++j) {
          a(e * rays + i, e * voxels + j) = (1 - alpha) * w(i, j);
          a(k * rays + i, e * voxels + j) = alpha * w(i, j);
        }
      }
      b[k * rays + i] = alpha * haadf[i];
    }
  }

  void run(int iterations, double relaxation, double upper, plain::vector const& mask) {
    auto const row_sums = a.times(plain::vector(a.columns, 1.0)),
               column_sums = a.transposed_times(plain::vector(a.rows, 1.0));
    for (int n = 0; n < iterations; ++n) {
      auto residual = a.times(x);
      std::vector<double> norm(k + 1);
      for (std::size_t i = 0; i < a.rows; ++i) {
        double const difference = b[i] - residual[i];
        norm[i / rays] += difference * difference;
        residual[i] = row_sums[i] > 1e-7 ? difference / row_sums[i] : 0;
      }
      for (auto& v : norm) v = std::sqrt(v);
      norms.push_back(norm);
      auto const g = a.transposed_times(residual);
      for (std::size_t j = 0; j < a.columns; ++j) {
        x[j] =
            std::clamp(x[j] + (column_sums[j] > 1e-7 ? relaxation * g[j] / column_sums[j] : 0), 0.0, upper);
        if (!mask.empty()) x[j] *= mask[j % voxels];
      }
    }
  }
};

plain::matrix const& small_weights() {
  static plain::matrix const w = plain::weights(small, tomoedx::reference::weight::strip);
  return w;
}

/// Data that no volume explains, so that every term of the problem pulls.
struct problem {
  std::vector<double> ratios{1.7, 0.4, 2.5};
  std::vector<plain::vector> maps;
  plain::vector haadf = cases::random_values(small.rays(), 14, 0, 9);

  problem() {
    for (std::size_t e = 0; e < 3; ++e) maps.push_back(cases::random_values(small.rays(), 11 + e, -1, 4));
  }
};

/// Counts of a Poisson law of small mean, by Knuth's product of uniform numbers.
double poisson(double mean, tomoedx::random_stream& random) {
  double const limit = std::exp(-mean);
  double product = random.uniform();
  int n = 0;
  while (product > limit) product *= random.uniform(), ++n;
  return n;
}

double mean_square(std::vector<plain::vector> const& a, std::vector<plain::vector> const& b) {
  double sum = 0, n = 0;
  for (std::size_t y = 0; y < a.size(); ++y)
    for (std::size_t j = 0; j < a[y].size(); ++j) sum += (a[y][j] - b[y][j]) * (a[y][j] - b[y][j]), n += 1;
  return sum / n;
}

}  // namespace

TEST_CASE("the mixing matrix of HEBT is (1 - alpha) I over a row of alpha") {
  auto const m = tomoedx::hebt_mixing(3, 0.7);
  CHECK(m.rows == 4);
  CHECK(m.columns == 3);
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 3; ++c) CHECK(m(r, c) == (r == 3 ? 0.7 : r == c ? 1 - 0.7 : 0));
  CHECK_THROWS_AS(tomoedx::hebt_mixing(0, 0.7), tomoedx::shape_error);
  for (double const alpha : {0.0, 1.0, -0.1, 1.5, std::nan("")})
    CHECK_THROWS_AS(tomoedx::hebt_mixing(2, alpha), tomoedx::value_error);
}

TEST_CASE_TEMPLATE("HEBT is SIRT on the stacked system of the paper, number by number", Space,
                   TOMOEDX_SPACES) {
  using op_t = tomoedx::tilt_projector<Space, double, tomoedx::strip>;
  std::size_t const slices = 3, k = 3;
  op_t const op(Space(), small, slices);
  problem const p;
  tomoedx::mixed_operator<op_t> const parts(op, tomoedx::hebt_mixing(k, 0.5));
  auto const data = tomoedx::make_range(parts);
  auto const x = tomoedx::make_domain(parts), where = tomoedx::make_domain(parts);
  // slices are alike but for a factor, so that three plain solutions are one
  auto const times = [&](plain::vector v) {
    std::vector<plain::vector> s(slices, v);
    for (std::size_t y = 0; y < slices; ++y)
      for (auto& e : s[y]) e *= 1.0 + static_cast<double>(y);
    return s;
  };
  for (std::size_t e = 0; e < k; ++e) plain::put(parts.channel(data, e), op.lanes(), times(p.maps[e]));
  plain::put(parts.channel(data, k), op.lanes(), times(p.haadf));
  plain::vector mask(small.voxels(), 1.0);
  for (std::size_t j = 2; j < mask.size(); j += 7) mask[j] = 0;
  for (std::size_t e = 0; e < k; ++e)
    plain::put(parts.element(where, e), op.lanes(), std::vector<plain::vector>(slices, mask));

  using domain = typename tomoedx::mixed_operator<op_t>::domain_view;
  auto const check = [&](double alpha, double relaxation, bool masked) {
    CAPTURE(alpha);
    CAPTURE(masked);
    stacked_system expected(small_weights(), alpha, p.ratios, p.maps, p.haadf);
    double const inf = std::numeric_limits<double>::infinity();
    expected.run(15, relaxation, inf, masked ? mask : plain::vector{});
    auto const before = plain::flat(data);
    auto const report = tomoedx::hebt(op, data, x,
                                      {.iterations = 15,
                                       .alpha = alpha,
                                       .ratios = p.ratios,
                                       .relaxation = relaxation,
                                       .mask = masked ? where : domain{}});
    CHECK(plain::flat(data) == before);  // the user's data stay
    CHECK(report.iterations == 15);
    for (std::size_t e = 0; e < k; ++e) {
      auto const got = plain::get(parts.element(x, e), op.lanes(), slices);
      plain::vector const one(expected.x.begin() + static_cast<std::ptrdiff_t>(e * small.voxels()),
                              expected.x.begin() + static_cast<std::ptrdiff_t>((e + 1) * small.voxels()));
      for (std::size_t y = 0; y < slices; ++y) CHECK(cases::relative_l2(got[y], times(one)[y]) < 1e-11);
    }
    REQUIRE(report.by_channel.size() == 15);
    double const all = std::sqrt(1.0 + 4 + 9);  // the three slices
    for (std::size_t n = 0; n < 15; ++n) {
      REQUIRE(report.by_channel[n].size() == k + 1);
      double sum = 0;
      for (std::size_t c = 0; c <= k; ++c) {
        CHECK(report.by_channel[n][c] == doctest::Approx(all * expected.norms[n][c]).epsilon(1e-10));
        sum += report.by_channel[n][c] * report.by_channel[n][c];
      }
      CHECK(report.residuals[n] == doctest::Approx(std::sqrt(sum)).epsilon(1e-12));
    }
  };
  check(0.7, 1, false);
  check(0.2, 1.4, false);
  check(0.8, 0.6, true);
}

TEST_CASE("HEBT costs k forward and k back projections an iteration, and gives the same over callables") {
  int forwards = 0, adjoints = 0;
  auto const& w = small_weights();
  auto const op = tomoedx::make_operator<double>(
      HostSpace(), tomoedx::extents<1>{w.columns}, tomoedx::extents<1>{w.rows},
      [&](auto const& from, auto const& to) {
        ++forwards;
        auto const r = w.times(plain::flat(from));
        std::copy(r.begin(), r.end(), to.data());
      },
      [&](auto const& from, auto const& to) {
        ++adjoints;
        auto const r = w.transposed_times(plain::flat(from));
        std::copy(r.begin(), r.end(), to.data());
      });
  problem const p;
  Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace> const data("data", 4, w.rows),
      x("x", 3, w.columns);
  for (std::size_t i = 0; i < w.rows; ++i) {
    for (std::size_t e = 0; e < 3; ++e) data(e, i) = p.maps[e][i];
    data(3, i) = p.haadf[i];
  }
  auto const run = [&](std::size_t iterations) {
    forwards = adjoints = 0;
    tomoedx::hebt(op, data, x, {.iterations = iterations, .ratios = p.ratios});
    return std::pair{forwards, adjoints};
  };
  auto const [f5, a5] = run(5);
  auto const [f15, a15] = run(15);
  CHECK(f15 - f5 == 3 * 10);
  CHECK(a15 - a5 == 3 * 10);
  CHECK(f5 <= 3 * 6);  // an operator that does not know its sums pays for them once
  CHECK(a5 <= 3 * 6);
  stacked_system expected(w, 0.7, p.ratios, p.maps, p.haadf);
  expected.run(15, 1, std::numeric_limits<double>::infinity(), {});
  CHECK(cases::relative_l2(plain::flat(x), expected.x) < 1e-11);
}

TEST_CASE("HEBT clips at the upper bound, starts warm, and can be watched and stopped") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  op_t const op({}, small, 1);
  problem const p;
  tomoedx::mixed_operator<op_t> const parts(op, tomoedx::hebt_mixing(3, 0.7));
  auto const data = tomoedx::make_range(parts);
  auto const x = tomoedx::make_domain(parts), again = tomoedx::make_domain(parts);
  for (std::size_t e = 0; e < 3; ++e) plain::put(parts.channel(data, e), op.lanes(), {p.maps[e]});
  plain::put(parts.channel(data, 3), op.lanes(), {p.haadf});

  tomoedx::hebt(op, data, x, {.iterations = 20, .ratios = p.ratios, .upper = 0.3});
  stacked_system bounded(small_weights(), 0.7, p.ratios, p.maps, p.haadf);
  bounded.run(20, 1, 0.3, {});
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t j = 0; j < small.voxels(); ++j)
      CHECK(plain::get(parts.element(x, e), op.lanes(), 1)[0][j] ==
            doctest::Approx(bounded.x[e * small.voxels() + j]).epsilon(1e-10).scale(1));

  tomoedx::hebt(op, data, x, {.iterations = 12, .ratios = p.ratios});
  tomoedx::hebt(op, data, again, {.iterations = 7, .ratios = p.ratios});
  tomoedx::hebt(op, data, again, {.iterations = 5, .ratios = p.ratios, .warm_start = true});
  CHECK(plain::flat(x) == plain::flat(again));

  std::size_t channels = 0;
  auto const report =
      tomoedx::hebt(op, data, x, {.iterations = 50, .ratios = p.ratios}, [&](tomoedx::progress const& now) {
        channels = now.by_channel.size();
        return now.iteration == 4 ? tomoedx::decision::stop : tomoedx::decision::proceed;
      });
  CHECK(channels == 4);
  CHECK(report.ended == tomoedx::ending::observer);
  CHECK(report.iterations == 4);
  auto const settled =
      tomoedx::hebt(op, data, x, {.iterations = 5000, .ratios = p.ratios, .stop = {.relative_change = 1e-4}});
  CHECK(settled.ended == tomoedx::ending::change_small);
}

TEST_CASE("HEBT beats EDX alone on a gold core in a silver shell, with true and with estimated ratios") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  std::size_t const n = 48, slices = 4, k = 2;
  tomoedx::parallel_beam const beam{
      .tilts_deg = cases::every(-70, 70, 10), .width = n, .depth = n, .detector = n};
  op_t const op({}, beam, slices);
  tomoedx::mixed_operator<op_t> const parts(op, tomoedx::hebt_mixing(k, 0.7)),
      separate(op, tomoedx::separate_channels(k));
  std::vector<double> const ratios{0.6, 0.35};  // HAADF signal for each count

  // z-contrast of gold and silver; the particle is smaller in the outer slices
  std::vector<std::vector<plain::vector>> truth(k, std::vector<plain::vector>(slices, plain::vector(n * n)));
  for (std::size_t y = 0; y < slices; ++y)
    for (std::size_t iz = 0; iz < n; ++iz)
      for (std::size_t ix = 0; ix < n; ++ix) {
        double const x = static_cast<double>(ix) - 25, z = static_cast<double>(iz) - 22,
                     r = std::sqrt(x * x + z * z), outer = 16 - std::abs(static_cast<double>(y) - 1.5);
        bool const core = std::abs(x) < 7 && std::abs(z) < 6;
        truth[0][y][iz * n + ix] = core ? 0.79 : 0;
        truth[1][y][iz * n + ix] = !core && r < outer ? 0.47 : 0;
      }
  auto const volumes = tomoedx::make_domain(separate);
  auto const clean = tomoedx::make_range(separate);
  for (std::size_t e = 0; e < k; ++e) plain::put(separate.element(volumes, e), op.lanes(), truth[e]);
  separate.forward(volumes, clean);

  auto const data = tomoedx::make_range(parts), maps_only = tomoedx::make_range(separate);
  std::vector<std::vector<plain::vector>> counts(k, std::vector<plain::vector>(slices));
  std::vector<plain::vector> haadf(slices, plain::vector(beam.rays()));
  for (std::size_t e = 0; e < k; ++e) {
    auto const signal = plain::get(separate.channel(clean, e), op.lanes(), slices);
    for (std::size_t y = 0; y < slices; ++y) {
      counts[e][y].resize(beam.rays());
      for (std::size_t i = 0; i < beam.rays(); ++i) {
        tomoedx::random_stream random(31 + e, y * beam.rays() + i);
        counts[e][y][i] = poisson(signal[y][i] / ratios[e], random);
        haadf[y][i] += signal[y][i];
      }
    }
    plain::put(parts.channel(data, e), op.lanes(), counts[e]);
  }
  for (std::size_t y = 0; y < slices; ++y)
    for (std::size_t i = 0; i < beam.rays(); ++i)
      haadf[y][i] =
          std::max(0.0, haadf[y][i] * (1 + 0.01 * tomoedx::random_stream(35, y * beam.rays() + i).normal()));
  plain::put(parts.channel(data, k), op.lanes(), haadf);

  std::vector<plain::vector> lines(k);
  plain::vector h;
  for (std::size_t y = 0; y < slices; ++y) {
    for (std::size_t e = 0; e < k; ++e)
      lines[e].insert(lines[e].end(), counts[e][y].begin(), counts[e][y].end());
    h.insert(h.end(), haadf[y].begin(), haadf[y].end());
  }
  auto const estimated = tomoedx::estimate_response_ratios(
      std::vector<std::span<double const>>(lines.begin(), lines.end()), std::span<double const>(h));
  CHECK(estimated.r_squared > 0.5);

  std::size_t const iterations = 60;
  auto const x = tomoedx::make_domain(parts);
  for (auto const& r : {ratios, estimated.ratios}) {
    CAPTURE(r[0]);
    CAPTURE(r[1]);
    for (std::size_t e = 0; e < k; ++e) {
      auto scaled = counts[e];
      for (auto& slice : scaled)
        for (auto& v : slice) v *= r[e];
      plain::put(separate.channel(maps_only, e), op.lanes(), scaled);
    }
    tomoedx::sirt(separate, maps_only, x, {.iterations = iterations});
    double alone[k], together[k];
    for (std::size_t e = 0; e < k; ++e)
      alone[e] = mean_square(plain::get(separate.element(x, e), op.lanes(), slices), truth[e]);
    tomoedx::hebt(op, data, x, {.iterations = iterations, .alpha = 0.7, .ratios = r});
    for (std::size_t e = 0; e < k; ++e) {
      together[e] = mean_square(plain::get(parts.element(x, e), op.lanes(), slices), truth[e]);
      CAPTURE(e);
      CAPTURE(alone[e]);
      CAPTURE(together[e]);
      CHECK(together[e] <= 0.75 * alone[e]);
    }
  }
}

TEST_CASE("HEBT refuses what is no bimodal problem, and leaves x alone") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 1);
  tomoedx::mixed_operator<op_t> const parts(op, tomoedx::hebt_mixing(2, 0.7));
  auto const data = tomoedx::make_range(parts);
  auto const x = tomoedx::make_domain(parts);
  Kokkos::deep_copy(x, 5.0f);
  double const nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  using tomoedx::hebt, tomoedx::shape_error, tomoedx::value_error;
  CHECK_THROWS_WITH_AS(hebt(op, data, x, {.ratios = {}}), doctest::Contains("0 response ratios for 2"),
                       shape_error);
  CHECK_THROWS_AS(hebt(op, data, x, {.ratios = {1, 1, 1}}), shape_error);
  for (double const bad : {-1.0, nan, inf})
    CHECK_THROWS_WITH_AS(hebt(op, data, x, {.ratios = {1, bad}}), doctest::Contains("element 1"),
                         value_error);
  for (double const alpha : {0.0, 1.0, nan})
    CHECK_THROWS_WITH_AS(hebt(op, data, x, {.alpha = alpha, .ratios = {1, 1}}), doctest::Contains("alpha"),
                         value_error);
  CHECK_THROWS_AS(hebt(op, data, x, {.iterations = 0, .ratios = {1, 1}}), value_error);
  CHECK_THROWS_AS(hebt(op, data, x, {.ratios = {1, 1}, .relaxation = 2}), value_error);
  // a missing HAADF channel, a volume of another size
  auto const no_haadf = decltype(data)("maps", 2, data.extent(1));
  CHECK_THROWS_WITH_AS(hebt(op, no_haadf, x, {.ratios = {1, 1}}), doctest::Contains("HAADF"), shape_error);
  auto const other = decltype(x)("other", 2, x.extent(1) + 4);
  CHECK_THROWS_AS(hebt(op, data, other, {.ratios = {1, 1}}), shape_error);
  CHECK_THROWS_AS(hebt(op, data, decltype(x)("none", 0, x.extent(1)), {.ratios = {}}), shape_error);
  CHECK(plain::flat(x) == plain::vector(x.size(), 5.0));
}

TEST_CASE("HEBT refuses data that hold NaN before it touches x") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 1);
  tomoedx::mixed_operator<op_t> const parts(op, tomoedx::hebt_mixing(2, 0.7));
  auto const data = tomoedx::make_range(parts);
  auto const x = tomoedx::make_domain(parts);
  Kokkos::deep_copy(x, 5.0f);
  Kokkos::deep_copy(data, std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS_AS(tomoedx::hebt(op, data, x, {.ratios = {1, 1}}), tomoedx::value_error);
  CHECK(plain::flat(x) == plain::vector(x.size(), 5.0));
}
