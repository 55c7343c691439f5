// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/slab_solver.hpp>
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/projectors/project.hpp>
#include <tomoedx/regularizers/total_variation.hpp>
#include <tomoedx/solvers/pdhg.hpp>

#include <doctest/doctest.h>

#include "../messages.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace io = tomoedx::io;
using host_space = Kokkos::DefaultHostExecutionSpace;
using tomoedx::slab;

namespace {

tomoedx::parallel_beam const beam{.tilts_deg = {-60, -31, 2, 25, 63}};

std::vector<float> noise(std::size_t n, unsigned seed) {
  std::vector<float> v(n);
  for (auto& x : v) x = float((seed = seed * 1664525u + 1013904223u) >> 8) / float(1 << 24);
  return v;
}

/// x = A' b by the slab's projector; the "norm" is that of the data.
tomoedx::solve_report back_project(auto const& op, auto const& data, auto const& x, slab const& s) {
  using view = typename std::decay_t<decltype(op)>::range_view;
  CHECK(op.slices() == s.where.rows);
  for (std::size_t c = 0; c < data.extent(0); ++c)
    op.adjoint(view(&data(c, 0), op.range_layout()), view(&x(c, 0), op.domain_layout()));
  tomoedx::solve_report report{1, tomoedx::ending::iterations_done, {0}, {{}}};
  for (std::size_t c = 0; c < data.extent(0); ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < data.extent(1); ++i) sum += double(data(c, i)) * double(data(c, i));
    report.by_channel[0].push_back(std::sqrt(sum));
    report.residuals[0] += sum;
  }
  report.residuals[0] = std::sqrt(report.residuals[0]);
  return report;
}

}  // namespace

TEST_CASE("a method of one's own runs slab by slab with the projector of each slab, and norms add up") {
  constexpr std::size_t rows = 83, width = 20;
  auto const a = noise(5 * rows * width, 1), b = noise(5 * rows * width, 2);
  std::vector<float> x(width * rows * width), y(x), wanted(x);
  io::shape3 const stack{5, rows, width}, volume{width, rows, width};
  std::vector<tomoedx::memory_source> in{{a, stack}, {b, stack}};
  std::vector<tomoedx::memory_sink> out{{x, volume}, {y, volume}};
  auto const solve = [](auto const& op, auto const& data, auto const& v, slab const& s) {
    return back_project(op, data, v, s);
  };
  auto const done = tomoedx::stream_slices(host_space(), beam, in, out, solve, {}, {.slab_rows = 32});
  CHECK(done.stream.plan.slabs() == 3);

  double squares[2] = {0, 0};
  for (float const v : a) squares[0] += double(v) * double(v);
  for (float const v : b) squares[1] += double(v) * double(v);
  for (std::size_t c = 0; c < 2; ++c)
    CHECK(done.solve.by_channel[0][c] == doctest::Approx(std::sqrt(squares[c])).epsilon(1e-12));
  CHECK(done.solve.residuals[0] == doctest::Approx(std::sqrt(squares[0] + squares[1])).epsilon(1e-12));
  tomoedx::backproject(host_space(), beam, tomoedx::borrow(a.data(), 5, rows, width),
                       tomoedx::borrow(wanted.data(), width, rows, width));
  CHECK(x == wanted);
  tomoedx::backproject(host_space(), beam, tomoedx::borrow(b.data(), 5, rows, width),
                       tomoedx::borrow(wanted.data(), width, rows, width));
  CHECK(y == wanted);
}

TEST_CASE("norms add up where a method tells no channels apart") {
  std::vector<float> a(5 * 3 * 8), x(8 * 3 * 8);
  std::vector<tomoedx::memory_source> in{{a, {5, 3, 8}}};
  std::vector<tomoedx::memory_sink> out{{x, {8, 3, 8}}};
  auto const solve = [](auto const&, auto const&, auto const&, slab const& s) {
    return tomoedx::solve_report{2, tomoedx::ending::iterations_done, {double(s.index), 2}, {}};
  };
  auto const done = tomoedx::stream_slices(host_space(), beam, in, out, solve, {}, {.slab_rows = 1});
  CHECK(done.solve.residuals == std::vector{std::sqrt(5.0), std::sqrt(12.0)});
}

