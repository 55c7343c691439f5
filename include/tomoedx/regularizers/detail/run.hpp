// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_DETAIL_RUN_HPP
#define TOMOEDX_REGULARIZERS_DETAIL_RUN_HPP
// IWYU pragma: private, include "tomoedx/regularizers/total_variation.hpp"

#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/core/grid.hpp>

#include <cstring>

/// Differences of neighbours, and their transposes, along a run: the columns * lanes values of a line in a block, which
/// lie one after the other. Directions: 0 along x, 1 along z, 2 along y. The difference at a far border is 0.
namespace tomoedx::detail {

/// A run and where its neighbours are.
struct value_run {
  std::size_t first;  ///< its place in a channel
  std::size_t size, lanes;
  std::ptrdiff_t next_line, next_block;  ///< how far they are
  std::size_t rows, rows_before_last;    ///< lanes with data, and lanes with data that have a next row
  bool has_next_line, has_last_line, has_last_block;

  /// The difference to the next value in a direction.
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION T difference(T const* x, std::size_t k, int direction) const {
    T const here = x[k];
    if (direction == 0) return k + lanes < size ? x[k + lanes] - here : T(0);
    if (direction == 1) return has_next_line ? (x + k)[next_line] - here : T(0);
    std::size_t const lane = k % lanes;
    if (lane >= rows_before_last) return T(0);
    return (lane + 1 < lanes ? x[k + 1] : (x + k - lane)[next_block]) - here;
  }

  /// What the differences p of a direction give back to a value.
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION T transposed(T const* p, std::size_t k, int direction) const {
    if (direction == 0) return (k >= lanes ? p[k - lanes] : T(0)) - (k + lanes < size ? p[k] : T(0));
    if (direction == 1) return (has_last_line ? (p + k)[-next_line] : T(0)) - (has_next_line ? p[k] : T(0));
    std::size_t const lane = k % lanes;
    T const here = lane < rows_before_last ? p[k] : T(0);
    if (lane >= rows) return -here;
    if (lane > 0) return p[k - 1] - here;
    return (has_last_block ? (p + k + lanes - 1)[-next_block] : T(0)) - here;
  }
};

KOKKOS_INLINE_FUNCTION value_run run_of(grid const& g, std::size_t block, std::size_t line) {
  std::size_t const first_row = block * g.lanes, left = g.rows - first_row;
  value_run r;
  r.first = block * g.block_stride + line * g.line_stride;
  r.size = g.columns * g.lanes;
  r.lanes = g.lanes;
  r.next_line = static_cast<std::ptrdiff_t>(g.line_stride);
  r.next_block = static_cast<std::ptrdiff_t>(g.block_stride);
  r.rows = left < g.lanes ? left : g.lanes;
  r.rows_before_last = left - 1 < g.lanes ? left - 1 : g.lanes;
  r.has_next_line = line + 1 < g.lines;
  r.has_last_line = line > 0;
  r.has_last_block = block > 0;
  return r;
}

/// The same a vector at a time: `at(k)` moves to values k .. k + count - 1.
template <class T, int Bytes>
struct vector_run {
  using pack = simd::pack<T, Bytes>;
  using vec = typename pack::type;
  using bits = typename pack::bits;
  using integer = typename pack::integer;
  static constexpr std::size_t width = pack::size;

  value_run run;
  bool regular;  ///< vectors are parts of columns, or hold whole columns
  std::size_t k = 0, lane = 0, count = 0;
  bits lanes;  ///< of the values of the vector

  [[gnu::always_inline]] explicit vector_run(value_run const& r)
      : run(r), regular(r.lanes % width == 0 || width % r.lanes == 0) {
    integer some[width];
    for (std::size_t j = 0; j < width; ++j) some[j] = static_cast<integer>(j % run.lanes);
    std::memcpy(&lanes, some, sizeof(lanes));
    count = run.size < width ? run.size : width;
  }
  [[gnu::always_inline]] bool inside() const { return k < run.size; }
  [[gnu::always_inline]] void advance() {
    k += width;
    count = k < run.size && run.size - k < width ? run.size - k : width;
    if (run.lanes <= width) return;
    lane += width;
    lanes += static_cast<integer>(width);
    if (lane < run.lanes) return;
    lanes -= static_cast<integer>(lane);
    lane = 0;
  }

