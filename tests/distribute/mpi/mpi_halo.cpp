// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/halo.hpp>
#include <tomoedx/distribute/mpi_iterate.hpp>
#include <tomoedx/distribute/mpi_slices.hpp>
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/regularizers/total_variation.hpp>
#include <tomoedx/regularizers/vectorial_tv.hpp>
#include <tomoedx/solvers/pdhg.hpp>

#include "../../projectors/cases.hpp"
#include "mpi_world.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include <unistd.h>

namespace {

using mpi_tests::world;
using space_t = Kokkos::DefaultHostExecutionSpace;
using flat = tomoedx::flat_on<double, space_t>;
using number = tomoedx::number_on<space_t>;

/// Rows `part` of the values on grid `whole`, on a grid of their own.
flat rows_of(flat const& all, tomoedx::grid const& whole, tomoedx::grid const& own, tomoedx::row_range part) {
  flat mine("mine", own.size());
  for (std::size_t c = 0; c < own.channels; ++c)
    for (std::size_t l = 0; l < own.lines; ++l)
      for (std::size_t y = 0; y < part.count; ++y)
        for (std::size_t i = 0; i < own.columns; ++i)
          mine(own(c, l, y, i)) = all(whole(c, l, part.first + y, i));
  return mine;
}

flat random_volume(tomoedx::grid const& g, unsigned seed) {
  auto const v = cases::random_values(g.channels * g.lines * g.rows * g.columns, seed, -1, 2);
  flat x("x", g.size());
  std::size_t n = 0;
  for (std::size_t c = 0; c < g.channels; ++c)
    for (std::size_t l = 0; l < g.lines; ++l)
      for (std::size_t y = 0; y < g.rows; ++y)
        for (std::size_t i = 0; i < g.columns; ++i) x(g(c, l, y, i)) = v[n++];
  return x;
}

template <class R>
void compare(tomoedx::grid const& whole, tomoedx::grid const& own, tomoedx::row_range part,
             tomoedx::variation_options const& options) {
  space_t const space;
  R const alone(space, whole, options);
  tomoedx::distributed<R> const spread(world(), space, own, options);
  static_assert(tomoedx::regularizer<tomoedx::distributed<R>>);
  CHECK(spread.squared_norm() == alone.squared_norm());
  CHECK(spread.column_sum() == alone.column_sum());
  CHECK(spread.row_sum() == alone.row_sum());
  CHECK(spread.size() == own.size());
  flat const p("p", alone.dual_size()), q("q", spread.dual_size());
  number const f("f"), share("share");
  for (unsigned step = 0; step < 5; ++step) {
    auto const x = random_volume(whole, 20 + step);
    auto const mine = rows_of(x, whole, own, part);
    alone.value(x, f);
    spread.value(mine, share);
    space.fence();
    CHECK(world().sum(share()) == doctest::Approx(f()).epsilon(1e-12));
    CHECK(f() > 1);
    // ranks may ask for different steps: the least is taken
    alone.dual_step(p, x, 0.05);
    spread.dual_step(q, mine,
                     world().rank() == world().size() - 1 ? 0.05 : 0.05 + 0.01 * (world().size() - 1));
    auto const g = random_volume(whole, 50 + step);
    auto const h = rows_of(g, whole, own, part);
    alone.add_adjoint(p, g);
    spread.add_adjoint(q, h);
    space.fence();
    auto const expected = rows_of(g, whole, own, part);
    double worst = 0;
    for (std::size_t i = 0; i < h.size(); ++i) worst = std::max(worst, std::abs(h(i) - expected(i)));
    CHECK(worst < 1e-14);
  }
}

struct killed {};

}  // namespace

TEST_CASE("a rank sees the neighbouring row on each side, and only there") {
  auto const whole = tomoedx::plain_grid(2, 3, 11, 4);
  auto const part = tomoedx::spread_rows(11, world().size(), sizeof(double))[world().rank()];
  auto const own = tomoedx::sliced_grid(2, 3, part.count, 4, 2);
  auto const x = random_volume(whole, 3);
  tomoedx::halo_exchange<double, space_t> const halo(world(), space_t(), own);
  halo(rows_of(x, whole, own, part));
  CHECK(halo.has_below() == (part.first > 0));
  CHECK(halo.has_above() == (part.first + part.count < 11));
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t l = 0; l < 3; ++l)
      for (std::size_t i = 0; i < 4; ++i) {
        std::size_t const at = (c * 3 + l) * 4 + i;
        if (halo.has_below()) CHECK(halo.below()(at) == x(whole(c, l, part.first - 1, i)));
        if (halo.has_above()) CHECK(halo.above()(at) == x(whole(c, l, part.first + part.count, i)));
      }
  if (world().size() > 1) {
    auto other = own;
    if (world().rank() == 1) other = tomoedx::sliced_grid(2, 4, part.count, 4, 2);
    CHECK_THROWS_AS((tomoedx::halo_exchange<double, space_t>(world(), space_t(), other)),
                    tomoedx::shape_error);
  }
}

