// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_POISSON_RATIOS_HPP
#define TOMOEDX_BIMODAL_POISSON_RATIOS_HPP

#include <tomoedx/core/error.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace tomoedx {

struct poisson_ratio_options {
  std::vector<double> counts_per_unit =
      {};                       ///< counts that a unit of each map stands for; empty for plain counts
  std::size_t iterations = 50;  ///< at most; a handful settle
  double tolerance = 1e-6;      ///< of the change of every ratio, in its standard error
};

/// Response ratios from counts, with what is known of them.
struct poisson_ratios {
  std::vector<double> ratios;           ///< one for each element, not negative
  std::vector<double> standard_errors;  ///< of each; one pinned at 0 has that of its free estimate
  double haadf_noise =
      0;  ///< what the HAADF signal scatters beyond the counts, standard deviation; 0 where nothing
  double r_squared = 0;  ///< coefficient of determination, less what counts scatter: 1 for a model that holds
  std::size_t pixels = 0;  ///< all of them
  std::size_t iterations = 0;
};

namespace detail {

/// The maps as counts: pixel i of map e, and how its counts spread from pixel to pixel.
template <class T>
struct count_maps {
  std::vector<std::span<T const>> const& maps;
  std::vector<double> counts_per_unit, mean, shape;

  double operator()(std::size_t e, std::size_t i) const {
    return std::round(static_cast<double>(maps[e][i]) * counts_per_unit[e]);
  }

  /// The expected counts of a pixel that shows p, if all pixels follow a gamma distribution of this mean and shape.
  double expected(std::size_t e, double p) const { return (p + shape[e]) * mean[e] / (mean[e] + shape[e]); }
};

template <class T, class H>
count_maps<T> check_counts(std::vector<std::span<T const>> const& maps, std::span<H const> haadf,
                           poisson_ratio_options const& options) {
  std::size_t const k = maps.size(), n = haadf.size();
  expects<shape_error>(k > 0, "poisson ratios: there are no element maps");
  expects<shape_error>(n > k, "poisson ratios: {} pixels for {} maps; more are needed", n, k);
  expects<shape_error>(options.counts_per_unit.empty() || options.counts_per_unit.size() == k,
                       "poisson ratios: {} factors of counts for {} maps", options.counts_per_unit.size(), k);
  expects<value_error>(options.iterations > 0, "poisson ratios: iterations is 0; ask for at least one");
  expects<value_error>(options.tolerance > 0, "poisson ratios: the tolerance is {}; it must be positive",
                       options.tolerance);
  count_maps<T> counts{maps, options.counts_per_unit, std::vector<double>(k), std::vector<double>(k)};
  counts.counts_per_unit.resize(k, 1.0);
  for (std::size_t e = 0; e < k; ++e) {
    double const unit = counts.counts_per_unit[e];
    expects<value_error>(unit > 0 && std::isfinite(unit), "poisson ratios: {} counts a unit of map {}", unit,
                         e);
    expects<shape_error>(maps[e].size() == n, "poisson ratios: map {} has {} pixels, the HAADF series {}", e,
                         maps[e].size(), n);
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double const p = static_cast<double>(maps[e][i]) * unit;
      expects<value_error>(p >= 0 && std::isfinite(p), "poisson ratios: pixel {} of map {} holds {} counts",
                           i, e, p);
      expects<value_error>(
          std::abs(p - std::round(p)) <= 1e-3 + 1e-6 * p,
          "poisson ratios: pixel {} of map {} holds {} counts; give whole counts, neither smoothed "
          "nor interpolated, or use estimate_response_ratios",
          i, e, p);
      sum += std::round(p);
      squares += std::round(p) * std::round(p);
    }
    expects<value_error>(sum > 0, "poisson ratios: map {} has no counts", e);
    double const m = sum / static_cast<double>(n), excess = squares / static_cast<double>(n) - m * m - m;
    counts.mean[e] = m;
    counts.shape[e] = std::clamp(excess > 0 ? m * m / excess : 1e3, 0.02, 1e3);
  }
  return counts;
}

/// The estimating equations G r = c of all pixels, and the sums that errors need.
struct ratio_equations {
  Eigen::MatrixXd g, scatter;
  Eigen::VectorXd c;
  double misfit = 0, poisson = 0;  ///< sums of (h - r p)^2 and of r^2 p
};

/// One pass over the pixels. The weight of pixel counts p in equation e is f_e(p), what p lets expect of element e by
/// the variance to expect of h - r p.
template <class T, class H>
ratio_equations pose_equations(count_maps<T> const& counts, std::span<H const> haadf,
                               Eigen::VectorXd const& r, double haadf_variance) {
  Eigen::Index const k = r.size();
  auto const at = [](Eigen::Index e) { return static_cast<std::size_t>(e); };
  ratio_equations all{Eigen::MatrixXd::Zero(k, k), Eigen::MatrixXd::Zero(k, k), Eigen::VectorXd::Zero(k)};
  Eigen::VectorXd p(k), expected(k), less(k), residual(k);
  Eigen::MatrixXd part(k, k);
  for (std::size_t i = 0; i < haadf.size(); ++i) {
    double const h = static_cast<double>(haadf[i]);
    double variance = haadf_variance, model = 0;
    for (Eigen::Index e = 0; e < k; ++e) {
      p(e) = counts(at(e), i);
      expected(e) = counts.expected(at(e), p(e));
      less(e) =
          counts.mean[at(e)] / (counts.mean[at(e)] + counts.shape[at(e)]);  // what one count fewer takes away
      variance += r(e) * r(e) * expected(e);
      model += r(e) * p(e);
      all.poisson += r(e) * r(e) * p(e);
    }
    all.misfit += (h - model) * (h - model);
    residual = expected * (h / variance);
    part.setZero();
    for (Eigen::Index j = 0; j < k; ++j) {
      if (p(j) == 0) continue;
      double const factor = p(j) / (variance - r(j) * r(j) * less(j));
      part.col(j) = factor * expected;
      part(j, j) -= factor * less(j);
    }
    all.c += residual;
    all.g += part;
    residual.noalias() -= part * r;
    all.scatter.noalias() += residual * residual.transpose();
  }
  return all;
}

