// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DIRECT_JOB_HPP
#define TOMOEDX_NN_DETAIL_DIRECT_JOB_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/gemm.hpp>
#include <tomoedx/nn/detail/reading.hpp>
#include <tomoedx/nn/detail/stage.hpp>
#include <tomoedx/nn/layers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

/// Convolutions of any kind as sums over taps. A transposed convolution of stride s is s (in each axis) such sums, one
/// for each phase of its output. What a block of results needs is gathered next to each other first, borders included.
namespace tomoedx::nn::detail {

/// A sum over taps that makes every `out_step`-th result from `first_out` on.
template <class T>
struct tap_sum {
  std::vector<triple> taps;  ///< positions of the image relative to the result's
  T const* weights;          ///< (vector group, tap, input channel, vector, lane), see pack_direct
  triple first_out, number;  ///< of results along each axis
};

template <class T>
struct direct_job {
  std::vector<seen<T>> sources;
  std::vector<tap_sum<T>> sums;
  triple reach;           ///< positions a result needs along each axis, from its own on
  triple step, out_step;  ///< of the image and of the results from one result to the next
  triple number;          ///< of results along each axis, the largest of the sums'
  triple image;           ///< positions of the image along each axis
  int channels_in, blocks_out;
  bool gather;    ///< false: one tap, and images are stored just as they are read
  int close;      ///< channels next to each other in gathered pixels
  triple block;   ///< results of a task along each axis (z is 1)
  triple blocks;  ///< tasks along each axis
  T const* bias;
  T below;
  stored<T> out;

  int tasks_of_item() const { return blocks[0] * blocks[1] * blocks[2]; }
};

template <class T, isa Level>
struct direct {
  static constexpr int N = block_of<T, Level>;
  using job = direct_job<T>;

  static int blocks_in(job const& j) {
    int n = 0;
    for (auto const& s : j.sources) n += s.blocks;
    return n;
  }
  static std::size_t most_terms(job const& j) {
    std::size_t taps = 1;
    for (auto const& s : j.sums) taps = std::max(taps, s.taps.size());
    return taps * static_cast<std::size_t>(blocks_in(j));
  }
  /// Positions of the image that a block of results needs along an axis.
  static int span(job const& j, int axis) { return (j.block[axis] - 1) * j.step[axis] + j.reach[axis]; }
  static std::ptrdiff_t gathered_block(job const& j) {
    return std::ptrdiff_t{span(j, 0)} * span(j, 1) * span(j, 2) * j.close;
  }
  static std::size_t scratch_bytes(job const& j) {
    return whole_lines(most_terms(j) * sizeof(term<T>)) +
           (j.gather ? whole_lines(static_cast<std::size_t>(gathered_block(j) * blocks_in(j)) * sizeof(T))
                     : 0);
  }

  /// Copy what a block of results needs to (block, z, y, x, channel).
  [[gnu::always_inline]] static void gather(job const& j, int item, triple const& first, T* to) {
    std::ptrdiff_t const whole = gathered_block(j);
    int const nz = span(j, 0), ny = span(j, 1), nx = span(j, 2);
    int const x0 = first[2] * j.step[2], x1 = std::min(x0 + nx, j.image[2]);
    for (auto const& s : j.sources)
      for (int b = 0; b < s.blocks; ++b, to += whole) {
        T const* const base = s.from.data + item * s.from.item_step + b * s.from.block_step;
        T* row = to;
        for (int z = 0; z < nz; ++z)
          for (int y = 0; y < ny; ++y, row += std::ptrdiff_t{nx} * j.close) {
            int const pz = first[0] * j.step[0] + z, py = first[1] * j.step[1] + y;
            std::int32_t const sz = pz < j.image[0] ? s.z[pz] : -1, sy = py < j.image[1] ? s.y[py] : -1;
            if (sz < 0 || sy < 0) {
              std::memset(row, 0, sizeof(T) * static_cast<std::size_t>(nx * j.close));
              continue;
            }
            T const* const from = base + sz * s.from.plane_step + sy * s.from.row_step;
            if (j.close == N)
              gather_vectors(from, s.x, x0, x1, nx, row);
            else
              gather_channels(from, s.x, x0, x1, nx, j.close, row);
          }
      }
  }
  [[gnu::always_inline]] static void gather_vectors(T const* from, std::int32_t const* xs, int x0, int x1,
                                                    int nx, T* row) {
    for (int x = x0; x < x1; ++x, row += N) {
      std::int32_t const sx = xs[x];
      at<T, N>(row) = sx < 0 ? vector_t<T, N>{} : at<T, N>(from + std::ptrdiff_t{sx} * N);
    }
    for (int x = x1; x < x0 + nx; ++x, row += N) at<T, N>(row) = vector_t<T, N>{};
  }
  [[gnu::always_inline]] static void gather_channels(T const* from, std::int32_t const* xs, int x0, int x1,
                                                     int nx, int channels, T* row) {
    for (int x = x0; x < x0 + nx; ++x, row += channels) {
      std::int32_t const sx = x < x1 ? xs[x] : -1;
      for (int c = 0; c < channels; ++c) row[c] = sx < 0 ? T(0) : from[std::ptrdiff_t{sx} * N + c];
    }
  }

