// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_DETAIL_DAMPED_LEAST_SQUARES_HPP
#define TOMOEDX_QUANTIFY_DETAIL_DAMPED_LEAST_SQUARES_HPP

#include <tomoedx/quantify/detail/solve_dense.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// Where a damped least-squares search ended.
struct least_squares_end {
  double sum_of_squares = 0;
  std::size_t iterations = 0;
  bool converged = false;
};

inline double sum_of_squares(std::vector<double> const& r) {
  double s = 0;
  for (double const each : r) s += each * each;
  return s;
}

/// Make |r(x)|^2 small by Levenberg's and Marquardt's damped steps, with a Jacobian of differences.
///
/// requires `residuals(x, r)` fills r; parameters of order 1, so that a difference of 1e-6 tells; x is where it begins
/// source   Marquardt 1963, doi 10.1137/0111030
template <class Residuals>
least_squares_end damped_least_squares(std::vector<double>& x, std::size_t count, Residuals const& residuals,
                                       std::size_t most = 100, double tolerance = 1e-9) {
  std::size_t const n = x.size();
  std::vector<double> r(count), other(count), trial(n), jacobian(n * count), curvature(n * n), damped(n * n),
      slope(n), step(n);
  residuals(x, r);
  least_squares_end end{sum_of_squares(r), 0, false};
  double damping = 1e-3;
  for (; end.iterations < most && !end.converged; ++end.iterations) {
    for (std::size_t p = 0; p < n; ++p) {
      double const h = 1e-6 * std::max(1.0, std::abs(x[p]));
      trial = x;
      trial[p] += h;
      residuals(trial, other);
      for (std::size_t i = 0; i < count; ++i) jacobian[p * count + i] = (other[i] - r[i]) / h;
    }
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = 0; q < n; ++q) {
        curvature[p * n + q] = 0;
        for (std::size_t i = 0; i < count; ++i)
          curvature[p * n + q] += jacobian[p * count + i] * jacobian[q * count + i];
      }
      slope[p] = 0;
      for (std::size_t i = 0; i < count; ++i) slope[p] += jacobian[p * count + i] * r[i];
    }
    bool better = false;
    for (int tries = 0; tries < 20 && !better; ++tries) {
      damped = curvature;
      for (std::size_t p = 0; p < n; ++p) damped[p * n + p] += damping * (curvature[p * n + p] + 1e-12);
      step = slope;
      bool finite = solve_dense(damped, step, n);
      for (std::size_t p = 0; p < n; ++p) {
        trial[p] = x[p] - step[p];
        finite = finite && std::isfinite(trial[p]);
      }
      double sum = 0;
      if (finite) {
        residuals(trial, other);
        sum = sum_of_squares(other);
      }
      better = finite && sum < end.sum_of_squares;  // false for NaN too
      damping = std::clamp(better ? damping / 5 : damping * 4, 1e-12, 1e12);
      if (!better) continue;
      end.converged = end.sum_of_squares - sum <= tolerance * end.sum_of_squares;
      std::swap(x, trial);
      std::swap(r, other);
      end.sum_of_squares = sum;
    }
    if (!better) end.converged = true;  // no step of any length helps: this is the bottom
  }
  return end;
}

}  // namespace tomoedx::detail

#endif
