// SPDX-License-Identifier: BSD-3-Clause
// Forward and back projection, in ns per pixel, angle and slice (`ns`), and beside them a stored sparse
// matrix times many columns, which is the fastest a general library does. One thread (Serial) and all threads
// (the default space).
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/reference/projector.hpp>
#include <tomoedx/solvers/operator_sums.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "machine.hpp"

#include <map>

namespace {

std::vector<double> angles(int count) {
  std::vector<double> t;
  for (int i = 0; i < count; ++i) t.push_back(-75 + 150.0 * i / (count - 1));
  return t;
}

tomoedx::parallel_beam beam(benchmark::State const& state) {
  auto const n = static_cast<std::size_t>(state.range(0));
  return {.tilts_deg = angles(static_cast<int>(state.range(1))), .width = n, .depth = n, .detector = n};
}

void count_work(benchmark::State& state, tomoedx::parallel_beam const& g, std::size_t slices) {
  double const units = static_cast<double>(g.voxels() * g.tilts() * slices);
  state.counters["ns"] = benchmark::Counter(
      units * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Time an operator one way, on ones.
template <bool Forward, class Op>
void apply(benchmark::State& state, Op const& op) {
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  Kokkos::deep_copy(x, typename Op::value_type(1));
  Kokkos::deep_copy(y, typename Op::value_type(1));
  for (auto _ : state) {
    if constexpr (Forward)
      op.forward(x, y);
    else
      op.adjoint(y, x);
    op.space().fence();
  }
}

template <class Space, class Footprint, class T, bool Forward>
void projector(benchmark::State& state) {
  auto const g = beam(state);
  auto const slices = static_cast<std::size_t>(state.range(2));
  tomoedx::tilt_projector<Space, T, Footprint> const op(Space(), g, slices,
                                                        {.level = static_cast<tomoedx::isa>(state.range(3))});
  apply<Forward>(state, op);
  count_work(state, g, slices);
  state.SetLabel(tomoedx::name_of(op.level()));
}

template <class Space, class Footprint>
void sirt_iteration(benchmark::State& state) {
  auto const g = beam(state);
  auto const slices = static_cast<std::size_t>(state.range(2));
  tomoedx::tilt_projector<Space, float, Footprint> const op(Space(), g, slices);
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  Kokkos::deep_copy(y, 1.0f);
  tomoedx::sirt_solver<tomoedx::tilt_projector<Space, float, Footprint>> method(op, y, x,
                                                                                {.iterations = 1'000'000});
  for (auto _ : state) {
    method.step();
    op.space().fence();
  }
  count_work(state, g, slices);
}

/// The weights of the plain reference as a sparse matrix, made once for all benchmarks.
struct stored_matrix {
  std::vector<std::size_t> offsets;
  std::vector<std::uint32_t> indices;
  std::vector<float> values;
};
stored_matrix const& matrix_of(tomoedx::parallel_beam const& g, tomoedx::reference::weight kind) {
  static std::map<std::tuple<std::size_t, std::size_t, int>, stored_matrix> known;
  auto& m = known[{g.width, g.tilts(), static_cast<int>(kind)}];
  if (!m.offsets.empty()) return m;
  std::vector<std::vector<std::pair<std::uint32_t, float>>> rows(g.rays());
  tomoedx::reference::for_each_weight(g, kind, [&](std::size_t ray, std::size_t voxel, double w) {
    rows[ray].emplace_back(static_cast<std::uint32_t>(voxel), static_cast<float>(w));
  });
  m.offsets.push_back(0);
  for (auto const& row : rows) {
    for (auto const& [j, w] : row) m.indices.push_back(j), m.values.push_back(w);
    m.offsets.push_back(m.values.size());
  }
  return m;
}

template <class Space, class Footprint, bool Forward>
void stored(benchmark::State& state) {
  auto const g = beam(state);
  auto const slices = static_cast<std::size_t>(state.range(2));
  auto const kind = std::is_same_v<Footprint, tomoedx::strip>    ? tomoedx::reference::weight::strip
                    : std::is_same_v<Footprint, tomoedx::siddon> ? tomoedx::reference::weight::siddon
                                                                 : tomoedx::reference::weight::joseph;
  auto const& m = matrix_of(g, kind);
  tomoedx::sparse_operator<Space, float> const op(
      Space(), {g.rays(), g.voxels(), m.offsets, m.indices, m.values}, slices);
  apply<Forward>(state, op);
  count_work(state, g, slices);
}

using all = Kokkos::DefaultExecutionSpace;
using one = Kokkos::Serial;
using tomoedx::joseph, tomoedx::siddon, tomoedx::strip;
constexpr int best = static_cast<int>(tomoedx::isa::avx512);
constexpr int avx2 = static_cast<int>(tomoedx::isa::avx2);
constexpr int base = static_cast<int>(tomoedx::isa::baseline);

// the case of the goals first: 512 x 512, 31 tilts, 256 slices; then fewer slices, and 256 x 256 at 16 tilts
void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "tilts", "slices", "isa"})->Args({512, 31, 256, best})->Args({512, 31, 256, avx2});
  b->Args({512, 31, 256, base})
      ->Args({512, 31, 64, best})
      ->Args({512, 31, 16, best})
      ->Args({512, 31, 1, best});
  b->Args({256, 16, 256, best})->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->MinTime(0.5);
}
void goal(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "tilts", "slices", "isa"})->Args({512, 31, 256, best});
  b->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(0.5);
}
void goal_cpu(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "tilts", "slices", "isa"})->Args({512, 31, 64, best});
  b->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->MinTime(0.5);
}

BENCHMARK(projector<one, strip, float, true>)->Name("strip/forward/one")->Apply(sizes);
BENCHMARK(projector<one, strip, float, false>)->Name("strip/adjoint/one")->Apply(sizes);
BENCHMARK(projector<one, siddon, float, true>)->Name("siddon/forward/one")->Apply(sizes);
BENCHMARK(projector<one, siddon, float, false>)->Name("siddon/adjoint/one")->Apply(sizes);
BENCHMARK(projector<one, joseph, float, true>)->Name("joseph/forward/one")->Apply(sizes);
BENCHMARK(projector<one, joseph, float, false>)->Name("joseph/adjoint/one")->Apply(sizes);
BENCHMARK(projector<one, strip, double, true>)->Name("strip_double/forward/one")->Apply(goal_cpu);
BENCHMARK(projector<one, strip, double, false>)->Name("strip_double/adjoint/one")->Apply(goal_cpu);
BENCHMARK(stored<one, strip, true>)->Name("stored_strip/forward/one")->Apply(goal_cpu);
BENCHMARK(stored<one, strip, false>)->Name("stored_strip/adjoint/one")->Apply(goal_cpu);
BENCHMARK(stored<one, siddon, true>)->Name("stored_siddon/forward/one")->Apply(goal_cpu);
BENCHMARK(stored<one, siddon, false>)->Name("stored_siddon/adjoint/one")->Apply(goal_cpu);
BENCHMARK(sirt_iteration<one, strip>)->Name("sirt_strip/iteration/one")->Apply(goal_cpu);
BENCHMARK(projector<all, strip, float, true>)->Name("strip/forward/all")->Apply(goal);
BENCHMARK(projector<all, strip, float, false>)->Name("strip/adjoint/all")->Apply(goal);
BENCHMARK(projector<all, siddon, float, true>)->Name("siddon/forward/all")->Apply(goal);
BENCHMARK(projector<all, siddon, float, false>)->Name("siddon/adjoint/all")->Apply(goal);

}  // namespace

int main(int argc, char** argv) {
  return bench::run(argc, argv);
}
