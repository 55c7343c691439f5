// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/distribute/mpi_em.hpp>
#include <tomoedx/distribute/mpi_iterate.hpp>
#include <tomoedx/distribute/mpi_slices.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/projectors/tilt_subsets.hpp>
#include <tomoedx/solvers/fbp.hpp>
#include <tomoedx/solvers/os_sirt.hpp>
#include <tomoedx/solvers/sirt.hpp>

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
using op_t = tomoedx::tilt_projector<space_t, float, tomoedx::strip>;
using stack = std::vector<float>;

tomoedx::parallel_beam const beam{
    .tilts_deg = cases::every(-70, 70, 17), .width = 11, .depth = 9, .detector = 13, .axis_offset = 0.3};
constexpr std::size_t slices = 19;
auto const rows = [] { return tomoedx::spread_rows(slices, world().size(), sizeof(float)); };

/// Counts of all slices (series, tilt, y, bin), the same on every rank.
stack counts(std::size_t series) {
  auto const v = cases::random_values(series * beam.rays() * slices, 11, 0, 40);
  stack s(v.size());
  for (std::size_t i = 0; i < s.size(); ++i) s[i] = static_cast<float>(std::floor(v[i]));
  return s;
}

/// The slices in `part` of a series, in an operator's own shape.
template <class View>
void fill(op_t const& op, float const* all, tomoedx::row_range part, View const& to) {
  auto const g = op.range_grid();
  for (std::size_t t = 0; t < beam.tilts(); ++t)
    for (std::size_t y = 0; y < part.count; ++y)
      for (std::size_t b = 0; b < beam.detector; ++b)
        to.data()[g(0, t, y, b)] = all[(t * slices + part.first + y) * beam.detector + b];
}

/// A volume of a rank's slices as plain (z, y, x).
stack plain(op_t const& op, float const* x, std::size_t count) {
  auto const g = op.domain_grid();
  stack out(beam.voxels() * count);
  for (std::size_t z = 0; z < beam.depth; ++z)
    for (std::size_t y = 0; y < count; ++y)
      for (std::size_t c = 0; c < beam.width; ++c) out[(z * count + y) * beam.width + c] = x[g(0, z, y, c)];
  return out;
}

/// Whether the ranks' volumes, put together on rank 0, are bit for bit the one of a single rank.
bool same_as_alone(stack const& mine, stack const& alone) {
  bool same = true;
  std::size_t lines = 0;
  tomoedx::gather_lines(
      world(), rows(), beam.depth, beam.width, mine.data(),
      [&](std::size_t at, std::size_t n, float const* values) {
        std::size_t const line = slices * beam.width;
        same = same && at == lines &&
               std::memcmp(values, alone.data() + at * line, n * line * sizeof(float)) == 0;
        lines += n;
      },
      3 * slices * beam.width * sizeof(float));
  return !world().any(!same || (world().rank() == 0 && lines != beam.depth));
}

struct stopped {};