/// Solve G r = c for r >= 0: whatever comes out negative is pinned at 0, the worst first.
inline Eigen::VectorXd solve_not_negative(ratio_equations const& all) {
  std::vector<Eigen::Index> free;
  for (Eigen::Index e = 0; e < all.c.size(); ++e) free.push_back(e);
  Eigen::VectorXd r = Eigen::VectorXd::Zero(all.c.size());
  while (!free.empty()) {
    Eigen::FullPivLU<Eigen::MatrixXd> const lu(all.g(free, free));
    expects<value_error>(
        lu.isInvertible(),
        "poisson ratios: the counts do not tell {} elements apart; leave one out, or add pixels",
        free.size());
    Eigen::VectorXd const some = lu.solve(all.c(free));
    Eigen::Index worst = 0;
    if (some.minCoeff(&worst) >= 0) {
      r(free) = some;
      break;
    }
    free.erase(free.begin() + worst);
  }
  return r;
}

}  // namespace detail

/// Estimate the response ratios of h = sum over e of r(e) lambda(e) from counts p(e) ~ Poisson(lambda(e)), where least
/// squares are biased because the maps, which they take for exact, are the noisy part.
///
/// For Poisson counts and any weight f, E[f(p) lambda(e)] = E[p(e) f(p - one count of e)]. So the equations
///
///     sum over pixels of  f(p) h - sum over e of r(e) p(e) f(p - one count of e)  =  0
///
/// hold in the mean at the true ratios, at any number of counts, whatever zero-mean noise h has, with pixels of zero
/// counts in them. f is what p lets expect of each element by the variance of h - r p, HAADF noise and counts, which
/// weighs as the likelihood does when counts are many; it is made anew with every estimate. Ratios below zero are
/// pinned there. Standard errors come from how the terms scatter from pixel to pixel.
/// shapes   `maps` holds one series for each element, each as long as `haadf`, in the same pixel order
/// requires raw counts, or counts by one factor for each map (counts_per_unit)
/// throws   tomoedx::shape_error for lengths that differ or no maps, value_error for values that are no counts, NaN, or
///          elements that the counts do not tell apart
/// source   the identity: Chen, Ann. Probab. 3, 1975 (and Robbins 1956); estimating equations and their errors: Huber
///          1967, White 1980. Zhong et al. 2017, section 5, ask for a Poisson estimator; this one is ours
template <class T, class H>
poisson_ratios estimate_poisson_ratios(std::vector<std::span<T const>> const& maps, std::span<H const> haadf,
                                       poisson_ratio_options const& options = {}) {
  auto const counts = detail::check_counts(maps, haadf, options);
  Eigen::Index const k = static_cast<Eigen::Index>(maps.size());
  double const n = static_cast<double>(haadf.size());
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < haadf.size(); ++i) {
    double const h = static_cast<double>(haadf[i]);
    expects<value_error>(std::isfinite(h), "poisson ratios: HAADF pixel {} is {}", i, h);
    sum += h;
    squares += h * h;
  }
  expects<value_error>(sum > 0, "poisson ratios: the HAADF signal sums to {}; it must be positive", sum);
  double all_counts = 0;
  for (double const m : counts.mean) all_counts += m * n;
  Eigen::VectorXd r = Eigen::VectorXd::Constant(k, sum / all_counts), error(k);
  double haadf_variance = 0;
  poisson_ratios result;
  result.pixels = haadf.size();
  for (result.iterations = 1;; ++result.iterations) {
    auto const all = detail::pose_equations(counts, haadf, r, haadf_variance);
    Eigen::VectorXd const next = detail::solve_not_negative(all);
    Eigen::MatrixXd const inverse = all.g.fullPivLu().inverse();
    error = (inverse * all.scatter * inverse.transpose()).diagonal().cwiseMax(0.0).cwiseSqrt();
    haadf_variance = std::max(0.0, (all.misfit - all.poisson) / n);
    bool const settled =
        ((next - r).cwiseAbs().array() <= options.tolerance * (error.array() + next.array())).all();
    r = next;
    expects<value_error>(r.maxCoeff() > 0,
                         "poisson ratios: every ratio comes out negative; is the HAADF signal's "
                         "background taken off, and in the order of the maps?");
    if (settled || result.iterations == options.iterations) break;
  }
  result.ratios.assign(r.data(), r.data() + k);
  result.standard_errors.assign(error.data(), error.data() + k);
  result.haadf_noise = std::sqrt(haadf_variance);
  double const spread = squares / n - sum / n * sum / n;
  result.r_squared = spread > 0 ? 1 - haadf_variance / spread : 0;
  return result;
}

}  // namespace tomoedx

#endif
