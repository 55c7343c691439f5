// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/stream.hpp>
#include <tomoedx/io/part_reader.hpp>
#include <tomoedx/io/part_writer.hpp>

#include "../io/scratch.hpp"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

namespace io = tomoedx::io;
using scratch::complaint;
using scratch::contains;
using tomoedx::memory_sink;
using tomoedx::memory_source;
using tomoedx::slab;

namespace {

constexpr io::shape3 stack_shape{5, 37, 6}, volume_shape{4, 37, 7};

/// Two stacks and two volumes, and what `mixing` below makes of them, found by plain loops over the whole.
struct problem {
  std::vector<float> a, b, first, second, first_wanted, second_wanted;
  std::vector<memory_source> sources;
  std::vector<memory_sink> sinks;

  problem()
      : a(5 * 37 * 6),
        b(a.size()),
        first(4 * 37 * 7, -1),
        second(first),
        first_wanted(first),
        second_wanted(first) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = float(i * 7 % 101), b[i] = float(i * 5 % 89);
    for (std::size_t y = 0; y < 37; ++y) {
      float sum_a = 0, sum_b = 0;
      for (std::size_t t = 0; t < 5; ++t)
        for (std::size_t x = 0; x < 6; ++x) {
          sum_a += float(t + 1) * float(x + 1) * a[(t * 37 + y) * 6 + x];
          sum_b += float(t + 2) * float(x + 3) * b[(t * 37 + y) * 6 + x];
        }
      for (std::size_t z = 0; z < 4; ++z)
        for (std::size_t x = 0; x < 7; ++x) {
          first_wanted[(z * 37 + y) * 7 + x] = sum_a + float(z) * sum_b + float(x);
          second_wanted[(z * 37 + y) * 7 + x] = sum_b - float(x) * sum_a;
        }
    }
    sources = {memory_source(a, stack_shape, "a"), memory_source(b, stack_shape, "b")};
    sinks = {memory_sink(first, volume_shape, "first"), memory_sink(second, volume_shape, "second")};
  }
};

/// Integer sums of each row, so that every order of summation gives the same bits.
void mixing(slab const& s) {
  auto const &from = s.stack_grid, &to = s.volume_grid;
  for (std::size_t y = 0; y < from.rows; ++y) {
    float sum_a = 0, sum_b = 0;
    for (std::size_t t = 0; t < from.lines; ++t)
      for (std::size_t x = 0; x < from.columns; ++x) {
        sum_a += float(t + 1) * float(x + 1) * s.stacks[from(0, t, y, x)];
        sum_b += float(t + 2) * float(x + 3) * s.stacks[from(1, t, y, x)];
      }
    for (std::size_t z = 0; z < to.lines; ++z)
      for (std::size_t x = 0; x < to.columns; ++x) {
        s.volumes[to(0, z, y, x)] = sum_a + float(z) * sum_b + float(x);
        s.volumes[to(1, z, y, x)] = sum_b - float(x) * sum_a;
      }
  }
}

/// The same for slices side by side; looks that padding is zero.
struct mixing_lanes {
  std::size_t wide = 4;
  std::size_t lanes(std::size_t) const { return wide; }
  void operator()(slab const& s) const {
    mixing(s);
    auto const& g = s.stack_grid;
    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t t = 0; t < g.lines; ++t)
        for (std::size_t y = g.rows; y < g.blocks() * g.lanes; ++y)
          for (std::size_t x = 0; x < g.columns; ++x) CHECK(s.stacks[g(c, t, y, x)] == 0);
  }
};

}  // namespace

TEST_CASE("every height of slab, halo and layout gives the volumes of plain loops over the whole") {
  for (bool const overlap : {false, true})
    for (std::size_t const rows : {1, 5, 16, 36, 37, 100})
      for (std::size_t const halo : {0, 1, 8, 40}) {
        CAPTURE(overlap);
        CAPTURE(rows);
        CAPTURE(halo);
        tomoedx::stream_options const options{.slab_rows = rows, .halo = halo, .overlap = overlap};
        problem plain, sliced;
        auto const report = tomoedx::stream(plain.sources, plain.sinks, mixing, options);
        CHECK(plain.first == plain.first_wanted);
        CHECK(plain.second == plain.second_wanted);
        CHECK(report.plan.slabs() ==
              (37 + std::min<std::size_t>(rows, 37) - 1) / std::min<std::size_t>(rows, 37));
        tomoedx::stream(sliced.sources, sliced.sinks, mixing_lanes{}, options);
        CHECK(sliced.first == sliced.first_wanted);
        CHECK(sliced.second == sliced.second_wanted);
      }
}

