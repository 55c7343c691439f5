// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_DETAIL_PAIR_NETWORK_HPP
#define TOMOEDX_ALIGN_DETAIL_PAIR_NETWORK_HPP

#include <tomoedx/align/select.hpp>
#include <tomoedx/core/error.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

// IWYU pragma: private, include <tomoedx/align/drift.hpp>
namespace tomoedx::detail {

/// What brings image `second` onto image `first`: shift(second) - shift(first). In x both may have been narrowed about
/// their middles before, which narrows their shifts: narrow_second shift(second) - narrow_first shift(first).
struct measured_pair {
  std::size_t first = 0, second = 0;
  double dx = 0, dy = 0, score = 0;
  double narrow_first = 1, narrow_second = 1;
};

struct joined_pairs {
  double mean_score = 0, disagreement = 0;
  std::size_t outliers = 0;
};

/// Shifts that agree best with all pairs: least squares with weights score^2, made robust by Cauchy's weights.
inline joined_pairs join_pairs(std::span<measured_pair const> pairs, std::size_t images, std::size_t fixed,
                               double outlier, std::span<double> dx, std::span<double> dy) {
  using matrix = Eigen::MatrixXd;
  auto const n = static_cast<Eigen::Index>(images);
  std::vector<double> robust(pairs.size(), 1.0), off(pairs.size());
  joined_pairs result;
  for (int round = 0; round < 10 && images > 1; ++round) {
    matrix ax = matrix::Zero(n, n), ay = ax, b = matrix::Zero(n, 2);
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      auto const& pair = pairs[p];
      auto const i = static_cast<Eigen::Index>(pair.first), j = static_cast<Eigen::Index>(pair.second);
      double const s = std::max(pair.score, 1e-3), w = robust[p] * s * s;
      double const f = pair.narrow_first, g = pair.narrow_second;
      ax(i, i) += w * f * f, ax(j, j) += w * g * g, ax(i, j) -= w * f * g, ax(j, i) -= w * f * g;
      ay(i, i) += w, ay(j, j) += w, ay(i, j) -= w, ay(j, i) -= w;
      b(i, 0) -= w * f * pair.dx, b(j, 0) += w * g * pair.dx;
      b(i, 1) -= w * pair.dy, b(j, 1) += w * pair.dy;
    }
    auto const stays = static_cast<Eigen::Index>(fixed);
    for (matrix* const a : {&ax, &ay}) {
      a->row(stays).setZero(), a->col(stays).setZero();
      (*a)(stays, stays) = 1;
    }
    b.row(stays).setZero();
    matrix const x = ax.ldlt().solve(b.col(0)), y = ay.ldlt().solve(b.col(1));
    for (std::size_t t = 0; t < images; ++t)
      dx[t] = x(static_cast<Eigen::Index>(t), 0), dy[t] = y(static_cast<Eigen::Index>(t), 0);
    for (std::size_t p = 0; p < pairs.size(); ++p)
      off[p] = std::hypot(pairs[p].narrow_second * dx[pairs[p].second] -
                              pairs[p].narrow_first * dx[pairs[p].first] - pairs[p].dx,
                          dy[pairs[p].second] - dy[pairs[p].first] - pairs[p].dy);
    double const scale = std::max(outlier * median_of(off), 0.02);
    for (std::size_t p = 0; p < pairs.size(); ++p) robust[p] = 1 / (1 + off[p] * off[p] / (scale * scale));
  }
  double weights = 0, squares = 0;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    result.mean_score += pairs[p].score / static_cast<double>(pairs.size());
    result.outliers += robust[p] < 0.1;
    weights += robust[p], squares += robust[p] * off[p] * off[p];
  }
  result.disagreement = weights > 0 ? std::sqrt(squares / weights) : 0;
  return result;
}

}  // namespace tomoedx::detail

#endif