  /// Values k .. k + count - 1 of an array.
  [[gnu::always_inline]] void load(T const* x, vec& v) const {
    if (count == width) {
      v = pack::at(x + k);
    } else {
      T some[width] = {};  // a vector written value by value would live in memory everywhere
      for (std::size_t j = 0; j < count; ++j) some[j] = x[k + j];
      v = pack::at(some);
    }
  }
  [[gnu::always_inline]] void store(vec const& v, T* x) const {
    if (count == width)
      pack::at(x + k) = v;
    else
      for (std::size_t j = 0; j < count; ++j) x[k + j] = reinterpret_cast<T const*>(&v)[j];
  }

  template <int Direction>
  [[gnu::always_inline]] void difference(T const* x, vec const& here, vec& d) const {
    if constexpr (Direction == 0) {
      if (k + width + run.lanes <= run.size)
        d = pack::at(x + k + run.lanes) - here;
      else if (k + run.lanes >= run.size)
        d = vec{};
      else
        one_by_one_difference<0>(x, d);
    } else if constexpr (Direction == 1) {
      if (!run.has_next_line)
        d = vec{};
      else if (count == width)
        d = pack::at(x + k + run.next_line) - here;
      else
        one_by_one_difference<1>(x, d);
    } else if (run.rows_before_last == 0) {
      d = vec{};
    } else if (run.lanes == 1 && count == width) {
      d = pack::at(x + k + run.next_block) - here;
    } else if (!regular || k + width >= run.size) {
      one_by_one_difference<2>(x, d);
    } else {
      vec next = pack::at(x + k + 1);
      if (run.rows_before_last == run.lanes && lane + width >= run.lanes) {
        integer const last = static_cast<integer>(run.lanes - 1);
        vec const there = pack::at(x + k + run.next_block - last);
        next = lanes == last ? there : next;
      }
      d = next - here;
      if (run.rows_before_last < run.lanes)
        d = lanes < static_cast<integer>(run.rows_before_last) ? d : vec{};
    }
  }

  /// The differences along all D directions.
  template <int D>
  [[gnu::always_inline]] void differences(T const* x, vec* d) const {
    vec here;
    load(x, here);
    difference<0>(x, here, d[0]);
    difference<1>(x, here, d[1]);
    if constexpr (D == 3) difference<2>(x, here, d[2]);
  }

  /// `p` of direction 2 may be read one value before its beginning.
  template <int Direction>
  [[gnu::always_inline]] void transposed(T const* p, vec& d) const {
    if constexpr (Direction == 0) {
      bool const first = k + width <= run.lanes, last = k + run.lanes >= run.size;
      if (count < width || (k < run.lanes && !first) || (!last && k + width + run.lanes > run.size))
        return one_by_one_transposed<0>(p, d);
      d = vec{};
      if (!first) d = pack::at(p + k - run.lanes);
      if (!last) d -= pack::at(p + k);
    } else if constexpr (Direction == 1) {
      if (count < width) return one_by_one_transposed<1>(p, d);
      d = vec{};
      if (run.has_last_line) d = pack::at(p + k - run.next_line);
      if (run.has_next_line) d -= pack::at(p + k);
    } else if (count < width || !regular) {
      one_by_one_transposed<2>(p, d);
    } else if (run.lanes == 1) {
      d = vec{};
      if (run.has_last_block) d = pack::at(p + k - run.next_block);
      if (run.rows_before_last > 0) d -= pack::at(p + k);
    } else {
      vec before = pack::at(p + k - 1), here = pack::at(p + k);
      if (lane == 0) {
        vec there{};
        if (run.has_last_block) there = pack::at(p + k + (run.lanes - 1) - run.next_block);
        before = lanes == 0 ? there : before;
      }
      if (run.rows_before_last < run.lanes) {
        before = lanes < static_cast<integer>(run.rows) ? before : vec{};
        here = lanes < static_cast<integer>(run.rows_before_last) ? here : vec{};
      }
      d = before - here;
    }
  }

 private:
  template <int Direction>
  [[gnu::always_inline]] void one_by_one_difference(T const* x, vec& d) const {
    T some[width] = {};
    for (std::size_t j = 0; j < count; ++j) some[j] = run.difference(x, k + j, Direction);
    d = pack::at(some);
  }
  template <int Direction>
  [[gnu::always_inline]] void one_by_one_transposed(T const* p, vec& d) const {
    T some[width] = {};
    for (std::size_t j = 0; j < count; ++j) some[j] = run.transposed(p, k + j, Direction);
    d = pack::at(some);
  }
};

}  // namespace tomoedx::detail

#endif
