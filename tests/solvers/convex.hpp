// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SOLVERS_CONVEX_HPP
#define TOMOEDX_TESTS_SOLVERS_CONVEX_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/noise/joined.hpp>
#include <tomoedx/noise/poisson.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>

#include "../projectors/cases.hpp"
#include "plain.hpp"

// Small convex problems with known answers, and a regulariser of the tests' own.
namespace convex {

using plain::matrix;
using plain::vector;
using Space = Kokkos::DefaultHostExecutionSpace;

/// R(x) = lambda sum |x(i + lanes) - x(i)| over a flat volume, in plain loops.
template <class T>
struct jumps {
  using execution_space = Space;
  using value_type = T;
  using flat = tomoedx::flat_on<T, Space>;

  std::size_t values, lanes;
  double lambda;

  std::size_t size() const { return values; }
  std::size_t dual_size() const { return values - lanes; }
  double squared_norm() const { return 4; }
  double column_sum() const { return 2; }
  double row_sum() const { return 2; }
  void value(flat x, tomoedx::number_on<Space> f) const {
    f() = 0;
    for (std::size_t i = 0; i < dual_size(); ++i) f() += lambda * std::abs(x(i + lanes) - x(i));
  }
  void dual_step(flat p, flat x, T sigma) const {
    for (std::size_t i = 0; i < dual_size(); ++i)
      p(i) = static_cast<T>(
          std::clamp(static_cast<double>(p(i) + sigma * (x(i + lanes) - x(i))), -lambda, lambda));
  }
  void add_adjoint(flat p, flat g) const {
    for (std::size_t i = 0; i < dual_size(); ++i) g(i + lanes) += p(i), g(i) -= p(i);
  }
};

/// Random weights >= 0, a third of them 0, as an operator that the library does not know.
struct foreign_system {
  matrix a;
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  vector values;

  foreign_system(std::size_t rows, std::size_t columns, std::uint64_t seed) : a(rows, columns) {
    auto const w = cases::random_values(rows * columns, seed, -0.5, 1);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j)
        if (w[i * columns + j] > 0) {
          a(i, j) = w[i * columns + j];
          indices.push_back(static_cast<std::uint32_t>(j)), values.push_back(a(i, j));
        }
      offsets.push_back(values.size());
    }
  }
  tomoedx::sparse_operator<Space, double> op(std::size_t slices) const {
    return {Space(), {a.rows, a.columns, offsets, indices, values}, slices};
  }
};

/// The x >= 0 with the least 1/2 sum w (A x - b)^2, by coordinate descent until nothing moves.
inline vector least_squares(matrix const& a, vector const& b, vector const& w) {
  vector x(a.columns), r(b);
  for (int sweep = 0; sweep < 200000; ++sweep) {
    double moved = 0;
    for (std::size_t j = 0; j < a.columns; ++j) {
      double slope = 0, bend = 0;
      for (std::size_t i = 0; i < a.rows; ++i)
        slope += w[i] * a(i, j) * r[i], bend += w[i] * a(i, j) * a(i, j);
      double const next = bend > 0 ? std::max(0.0, x[j] + slope / bend) : 0, d = next - x[j];
      for (std::size_t i = 0; i < a.rows; ++i) r[i] -= d * a(i, j);
      x[j] = next;
      moved = std::max(moved, std::abs(d));
    }
    if (moved < 1e-14) break;
  }
  return x;
}

inline double furthest(vector const& x, vector const& y) {
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

/// How far from optimal x >= 0 is when the misfit has this slope in the data: max of -g and of x g.
inline double off_optimum(matrix const& a, vector const& x, vector const& slope) {
  auto const g = a.transposed_times(slope);
  double most = 0;
  for (std::size_t j = 0; j < x.size(); ++j) most = std::max({most, -g[j], x[j] * std::abs(g[j])});
  return most;
}

}  // namespace convex

#endif
