// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BENCH_IMAGES_HPP
#define TOMOEDX_BENCH_IMAGES_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/io/npy.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

// What the filters' benchmarks work on. compare_filters.py puts images into a folder and names it in TOMOEDX_IMAGES;
// results are left there for it. Without the folder there is a noisy scene of discs.
namespace bench {

struct stack {
  tomoedx::extents<3> shape;
  std::vector<float> values;

  auto view() const { return tomoedx::borrow(values.data(), shape[0], shape[1], shape[2]); }
};

inline stack discs(tomoedx::extents<3> const& shape) {
  stack s{shape, {}};
  for (std::size_t z = 0; z < shape[0]; ++z)
    for (std::size_t y = 0; y < shape[1]; ++y)
      for (std::size_t x = 0; x < shape[2]; ++x) {
        std::size_t const cell = 64;
        double const r = std::hypot(double(y % cell) - 32, double(x % cell) - 32);
        double const clean = r < 12 + double((x / cell + y / cell) % 4) * 4 ? 0.8 : 0.2;
        s.values.push_back(
            static_cast<float>(clean + 0.1 * tomoedx::random_stream(1, s.values.size()).normal()));
      }
  return s;
}

/// "image" (512 x 512), "stack" (16 x 256 x 256) or "small" (128 x 128).
inline stack const& images(std::string const& name) {
  static std::map<std::string, stack> known;
  auto const [at, is_new] = known.try_emplace(name);
  if (!is_new) return at->second;
  char const* const folder = std::getenv("TOMOEDX_IMAGES");
  if (folder == nullptr)
    return at->second = discs(name == "image"   ? tomoedx::extents<3>{1, 512, 512}
                              : name == "small" ? tomoedx::extents<3>{1, 128, 128}
                                                : tomoedx::extents<3>{16, 256, 256});
  auto file = tomoedx::io::read_npy<float>(std::filesystem::path(folder) / (name + ".npy"));
  stack s{{1, 1, 1}, std::move(file.values)};
  std::copy_backward(file.shape.begin(), file.shape.end(), s.shape.end());
  return at->second = std::move(s);
}

/// Time a denoiser on some images, and leave its result as <benchmark's name>.npy with dots for slashes.
template <class Denoiser, class Options>
void filter(benchmark::State& state, Options const& options, std::string const& on, std::string result) {
  Denoiser denoise(options);
  stack const& in = images(on);
  std::vector<float> values(in.values.size());
  auto const out = tomoedx::borrow(values.data(), in.shape[0], in.shape[1], in.shape[2]);
  denoise(in.view(), out);  // scratch is made now
  for (auto _ : state) denoise(in.view(), out);
  state.counters["Mpixel/s"] = benchmark::Counter(static_cast<double>(values.size()) * 1e-6,
                                                  benchmark::Counter::kIsIterationInvariantRate);
  if (char const* const folder = std::getenv("TOMOEDX_IMAGES")) {
    std::replace(result.begin(), result.end(), '/', '.');
    tomoedx::io::write_npy(std::filesystem::path(folder) / (result + ".npy"),
                           tomoedx::io::array_view<float>({in.shape[0], in.shape[1], in.shape[2]}, values));
  }
}

/// Register Denoiser(options) under `name`/`on`. To be called before bench::run, which starts Kokkos.
template <class Denoiser, class Options>
void add_filter(std::string const& name, std::string const& on, Options const& options) {
  auto const full = name + "/" + on;
  benchmark::RegisterBenchmark(full.c_str(),
                               [=](benchmark::State& s) { filter<Denoiser>(s, options, on, full); })
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
}

}  // namespace bench

#endif
