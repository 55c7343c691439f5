// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/stream_methods.hpp>

#include <doctest/doctest.h>

#include "../messages.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace io = tomoedx::io;
using host_space = Kokkos::DefaultHostExecutionSpace;
using projector_type = tomoedx::tilt_projector<host_space, float, tomoedx::strip>;
using many = tomoedx::mixed_operator<projector_type>;

namespace {

constexpr std::size_t rows = 150, width = 24, tilts = 7;
constexpr io::shape3 stack_shape{tilts, rows, width}, volume_shape{width, rows, width};
tomoedx::parallel_beam const beam{
    .tilts_deg = {-70, -42, -20, 0.5, 21, 40, 68}, .width = width, .depth = width, .detector = width};

/// Two element maps and a HAADF series of counts, the volumes streamed from them and the whole problem at once.
struct problem {
  std::vector<std::vector<float>> series, volumes;
  std::vector<tomoedx::memory_source> sources;
  std::vector<tomoedx::memory_sink> sinks;
  projector_type op{host_space(), beam, rows};

  problem(std::size_t in, std::size_t out) {
    unsigned seed = 7;
    for (std::size_t c = 0; c < in; ++c) {
      auto& s = series.emplace_back(tilts * rows * width);
      for (auto& v : s) v = float((seed = seed * 1664525u + 1013904223u) >> 28);
    }
    volumes.assign(out, std::vector<float>(width * rows * width, -1.0f));
    for (auto const& s : series) sources.emplace_back(s, stack_shape, "series");
    for (auto& v : volumes) sinks.emplace_back(v, volume_shape, "volume");
  }

