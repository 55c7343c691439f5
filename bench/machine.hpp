// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BENCH_MACHINE_HPP
#define TOMOEDX_BENCH_MACHINE_HPP

#include <tomoedx/core/isa.hpp>
#include <tomoedx/projectors/detail/host_kernels.hpp>
#include <tomoedx/version.hpp>

#include <benchmark/benchmark.h>
#include <Kokkos_Core.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

// The state of the machine goes into every result: a figure without it means nothing.
namespace bench {

inline std::string first_line_with(char const* file, std::string const& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) {
      auto const colon = line.find(':');
      return colon == std::string::npos ? line : line.substr(line.find_first_not_of(" \t", colon + 1));
    }
  return "unknown";
}

/// GFLOP/s of fused multiply-adds on one core, from registers.
struct fma_job {
  double& best;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using vec = typename tomoedx::detail::simd::pack<float, Bytes>::type;
    constexpr int chains = 12;
    vec sum[chains] = {}, factor = {};
    float const seed = static_cast<float>(std::rand() % 2) * 1e-9f;
    for (int i = 0; i < chains; ++i) sum[i] += seed;
    factor += 0.999f + seed;
    constexpr long rounds = 4'000'000;
    for (int repeat = 0; repeat < 5; ++repeat) {
      auto const start = std::chrono::steady_clock::now();
      for (long r = 0; r < rounds; ++r) {
        TOMOEDX_UNROLL
        for (int i = 0; i < chains; ++i) sum[i] = sum[i] * factor + factor;
      }
      double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      float used = 0;
      for (int i = 0; i < chains; ++i) used += sum[i][0];
      benchmark::DoNotOptimize(used);
      best = std::max(best, 2.0 * chains * rounds * (Bytes / 4) / seconds * 1e-9);
    }
  }
};
inline double fma_peak() {
  double best = 0;
  tomoedx::detail::simd::run_at(tomoedx::best_isa(), fma_job{best});
  return best;
}

inline void describe_machine() {
  std::ostringstream kokkos;
  Kokkos::print_configuration(kokkos);
  std::string text = kokkos.str();
  for (char& c : text) c = c == '\n' ? ';' : c;
  auto const environment = [](char const* name) {
    char const* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "unset");
  };
  benchmark::AddCustomContext("tomoedx", tomoedx::version);
  benchmark::AddCustomContext("processor", first_line_with("/proc/cpuinfo", "model name"));
  benchmark::AddCustomContext("instruction_set", tomoedx::name_of(tomoedx::best_isa()));
  benchmark::AddCustomContext("compiler", __VERSION__);
  benchmark::AddCustomContext("threads", std::to_string(Kokkos::DefaultHostExecutionSpace().concurrency()));
  benchmark::AddCustomContext("load_before", first_line_with("/proc/loadavg", ""));
  benchmark::AddCustomContext("OMP_PROC_BIND", environment("OMP_PROC_BIND"));
  benchmark::AddCustomContext("fma_gflops_one_core", std::to_string(fma_peak()));
  benchmark::AddCustomContext("kokkos", text);
}

/// main of every benchmark program.
inline int run(int argc, char** argv) {
  Kokkos::ScopeGuard const kokkos(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  describe_machine();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace bench

#endif
