// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_BLOCK_KRYLOV_HPP
#define TOMOEDX_SPECTRA_DETAIL_BLOCK_KRYLOV_HPP

// IWYU pragma: private, include <tomoedx/spectra/pca.hpp>

#include <tomoedx/core/random.hpp>
#include <tomoedx/spectra/detail/counts_matrix.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace tomoedx::detail {

/// Some eigenpairs of a symmetric matrix, the largest first.
struct leading_pairs {
  std::size_t size = 0;         ///< of a vector
  std::vector<double> values;   ///< negative ones of rounding as 0
  std::vector<double> vectors;  ///< (pair, element)

  std::size_t pairs() const { return values.size(); }
  std::span<double const> vector(std::size_t pair) const {
    return std::span(vectors).subspan(pair * size, size);
  }
};

/// The first few of a dense matrix of which the lower triangle is given, all at once.
inline leading_pairs dense_pairs(std::vector<double> const& matrix, std::size_t size, std::size_t wanted) {
  auto const n = static_cast<Eigen::Index>(size);
  Eigen::MatrixXd const copy = Eigen::Map<Eigen::MatrixXd const>(matrix.data(), n, n);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(copy);
  leading_pairs found{size, {}, {}};
  for (std::size_t k = 0; k < std::min(wanted, size); ++k) {
    std::size_t const at = size - 1 - k;
    found.values.push_back(std::max(solver.eigenvalues().data()[at], 0.0));
    double const* const v = solver.eigenvectors().data() + at * size;
    found.vectors.insert(found.vectors.end(), v, v + size);
  }
  return found;
}

/// How long `randomised_pairs` goes on.
struct krylov_limits {
  std::size_t wanted = 1, passes = 12;
  double tolerance = 1e-6;  ///< of |X'X v - s v| against s
};

inline double dot(std::span<double const> a, std::span<double const> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
inline void add(double factor, std::span<double const> a, std::span<double> to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * a[i];
}

/// The leading pairs of X' X from a few passes over the counts: the space of a random block and its images under powers
/// of X' X holds them to high precision where they stand apart, and from below everywhere.
///
/// source   Halko, Martinsson, Tropp, SIAM Review 53 (2011) 217; with all powers kept: Musco and Musco, NIPS 2015
inline leading_pairs randomised_pairs(counts_matrix const& m, krylov_limits const& limits,
                                      std::uint64_t seed) {
  std::size_t const n = m.columns, room = std::min(n, block_width * limits.passes);
  std::vector<double> basis(room * n), images(room * n);  // (vector, element)
  auto const q = [&](std::size_t i) { return std::span(basis).subspan(i * n, n); };
  auto const image = [&](std::size_t i) { return std::span(images).subspan(i * n, n); };
  std::vector<double> block(n * block_width), projected(room * room);
  for (std::size_t i = 0; i < n; ++i) {
    random_stream random(seed, i);
    for (std::size_t j = 0; j < block_width; ++j) block[i * block_width + j] = random.normal();
  }
  leading_pairs found;
  std::vector<double> v(n);
  for (std::size_t size = 0; size < room;) {
    std::size_t const first = size;
    double longest = 0;
    for (std::size_t j = 0; j < block_width && size < room; ++j) {
      for (std::size_t i = 0; i < n; ++i) v[i] = block[i * block_width + j];
      longest = std::max(longest, std::sqrt(dot(v, v)));
      for (int twice = 0; twice < 2; ++twice)
        for (std::size_t i = 0; i < size; ++i) add(-dot(q(i), v), q(i), v);
      double const length = std::sqrt(dot(v, v));
      if (length <= 1e-10 * longest) continue;
      add(1 / length, v, q(size++));
    }
    if (size == first) break;  // the space holds all that X' X can reach

    std::fill(block.begin(), block.end(), 0.0);
    for (std::size_t j = first; j < size; ++j)
      for (std::size_t i = 0; i < n; ++i) block[i * block_width + j - first] = q(j)[i];
    block = gram_times(m, std::move(block));
    for (std::size_t j = first; j < size; ++j) {
      for (std::size_t i = 0; i < n; ++i) image(j)[i] = block[i * block_width + j - first];
      for (std::size_t i = 0; i <= j; ++i) projected[i * room + j] = dot(q(i), image(j));
    }

    std::vector<double> t(size * size);
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = i; j < size; ++j) t[i * size + j] = projected[i * room + j];
    auto const ritz = dense_pairs(t, size, limits.wanted);
    found = {n, ritz.values, std::vector<double>(ritz.pairs() * n)};
    bool done = ritz.pairs() == std::min(limits.wanted, n);
    for (std::size_t k = 0; k < ritz.pairs(); ++k) {
      std::span const into = std::span(found.vectors).subspan(k * n, n);
      std::fill(v.begin(), v.end(), 0.0);
      for (std::size_t i = 0; i < size; ++i) {
        add(ritz.vector(k)[i], q(i), into);
        add(ritz.vector(k)[i], image(i), v);
      }
      add(-ritz.values[k], into, v);
      done = done && std::sqrt(dot(v, v)) <= limits.tolerance * ritz.values[k];
    }
    if (done) break;
  }
  return found;
}

}  // namespace tomoedx::detail

#endif
