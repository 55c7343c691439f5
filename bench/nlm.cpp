// SPDX-License-Identifier: BSD-3-Clause
// Non-local means on a noisy 512 x 512 image, in ns per pixel and candidate (`ns`), on one thread (Serial) with each
// instruction set, and on all threads (the default space).
//
//     bench_nlm --denoise IN.npy OUT.npy PATCH DISTANCE H SIGMA REPEATS
//
// denoises an image in float on one thread and prints the processor time of the fastest repeat in seconds: what
// compare_nlm.py asks for.
#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/non_local_means.hpp>
#include <tomoedx/io/npy.hpp>

#include "machine.hpp"

#include <cstdio>
#include <ctime>
#include <span>
#include <string_view>

namespace {

using tomoedx::non_local_means_denoiser;
using tomoedx::non_local_means_options;

double processor_seconds() {
  std::timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

template <class Space, class T>
void denoise(benchmark::State& state) {
  std::size_t const n = 512;
  std::vector<T> in(n * n), out(n * n);
  tomoedx::random_stream noise(1, 0);
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<T>(((i / 64 + i / (64 * n)) % 2 == 0 ? 100 : 140) + 20 * noise.normal());
  non_local_means_options const options{.patch = static_cast<int>(state.range(0)),
                                        .distance = static_cast<int>(state.range(1)),
                                        .h = 16,
                                        .level = static_cast<tomoedx::isa>(state.range(2))};
  non_local_means_denoiser<T, Space> const clean(options);
  auto const from = tomoedx::borrow(static_cast<T const*>(in.data()), 1, n, n);
  auto const to = tomoedx::borrow(out.data(), 1, n, n);
  for (auto _ : state) clean(from, to);
  double const edge = 2.0 * options.distance + 1;
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(in.size()) * edge * edge * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetLabel(tomoedx::name_of(clean.options().level));
}

void cases(benchmark::internal::Benchmark* b) {
  b->ArgNames({"patch", "distance", "isa"})->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
  for (int level = 0; level <= static_cast<int>(tomoedx::best_isa()); ++level)
    b->Args({5, 6, level})->Args({7, 11, level});
}
void best_case(benchmark::internal::Benchmark* b) {
  b->ArgNames({"patch", "distance", "isa"})->Unit(benchmark::kMillisecond)->UseRealTime();
  b->Args({5, 6, static_cast<int>(tomoedx::best_isa())})
      ->Args({7, 11, static_cast<int>(tomoedx::best_isa())});
}

BENCHMARK(denoise<Kokkos::Serial, float>)->Name("nlm/float/one")->Apply(cases);
BENCHMARK(denoise<Kokkos::Serial, double>)->Name("nlm/double/one")->Apply(cases);
BENCHMARK(denoise<Kokkos::DefaultHostExecutionSpace, float>)->Name("nlm/float/all")->Apply(best_case);

int denoise_file(std::span<char*> arguments) {
  if (arguments.size() != 7) {
    std::fputs("usage: bench_nlm --denoise IN.npy OUT.npy PATCH DISTANCE H SIGMA REPEATS\n", stderr);
    return 2;
  }
  Kokkos::ScopeGuard const kokkos;
  auto image = tomoedx::io::read_npy<float>(arguments[0]);
  tomoedx::expects<tomoedx::shape_error>(image.shape.size() == 2,
                                         "bench_nlm: {} has {} indices, give an image", arguments[0],
                                         image.shape.size());
  std::vector<float> out(image.values.size());
  non_local_means_denoiser<float, Kokkos::Serial> const clean({.patch = std::stoi(arguments[2]),
                                                               .distance = std::stoi(arguments[3]),
                                                               .h = std::stod(arguments[4]),
                                                               .sigma = std::stod(arguments[5])});
  double best = 1e300;
  for (int repeat = std::stoi(arguments[6]); repeat > 0; --repeat) {
    double const start = processor_seconds();
    clean(tomoedx::borrow(static_cast<float const*>(image.values.data()), 1, image.shape[0], image.shape[1]),
          tomoedx::borrow(out.data(), 1, image.shape[0], image.shape[1]));
    best = std::min(best, processor_seconds() - start);
  }
  image.values = out;
  tomoedx::io::write_npy(arguments[1], image);
  std::printf("%.9g %s\n", best, tomoedx::name_of(clean.options().level));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--denoise")
    return denoise_file(std::span(argv + 2, static_cast<std::size_t>(argc - 2)));
  return bench::run(argc, argv);
}