TEST_CASE("total variation across ranks is that of the whole volume") {
  for (std::size_t const rows : {4u, 5u, 13u, 37u}) {
    auto const part = tomoedx::spread_rows(rows, world().size(), sizeof(double))[world().rank()];
    CAPTURE(rows);
    for (std::size_t const lanes : {1u, 4u, 8u}) {
      compare<tomoedx::total_variation<double, space_t>>(tomoedx::sliced_grid(1, 5, rows, 6, 8),
                                                         tomoedx::sliced_grid(1, 5, part.count, 6, lanes),
                                                         part, {.lambda = 0.3, .spacing = {1, 2, 1}});
      compare<tomoedx::vectorial_tv<double, space_t>>(tomoedx::plain_grid(2, 5, rows, 6),
                                                      tomoedx::sliced_grid(2, 5, part.count, 6, lanes), part,
                                                      {.lambda = 0.2, .weights = {1, 0.5}});
    }
    compare<tomoedx::total_variation<double, space_t>>(tomoedx::plain_grid(1, 5, rows, 6),
                                                       tomoedx::plain_grid(1, 5, part.count, 6), part,
                                                       {.lambda = 0.3, .in_plane = true});
  }
}

TEST_CASE("a reconstruction with total variation along y takes the same steps on any number of ranks") {
  using op_t = tomoedx::tilt_projector<space_t, double, tomoedx::strip>;
  tomoedx::parallel_beam const beam{
      .tilts_deg = cases::every(-75, 75, 15), .width = 10, .depth = 10, .detector = 12};
  constexpr std::size_t rows = 12;
  space_t const space;
  auto const solve = [&](tomoedx::communicator const& comm, tomoedx::row_range part) {
    op_t const op(space, beam, part.count), one(space, beam, rows);
    auto const data = tomoedx::make_range(op);
    auto const v = cases::random_values(rows * beam.rays(), 8, 0, 4);
    auto const g = op.range_grid();
    for (std::size_t t = 0; t < beam.tilts(); ++t)
      for (std::size_t y = 0; y < part.count; ++y)
        for (std::size_t b = 0; b < beam.detector; ++b)
          data.data()[g(0, t, y, b)] = 3 + v[(t * rows + part.first + y) * beam.detector + b];
    auto const x = tomoedx::make_domain(op);
    using tv_t = tomoedx::distributed<tomoedx::total_variation<double, space_t>>;
    tv_t const tv(comm, space, op.domain_grid(), tomoedx::variation_options{.lambda = 3});
    tomoedx::pdhg_options<tomoedx::non_negative<double>> const options{.iterations = 100};
    auto const noise = tomoedx::make_gaussian(op, data);
    auto const report = tomoedx::pdhg(op, noise, tv, x, options, tomoedx::collectively(comm));
    CHECK(report.iterations == 100);
    CHECK(comm.sum(report.gap.back()) < 0.1 * comm.sum(report.objective.back()));
    if (comm.size() == world().size()) {  // killed and resumed, duals and all
      auto const y = tomoedx::make_domain(op);
      tomoedx::checkpoint_options const stored{
          .file = comm.broadcast(
              (std::filesystem::temp_directory_path() / ("tomoedx_mpi_tv_" + std::to_string(::getpid())))
                  .string()),
          .every = 15,
          .identity = tomoedx::checkpoint_identity("pdhg").with_values("data", space, data)};
      auto const kill = [](tomoedx::progress const& p) {
        if (p.iteration == 50) throw killed{};
        return tomoedx::decision::proceed;
      };
      CHECK_THROWS_AS(
          tomoedx::pdhg(op, noise, tv, y, options,
                        tomoedx::with_checkpoints(comm, stored, tomoedx::collectively(comm, kill))),
          killed);
      Kokkos::deep_copy(y, 5);
      auto const on = tomoedx::pdhg(op, noise, tv, y, options,
                                    tomoedx::with_checkpoints(comm, stored, tomoedx::collectively(comm)));
      CHECK(on.residuals == report.residuals);
      CHECK(on.objective.back() == report.objective.back());
      CHECK(on.gap.back() == report.gap.back());
      CHECK(std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0);
      if (comm.rank() == 0) CHECK(std::filesystem::remove(stored.file));
    }
    std::pair<std::vector<double>, double> result{{}, comm.sum(report.objective.back())};
    auto const d = op.domain_grid();
    for (std::size_t z = 0; z < beam.depth; ++z)
      for (std::size_t y = 0; y < part.count; ++y)
        for (std::size_t c = 0; c < beam.width; ++c) result.first.push_back(x.data()[d(0, z, y, c)]);
    return result;
  };
  auto const [alone, least] = solve({}, {0, rows});
  auto const spread = tomoedx::spread_rows(rows, world().size(), sizeof(double));
  auto const part = spread[world().rank()];
  auto const [mine, objective] = solve(world(), part);
  CHECK(objective == doctest::Approx(least).epsilon(1e-10));
  double worst = 0, largest = 0;
  for (std::size_t z = 0; z < beam.depth; ++z)
    for (std::size_t i = 0; i < part.count * beam.width; ++i) {
      double const whole = alone[(z * rows + part.first) * beam.width + i];
      worst = std::max(worst, std::abs(mine[z * part.count * beam.width + i] - whole));
      largest = std::max(largest, whole);
    }
  CHECK(largest > 0.1);
  CHECK(worst < 1e-10 * largest);
}