  /// The terms of one sum, for gathered pixels or for images read where they are.
  [[gnu::always_inline]] static int make_terms(job const& j, tap_sum<T> const& sum, int item,
                                               T const* gathered, term<T>* terms) {
    int number = 0;
    std::ptrdiff_t const whole = j.gather ? gathered_block(j) : 0;
    int const ny = span(j, 1), nx = span(j, 2);
    for (auto const& tap : sum.taps) {
      T const* from = gathered + ((std::ptrdiff_t{tap[0]} * ny + tap[1]) * nx + tap[2]) * j.close;
      for (auto const& s : j.sources)
        for (int b = 0; b < s.blocks; ++b, from += whole)
          terms[number++] = {j.gather ? from : s.from.data + item * s.from.item_step + b * s.from.block_step,
                             std::min(N, s.channels - b * N)};
    }
    return number;
  }

  [[gnu::always_inline]] static void run(job const& j, int task, std::byte* scratch) {
    int const item = task / j.tasks_of_item();
    int rest = task % j.tasks_of_item();
    triple first{};
    first[2] = rest % j.blocks[2] * j.block[2], rest /= j.blocks[2];
    first[1] = rest % j.blocks[1] * j.block[1];
    first[0] = rest / j.blocks[1] * j.block[0];
    auto* const terms = reinterpret_cast<term<T>*>(scratch);
    auto* const gathered = reinterpret_cast<T*>(scratch + whole_lines(most_terms(j) * sizeof(term<T>)));
    if (j.gather) gather(j, item, first, gathered);
    for (auto const& sum : j.sums) {
      int const number = make_terms(j, sum, item, gathered, terms);
      sum_block(j, sum, item, first, terms, number);
    }
  }

  /// All results of one sum within a block.
  [[gnu::always_inline]] static void sum_block(job const& j, tap_sum<T> const& sum, int item,
                                               triple const& first, term<T> const* terms, int number) {
    triple end;
    for (int a = 0; a < 3; ++a) end[a] = std::min(first[a] + j.block[a], sum.number[a]);
    int const pixels = end[2] - first[2];
    if (pixels <= 0) return;
    even_cut const vectors(j.blocks_out, registers<Level>::vectors);
    bool const dense = j.close == N && j.step[2] == 1;
    int const ny = span(j, 1), nx = span(j, 2);
    for (int g = 0; g < vectors.runs; ++g) {
      int const v0 = vectors.begin(g), v1 = vectors.begin(g + 1);
      T const* const weights =
          sum.weights + std::ptrdiff_t{v0} * static_cast<std::ptrdiff_t>(sum.taps.size()) * j.channels_in * N;
      even_cut const runs(pixels, registers<Level>::rows(v1 - v0));
      for (int z = first[0]; z < end[0]; ++z)
        for (int y = first[1]; y < end[1]; ++y) {
          std::ptrdiff_t const row =
              j.gather ? std::ptrdiff_t{((z - first[0]) * j.step[0] * ny + (y - first[1]) * j.step[1])} * nx *
                             j.close
                       : z * j.sources[0].from.plane_step + y * j.sources[0].from.row_step;
          T* const out = j.out.data + item * j.out.item_step + v0 * j.out.block_step +
                         (z * j.out_step[0] + sum.first_out[0]) * j.out.plane_step +
                         (y * j.out_step[1] + sum.first_out[1]) * j.out.row_step;
          for (int i = 0; i < runs.runs; ++i) {
            int const r0 = runs.begin(i), r1 = runs.begin(i + 1), x = first[2] + r0;
            int const from = j.gather ? r0 * j.step[2] : x * j.step[2];
            multiply<T, Level>::kernel(r1 - r0, v1 - v0, dense)(
                {terms, number, row + std::ptrdiff_t{from} * j.close, std::ptrdiff_t{j.step[2]} * j.close,
                 weights, j.bias == nullptr ? nullptr : j.bias + v0 * N,
                 out + (std::ptrdiff_t{x} * j.out_step[2] + sum.first_out[2]) * N, j.out.block_step,
                 std::ptrdiff_t{j.out_step[2]} * N, j.below, true});
          }
        }
    }
  }
};

}  // namespace tomoedx::nn::detail

#endif