  /// All series as `a` takes them.
  many::range_view data() const {
    many const all(op, tomoedx::separate_channels(series.size()));
    auto const y = make_range(all);
    for (std::size_t c = 0; c < series.size(); ++c)
      tomoedx::pack(host_space(), tomoedx::borrow(series[c].data(), tilts, rows, width), all.channel(y, c));
    return y;
  }
  /// The whole problem's volumes are bit for bit the streamed ones.
  void compare(many::domain_view const& x) const {
    many const all(op, tomoedx::separate_channels(volumes.size()));
    for (std::size_t e = 0; e < volumes.size(); ++e) {
      std::vector<float> plain(width * rows * width);
      tomoedx::unpack(host_space(), all.element(x, e), tomoedx::borrow(plain.data(), width, rows, width));
      host_space().fence();
      CHECK(plain == volumes[e]);
      CHECK(*std::ranges::max_element(plain) > 0);
    }
  }
};

void compare(tomoedx::solve_report const& a, tomoedx::solve_report const& b) {
  CHECK(a.iterations == b.iterations);
  REQUIRE(a.residuals.size() == b.residuals.size());
  for (std::size_t i = 0; i < a.residuals.size(); ++i) {
    CHECK(a.residuals[i] == doctest::Approx(b.residuals[i]).epsilon(1e-10));
    REQUIRE(a.by_channel[i].size() == b.by_channel[i].size());
    for (std::size_t c = 0; c < a.by_channel[i].size(); ++c)
      CHECK(a.by_channel[i][c] == doctest::Approx(b.by_channel[i][c]).epsilon(1e-10));
  }
}

std::string complaint(std::function<void()> const& f) {
  try {
    f();
  } catch (tomoedx::error const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("SIRT in slabs gives the bits of the whole problem, and its norms") {
  for (std::size_t const height : {64, 50, 13, 1000}) {  // 13: other lanes than the whole
    CAPTURE(height);
    problem p(2, 2);
    auto const done = tomoedx::stream_sirt(host_space(), beam, p.sources, p.sinks,
                                           {.iterations = 4, .relaxation = 0.9}, {.slab_rows = height});
    many const all(p.op, tomoedx::separate_channels(2));
    auto const x = make_domain(all);
    compare(done.solve, tomoedx::sirt(all, p.data(), x, {.iterations = 4, .relaxation = 0.9}));
    p.compare(x);
  }
}

TEST_CASE("EM in slabs gives the bits of the whole problem from the same start, and finds that start") {
  problem p(2, 2);
  auto const done = tomoedx::stream_em(host_space(), beam, p.sources, p.sinks,
                                       {.iterations = 3, .background = 0.5}, {.slab_rows = 40});
  many const all(p.op, tomoedx::separate_channels(2));
  auto const x = make_domain(all);
  auto const start = tomoedx::em_start(host_space(), beam, p.sources);
  Kokkos::deep_copy(x, float(start));
  clear_padding(all, x);
  compare(done.solve,
          tomoedx::em(all, p.data(), x, {.iterations = 3, .background = 0.5, .warm_start = true}));
  p.compare(x);

  tomoedx::em_solver<many> const cold(all, p.data(), x, {});  // fills x with its own constant
  double most = 0;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x.data()[i] != 0) ++filled, most = std::max(most, std::abs(double(x.data()[i]) / start - 1));
  CHECK(filled == 2 * width * rows * width);
  CHECK(most < 1e-6);
}

TEST_CASE("HEBT in slabs gives the bits of the whole problem") {
  problem p(3, 2);
  auto const done = tomoedx::stream_hebt(host_space(), beam, p.sources, p.sinks,
                                         {.iterations = 3, .ratios = {1.5, 0.5}}, {.slab_rows = 70});
  many const all(p.op, tomoedx::separate_channels(2));
  auto const x = make_domain(all);
  compare(done.solve, tomoedx::hebt(p.op, p.data(), x, {.iterations = 3, .ratios = {1.5, 0.5}}));
  p.compare(x);
}

TEST_CASE("FBP in slabs gives the bits of the whole problem") {
  problem p(2, 2);
  tomoedx::stream_fbp(host_space(), beam, p.sources, p.sinks, {}, {.slab_rows = 33});
  many const all(p.op, tomoedx::separate_channels(2));
  auto const x = make_domain(all);
  auto const data = p.data();
  for (std::size_t c = 0; c < 2; ++c) tomoedx::fbp(p.op, all.channel(data, c), all.element(x, c));
  p.compare(x);
}

namespace tools = Kokkos::Tools::Experimental;

namespace {

std::vector<std::pair<void const*, std::uint64_t>> live;
std::uint64_t now = 0, most = 0;

/// The most bytes of views that lived at once while f ran.
std::uint64_t peak_of(std::function<void()> const& f) {
  live.clear();
  now = most = 0;
  tools::set_allocate_data_callback(
      [](Kokkos::Profiling::SpaceHandle, char const*, void const* p, std::uint64_t bytes) {
        live.emplace_back(p, bytes);
        most = std::max(most, now += bytes);
      });
  tools::set_deallocate_data_callback(
      [](Kokkos::Profiling::SpaceHandle, char const*, void const* p, std::uint64_t bytes) {
        if (std::erase(live, std::pair{p, bytes}) > 0) now -= bytes;
      });
  f();
  tools::set_allocate_data_callback(nullptr);
  tools::set_deallocate_data_callback(nullptr);
  return most;
}

}  // namespace

TEST_CASE("no method allocates more than the plan says, nor much less") {
  constexpr std::size_t wide = 192, high = 256, views = 9;
  tomoedx::parallel_beam const big{.tilts_deg = {-60, -45, -30, -15, 0, 15, 30, 45, 60}};
  std::vector<float> a(views * high * wide, 1.0f), x(wide * high * wide), y(x);
  std::vector<tomoedx::memory_source> in{{a, {views, high, wide}}, {a, {views, high, wide}}}, three = in;
  three.push_back(in[0]);
  std::vector<tomoedx::memory_sink> out{{x, {wide, high, wide}}, {y, {wide, high, wide}}};
  tomoedx::stream_options const how{.slab_rows = 64};
  auto const check = [](auto const& run) {
    tomoedx::streamed_solve done;
    auto const peak = peak_of([&] { done = run(); });
    auto const views_planned = done.stream.plan.bytes - tomoedx::detail::program_bytes;
    MESSAGE("planned ", views_planned, " bytes, measured ", peak);
    CHECK(peak <= views_planned);
    CHECK(double(peak) > 0.55 * double(views_planned));
  };
  check([&] { return tomoedx::stream_sirt(host_space(), big, in, out, {.iterations = 1}, how); });
  check([&] {
    return tomoedx::stream_em(host_space(), big, in, out, {.iterations = 1, .background = 1}, how);
  });
  check([&] {
    return tomoedx::stream_hebt(host_space(), big, three, out, {.iterations = 1, .ratios = {1, 1}}, how);
  });
  check([&] { return tomoedx::stream_fbp(host_space(), big, in, out, {}, how); });
}

TEST_CASE("a watch hears every iteration of every slab and may stop all") {
  problem p(1, 1);
  std::size_t calls = 0;
  auto const text = complaint([&] {
    tomoedx::stream_sirt(host_space(), beam, p.sources, p.sinks, {.iterations = 4}, {.slab_rows = 64},
                         [&](tomoedx::progress const& q) {
                           CHECK(q.iteration == ++calls);
                           CHECK(q.iterations == 12);
                           return calls == 6 ? tomoedx::decision::stop : tomoedx::decision::proceed;
                         });
  });
  CHECK(text == "stream_sirt: stopped in slab 2 of 3; nothing was written");
  CHECK(calls == 6);
}

TEST_CASE("what looks at all slices at once, and counts below zero, are refused") {
  problem p(1, 1);
  using tomoedx_tests::contains;
  auto const sirt = [&](tomoedx::stream_sirt_options<host_space> const& o) {
    return complaint([&] { tomoedx::stream_sirt(host_space(), beam, p.sources, p.sinks, o); });
  };
  CHECK(contains(sirt({.stop = {.residual_below = 3}}),
                 "residual_below 3 and relative_change 0 look at all slices"));
  CHECK(contains(sirt({.warm_start = true}), "a volume to start from"));
  CHECK(contains(
      complaint([&] { tomoedx::stream_hebt(host_space(), beam, p.sources, p.sinks, {.ratios = {1}}); }),
      "1 sources for 1 volumes"));
  p.series[0][(2 * rows + 31) * width + 5] = -2;
  CHECK(contains(complaint([&] { tomoedx::stream_em(host_space(), beam, p.sources, p.sinks, {}); }),
                 "series: tilt 2, row 31, column 5 is -2; counts are not negative"));
  CHECK(p.volumes[0][0] == -1);
}

TEST_CASE("the start of EM is refused for no series, empty ones and those that do not fit the geometry") {
  auto const complaint = [](std::vector<tomoedx::memory_source> sources) {
    try {
      tomoedx::em_start(host_space(),
                        tomoedx::parallel_beam{.tilts_deg = {0, 1, 2}, .width = 6, .depth = 6, .detector = 6},
                        sources);
    } catch (tomoedx::shape_error const& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  std::vector<float> const v(3 * 2 * 7);
  auto const some = [&](std::size_t n) { return std::span(v.data(), n); };
  CHECK(complaint({}) == "em_start: there are no series");
  CHECK(complaint({{some(0), {3, 0, 6}, "empty"}}) == "stream: empty is 3 x 0 x 6");
  CHECK(complaint({{some(36), {3, 2, 6}, "a"}, {some(18), {3, 1, 6}, "b"}}) ==
        "stream: a is 3 x 2 x 6, b is 3 x 1 x 6; they must be alike");
  CHECK(complaint({{some(42), {3, 2, 7}, "wide"}}) ==
        "em_start: the series have 3 tilts, 7 wide; the geometry has 3 and a detector of 6");
  CHECK(complaint({{some(36), {3, 2, 6}, "a"}}).empty());
}
