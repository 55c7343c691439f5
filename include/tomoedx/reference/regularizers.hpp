// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_REGULARIZERS_HPP
#define TOMOEDX_REFERENCE_REGULARIZERS_HPP

#include <tomoedx/regularizers/variation_options.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

/// The regularisers of differences in plain double loops over plain arrays (channel, z, y, x): the executable
/// specification that tests compare against. Slow on purpose.
namespace tomoedx::reference {

/// What is summed over the voxels.
enum class difference_norm { each_channel, all_channels, nuclear };

/// The eigenvalues of a symmetric matrix, and its eigenvectors as columns, by cyclic Jacobi rotations.
///
/// source   Golub and Van Loan, Matrix Computations, section 8.5
struct eigen_3 {
  std::array<double, 3> values{};
  std::array<std::array<double, 3>, 3> vectors{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
};
inline eigen_3 eigen_of(std::array<std::array<double, 3>, 3> a) {
  eigen_3 e;
  for (int sweep = 0; sweep < 30; ++sweep)
    for (std::size_t p = 0; p < 3; ++p)
      for (std::size_t q = p + 1; q < 3; ++q) {
        if (a[p][q] == 0) continue;
        double const tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        double const t = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
        double const c = 1 / std::sqrt(1 + t * t), s = t * c;
        for (std::size_t k = 0; k < 3; ++k) {
          double const x = a[k][p], y = a[k][q];
          a[k][p] = c * x - s * y, a[k][q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < 3; ++k) {
          double const x = a[p][k], y = a[q][k];
          a[p][k] = c * x - s * y, a[q][k] = s * x + c * y;
        }
        for (std::size_t k = 0; k < 3; ++k) {
          double const x = e.vectors[k][p], y = e.vectors[k][q];
          e.vectors[k][p] = c * x - s * y, e.vectors[k][q] = s * x + c * y;
        }
      }
  for (std::size_t i = 0; i < 3; ++i) e.values[i] = a[i][i];
  return e;
}

/// total_variation, vectorial_tv or total_nuclear_variation. Duals are (channel, direction, z, y, x) with directions x, z
/// and y; `in_plane` there is nothing along y.
struct variation {
  difference_norm norm = difference_norm::each_channel;
  std::size_t channels = 1, lines = 1, rows = 1, columns = 1;
  variation_options options = {};

  std::size_t voxels() const { return lines * rows * columns; }
  std::size_t size() const { return channels * voxels(); }
  std::size_t at(std::size_t c, std::size_t z, std::size_t y, std::size_t x) const {
    return ((c * lines + z) * rows + y) * columns + x;
  }
  double weight(std::size_t c) const { return options.weights.empty() ? 1 : options.weights[c]; }

  /// f(factor, place of the difference, place of a voxel, place of the next) for each difference.
  template <class F>
  void for_each_difference(F const& f) const {
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t z = 0; z < lines; ++z)
        for (std::size_t y = 0; y < rows; ++y)
          for (std::size_t x = 0; x < columns; ++x) {
            std::size_t const here = at(c, z, y, x), first = c * 3 * voxels() + here - c * voxels();
            if (x + 1 < columns) f(weight(c) / options.spacing[2], first, here, at(c, z, y, x + 1));
            if (z + 1 < lines) f(weight(c) / options.spacing[0], first + voxels(), here, at(c, z + 1, y, x));
            if (y + 1 < rows && !options.in_plane)
              f(weight(c) / options.spacing[1], first + 2 * voxels(), here, at(c, z, y + 1, x));
          }
  }

  /// K x.
  std::vector<double> differences(std::vector<double> const& x) const {
    std::vector<double> k(3 * size());
    for_each_difference(
        [&](double w, std::size_t p, std::size_t here, std::size_t next) { k[p] = w * (x[next] - x[here]); });
    return k;
  }

  /// K' p.
  std::vector<double> transposed(std::vector<double> const& p) const {
    std::vector<double> x(size());
    for_each_difference([&](double w, std::size_t i, std::size_t here, std::size_t next) {
      x[next] += w * p[i];
      x[here] -= w * p[i];
    });
    return x;
  }

  /// R(x).
  double value(std::vector<double> const& x) const {
    auto k = differences(x);
    double sum = 0;
    for_each_voxel(k, [&](auto const& jacobian) { sum += length(jacobian); });
    return options.lambda * sum;
  }

  /// The nearest point of the dual ball to p + sigma K x.
  std::vector<double> dual_step(std::vector<double> p, std::vector<double> const& x, double sigma) const {
    auto const k = differences(x);
    for (std::size_t i = 0; i < p.size(); ++i) p[i] += sigma * k[i];
    for_each_voxel(p, [&](auto const& jacobian) { project(jacobian); });
    return p;
  }

 private:
  using row = std::array<double*, 3>;

  /// f of the differences of the channels under one norm, for each voxel.
  template <class F>
  void for_each_voxel(std::vector<double>& k, F const& f) const {
    std::size_t const group = norm == difference_norm::each_channel ? 1 : channels;
    for (std::size_t first = 0; first < channels; first += group)
      for (std::size_t i = 0; i < voxels(); ++i) {
        std::vector<row> jacobian;
        for (std::size_t c = first; c < first + group; ++c) {
          double* const p = k.data() + c * 3 * voxels() + i;
          jacobian.push_back({p, p + voxels(), p + 2 * voxels()});
        }
        f(jacobian);
      }
  }

  static std::array<std::array<double, 3>, 3> products(std::vector<row> const& jacobian) {
    std::array<std::array<double, 3>, 3> g{};
    for (auto const& r : jacobian)
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) g[i][j] += *r[i] * *r[j];
    return g;
  }

  /// The length of the jacobian times an eigenvector: better than the root of an eigenvalue near 0.
  static double singular_value(std::vector<row> const& jacobian, eigen_3 const& e, std::size_t k) {
    double sum = 0;
    for (auto const& r : jacobian)
      sum += std::pow(*r[0] * e.vectors[0][k] + *r[1] * e.vectors[1][k] + *r[2] * e.vectors[2][k], 2);
    return std::sqrt(sum);
  }

  double length(std::vector<row> const& jacobian) const {
    auto const g = products(jacobian);
    if (norm != difference_norm::nuclear) return std::sqrt(g[0][0] + g[1][1] + g[2][2]);
    double sum = 0;
    auto const e = eigen_of(g);
    for (std::size_t k = 0; k < 3; ++k) sum += singular_value(jacobian, e, k);
    return sum;
  }

  void project(std::vector<row> const& jacobian) const {
    auto const g = products(jacobian);
    std::array<std::array<double, 3>, 3> m{};  // what the rows are multiplied by
    if (norm != difference_norm::nuclear) {
      double const norm_2 = std::sqrt(g[0][0] + g[1][1] + g[2][2]);
      for (std::size_t i = 0; i < 3; ++i) m[i][i] = norm_2 > options.lambda ? options.lambda / norm_2 : 1;
    } else {
      auto const e = eigen_of(g);
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
          for (std::size_t k = 0; k < 3; ++k) {
            double const s = singular_value(jacobian, e, k);
            m[i][j] += e.vectors[i][k] * (s > options.lambda ? options.lambda / s : 1) * e.vectors[j][k];
          }
    }
    for (auto const& r : jacobian) {
      std::array<double, 3> const old{*r[0], *r[1], *r[2]};
      for (std::size_t j = 0; j < 3; ++j) *r[j] = old[0] * m[0][j] + old[1] * m[1][j] + old[2] * m[2][j];
    }
  }
};

}  // namespace tomoedx::reference

#endif
