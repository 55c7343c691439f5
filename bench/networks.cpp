// SPDX-License-Identifier: BSD-3-Clause
// Whole networks and single layers on OMP_NUM_THREADS threads: milliseconds, multiply-adds as a plain convolution
// would need them (`GFLOP/s`), memory, and the error of float against a run in double with plain sums.
//
//     bench_networks                                                    all, as Google Benchmark does
//     bench_networks --stages CASE ALGORITHM                            the time of each stage, one thread
//     bench_networks --serve CASE ALGORITHM WEIGHTS INPUT.npy OUT.npy   for compare_networks.py: for each number on
//                    standard input, so many calls; wall and processor milliseconds a frame on standard output
#include <tomoedx/io/npy.hpp>
#include <tomoedx/io/safetensors.hpp>

#include "machine.hpp"
#include "network_cases.hpp"
#include "peak.hpp"

#include <algorithm>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>

namespace {

using bench::runner;
namespace nn = tomoedx::nn;

struct error {
  double of_largest,
      of_deviation;  ///< the largest difference by the largest value, and by the standard deviation
};
error difference(std::vector<float> const& found, std::vector<double> const& expected) {
  double most = 0, largest = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    most = std::max(most, std::abs(static_cast<double>(found[i]) - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
    sum += expected[i], squares += expected[i] * expected[i];
  }
  double const n = static_cast<double>(expected.size());
  return {most / largest, most / std::sqrt(squares / n - sum / n * (sum / n))};
}

/// The case in hand, kept while the library calls a benchmark again and again.
struct prepared {
  std::string name;
  nn::algorithm use;
  bench::network_case what;
  tomoedx::io::named_tensors weights;
  std::unique_ptr<runner<float>> run;
  error apart;

  static prepared& get(std::string const& name, nn::algorithm use) {
    static prepared last;
    static std::map<std::string, std::vector<double>> expected;
    if (last.name != name) {
      last.run.reset();
      last.name = name, last.what = bench::case_of(name), last.weights = bench::drawn_weights(last.what.net);
    } else if (last.run != nullptr && last.use == use) {
      return last;
    }
    last.use = use;
    last.run.reset();
    auto& known = expected[name];
    if (known.empty() && !last.what.movie) {
      runner<double> exact(last.what, last.weights, bench::drawn_images<double>(last.what),
                           nn::algorithm::exact);
      exact();
      known = exact.result();
    }
    last.run =
        std::make_unique<runner<float>>(last.what, last.weights, bench::drawn_images<float>(last.what), use);
    (*last.run)();
    if (!known.empty()) last.apart = difference(last.run->result(), known);
    return last;
  }
};

void network(benchmark::State& state, std::string const& name, std::string const& algorithm) {
  auto& p = prepared::get(name, bench::algorithm_of(algorithm));
  for (auto _ : state) (*p.run)();
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * p.run->multiply_adds(), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["ms/frame"] =
      benchmark::Counter(1e-3 * static_cast<double>(p.run->frames()),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  if (!p.what.movie) {
    state.counters["error/max"] = p.apart.of_largest;
    state.counters["error/std"] = p.apart.of_deviation;
  }
  state.counters["weights_MB"] = static_cast<double>(p.run->weight_bytes()) * 1e-6;
  state.counters["arena_MB"] = static_cast<double>(p.run->arena_bytes()) * 1e-6;
}

void add(std::string const& name, std::string const& algorithm) {
  benchmark::RegisterBenchmark((name + "/" + algorithm).c_str(),
                               [=](benchmark::State& s) { network(s, name, algorithm); })
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->MinTime(0.5);
}

double seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Every stage on its own, least of many runs; those of one layer are added up. Stages follow one another as in a whole
/// run, so that caches hold what they would.
void print_stages(std::string const& name, std::string const& algorithm) {
  auto const c = bench::case_of(name);
  runner<float> run(c, bench::drawn_weights(c.net), bench::drawn_images<float>(c),
                    bench::algorithm_of(algorithm));
  run();
  auto const& p = run.compiled().stages();
  std::vector<double> least(p.stages.size(), 1e9);
  for (int repeat = 0; repeat < 9; ++repeat)
    for (std::size_t i = 0; i < p.stages.size(); ++i) {
      double const start = bench::thread_seconds();
      for (int task = 0; task < p.stages[i].tasks; ++task)
        p.stages[i].run(p.stages[i].job.get(), task, p.scratch.data());
      least[i] = std::min(least[i], bench::thread_seconds() - start);
    }
  struct row {
    std::string name;
    int stages = 0, tasks = 0;
    double seconds = 0, products = 0;
  };
  std::vector<row> rows;
  row all{"all"};
  for (std::size_t i = 0; i < p.stages.size(); ++i) {
    auto const& s = p.stages[i];
    auto at = std::find_if(rows.begin(), rows.end(), [&](row const& r) { return r.name == s.name; });
    if (at == rows.end()) at = rows.insert(at, {s.name});
    for (auto* r : {&*at, &all})
      ++r->stages, r->tasks += s.tasks, r->seconds += least[i], r->products += s.products;
  }
  rows.push_back(all);
  double const peak = bench::best_peak();
  fmt::print("{}, {}, peak {:.0f} GFLOP/s\n{:38} {:>6} {:>6} {:>9} {:>7} {:>9} {:>8}\n", name, algorithm,
             peak, "layer", "stages", "tasks", "ms", "share", "GFLOP/s", "of peak");
  for (auto const& r : rows) {
    double const rate = 2e-9 * r.products / r.seconds;
    fmt::print("{:38} {:6} {:6} {:9.3f} {:6.1f}% {:9.1f} {:7.0f}%\n", r.name, r.stages, r.tasks,
               1e3 * r.seconds, 100 * r.seconds / all.seconds, rate, 100 * rate / peak);
  }
}

void serve(char** words) {
  auto const c = bench::case_of(words[0]);
  auto const all = tomoedx::io::read_npy<float>(words[3]).values;
  auto images = bench::drawn_images<float>(c);
  std::size_t used = 0;
  for (auto& image : images) {
    tomoedx::expects<tomoedx::shape_error>(used + image.size() <= all.size(), "{}: {} values are too few",
                                           words[3], all.size());
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(used), image.size(), image.begin());
    used += image.size();
  }
  runner<float> run(c, tomoedx::io::read_safetensors(words[2]), std::move(images),
                    bench::algorithm_of(words[1]));
  run();
  auto const& out = run.result();
  tomoedx::io::write_npy(words[4], tomoedx::io::array_view<float>({out.size()}, out));
  fmt::print("ready {} {}\n", run.weight_bytes(), run.arena_bytes());
  std::fflush(stdout);
  for (int calls; std::cin >> calls;) {
    for (int i = 0; i < calls; ++i) {
      double const wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
      run();
      double const each = 1e3 / static_cast<double>(run.frames());
      fmt::print("{:.6f} {:.6f} ", each * (seconds(CLOCK_MONOTONIC) - wall),
                 each * (seconds(CLOCK_PROCESS_CPUTIME_ID) - processor));
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string const mode = argc > 1 ? argv[1] : "";
  if ((mode == "--stages" && argc == 4) || (mode == "--serve" && argc == 7)) {
    Kokkos::ScopeGuard const kokkos(argc, argv);
    if (mode == "--stages") print_stages(argv[2], argv[3]);
    if (mode == "--serve") serve(argv + 2);
    return 0;
  }
  for (auto const* const base : {"16", "32", "64"})
    for (auto const* const size : {"128", "256"})
      for (auto const* const algorithm : {"fast", "accurate", "exact"})
        add(std::string("unet:") + base + ":" + size, algorithm);
  for (auto const* const algorithm : {"fast", "accurate", "exact"}) add("udvd:128:128", algorithm);
  for (auto const* const name : {"udvd_movie:128:128", "udvd:128:192", "udvd_reflect:128:192"})
    add(name, "fast");
  for (auto const* const layer : {"1:64:256", "16:16:128", "32:32:128", "48:48:128", "96:96:128", "64:64:256",
                                  "128:128:128", "256:256:64", "512:512:32", "1024:1024:16"})
    for (auto const* const algorithm : {"fast", "accurate", "exact"})
      add(std::string("layer:") + layer, algorithm);
  return bench::run(argc, argv);
}
