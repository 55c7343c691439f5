// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BENCH_MACHINE_HPP
#define TOMOEDX_BENCH_MACHINE_HPP

#include "peak.hpp"

#include <tomoedx/core/isa.hpp>
#include <tomoedx/version.hpp>

#include <benchmark/benchmark.h>
#include <Kokkos_Core.hpp>

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
  benchmark::AddCustomContext("fma_gflops_one_core", std::to_string(best_peak()));
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