TEST_CASE(
    "a computation sees plain arrays, the rows of its slab, and is called on the calling thread in order") {
  problem p;
  std::size_t next = 0;
  auto const caller = std::this_thread::get_id();
  tomoedx::stream(p.sources, p.sinks,
                  [&](slab const& s) {
                    CHECK(std::this_thread::get_id() == caller);
                    CHECK(s.index == next++);
                    CHECK(s.slabs == 4);
                    auto const stack = s.stack(1);
                    auto const volume = s.volume(1);
                    CHECK(stack(2, 3, 4) == p.b[(2 * 37 + s.where.first + 3) * 6 + 4]);
                    CHECK(&volume(3, 2, 1) == s.volumes + s.volume_grid(1, 3, 2, 1));
                    std::fill_n(s.volumes, s.volume_grid.size(), 0.0f);
                  },
                  {.slab_rows = 10, .halo = 2});
  CHECK(next == 4);
}

TEST_CASE("files go in and come out, each value in its place") {
  scratch::folder const f;
  problem p;
  io::write(f / "a.npy", io::array_view<float>({5, 37, 6}, p.a));
  io::write(f / "b.mrc", io::array_view<float>({5, 37, 6}, p.b));
  std::vector<io::part_reader> in;
  in.emplace_back(f / "a.npy");
  in.emplace_back(f / "b.mrc");
  {
    std::vector<io::part_writer> out;
    out.emplace_back(f / "first.mrc", volume_shape);
    out.emplace_back(f / "second.npy", volume_shape);
    tomoedx::stream(in, out, mixing_lanes{16}, {.slab_rows = 8});
  }
  CHECK(io::read<float>(f / "first.mrc").values == p.first_wanted);
  CHECK(io::read<float>(f / "second.npy").values == p.second_wanted);
  CHECK(f.names() == std::vector<std::string>{"a.npy", "b.mrc", "first.mrc", "second.npy"});
}

TEST_CASE("two sinks of one file are refused: the second would take the place of the first") {
  scratch::folder const f;
  problem p;
  auto const run = [&](std::string const& first, std::string const& second) {
    std::vector<io::part_writer> out;
    out.emplace_back(f / first, volume_shape);
    out.emplace_back(f / second, volume_shape);
    return complaint([&] { tomoedx::stream(p.sources, out, mixing); });
  };
  CHECK(contains(run("v.npy", "v.npy"), "v.npy is in a file that another volume goes to"));
  std::filesystem::create_directory(f / "sub");
  CHECK(contains(run("v.mrc", "sub/../v.mrc"), "sub/../v.mrc is in a file that another volume goes to"));
#ifdef TOMOEDX_HDF5
  CHECK(contains(run("v.h5:/Fe", "v.h5:/Pt"), "v.h5:/Pt is in a file that another volume goes to"));
#endif
  CHECK(run("v.npy", "w.npy").empty());
  CHECK(f.names() == std::vector<std::string>{"sub", "v.npy", "w.npy"});
}

TEST_CASE("a computation that fails, a value that is no number and a stop leave no file behind") {
  scratch::folder const f;
  for (bool const overlap : {false, true}) {
    CAPTURE(overlap);
    problem p;
    std::vector<io::part_writer> out;
    auto const run = [&](auto&& compute, auto&& watch) {
      out.clear();
      out.emplace_back(f / "first.npy", volume_shape);
      out.emplace_back(f / "second.npy", volume_shape);
      auto const text = complaint(
          [&] { tomoedx::stream(p.sources, out, compute, {.slab_rows = 10, .overlap = overlap}, watch); });
      out.clear();
      CHECK(f.names().empty());
      return text;
    };
    auto const failing = [](slab const& s) {
      mixing(s);
      if (s.index == 2) throw tomoedx::value_error("the third slab is bad");
    };
    CHECK(run(failing, tomoedx::ignore{}) == "the third slab is bad");
    CHECK(contains(run(mixing,
                       [](tomoedx::progress const& q) {
                         CHECK(q.iterations == 4);
                         return q.iteration == 3 ? tomoedx::decision::stop : tomoedx::decision::proceed;
                       }),
                   "stopped after 3 of 4 slabs"));
    p.b[(3 * 37 + 25) * 6 + 4] = NAN;
    CHECK(contains(run(mixing, tomoedx::ignore{}), "b: tilt 3, row 25, column 4 is nan"));
    p.b[(3 * 37 + 25) * 6 + 4] = -INFINITY;
    CHECK(contains(run(mixing, tomoedx::ignore{}), "b: tilt 3, row 25, column 4 is -inf"));
  }
}

