// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../projectors/cases.hpp"
#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <numeric>

namespace {

/// SIRT of one slice in plain loops on dense double weights.
struct reference_sirt {
  std::size_t rays, voxels;
  std::vector<double> a, x;
  std::vector<double> norms;

  reference_sirt(tomoedx::parallel_beam const& g, tomoedx::reference::weight kind)
      : rays(g.rays()), voxels(g.voxels()), a(rays * voxels), x(voxels) {
    tomoedx::reference::for_each_weight(
        g, kind, [&](std::size_t ray, std::size_t voxel, double w) { a[ray * voxels + voxel] += w; });
  }
  void run(std::vector<double> const& b, int iterations, double relaxation, double lower, double upper,
           std::vector<double> const& mask) {
    std::vector<double> r(rays), c(voxels);
    for (std::size_t i = 0; i < rays; ++i)
      for (std::size_t j = 0; j < voxels; ++j) r[i] += a[i * voxels + j], c[j] += a[i * voxels + j];
    for (int k = 0; k < iterations; ++k) {
      std::vector<double> residual(rays), gradient(voxels);
      double norm = 0;
      for (std::size_t i = 0; i < rays; ++i) {
        double ax = 0;
        for (std::size_t j = 0; j < voxels; ++j) ax += a[i * voxels + j] * x[j];
        norm += (b[i] - ax) * (b[i] - ax);
        residual[i] = r[i] > 1e-7 ? (b[i] - ax) / r[i] : 0;
      }
      norms.push_back(std::sqrt(norm));
      for (std::size_t i = 0; i < rays; ++i)
        for (std::size_t j = 0; j < voxels; ++j) gradient[j] += a[i * voxels + j] * residual[i];
      for (std::size_t j = 0; j < voxels; ++j) {
        x[j] = std::clamp(x[j] + relaxation * (c[j] > 1e-7 ? gradient[j] / c[j] : 0), lower, upper);
        if (!mask.empty() && mask[j] == 0) x[j] = 0;
      }
    }
  }
};

tomoedx::parallel_beam const small{
    .tilts_deg = cases::every(-70, 70, 14), .width = 13, .depth = 11, .detector = 15, .axis_offset = 0.4};

}  // namespace

TEST_CASE_TEMPLATE("SIRT follows the plain iteration, with bounds, mask and relaxation", Space,
                   TOMOEDX_SPACES) {
  using op_t = tomoedx::tilt_projector<Space, double, tomoedx::strip>;
  op_t const op(Space(), small, 3);
  auto const b = cases::random_values(small.rays(), 5, -0.5, 3);
  std::vector<double> mask(small.voxels(), 1.0);
  for (std::size_t j = 0; j < mask.size(); j += 5) mask[j] = 0;

  // the same data in all three slices
  std::vector<double> stack(small.rays() * 3), masks(small.voxels() * 3);
  for (std::size_t y = 0; y < 3; ++y) {
    for (std::size_t i = 0; i < small.rays(); ++i)
      stack[(i / small.detector * 3 + y) * small.detector + i % small.detector] = b[i];
    for (std::size_t j = 0; j < small.voxels(); ++j)
      masks[(j / small.width * 3 + y) * small.width + j % small.width] = mask[j];
  }
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  auto const where = tomoedx::make_domain(op);
  tomoedx::pack(op.space(),
                tomoedx::upload(op.space(), tomoedx::borrow(stack.data(), small.tilts(), 3, small.detector)),
                data);
  tomoedx::pack(op.space(),
                tomoedx::upload(op.space(), tomoedx::borrow(masks.data(), small.depth, 3, small.width)),
                where);

  for (bool const masked : {false, true}) {
    reference_sirt plain(small, tomoedx::reference::weight::strip);
    plain.run(b, 12, 1.3, 0.0, 0.25, masked ? mask : std::vector<double>{});
    auto const report = tomoedx::sirt(op, data, x,
                                      {.iterations = 12,
                                       .relaxation = 1.3,
                                       .upper = 0.25,
                                       .mask = masked ? where : typename op_t::domain_view{}});
    CHECK(report.iterations == 12);
    CHECK(report.ended == tomoedx::ending::iterations_done);
    auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), x);
    for (std::size_t y = 0; y < 3; ++y)
      for (std::size_t j = 0; j < small.voxels(); ++j) {
        double const got = host(y / op.lanes(), j / small.width, j % small.width, y % op.lanes());
        CHECK(got == doctest::Approx(plain.x[j]).epsilon(1e-11).scale(1));
      }
    REQUIRE(report.residuals.size() == 12);
    for (std::size_t k = 0; k < 12; ++k)
      CHECK(report.residuals[k] == doctest::Approx(std::sqrt(3.0) * plain.norms[k]).epsilon(1e-11));
  }
}

