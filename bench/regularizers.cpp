// SPDX-License-Identifier: BSD-3-Clause
// The passes of the regularisers on one thread (Serial), 256 x 256 x 64 voxels: GB/s of the arrays they must read and
// write (each once), beside a plain copy of as much memory.
#include <tomoedx/regularizers/total_nuclear_variation.hpp>
#include <tomoedx/regularizers/total_variation.hpp>
#include <tomoedx/regularizers/vectorial_tv.hpp>

#include "machine.hpp"

#include <cstring>

namespace {

using namespace tomoedx;
using one = Kokkos::Serial;
using flat = flat_on<float, one>;

void count_bytes(benchmark::State& state, double values) {
  state.counters["GB/s"] =
      benchmark::Counter(values * sizeof(float) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void copy(benchmark::State& state) {
  flat const from("from", 64 << 20), to("to", 64 << 20);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size() * sizeof(float));
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * static_cast<double>(from.size()));
}

enum class pass { value, dual_step, add_adjoint };

template <class R, pass Pass>
void regularize(benchmark::State& state) {
  auto const channels = static_cast<std::size_t>(state.range(0)),
             lanes = static_cast<std::size_t>(state.range(1));
  grid const g = lanes == 1 ? plain_grid(channels, 256, 64, 256) : sliced_grid(channels, 256, 64, 256, lanes);
  R const r(one(), g,
            {.lambda = 0.1, .in_plane = state.range(2) == 2, .level = static_cast<isa>(state.range(3))});
  flat const x("x", r.size()), p("p", r.dual_size());
  Kokkos::View<double, one::memory_space> f("f");
  for (std::size_t i = 0; i < x.size(); ++i) x(i) = static_cast<float>(i * 2654435761u % 1024) / 1024;
  r.dual_step(p, x, 0.1f);
  for (auto _ : state) {
    if constexpr (Pass == pass::value) r.value(x, f);
    if constexpr (Pass == pass::dual_step) r.dual_step(p, x, 0.1f);
    if constexpr (Pass == pass::add_adjoint) r.add_adjoint(p, x);
    benchmark::ClobberMemory();
  }
  double const n = static_cast<double>(r.size()), d = static_cast<double>(state.range(2));
  count_bytes(state, Pass == pass::value ? n : Pass == pass::dual_step ? (1 + 2 * d) * n : (2 + d) * n);
  state.counters["ns"] = benchmark::Counter(
      n * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <class R>
void add(std::string const& name, std::vector<int> const& channels) {
  for (int const c : channels)
    for (int const lanes : {64, 16, 1})
      for (int const directions : {2, 3})
        for (isa const level : {isa::avx512, isa::avx2, isa::baseline}) {
          if (level > best_isa() || (level != best_isa() && (lanes != 64 || directions != 3))) continue;
          auto const tell = [&](std::string const& what, auto* run) {
            benchmark::RegisterBenchmark((name + what + name_of(level)).c_str(), run)
                ->ArgNames({"channels", "lanes", "directions", "isa"})
                ->Args({c, lanes, directions, static_cast<int>(level)})
                ->Unit(benchmark::kMillisecond);
          };
          tell("/dual_step/", regularize<R, pass::dual_step>);
          tell("/add_adjoint/", regularize<R, pass::add_adjoint>);
          tell("/value/", regularize<R, pass::value>);
        }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("copy", copy)->Unit(benchmark::kMillisecond);
  add<total_variation<float, one>>("tv", {1});
  add<vectorial_tv<float, one>>("vectorial", {2, 4});
  add<total_nuclear_variation<float, one>>("nuclear", {2, 4});
  return bench::run(argc, argv);
}