TEST_CASE("a geometry that does not fit is refused before anything is computed") {
  std::vector<float> a(4 * 3 * 8), x(8 * 3 * 8);
  std::vector<tomoedx::memory_source> in{{a, {4, 3, 8}}};
  std::vector<tomoedx::memory_sink> out{{x, {8, 3, 8}}};
  std::size_t calls = 0;
  auto const solve = [&](auto const&, auto const&, auto const&, slab const&) {
    ++calls;
    return tomoedx::solve_report{};
  };
  auto const complaint = [&](tomoedx::parallel_beam const& g) {
    try {
      tomoedx::stream_slices(host_space(), g, in, out, solve, {});
    } catch (tomoedx::error const& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(complaint(beam) == "stream: the series have 4 tilts, the geometry 5");
  CHECK(complaint({.tilts_deg = {0, 1, 2, 3}, .detector = 9}) ==
        "stream: the series are 8 wide, the detector 9");
  CHECK(complaint({.tilts_deg = {0, 1, 2, 3}, .depth = 7}) ==
        "stream: the volumes are 8 deep and 8 wide, the geometry 7 and 8");
  CHECK(calls == 0);
}

namespace tools = Kokkos::Tools::Experimental;

namespace {

/// The most bytes of views that lived at once while f ran.
template <class F>
std::uint64_t peak_of(F&& f) {
  static std::vector<std::pair<void const*, std::uint64_t>> live;
  static std::uint64_t now, most;
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

/// Least squares and total variation.
struct smooth {
  std::size_t iterations;

  tomoedx::solve_report operator()(auto const& op, auto const& data, auto const& x, slab const&) const {
    using range = typename std::decay_t<decltype(op)>::range_view;
    using domain = typename std::decay_t<decltype(op)>::domain_view;
    tomoedx::total_variation<float, host_space> const tv(op.space(), op.domain_grid(), {.lambda = 1});
    return tomoedx::pdhg(op, tomoedx::make_gaussian(op, range(data.data(), op.range_layout())), tv,
                         domain(x.data(), op.domain_layout()), {.iterations = iterations});
  }
};

constexpr tomoedx::method_memory smooth_memory{.volumes = 6, .stacks = 4};

}  // namespace

TEST_CASE("total variation in slabs comes nearer to the whole with every row of halo") {
  constexpr std::size_t rows = 48, width = 16;
  auto b = noise(5 * rows * width, 3);
  for (std::size_t t = 0; t < 5; ++t)  // balls in a row, noisy
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        double const s = double(x) - 7.5, h = double(y % 16) - 7.5, square = 36 - s * s - h * h;
        b[(t * rows + y) * width + x] += square > 0 ? float(2 * std::sqrt(square)) : 0.0f;
      }
  std::vector<tomoedx::memory_source> in{{b, {5, rows, width}}};
  auto const run = [&](std::size_t keep, std::size_t halo) {
    std::vector<float> x(width * rows * width);
    std::vector<tomoedx::memory_sink> out{{x, {width, rows, width}}};
    tomoedx::stream_slices(host_space(), beam, in, out, smooth{400}, smooth_memory,
                           {.slab_rows = keep, .halo = halo});
    return x;
  };
  auto const whole = run(rows, 0);
  auto const error = [&](std::size_t halo) {
    auto const x = run(12, halo);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      difference += std::pow(double(x[i]) - double(whole[i]), 2);
      size += std::pow(double(whole[i]), 2);
    }
    return std::sqrt(difference / size);
  };
  double const none = error(0), two = error(2), eight = error(8);
  MESSAGE("relative errors without halo ", none, ", two rows ", two, ", eight rows ", eight);
  CHECK(none > 1e-3);
  CHECK(two < 0.7 * none);
  CHECK(eight < 0.5 * two);
}

TEST_CASE("total variation in slabs takes the memory that was planned") {
  constexpr std::size_t rows = 128, width = 96;
  std::vector<float> b(5 * rows * width, 1.0f), x(width * rows * width);
  std::vector<tomoedx::memory_source> in{{b, {5, rows, width}}};
  std::vector<tomoedx::memory_sink> out{{x, {width, rows, width}}};
  tomoedx::streamed_solve done;
  auto const peak = peak_of([&] {
    done = tomoedx::stream_slices(host_space(), beam, in, out, smooth{1}, smooth_memory, {.slab_rows = 64});
  });
  double const planned = double(done.stream.plan.bytes - tomoedx::detail::program_bytes);
  MESSAGE("planned ", planned, " bytes, measured ", peak);
  CHECK(double(peak) > 0.6 * planned);
  CHECK(double(peak) < 1.1 * planned);
}
