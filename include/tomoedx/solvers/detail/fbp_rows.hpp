// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_FBP_ROWS_HPP
#define TOMOEDX_SOLVERS_DETAIL_FBP_ROWS_HPP
// IWYU pragma: private, include "tomoedx/solvers/fbp.hpp"

#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/core/grid.hpp>

#include <cstddef>

/// Convolution of detector rows with a long symmetric kernel. On the host a few bins times a few vectors of lanes stay
/// in registers while the row goes by; a kernel of odd taps lets a bin meet only the bins of the other parity.
namespace tomoedx::detail {

/// Bins of a register tile at most, so many zeros follow the kernel.
inline constexpr std::size_t fbp_most_bins = 12;

/// to <- weight of the tilt * (kernel convolved with from), rows continued by zeros.
template <class T>
struct fbp_rows {
  grid stack;
  T const* kernel;  ///< h(0); negative indices are there too
  T const* weights;
  std::size_t step;  ///< 2 when even taps but h(0) are zero, else 1
  T const* from;
  T* to;

  KOKKOS_FUNCTION std::size_t rows() const { return stack.channels * stack.blocks() * stack.lines; }
  KOKKOS_FUNCTION std::size_t start_of(std::size_t row) const {
    std::size_t const block = row / stack.lines;
    return block / stack.blocks() * stack.channel_stride + block % stack.blocks() * stack.block_stride +
           row % stack.lines * stack.line_stride;
  }

  /// One bin of one lane: what devices run.
  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    std::size_t const row = i / (stack.columns * stack.lanes), lane = i % stack.lanes;
    std::size_t const bin = i / stack.lanes % stack.columns, start = start_of(row);
    to[start + bin * stack.lanes + lane] = weights[row % stack.lines] * at(start, bin, lane);
  }
  KOKKOS_FUNCTION T at(std::size_t start, std::size_t bin, std::size_t lane) const {
    T sum = step == 2 ? kernel[0] * from[start + bin * stack.lanes + lane] : T(0);
    T const* const taps = kernel + bin;
    for (std::size_t k = step == 2 ? (bin + 1) % 2 : 0; k < stack.columns; k += step)
      sum += taps[-static_cast<std::ptrdiff_t>(k)] * from[start + k * stack.lanes + lane];
    return sum;
  }
};

/// A part of a row on the host: tiles [first, end) of all its lanes.
template <class T>
struct fbp_part {
  fbp_rows<T> const& job;
  std::size_t row, part, parts;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    std::size_t const bytes = job.stack.lanes * sizeof(T);
    if (bytes % (2 * Bytes) == 0)
      tiles<Bytes, 2>();
    else if (bytes % Bytes == 0)
      tiles<Bytes, 1>();
    else if constexpr (Bytes > 16)
      run<Bytes / 2>();
    else
      lane_by_lane();
  }

  /// Bins of a parity, counted from 0.
  std::size_t bins_of(std::size_t parity) const {
    return (job.stack.columns + job.step - 1 - parity) / job.step;
  }

  template <int Bytes, int Vectors>
  [[gnu::always_inline]] void tiles() const {
    constexpr std::size_t bins = Bytes == 64 ? 12 : 6;
    static_assert(bins <= fbp_most_bins);
    constexpr std::size_t width = Vectors * Bytes / sizeof(T);
    std::size_t const start = job.start_of(row);
    for (std::size_t lane = 0; lane < job.stack.lanes; lane += width)
      for (std::size_t parity = 0; parity < job.step; ++parity) {
        std::size_t const number = bins_of(parity), count = (number + bins - 1) / bins;
        for (std::size_t n = count * part / parts; n < count * (part + 1) / parts; ++n)
          tile<Bytes, static_cast<int>(bins), Vectors>(start + lane, parity + n * bins * job.step,
                                                       number - n * bins);
      }
  }

  /// Bins `bin`, bin + step, ... of one group of lanes; the first `valid` of them are in the row.
  template <int Bytes, int Bins, int Vectors>
  [[gnu::always_inline]] void tile(std::size_t start, std::size_t bin, std::size_t valid) const {
    using vector = simd::pack<T, Bytes>;
    std::ptrdiff_t const lanes = static_cast<std::ptrdiff_t>(job.stack.lanes),
                         step = static_cast<int>(job.step);
    std::ptrdiff_t const columns = static_cast<std::ptrdiff_t>(job.stack.columns),
                         first = static_cast<std::ptrdiff_t>(bin);
    T const* const row_from = job.from + start;
    typename vector::type sum[Bins][Vectors] = {};
    for (std::ptrdiff_t k = step == 2 ? (first + 1) % 2 : 0; k < columns; k += step) {
      typename vector::type value[Vectors];
      TOMOEDX_UNROLL
      for (int v = 0; v < Vectors; ++v) value[v] = vector::at(row_from + k * lanes + v * vector::size);
      T const* const taps = job.kernel + (first - k);
      TOMOEDX_UNROLL
      for (int b = 0; b < Bins; ++b) {
        T const tap = taps[b * step];
        TOMOEDX_UNROLL
        for (int v = 0; v < Vectors; ++v) sum[b][v] += tap * value[v];
      }
    }
    T const weight = job.weights[row % job.stack.lines], centre = step == 2 ? job.kernel[0] : T(0);
    TOMOEDX_UNROLL
    for (int b = 0; b < Bins; ++b) {
      if (static_cast<std::size_t>(b) >= valid) break;
      std::ptrdiff_t const at = (first + b * step) * lanes;
      TOMOEDX_UNROLL
      for (int v = 0; v < Vectors; ++v)
        vector::at(job.to + start + at + v * vector::size) =
            weight * (sum[b][v] + centre * vector::at(row_from + at + v * vector::size));
    }
  }

  void lane_by_lane() const {
    std::size_t const columns = job.stack.columns, lanes = job.stack.lanes;
    for (std::size_t bin = columns * part / parts; bin < columns * (part + 1) / parts; ++bin)
      for (std::size_t lane = 0; lane < lanes; ++lane) job((row * columns + bin) * lanes + lane);
  }
};

/// Filter a whole stack. Only launches work.
template <class Space, class T>
void filter_rows(Space const& space, isa level, fbp_rows<T> const& job) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  if constexpr (runs_on_host<Space>) {
    std::size_t const parts = (job.stack.columns + 127) / 128;  // so that few rows fill many threads
    Kokkos::parallel_for("tomoedx::fbp::filter", policy(space, 0, job.rows() * parts), [=](std::size_t n) {
      simd::run_at(level, fbp_part<T>{job, n / parts, n % parts, parts});
    });
  } else {
    (void)level;
    Kokkos::parallel_for("tomoedx::fbp::filter",
                         policy(space, 0, job.rows() * job.stack.columns * job.stack.lanes), job);
  }
}

}  // namespace tomoedx::detail

#endif