TEST_CASE("SIRT gives the same with our projector, its sparse matrix and two callables") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  Space const space;
  tomoedx::tilt_projector<Space, double, tomoedx::joseph> const ours(space, small, 1);
  std::vector<std::vector<std::pair<std::uint32_t, double>>> rows(small.rays());
  tomoedx::reference::for_each_weight(small, tomoedx::reference::weight::joseph,
                                      [&](std::size_t ray, std::size_t voxel, double w) {
                                        rows[ray].emplace_back(static_cast<std::uint32_t>(voxel), w);
                                      });
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  std::vector<double> values;
  for (auto const& row : rows) {
    for (auto const& [j, w] : row) indices.push_back(j), values.push_back(w);
    offsets.push_back(values.size());
  }
  tomoedx::sparse_operator<Space, double> const sparse(
      space, {small.rays(), small.voxels(), offsets, indices, values}, 1);
  auto const callable = tomoedx::make_operator<double>(
      space, tomoedx::extents<1>{small.voxels()}, tomoedx::extents<1>{small.rays()},
      [&](auto const& x, auto const& y) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
          y(i) = 0;
          for (auto const& [j, w] : rows[i]) y(i) += w * x(j);
        }
      },
      [&](auto const& y, auto const& x) {
        Kokkos::deep_copy(x, 0.0);
        for (std::size_t i = 0; i < rows.size(); ++i)
          for (auto const& [j, w] : rows[i]) x(j) += w * y(i);
      });

  auto const b = cases::random_values(small.rays(), 6, 0, 2);
  auto const solve = [&](auto const& op, std::size_t lanes) {
    auto const data = tomoedx::make_range(op);
    auto const x = tomoedx::make_domain(op);
    for (std::size_t i = 0; i < b.size(); ++i) data.data()[i * lanes] = b[i];
    auto const report = tomoedx::sirt(op, data, x, {.iterations = 20});
    std::vector<double> result;
    for (std::size_t j = 0; j < small.voxels(); ++j) result.push_back(x.data()[j * lanes]);
    result.push_back(report.residuals.back());
    return result;
  };
  auto const expected = solve(ours, ours.lanes());
  auto const with_matrix = solve(sparse, sparse.lanes());
  auto const with_callables = solve(callable, 1);
  CHECK(cases::relative_l2(with_matrix, expected) < 1e-12);
  CHECK(cases::relative_l2(with_callables, expected) < 1e-12);
}

TEST_CASE("SIRT finds the volume that made consistent data, and warm starts go on where they were") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  tomoedx::parallel_beam const beam{
      .tilts_deg = cases::every(-90, 87, 3), .width = 12, .depth = 12, .detector = 20};
  op_t const op({}, beam, 2);
  auto const truth = tomoedx::make_domain(op);
  auto const host = Kokkos::create_mirror_view(truth);
  for (std::size_t i = 0; i < host.size(); ++i) host.data()[i] = 1 + static_cast<double>(i / op.lanes() % 7);
  Kokkos::deep_copy(truth, host);
  op.clear_padding(truth);
  auto const data = tomoedx::make_range(op);
  op.forward(truth, data);

  auto const once = tomoedx::make_domain(op), twice = tomoedx::make_domain(op);
  auto const long_run = tomoedx::sirt(op, data, once, {.iterations = 400});
  CHECK(long_run.residuals.back() < 1e-2 * long_run.residuals.front());
  for (std::size_t k = 1; k < long_run.residuals.size(); ++k)
    CHECK(long_run.residuals[k] <= long_run.residuals[k - 1] * (1 + 1e-12));

  tomoedx::sirt(op, data, twice, {.iterations = 150});
  tomoedx::sirt(op, data, twice, {.iterations = 250, .warm_start = true});
  auto const a = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), once);
  auto const b = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), twice);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a.data()[i] == b.data()[i]);
}

