// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_RESPONSE_RATIOS_HPP
#define TOMOEDX_BIMODAL_RESPONSE_RATIOS_HPP

#include <tomoedx/solvers/nnls.hpp>

#include <Eigen/QR>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// What links a HAADF series to element maps: h = sum over e of ratio(e) p(e).
struct response_ratios {
  std::vector<double> ratios;  ///< one for each element, not negative
  double r_squared = 0;        ///< coefficient of determination of the model over the pixels used
  std::size_t pixels = 0;      ///< pixels used: HAADF and at least one map are not zero
};

namespace detail {

/// The R of a QR decomposition of a tall matrix that comes in blocks of rows: the same least-squares problem
/// in n x n numbers, without squaring its condition as normal equations do.
class tall_qr {
 public:
  explicit tall_qr(Eigen::Index columns)
      : r_(Eigen::MatrixXd::Zero(columns, columns)), block_(rows, columns) {}

  template <class Row>
  void add(Row const& row) {
    for (Eigen::Index c = 0; c < block_.cols(); ++c) block_(filled_, c) = row(static_cast<std::size_t>(c));
    if (++filled_ == rows) flush();
  }
  Eigen::MatrixXd const& finish() {
    flush();
    return r_;
  }

 private:
  static constexpr Eigen::Index rows = 1024;

  void flush() {
    if (filled_ == 0) return;
    Eigen::MatrixXd stacked(r_.rows() + filled_, r_.cols());
    stacked << r_, block_.topRows(filled_);
    Eigen::HouseholderQR<Eigen::MatrixXd> const qr(stacked);
    r_ = qr.matrixQR().topRows(r_.rows()).template triangularView<Eigen::Upper>();
    filled_ = 0;
  }

  Eigen::MatrixXd r_, block_;
  Eigen::Index filled_ = 0;
};

/// The least-squares problem h = P r of all pixels that take part, in a few numbers: R of [P h], and what the HAADF
/// signal spreads about its mean.
struct ratio_problem {
  Eigen::MatrixXd r;
  std::size_t pixels = 0;
  double spread = 0;

  Eigen::VectorXd solve() const { return nnls(r.leftCols(r.cols() - 1), r.col(r.cols() - 1)); }
  response_ratios judge(Eigen::VectorXd const& x) const {
    double const left = (r.leftCols(r.cols() - 1) * x - r.col(r.cols() - 1)).squaredNorm();
    return {std::vector<double>(x.data(), x.data() + x.size()), 1 - left / spread, pixels};
  }
};

template <class T, class H>
ratio_problem pose_ratios(std::vector<std::span<T const>> const& maps, std::span<H const> haadf) {
  std::size_t const k = maps.size();
  expects<shape_error>(k > 0, "response ratios: there are no element maps");
  for (std::size_t e = 0; e < k; ++e)
    expects<shape_error>(maps[e].size() == haadf.size(),
                         "response ratios: map {} has {} pixels, the HAADF series {}", e, maps[e].size(),
                         haadf.size());
  tall_qr qr(static_cast<Eigen::Index>(k + 1));
  ratio_problem problem;
  double mean = 0;
  for (std::size_t i = 0; i < haadf.size(); ++i) {
    double const h = static_cast<double>(haadf[i]);
    bool any = false;
    expects<value_error>(std::isfinite(h), "response ratios: HAADF pixel {} is {}", i, h);
    for (std::size_t e = 0; e < k; ++e) {
      double const p = static_cast<double>(maps[e][i]);
      expects<value_error>(std::isfinite(p), "response ratios: pixel {} of map {} is {}", i, e, p);
      any = any || p != 0;
    }
    if (!any || h == 0) continue;
    qr.add([&](std::size_t c) { return c < k ? static_cast<double>(maps[c][i]) : h; });
    ++problem.pixels;
    double const delta = h - mean;  // Welford's running variance
    mean += delta / static_cast<double>(problem.pixels);
    problem.spread += delta * (h - mean);
  }
  expects<value_error>(
      problem.pixels > k,
      "response ratios: only {} pixels have both HAADF signal and counts; more than {} are needed",
      problem.pixels, k);
  expects<value_error>(problem.spread > 0, "response ratios: the HAADF signal is the same in every pixel");
  problem.r = qr.finish();
  return problem;
}

}  // namespace detail

/// Estimate the response ratios r(e) = z(e) / zeta(e) by non-negative least squares over all pixels in which
/// the HAADF signal and at least one map are not zero.
///
/// shapes   `maps` holds one series for each element, each as long as `haadf`, in the same pixel order
/// throws   tomoedx::shape_error for lengths that differ or no maps, value_error for NaN or when no pixel, or
///          no variation of the HAADF signal, is left to fit
/// source   Zhong et al. 2017, eq. 6 and section 4.2; R^2 as in Yuan et al. 2020
template <class T, class H>
response_ratios estimate_response_ratios(std::vector<std::span<T const>> const& maps,
                                         std::span<H const> haadf) {
  auto const problem = detail::pose_ratios(maps, haadf);
  return problem.judge(problem.solve());
}

/// How well given ratios explain the HAADF signal, over the same pixels.
///
/// throws   as estimate_response_ratios, and shape_error when there is not one ratio for each map
template <class T, class H>
response_ratios judge_response_ratios(std::vector<std::span<T const>> const& maps, std::span<H const> haadf,
                                      std::vector<double> const& ratios) {
  expects<shape_error>(ratios.size() == maps.size(), "response ratios: {} ratios for {} maps", ratios.size(),
                       maps.size());
  return detail::pose_ratios(maps, haadf)
      .judge(Eigen::Map<Eigen::VectorXd const>(ratios.data(), static_cast<Eigen::Index>(ratios.size())));
}

}  // namespace tomoedx

#endif
