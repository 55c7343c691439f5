// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BENCH_PEAK_HPP
#define TOMOEDX_BENCH_PEAK_HPP

#include <tomoedx/nn/detail/lanes.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>

// What the multiply-add units of one core can do, in processor time of the thread, so that others on the machine do
// not count.
namespace bench {

namespace nn = tomoedx::nn;

inline double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
/// Multiply-adds from registers to registers, `rounds` of each of 12 chains.
template <int N>
struct chains {
  static constexpr int number = 12;
  long rounds;
  float* to;
  [[gnu::always_inline]] void operator()() const {
    using vec = nn::detail::vector_t<float, N>;
    vec sum[number], factor = nn::detail::at<float, N>(to);
    TOMOEDX_UNROLL
    for (int i = 0; i < number; ++i) sum[i] = nn::detail::at<float, N>(to + i * N);
    for (long r = 0; r < rounds; ++r) {
      TOMOEDX_UNROLL
      for (int i = 0; i < number; ++i) sum[i] = sum[i] * factor + factor;
    }
    TOMOEDX_UNROLL
    for (int i = 0; i < number; ++i) nn::detail::at<float, N>(to + i * N) = sum[i];
  }
};

/// GFLOP/s in a burst of half a millisecond or so.
template <tomoedx::isa Level>
double peak() {
  constexpr int N = nn::detail::block_of<float, Level>;
  constexpr long rounds = 300'000;
  alignas(64) static float values[chains<N>::number * N] = {};
  double const start = thread_seconds();
  nn::detail::compiled_for<Level>::call(chains<N>{rounds, values});
  double const taken = thread_seconds() - start;
  benchmark::DoNotOptimize(values[0]);
  return 2e-9 * chains<N>::number * N * rounds / taken;
}

/// The median of some bursts, with the best instructions there are.
inline double best_peak() {
  auto const burst = [] {
#if TOMOEDX_ISA_VARIANTS
    if (tomoedx::best_isa() == tomoedx::isa::avx512) return peak<tomoedx::isa::avx512>();
    if (tomoedx::best_isa() == tomoedx::isa::avx2) return peak<tomoedx::isa::avx2>();
#endif
    return peak<tomoedx::isa::baseline>();
  };
  double all[21];
  for (auto& one : all) one = burst();
  std::nth_element(all, all + 10, all + 21);
  return all[10];
}

}  // namespace bench

#endif
