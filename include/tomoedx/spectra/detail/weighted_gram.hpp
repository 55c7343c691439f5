// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_WEIGHTED_GRAM_HPP
#define TOMOEDX_SPECTRA_DETAIL_WEIGHTED_GRAM_HPP

#include <tomoedx/spectra/detail/cholesky.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx::detail {

/// J' W J for columns J and positive weights W, scaled to a diagonal of 1 + damping, factored; columns of zeros are
/// left alone.
class weighted_gram {
 public:
  weighted_gram(Eigen::MatrixXd const& j, Eigen::VectorXd const& w, std::span<double const> prior,
                double damping)
      : n_(static_cast<std::size_t>(j.cols())), scale_(n_), l_(n_ * n_) {
    std::vector<double> weighted(static_cast<std::size_t>(j.rows()));
    for (std::size_t a = 0; a < n_; ++a) {
      double const* const ja = j.col(static_cast<Eigen::Index>(a)).data();
      for (std::size_t c = 0; c < weighted.size(); ++c) weighted[c] = w[static_cast<Eigen::Index>(c)] * ja[c];
      for (std::size_t b = 0; b <= a; ++b) {
        double const* const jb = j.col(static_cast<Eigen::Index>(b)).data();
        double sum = 0;
        for (std::size_t c = 0; c < weighted.size(); ++c) sum += weighted[c] * jb[c];
        l_[a * n_ + b] = sum;
      }
      if (a < prior.size()) l_[a * n_ + a] += prior[a];
      scale_[a] = l_[a * n_ + a] > 0 ? 1 / std::sqrt(l_[a * n_ + a]) : 1;
    }
    for (std::size_t a = 0; a < n_; ++a) {
      for (std::size_t b = 0; b < a; ++b) l_[a * n_ + b] *= scale_[a] * scale_[b];
      l_[a * n_ + a] = 1 + damping;
    }
    good_ = cholesky(l_, n_);
  }

  bool good() const { return good_; }

  /// x <- (J' W J)^-1 x.
  void solve(std::span<double> x) const {
    for (std::size_t a = 0; a < n_; ++a) x[a] *= scale_[a];
    cholesky_solve(l_, n_, x);
    for (std::size_t a = 0; a < n_; ++a) x[a] *= scale_[a];
  }

 private:
  std::size_t n_;
  std::vector<double> scale_, l_;
  bool good_ = false;
};

}  // namespace tomoedx::detail

#endif