TEST_CASE("an observer sees every iteration and can end SIRT; the stopping rules end it too") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::siddon>;
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(data, 1.0f);
  std::vector<std::size_t> seen;
  auto const report = tomoedx::sirt(op, data, x, {.iterations = 50}, [&](tomoedx::progress const& p) {
    seen.push_back(p.iteration);
    CHECK(p.iterations == 50);
    CHECK(p.by_channel.size() == 1);
    return p.iteration == 4 ? tomoedx::decision::stop : tomoedx::decision::proceed;
  });
  CHECK(report.ended == tomoedx::ending::observer);
  CHECK(report.iterations == 4);
  CHECK(seen == std::vector<std::size_t>{1, 2, 3, 4});

  seen.clear();
  tomoedx::sirt(op, data, x, {.iterations = 7, .stop = {.look_every = 3}}, [&](tomoedx::progress const& p) {
    seen.push_back(p.iteration);
    return tomoedx::decision::proceed;
  });
  CHECK(seen == std::vector<std::size_t>{3, 6, 7});

  auto const small_enough =
      tomoedx::sirt(op, data, x, {.iterations = 500, .stop = {.residual_below = report.residuals[2]}});
  CHECK(small_enough.ended == tomoedx::ending::residual_small);
  CHECK(small_enough.iterations == 3);
  auto const settled = tomoedx::sirt(op, data, x, {.iterations = 5000, .stop = {.relative_change = 1e-3}});
  CHECK(settled.ended == tomoedx::ending::change_small);
  CHECK(settled.iterations < 5000);
}

TEST_CASE("SIRT refuses options and sizes that mean nothing") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  CHECK_THROWS_AS(tomoedx::sirt(op, data, x, {.iterations = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, data, x, {.relaxation = 2}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, data, x, {.relaxation = NAN}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, data, x, {.lower = 1, .upper = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, data, x, {.iterations = 1, .lower = INFINITY}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::sirt(op, data, x, {.iterations = 1, .upper = -INFINITY}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(tomoedx::sirt(op, x, x), doctest::Contains("of the data"), tomoedx::shape_error);
  Kokkos::deep_copy(data, NAN);
  CHECK_THROWS_WITH_AS(tomoedx::sirt(op, data, x), doctest::Contains("NaN"), tomoedx::value_error);
}

TEST_CASE("a positive lower bound does not lift the lanes that pad the slices") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, tomoedx::strip>;
  auto const b = cases::random_values(small.rays(), 15, 0, 3);
  reference_sirt plain(small, tomoedx::reference::weight::strip);
  plain.run(b, 6, 1.0, 0.05, 1e9, {});
  op_t const op({}, small, 5);
  REQUIRE(op.lanes() * op.blocks() > 5);
  std::vector<double> stack(small.rays() * 5);
  for (std::size_t y = 0; y < 5; ++y)
    for (std::size_t i = 0; i < small.rays(); ++i)
      stack[(i / small.detector * 5 + y) * small.detector + i % small.detector] = b[i];
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  tomoedx::pack(op.space(),
                tomoedx::upload(op.space(), tomoedx::borrow(stack.data(), small.tilts(), 5, small.detector)),
                data);
  auto const report = tomoedx::sirt(op, data, x, {.iterations = 6, .lower = 0.05});
  for (std::size_t k = 0; k < 6; ++k)
    CHECK(report.residuals[k] == doctest::Approx(std::sqrt(5.0) * plain.norms[k]).epsilon(1e-11));
}

TEST_CASE("a warm start from NaN is refused before anything is computed") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, tomoedx::strip>;
  op_t const op({}, small, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(Kokkos::subview(x, 0, 0, 0, Kokkos::ALL), NAN);
  CHECK_THROWS_WITH_AS(tomoedx::sirt(op, data, x, {.warm_start = true}), doctest::Contains("to start from"),
                       tomoedx::value_error);
}