/// Runs a method on all slices alone and on each rank's part with all watches; checks bits and reports.
template <class Run>
void compare(std::size_t series, Run const& run, tomoedx::ending wanted) {
  auto const all = counts(series);
  op_t const whole(space_t(), beam, slices), part(space_t(), beam, rows()[world().rank()].count);
  auto const [alone, expected] =
      run(tomoedx::communicator(), whole, all, tomoedx::row_range{0, slices}, tomoedx::ignore{});
  CHECK(expected.ended == wanted);
  std::size_t looks = 0;
  auto const note = [&](tomoedx::progress const&) {
    ++looks;
    return tomoedx::decision::proceed;
  };
  auto const [mine, report] =
      run(world(), part, all, rows()[world().rank()], tomoedx::collectively(world(), note));
  REQUIRE(mine.size() == alone.size());
  CHECK(looks > 0);
  for (std::size_t e = 0; e < mine.size(); ++e) CHECK(same_as_alone(mine[e], alone[e]));
  CHECK(report.iterations == expected.iterations);
  CHECK(report.ended == expected.ended);
  REQUIRE(report.residuals.size() == expected.residuals.size());
  for (std::size_t k = 0; k < report.residuals.size(); ++k) {
    CHECK(report.residuals[k] == doctest::Approx(expected.residuals[k]).epsilon(1e-12));
    for (std::size_t c = 0; c < report.by_channel[k].size(); ++c)
      CHECK(report.by_channel[k][c] == doctest::Approx(expected.by_channel[k][c]).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("rows are spread evenly, in whole blocks where that costs nothing, and every row has one rank") {
  for (std::size_t n : {1u, 2u, 3u, 7u, 16u, 19u, 64u, 100u, 129u, 256u, 1000u, 2048u})
    for (int ranks : {1, 2, 3, 4, 7, 16}) {
      if (n < static_cast<std::size_t>(ranks)) {
        CHECK_THROWS_AS(tomoedx::spread_rows(n, ranks, 4), tomoedx::shape_error);
        continue;
      }
      auto const all = tomoedx::spread_rows(n, ranks, 4);
      REQUIRE(all.size() == static_cast<std::size_t>(ranks));
      std::size_t next = 0, most = 0;
      for (auto const& r : all) {
        CHECK(r.first == next);
        CHECK(r.count > 0);
        next += r.count;
        most = std::max(most, r.count);
      }
      CHECK(next == n);
      std::size_t const share = (n + ranks - 1) / ranks, lanes = tomoedx::slicing_for(share, 4).lanes;
      CHECK(most <= (share + lanes - 1) / lanes * lanes);
    }
  CHECK(tomoedx::spread_rows(256, 4, 4)[1] == tomoedx::row_range{64, 64});
  CHECK(tomoedx::spread_rows(200, 2, 4)[0].count == 128);
}

TEST_CASE("sums are the same bits on all ranks, texts and bytes arrive") {
  int const r = world().rank(), n = world().size();
  double const own[] = {1.0 / (r + 3), r == n - 1 ? 1e300 : -3.0};
  double sums[] = {own[0], own[1]}, largest[] = {own[0], own[1]};
  world().sum(sums);
  world().max(largest);
  double expected = 1.0 / 3;
  for (int i = 1; i < n; ++i) expected += 1.0 / (i + 3);
  CHECK(sums[0] == expected);
  CHECK(largest[0] == 1.0 / 3);
  CHECK(largest[1] == 1e300);
  CHECK(std::isnan(world().max(r == n - 1 ? NAN : 1.0)));
  CHECK(world().any(r == n - 1));
  CHECK(!world().any(false));
  CHECK(world().broadcast(r == 0 ? std::string("from the first") : std::string("mine")) == "from the first");
  auto const texts = world().gather("rank " + std::to_string(r));
  REQUIRE(texts.size() == (r == 0 ? static_cast<std::size_t>(n) : 0));
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == "rank " + std::to_string(i));
  int const out = 100 + r;
  int in = -1;
  world().exchange(std::as_bytes(std::span<int const>(&out, 1)), r + 1 < n ? r + 1 : -1,
                   std::as_writable_bytes(std::span<int>(&in, 1)), r > 0 ? r - 1 : -1);
  CHECK(in == (r > 0 ? 100 + r - 1 : -1));
}

TEST_CASE("arrays are handed out and collected by lines in little memory") {
  auto const all = counts(1);
  auto const part = rows()[world().rank()];
  stack own(beam.tilts() * part.count * beam.detector);
  tomoedx::scatter_lines(
      world(), rows(), beam.tilts(), beam.detector, own.data(),
      [&](std::size_t at, std::size_t n, float* to) {
        CHECK(world().rank() == 0);
        std::copy_n(all.data() + at * slices * beam.detector, n * slices * beam.detector, to);
      },
      4 * slices * beam.detector * sizeof(float));
  for (std::size_t t = 0; t < beam.tilts(); ++t)
    CHECK(std::memcmp(own.data() + t * part.count * beam.detector,
                      all.data() + (t * slices + part.first) * beam.detector,
                      part.count * beam.detector * sizeof(float)) == 0);
  stack back(world().rank() == 0 ? all.size() : 0);
  tomoedx::gather_lines(world(), rows(), beam.tilts(), beam.detector, own.data(),
                        [&](std::size_t at, std::size_t n, float const* from) {
                          std::copy_n(from, n * slices * beam.detector,
                                      back.data() + at * slices * beam.detector);
                        });
  if (world().rank() == 0) CHECK(back == all);
}

TEST_CASE("SIRT on several ranks gives the bits of one, and stops with it") {
  for (auto const& [rules, why] :
       {std::pair(tomoedx::stopping_rules{}, tomoedx::ending::iterations_done),
        std::pair(tomoedx::stopping_rules{.relative_change = 0.03, .look_every = 2},
                  tomoedx::ending::change_small)})
    compare(
        1,
        [&](auto const&, op_t const& op, stack const& all, tomoedx::row_range part, auto&& watch) {
          auto const data = tomoedx::make_range(op);
          auto const x = tomoedx::make_domain(op);
          fill(op, all.data(), part, data);
          auto const report = tomoedx::sirt(op, data, x, {.iterations = 25, .stop = rules}, watch);
          return std::pair(std::vector<stack>{plain(op, x.data(), part.count)}, report);
        },
        why);
}

TEST_CASE("EM on several ranks starts from the constant of all counts and gives the bits of one") {
  compare(
      1,
      [&](tomoedx::communicator const& comm, op_t const& op, stack const& all, tomoedx::row_range part,
          auto&& watch) {
        auto const data = tomoedx::make_range(op);
        auto const x = tomoedx::make_domain(op);
        fill(op, all.data(), part, data);
        tomoedx::em_options<op_t::domain_view, op_t::range_view> const options{.iterations = 9,
                                                                               .background = 0.5};
        auto const report = comm.size() > 1 ? tomoedx::em(comm, op, data, x, options, watch)
                                            : tomoedx::em(op, data, x, options, watch);
        return std::pair(std::vector<stack>{plain(op, x.data(), part.count)}, report);
      },
      tomoedx::ending::iterations_done);
}

TEST_CASE("ordered subsets and filtered back-projection on several ranks give the bits of one") {
  auto const all = counts(1);
  auto const run = [&](tomoedx::communicator const& comm, tomoedx::row_range part) {
    op_t const op(space_t(), beam, part.count);
    auto const data = tomoedx::make_range(op);
    fill(op, all.data(), part, data);
    tomoedx::tilt_subsets const parts(op, 3);
    auto const watch = [&] { return tomoedx::collectively(comm); };
    std::vector<stack> results;
    auto const x = tomoedx::make_domain(op);
    tomoedx::osem(comm, parts.operators(), parts.split(data), x, {.iterations = 3}, watch());
    results.push_back(plain(op, x.data(), part.count));
    tomoedx::os_sirt(parts.operators(), parts.split(data), x, {.iterations = 3}, watch());
    results.push_back(plain(op, x.data(), part.count));
    tomoedx::fbp(op, data, x);
    results.push_back(plain(op, x.data(), part.count));
    return results;
  };
  // alone, osem starts by itself
  op_t const op(space_t(), beam, slices);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  fill(op, all.data(), {0, slices}, data);
  tomoedx::tilt_subsets const parts(op, 3);
  tomoedx::osem(parts.operators(), parts.split(data), x, {.iterations = 3});
  auto const alone = run({}, {0, slices}), mine = run(world(), rows()[world().rank()]);
  CHECK(alone[0] == plain(op, x.data(), slices));
  for (std::size_t i = 0; i < 3; ++i) CHECK(same_as_alone(mine[i], alone[i]));
}

TEST_CASE("HEBT on several ranks gives the bits of one, and an observer's stop on one rank stops all") {
  int const last = world().size() - 1;
  compare(
      3,
      [&](tomoedx::communicator const&, op_t const& op, stack const& all, tomoedx::row_range part,
          auto&& watch) {
        tomoedx::mixed_operator<op_t> const stacked(op, tomoedx::hebt_mixing(2, 0.7));
        auto const data = tomoedx::make_range(stacked);
        auto const x = tomoedx::make_domain(stacked);
        for (std::size_t c = 0; c < 3; ++c)
          fill(op, all.data() + c * beam.rays() * slices, part, stacked.channel(data, c));
        auto const report = tomoedx::hebt(op, data, x, {.iterations = 12, .ratios = {1.1, 0.8}}, watch);
        return std::pair(std::vector<stack>{plain(op, stacked.element(x, 0).data(), part.count),
                                            plain(op, stacked.element(x, 1).data(), part.count)},
                         report);
      },
      tomoedx::ending::iterations_done);
  op_t const part(space_t(), beam, rows()[world().rank()].count);
  auto const data = tomoedx::make_range(part);
  auto const x = tomoedx::make_domain(part);
  fill(part, counts(1).data(), rows()[world().rank()], data);
  auto const report = tomoedx::sirt(
      part, data, x, {.iterations = 30}, tomoedx::collectively(world(), [&](tomoedx::progress const& p) {
        return world().rank() == last && p.iteration == 4 ? tomoedx::decision::stop
                                                          : tomoedx::decision::proceed;
      }));
  CHECK(report.iterations == 4);
  CHECK(report.ended == tomoedx::ending::observer);
}

TEST_CASE(
    "a run on several ranks that is killed goes on from its checkpoint, and no run of other ranks does") {
  namespace fs = std::filesystem;
  auto const folder = fs::path(world().broadcast(
      (fs::temp_directory_path() / ("tomoedx_mpi_" + std::to_string(::getpid()))).string()));
  if (world().rank() == 0) fs::remove_all(folder), fs::create_directories(folder);
  world().barrier();
  auto const file = folder / "run.checkpoint";
  auto const part = rows()[world().rank()];
  op_t const op(space_t(), beam, part.count);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), whole = tomoedx::make_domain(op);
  fill(op, counts(1).data(), part, data);
  tomoedx::stopping_rules const rules{.relative_change = 0.003};
  auto const expected =
      tomoedx::sirt(op, data, whole, {.iterations = 40, .stop = rules}, tomoedx::collectively(world()));
  tomoedx::checkpoint_options const options{
      .file = file,
      .every = 3,
      .identity = tomoedx::checkpoint_identity("sirt").with(beam).with_values("data", op.space(), data)};
  auto const run = [&](auto const& where, auto&& watch) {
    return tomoedx::sirt(op, data, x, {.iterations = 40, .stop = rules},
                         tomoedx::with_checkpoints(world(), where, tomoedx::collectively(world(), watch)));
  };
  CHECK_THROWS_AS(run(options,
                      [](tomoedx::progress const& p) {
                        if (p.iteration == 5) throw stopped{};
                        return tomoedx::decision::proceed;
                      }),
                  stopped);
  std::size_t first = 0;
  auto const note = [&](tomoedx::progress const& p) {
    if (first == 0) first = p.iteration;
    return tomoedx::decision::proceed;
  };
  for (int again = 0; again < 2; ++again) {
    Kokkos::deep_copy(x, -1);
    auto const report = run(options, note);
    CHECK(report.iterations == expected.iterations);
    CHECK(report.ended == tomoedx::ending::change_small);
    CHECK(report.residuals == expected.residuals);
    CHECK(report.by_channel == expected.by_channel);
    CHECK(std::memcmp(x.data(), whole.data(), x.size() * sizeof(float)) == 0);
    CHECK(first == 4);
  }
  // all ranks refuse alike, though only the first looks at the file
  auto other = options;
  other.identity.with("relaxation", 2);
  CHECK_THROWS_WITH_AS(run(other, note), doctest::Contains("relaxation is not given there, 2 here"),
                       tomoedx::file_error);
  if (world().size() > 1) {
    tomoedx::sirt_solver<op_t> alone(op, data, x, {.iterations = 40});
    if (world().rank() == 0)
      CHECK_THROWS_WITH_AS(tomoedx::read_checkpoint(file, alone, options.identity),
                           doctest::Contains("processes is"), tomoedx::file_error);
    other = options;
    if (world().rank() == world().size() - 1) other.identity = tomoedx::checkpoint_identity("em");
    CHECK_THROWS_WITH_AS(run(other, note), doctest::Contains("method is"), tomoedx::file_error);
  }
  other = options;
  other.file = folder / "none" / "file";
  CHECK_THROWS_WITH_AS(run(other, note), doctest::Contains("does not exist"), tomoedx::file_error);
  world().barrier();
  if (world().rank() == 0) fs::remove_all(folder);
}