namespace {

/// A sink whose disk is full at row 20.
struct full_sink {
  io::shape3 shape() const { return volume_shape; }
  std::string name() const { return "full"; }
  void write(io::part const& p, float const*) const {
    tomoedx::expects<tomoedx::file_error>(p.first_row < 20, "full: no room for row {}", p.first_row);
  }
  void commit() const { FAIL("a sink that failed is committed"); }
};

}  // namespace

TEST_CASE("an error of a sink ends the work and comes out of the call") {
  for (bool const overlap : {false, true}) {
    problem p;
    std::vector<full_sink> out(2);
    std::size_t computed = 0;
    auto const text = complaint([&] {
      tomoedx::stream(p.sources, out, [&](slab const&) { ++computed; }, {.slab_rows = 5, .overlap = overlap});
    });
    CHECK(text == "full: no room for row 20");
    CHECK(computed <= 6);
  }
}

namespace {

/// A stack or volume that nobody reads or writes.
struct sized {
  io::shape3 extents;
  io::shape3 shape() const { return extents; }
  std::string name() const { return "sized"; }
  void read(io::part const&, float*) const {}
  void write(io::part const&, float const*) const {}
  void commit() const {}
};

}  // namespace

TEST_CASE("no slab needs more memory than the plan says, also the last one and those at the ends of a halo") {
  std::vector<sized> const in{{{181, 1024, 2048}}}, out{{{2048, 1024, 2048}}};
  auto const sizes = tomoedx::detail::common_sizes(in, out);
  mixing_lanes const wide{64};
  for (std::size_t const keep : {28, 60, 64, 100, 900})
    for (std::size_t const halo : {0, 2, 30}) {
      CAPTURE(keep);
      CAPTURE(halo);
      auto const plan =
          tomoedx::plan_stream(in, out, wide, {.memory_bytes = SIZE_MAX, .slab_rows = keep, .halo = halo});
      std::size_t const copies = tomoedx::detail::stages_overlap ? 2 : 1;
      for (std::size_t i = 0; i < plan.slabs(); ++i) {
        std::size_t const rows = plan[i].rows, line = rows * 2048 * sizeof(float);
        CHECK(tomoedx::detail::slab_bytes(wide, sizes, rows, copies) <= plan.bytes);
        CHECK(tomoedx::detail::lines_at_once(sizes.stack, rows) * line <=
              tomoedx::detail::piece_bytes(sizes.stack, rows));
      }
    }
}

TEST_CASE("sizes that do not go together and a bound that is too small are refused before anything is read") {
  problem p;
  std::vector<float> other(5 * 36 * 6), thin(4 * 36 * 7);
  std::size_t calls = 0;
  auto const count = [&](slab const&) { ++calls; };
  auto sources = p.sources;
  sources.push_back(memory_source(other, {5, 36, 6}, "short"));
  CHECK(complaint([&] { tomoedx::stream(sources, p.sinks, count); }) ==
        "stream: a is 5 x 37 x 6, short is 5 x 36 x 6; they must be alike");
  std::vector<memory_sink> sinks{memory_sink(thin, {4, 36, 7}, "thin")};
  CHECK(contains(complaint([&] { tomoedx::stream(p.sources, sinks, count); }),
                 "a has 37 rows (y), thin has 36"));
  sinks.clear();
  CHECK(contains(complaint([&] { tomoedx::stream(p.sources, sinks, count); }), "2 sources and 0 sinks"));
  auto const small =
      complaint([&] { tomoedx::stream(p.sources, p.sinks, count, {.memory_bytes = 1 << 20}); });
  CHECK(contains(small, "slabs: one row needs 67"));
  CHECK(contains(small, "bytes, 1048576 are allowed"));
  CHECK(calls == 0);
}
