// SPDX-License-Identifier: BSD-3-Clause
// The inner kernels of the convolution engine in cache, on one core, as a part of what its multiply-add units can do.
// Kernel and peak take turns, so that a changing clock or a busy machine meets both: `percent` is the median over
// turns, from processor time of the thread.
#include "machine.hpp"
#include "network_cases.hpp"
#include "peak.hpp"

#include <algorithm>

namespace {

namespace nn = tomoedx::nn;
using namespace tomoedx::nn::detail;
using bench::peak, bench::thread_seconds;
using tomoedx::isa;

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

/// Time `burst`, which does so many floating point operations, in turns with the peak.
template <isa Level, class Burst>
void against_peak(benchmark::State& state, double operations, Burst const& burst) {
  std::vector<double> rates, peaks, parts;
  burst();
  int const repeats = std::max(1, static_cast<int>(2e8 / operations));
  for (auto _ : state) {
    double const before = peak<Level>();
    double const start = thread_seconds();
    for (int i = 0; i < repeats; ++i) burst();
    double const taken = thread_seconds() - start;
    state.SetIterationTime(taken);
    rates.push_back(1e-9 * operations * repeats / taken);
    peaks.push_back(0.5 * (before + peak<Level>()));
    parts.push_back(100 * rates.back() / peaks.back());
  }
  state.counters["GFLOP/s"] = median(rates);
  state.counters["peak"] = median(peaks);
  state.counters["percent"] = median(parts);
}

template <isa Level>
void fma(benchmark::State& state) {
  std::vector<double> rates;
  for (auto _ : state) {
    rates.push_back(peak<Level>());
    state.SetIterationTime(1e-3);
  }
  state.counters["GFLOP/s"] = median(rates);
  state.counters["most"] = *std::max_element(rates.begin(), rates.end());
}

/// Floats on their own cache lines, small and never subnormal.
struct floats {
  pages memory;
  explicit floats(std::ptrdiff_t number) : memory(static_cast<std::size_t>(number) * sizeof(float)) {
    for (std::ptrdiff_t i = 0; i < number; ++i) data()[i] = 0.01f * static_cast<float>(i % 17 + 1);
  }
  float* data() const { return reinterpret_cast<float*>(memory.data()); }
};

/// The tile of registers: `rows` pixels times `vectors` of output channels, over 128 input channels.
template <isa Level>
void tile(benchmark::State& state) {
  constexpr int N = block_of<float, Level>, channels = 128, blocks = channels / N, room = 16;
  int const rows = static_cast<int>(state.range(0)), vectors = static_cast<int>(state.range(1));
  bool const dense = state.range(2) != 0;
  floats const in(blocks * room * N), weights(channels * vectors * N), out(room * vectors * N);
  std::vector<term<float>> terms;
  for (int b = 0; b < blocks; ++b) terms.push_back({in.data() + b * room * N, N});
  product<float> p{};
  p.terms = terms.data(), p.number = blocks, p.pixel_step = N, p.weights = weights.data();
  p.to = out.data(), p.vector_step = room * N, p.out_step = N, p.below = 1;
  auto const kernel = multiply<float, Level>::kernel(rows, vectors, dense);
  against_peak<Level>(state, 2.0 * rows * vectors * N * channels, [&] { kernel(p); });
}
template <isa Level>
void tiles(benchmark::internal::Benchmark* b) {
  b->ArgNames({"rows", "vectors", "dense"});
  for (int vectors = registers<Level>::vectors; vectors > 0; --vectors) {
    b->Args({registers<Level>::rows(vectors), vectors, 1});
    b->Args({registers<Level>::rows(vectors), vectors, 0});
  }
}

/// All products of one block of tiles in F(4, 3), channels to as many channels.
template <isa Level>
struct block_products {
  using kernels = winograd<toom_cook<4>, float, Level>;
  winograd_job<float> const& job;
  int tiles;
  term<float>* terms;
  float *inputs, *products;
  [[gnu::always_inline]] void operator()() const {
    kernels::make_terms(job, inputs, tiles, terms);
    for (int group = 0; group < kernels::groups(job); ++group)
      for (int plane = 0; plane < kernels::layout::planes; ++plane)
        kernels::multiply_plane(job, terms, plane, group, tiles, tiles, products);
  }
};
template <isa Level>
void winograd_products(benchmark::State& state) {
  using tables = toom_cook<4>;
  using layout = winograd_layout<tables, float, block_of<float, Level>>;
  constexpr int N = block_of<float, Level>;
  int const channels = static_cast<int>(state.range(0)), blocks = channels / N;
  int const number = cut_tiles<tables, float, Level>(4096, blocks, blocks, 1).block_tiles;
  layout const l(blocks, number);
  floats const in(l.inputs()), out(l.products(blocks)),
      weights(std::ptrdiff_t{layout::planes} * channels * channels);
  winograd_job<float> job{};
  job.blocks_in = job.blocks_out = blocks, job.channels_in = channels;
  job.depths.assign(static_cast<std::size_t>(blocks), N);
  job.weights = weights.data();
  std::vector<term<float>> terms(static_cast<std::size_t>(blocks));
  block_products<Level> const all{job, number, terms.data(), in.data(), out.data()};
  against_peak<Level>(state, 2.0 * layout::planes * number * channels * channels,
                      [&] { compiled_for<Level>::call(all); });
  state.counters["tiles"] = number;
}

/// One layer without the conversions around it: `percent` counts what plain sums would need, for minimal filtering it
/// may be above 100.
template <isa Level>
void layer(benchmark::State& state, nn::algorithm use) {
  auto const c = bench::case_of(fmt::format("layer:{0}:{0}:{1}", state.range(0), state.range(1)));
  nn::plan<Kokkos::Serial, float> plan(Kokkos::Serial(), c.net, bench::drawn_weights(c.net), c.extents,
                                       {.use = use, .level = Level});
  auto const in = bench::drawn_images<float>(c);
  std::vector<float> out(in[0].size());
  plan.run({in[0].data()}, {out.data()});
  auto const& p = plan.stages();
  auto const convolves = [](stage const& s) { return s.name.starts_with("conv"); };
  double products = 0;
  for (auto const& s : p.stages) products += s.products;
  against_peak<Level>(state, 2 * products, [&] {
    for (auto const& s : p.stages)
      if (convolves(s))
        for (int task = 0; task < s.tasks; ++task) s.run(s.job.get(), task, p.scratch.data());
  });
}

template <isa Level>
void add_all() {
  std::string const level = tomoedx::name_of(Level);
  auto const settings = [](benchmark::internal::Benchmark* b) {
    b->UseManualTime()->Iterations(200)->Unit(benchmark::kMicrosecond);
  };
  benchmark::RegisterBenchmark(("peak/" + level).c_str(), fma<Level>)->Apply(settings);
  benchmark::RegisterBenchmark(("tile/" + level).c_str(), tile<Level>)->Apply(tiles<Level>)->Apply(settings);
  benchmark::RegisterBenchmark(("winograd_products/" + level).c_str(), winograd_products<Level>)
      ->ArgName("channels")
      ->Arg(32)
      ->Arg(64)
      ->Arg(128)
      ->Arg(256)
      ->Apply(settings);
  for (auto const& [name, use] :
       {std::pair{"direct", nn::algorithm::exact}, std::pair{"minimal", nn::algorithm::fast}})
    benchmark::RegisterBenchmark((std::string(name) + "/" + level).c_str(),
                                 [use = use](benchmark::State& s) { layer<Level>(s, use); })
        ->ArgNames({"channels", "size"})
        ->Args({32, 32})
        ->Args({64, 32})
        ->Args({96, 32})
        ->Args({128, 16})
        ->Apply(settings);
}

}  // namespace

int main(int argc, char** argv) {
#if TOMOEDX_ISA_VARIANTS
  if (tomoedx::best_isa() >= isa::avx512) add_all<isa::avx512>();
  if (tomoedx::best_isa() >= isa::avx2) add_all<isa::avx2>();
#endif
  add_all<isa::baseline>();
  return bench::run(argc, argv);
}
