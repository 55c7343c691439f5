// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_CHOLESKY_HPP
#define TOMOEDX_SPECTRA_DETAIL_CHOLESKY_HPP

#include <cmath>
#include <cstddef>
#include <span>

// Small dense systems of the fit of a pixel, without allocation. Matrices are n x n, row by row, lower triangle.
namespace tomoedx::detail {

/// Replace `a` by its factor L, a = L L'.
///
/// returns  whether a is positive definite, by more than the share `least` of each diagonal
inline bool cholesky(std::span<double> a, std::size_t n, double least = 1e-13) {
  for (std::size_t j = 0; j < n; ++j) {
    double* const rj = &a[j * n];
    double const was = rj[j];
    double d = was;
    for (std::size_t k = 0; k < j; ++k) d -= rj[k] * rj[k];
    if (!(d > least * was)) return false;
    rj[j] = std::sqrt(d);
    double const inverse = 1 / rj[j];
    for (std::size_t i = j + 1; i < n; ++i) {
      double* const ri = &a[i * n];
      double s = ri[j];
      for (std::size_t k = 0; k < j; ++k) s -= ri[k] * rj[k];
      ri[j] = s * inverse;
    }
  }
  return true;
}

/// x <- (L L')^-1 x.
inline void cholesky_solve(std::span<double const> l, std::size_t n, std::span<double> x) {
  for (std::size_t i = 0; i < n; ++i) {
    double s = x[i];
    for (std::size_t k = 0; k < i; ++k) s -= l[i * n + k] * x[k];
    x[i] = s / l[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    double s = x[i];
    for (std::size_t k = i + 1; k < n; ++k) s -= l[k * n + i] * x[k];
    x[i] = s / l[i * n + i];
  }
}

/// inverse <- (L L')^-1, whole matrix.
inline void cholesky_inverse(std::span<double const> l, std::size_t n, std::span<double> inverse) {
  for (std::size_t j = 0; j < n; ++j) {
    std::span<double> const row = inverse.subspan(j * n, n);
    for (std::size_t i = 0; i < n; ++i) row[i] = i == j ? 1.0 : 0.0;
    cholesky_solve(l, n, row);
  }
}

}  // namespace tomoedx::detail

#endif
