// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_NOISE_EDGE_HPP
#define TOMOEDX_SPECTRA_DETAIL_NOISE_EDGE_HPP

// IWYU pragma: private, include <tomoedx/spectra/pca.hpp>

#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/spectra/detail/binomial.hpp>
#include <tomoedx/spectra/detail/block_krylov.hpp>
#include <tomoedx/spectra/detail/counts_matrix.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// The same matrix with each single count given a sign at random: the difference of two halves of the counts, drawn
/// apart. Its mean is zero and its variances are those of the counts, pixel by pixel and channel by channel, so it is
/// the noise of the data and nothing else.
inline counts_matrix with_random_signs(counts_matrix m, std::uint64_t seed) {
  on_host_threads("pca::signs", m.rows, [&](std::size_t row) {
    random_stream random(seed, row);
    for (std::size_t i = m.begin[row]; i < m.begin[row + 1]; ++i)
      m.count[i] =
          2 * static_cast<std::int32_t>(heads(random, static_cast<std::uint32_t>(m.count[i]))) - m.count[i];
  });
  return m;
}

/// The same counts for each pixel and for each channel, dealt out at random.
inline counts_matrix permuted(counts_matrix const& m, std::uint64_t seed) {
  std::vector<std::uint16_t> labels;
  for (std::size_t i = 0; i < m.column.size(); ++i)
    labels.insert(labels.end(), static_cast<std::size_t>(m.count[i]), m.column[i]);
  random_stream random(seed, 0);
  for (std::size_t i = labels.size(); i > 1; --i)
    std::swap(labels[i - 1],
              labels[std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(i)), i - 1)]);
  counts_matrix p{m.rows, m.columns, {0}, {}, {}, m.row_scale, m.column_scale};
  p.column.reserve(labels.size());
  p.count.reserve(labels.size());
  auto next = labels.begin();
  for (std::size_t row = 0; row < m.rows; ++row) {
    std::ptrdiff_t counts = 0;
    for (std::size_t i = m.begin[row]; i < m.begin[row + 1]; ++i) counts += m.count[i];
    std::sort(next, next + counts);
    for (auto const end = next + counts; next != end; ++next)
      if (p.column.size() > p.begin.back() && p.column.back() == *next) {
        ++p.count.back();
      } else {
        p.column.push_back(*next);
        p.count.push_back(1);
      }
    p.begin.push_back(p.column.size());
  }
  return p;
}

/// What the largest squared singular value of noise hardly ever exceeds: the mean of the replicates and three
/// standard deviations, these not below what the theory of the edge of large random matrices gives.
///
/// source   Johnstone, Ann. Statist. 29 (2001) 295
inline double noise_edge(std::vector<double> const& largest, std::size_t rows, std::size_t columns) {
  double mean = 0, variance = 0;
  double const n = static_cast<double>(largest.size());
  for (double const v : largest) mean += v / n;
  for (double const v : largest) variance += (v - mean) * (v - mean) / std::max(n - 1, 1.0);
  double const a = std::sqrt(std::max(static_cast<double>(rows) - 1, 1.0)),
               b = std::sqrt(static_cast<double>(columns));
  double const theory = 1.27 * std::cbrt(1 / a + 1 / b) / (a + b) * mean;
  return mean + 3 * std::max(std::sqrt(variance), theory);
}

}  // namespace tomoedx::detail

#endif
