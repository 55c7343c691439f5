// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_DETAIL_SOLVE_DENSE_HPP
#define TOMOEDX_QUANTIFY_DETAIL_SOLVE_DENSE_HPP

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

namespace tomoedx::detail {

/// Solve A X = B for a few unknowns by elimination with row pivots; X replaces B, A is used up. Plain loops, so that the
/// headers of the methods for maps compile fast.
///
/// shapes   a (n, n), b (n, m)
/// returns  false where A is singular; B is then worthless
inline bool solve_dense(std::span<double> a, std::span<double> b, std::size_t n) {
  std::size_t const m = b.size() / n;
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < n; ++r)
      if (std::abs(a[r * n + c]) > std::abs(a[pivot * n + c])) pivot = r;
    if (!(std::abs(a[pivot * n + c]) > 0)) return false;
    if (pivot != c) {
      for (std::size_t j = c; j < n; ++j) std::swap(a[pivot * n + j], a[c * n + j]);
      for (std::size_t j = 0; j < m; ++j) std::swap(b[pivot * m + j], b[c * m + j]);
    }
    for (std::size_t r = c + 1; r < n; ++r) {
      double const f = a[r * n + c] / a[c * n + c];
      if (f == 0) continue;
      for (std::size_t j = c + 1; j < n; ++j) a[r * n + j] -= f * a[c * n + j];
      for (std::size_t j = 0; j < m; ++j) b[r * m + j] -= f * b[c * m + j];
    }
  }
  for (std::size_t r = n; r-- > 0;)
    for (std::size_t j = 0; j < m; ++j) {
      double x = b[r * m + j];
      for (std::size_t c = r + 1; c < n; ++c) x -= a[r * n + c] * b[c * m + j];
      b[r * m + j] = x / a[r * n + r];
    }
  return true;
}

}  // namespace tomoedx::detail

#endif
