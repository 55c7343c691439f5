// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_NNLS_HPP
#define TOMOEDX_SOLVERS_NNLS_HPP

#include <tomoedx/core/error.hpp>

#include <Eigen/QR>

#include <algorithm>
#include <vector>

namespace tomoedx {

/// The x >= 0 that minimises |A x - b|, by the active-set method of Lawson and Hanson.
///
/// shapes   A (m, n) with m >= 1 and n >= 1, b (m); a dense problem with few columns
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN or infinity, error when the
///          active set does not settle in 10 n + 100 rounds
/// source   Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23
inline Eigen::VectorXd nnls(Eigen::MatrixXd const& matrix, Eigen::VectorXd const& right_side) {
  using index = Eigen::Index;
  index const n = matrix.cols();
  expects<shape_error>(matrix.rows() > 0 && n > 0, "nnls: the matrix is {} x {}", matrix.rows(), n);
  expects<shape_error>(matrix.rows() == right_side.size(), "nnls: the matrix has {} rows, the right side {}",
                       matrix.rows(), right_side.size());
  expects<value_error>(matrix.allFinite() && right_side.allFinite(), "nnls: the data hold NaN or infinity");

  // units of the columns and of the right side must not matter: all are scaled to a largest value of 1
  auto const unit_of = [](auto const& v) {
    return v.size() > 0 && v.cwiseAbs().maxCoeff() > 0 ? v.cwiseAbs().maxCoeff() : 1.0;
  };
  double const unit = unit_of(right_side);
  Eigen::VectorXd const b = right_side / unit;
  Eigen::VectorXd units(n);
  Eigen::MatrixXd a = matrix;
  for (index j = 0; j < n; ++j) {
    units(j) = unit_of(matrix.col(j));
    a.col(j) /= units(j);
  }
  auto const in_units = [&](Eigen::VectorXd const& x) -> Eigen::VectorXd {
    return (x.array() / units.array() * unit).matrix();
  };

  Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
  std::vector<bool> passive(static_cast<std::size_t>(n), false), barred(static_cast<std::size_t>(n), false);
  double const tolerance = 1e-12 * static_cast<double>(a.rows());

  auto const solve_passive = [&] {
    std::vector<index> columns;
    for (index j = 0; j < n; ++j)
      if (passive[static_cast<std::size_t>(j)]) columns.push_back(j);
    Eigen::VectorXd z = Eigen::VectorXd::Zero(n);
    if (columns.empty()) return z;
    Eigen::MatrixXd part(a.rows(), static_cast<index>(columns.size()));
    for (std::size_t k = 0; k < columns.size(); ++k) part.col(static_cast<index>(k)) = a.col(columns[k]);
    Eigen::VectorXd const s = part.colPivHouseholderQr().solve(b);
    for (std::size_t k = 0; k < columns.size(); ++k) z(columns[k]) = s(static_cast<index>(k));
    return z;
  };

  for (index round = 0; round < 10 * n + 100; ++round) {
    Eigen::VectorXd const gradient = a.transpose() * (b - a * x);
    index best = -1;
    for (index j = 0; j < n; ++j) {
      auto const u = static_cast<std::size_t>(j);
      if (!passive[u] && !barred[u] && gradient(j) > tolerance && (best < 0 || gradient(j) > gradient(best)))
        best = j;
    }
    if (best < 0) return in_units(x);
    passive[static_cast<std::size_t>(best)] = true;
    Eigen::VectorXd z = solve_passive();
    if (z(best) <= 0) {  // rounding alone let it in: keep it out until something else moves
      passive[static_cast<std::size_t>(best)] = false;
      barred[static_cast<std::size_t>(best)] = true;
      continue;
    }
    barred.assign(barred.size(), false);
    for (;;) {
      double step = 1;
      for (index j = 0; j < n; ++j)
        if (passive[static_cast<std::size_t>(j)] && z(j) <= 0) step = std::min(step, x(j) / (x(j) - z(j)));
      if (step >= 1) break;
      x += step * (z - x);
      for (index j = 0; j < n; ++j)
        if (passive[static_cast<std::size_t>(j)] && z(j) <= 0 && x(j) <= 1e-14 * x.cwiseAbs().maxCoeff()) {
          passive[static_cast<std::size_t>(j)] = false;
          x(j) = 0;
        }
      z = solve_passive();
    }
    x = z;
  }
  fail("nnls: the active set did not settle; the columns may be nearly dependent");
}

}  // namespace tomoedx

#endif
