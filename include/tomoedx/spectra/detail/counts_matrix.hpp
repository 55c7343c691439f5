// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_COUNTS_MATRIX_HPP
#define TOMOEDX_SPECTRA_DETAIL_COUNTS_MATRIX_HPP

// IWYU pragma: private, include <tomoedx/spectra/pca.hpp>

#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/core/host_threads.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tomoedx::detail {

/// The matrix of counts times row scale times column scale: a row is a pixel, a column a channel. Only counts are
/// stored, those of row i at [begin[i], begin[i + 1]), their columns increasing.
struct counts_matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<std::size_t> begin;
  std::vector<std::uint16_t> column;
  std::vector<std::int32_t> count;
  std::vector<double> row_scale, column_scale;

  double value(std::size_t row, std::size_t i) const {
    return count[i] * row_scale[row] * column_scale[column[i]];
  }
};

/// Columns of a block: what is multiplied at once.
inline constexpr std::size_t block_width = 16;

/// z += X' D X q for the counts X of some rows and the squares D of their scales.
struct gram_rows {
  counts_matrix const& m;
  double const* q;
  double* z;
  std::size_t from, to;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using pack = simd::pack<double, Bytes>;
    constexpr std::size_t size = pack::size, vectors = block_width / size;
    for (std::size_t row = from; row < to; ++row) {
      typename pack::type y[vectors] = {};
      std::size_t const first = m.begin[row], last = m.begin[row + 1];
      for (std::size_t i = first; i < last; ++i) {
        double const n = m.count[i];
        double const* const at = q + m.column[i] * block_width;
        for (std::size_t v = 0; v < vectors; ++v) y[v] += n * pack::at(at + v * size);
      }
      double const scale = m.row_scale[row] * m.row_scale[row];
      for (std::size_t v = 0; v < vectors; ++v) y[v] *= scale;
      for (std::size_t i = first; i < last; ++i) {
        double const n = m.count[i];
        double* const at = z + m.column[i] * block_width;
        for (std::size_t v = 0; v < vectors; ++v) pack::at(at + v * size) += n * y[v];
      }
    }
  }
};

/// X' X q of the scaled matrix in one pass over its counts. The rows are cut into the same parts whatever the number of
/// threads, and the parts are added in order.
///
/// shapes   q and the result (column of X, column of the block)
inline std::vector<double> gram_times(counts_matrix const& m, std::vector<double> q) {
  auto const scale = [&](std::vector<double>& v) {
    for (std::size_t i = 0; i < v.size(); ++i) v[i] *= m.column_scale[i / block_width];
  };
  scale(q);
  std::size_t const parts = std::clamp<std::size_t>(m.rows / 512, 1, 32), size = m.columns * block_width;
  std::vector<double> sums(parts * size);
  isa const level = best_isa();
  on_host_threads("pca::gram", parts, [&](std::size_t part) {
    simd::run_at(level, gram_rows{m, q.data(), sums.data() + part * size, m.rows * part / parts,
                                  m.rows * (part + 1) / parts});
  });
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t part = 1; part < parts; ++part) sums[i] += sums[part * size + i];
  sums.resize(size);
  scale(sums);
  return sums;
}

/// X' X of the scaled matrix, all of it; a thread makes rows of the result.
inline std::vector<double> gram(counts_matrix const& m) {
  std::vector<double> g(m.columns * m.columns);
  constexpr std::size_t tile = 32;
  on_host_threads("pca::gram_dense", (m.columns + tile - 1) / tile, [&](std::size_t t) {
    std::size_t const from = t * tile, to = from + tile;
    for (std::size_t row = 0; row < m.rows; ++row) {
      auto const first = m.column.begin() + static_cast<std::ptrdiff_t>(m.begin[row]),
                 last = m.column.begin() + static_cast<std::ptrdiff_t>(m.begin[row + 1]);
      double const scale = m.row_scale[row] * m.row_scale[row];
      for (auto at = std::lower_bound(first, last, from); at != last && *at < to; ++at) {
        double const x = scale * m.count[static_cast<std::size_t>(at - m.column.begin())];
        double* const into = g.data() + *at * m.columns;
        for (auto with = at; with != last; ++with)
          into[*with] += x * m.count[static_cast<std::size_t>(with - m.column.begin())];
      }
    }
  });
  for (std::size_t i = 0; i < m.columns; ++i)
    for (std::size_t j = i; j < m.columns; ++j)
      g[j * m.columns + i] = g[i * m.columns + j] *= m.column_scale[i] * m.column_scale[j];
  return g;
}

/// The sum of the squares of all values: of all singular values.
inline double sum_of_squares(counts_matrix const& m) {
  double sum = 0;
  for (std::size_t row = 0; row < m.rows; ++row)
    for (std::size_t i = m.begin[row]; i < m.begin[row + 1]; ++i) sum += m.value(row, i) * m.value(row, i);
  return sum;
}

}  // namespace tomoedx::detail

#endif
