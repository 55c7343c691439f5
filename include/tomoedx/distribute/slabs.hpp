// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_SLABS_HPP
#define TOMOEDX_DISTRIBUTE_SLABS_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cstddef>

namespace tomoedx {

/// A run of neighbouring rows y that is worked on at once.
struct slab_rows {
  std::size_t first = 0, rows = 0;            ///< what is read and computed, halo included
  std::size_t keep_first = 0, keep_rows = 0;  ///< what is kept of it
};

/// How rows are cut into slabs. All slabs keep `keep` rows but the last one, which keeps what is left; every slab reads
/// `halo` more rows on each side, where there are any.
struct slab_plan {
  std::size_t rows = 0;  ///< of the whole
  std::size_t keep = 0, halo = 0;
  std::size_t bytes = 0;  ///< what the largest slab needs

  std::size_t slabs() const { return (rows + keep - 1) / keep; }
  slab_rows operator[](std::size_t i) const {
    std::size_t const begin = i * keep, end = std::min(rows, begin + keep);
    std::size_t const first = begin - std::min(begin, halo), last = std::min(rows, end + halo);
    return {first, last - first, begin, end - begin};
  }
};

namespace detail {

/// The most rows a slab may read, halo included.
inline std::size_t largest_slab(std::size_t rows, std::size_t keep, std::size_t halo) {
  return std::min(rows, keep + 2 * halo);
}

}  // namespace detail

/// Cut `rows` rows into slabs that keep `keep` rows each.
///
/// `bytes(n)` is what working on n rows needs, everything included.
///
/// throws   tomoedx::value_error when they need more than `memory`
template <class Bytes>
slab_plan plan_slabs_of(std::size_t keep, std::size_t rows, std::size_t halo, std::size_t memory,
                        Bytes&& bytes) {
  expects<shape_error>(rows > 0, "slabs: there are no rows");
  expects<value_error>(keep > 0, "slabs: slabs of 0 rows");
  keep = std::min(keep, rows);
  halo = std::min(halo, rows - keep);
  std::size_t const largest = detail::largest_slab(rows, keep, halo), needed = bytes(largest);
  expects<value_error>(
      needed <= memory,
      "slabs: {} rows ({} kept) at once need {} bytes, {} are allowed; allow more or take fewer rows",
      largest, keep, needed, memory);
  return {rows, keep, halo, needed};
}

/// Cut `rows` rows into slabs that `memory` bytes suffice for.
///
/// Slabs read a multiple of 64 rows where the bound allows, else of 16, of 4, or single rows: that fills the lanes of
/// the projectors (projectors/slices.hpp). They are no higher than it takes to have eight slabs, so that reading and
/// writing have something to overlap with; more rows at once do not make the projectors faster.
///
/// throws   tomoedx::value_error when a single row needs more than `memory`
template <class Bytes>
slab_plan plan_slabs(std::size_t rows, std::size_t halo, std::size_t memory, Bytes&& bytes) {
  expects<shape_error>(rows > 0, "slabs: there are no rows");
  halo = std::min(halo, rows - 1);
  for (std::size_t const multiple : {64, 16, 4, 1})
    for (std::size_t blocks = std::max<std::size_t>(rows / 8 / multiple, 1) + 2 * halo / multiple; blocks > 0;
         --blocks) {
      if (blocks * multiple <= 2 * halo && blocks * multiple < rows) break;
      std::size_t const read = std::min(rows, blocks * multiple);
      if (bytes(read) > memory) continue;
      std::size_t const keep = read == rows ? rows : read - 2 * halo;
      return plan_slabs_of(keep, rows, halo, memory, bytes);
    }
  std::size_t const least = detail::largest_slab(rows, 1, halo);
  fail<value_error>("slabs: one row{} needs {} bytes, {} are allowed; allow more memory",
                    halo > 0 ? " with its halo" : "", bytes(least), memory);
}

}  // namespace tomoedx

#endif
