// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_DETAIL_EDGE_FIT_HPP
#define TOMOEDX_QUANTIFY_DETAIL_EDGE_FIT_HPP

#include <tomoedx/quantify/detail/damped_least_squares.hpp>
#include <tomoedx/quantify/detail/edge_curve.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// The volume above each of several thresholds.
struct edge_points {
  std::vector<double> thresholds, volumes;
};

struct edge_fit {
  edge_model model{};
  double r_squared = 0;
  std::vector<double> fitted;  ///< volumes
};

/// Fit an edge to a curve, in the p-th root of the volume, where noise is spread evenly. Without `inside`, values inside
/// are taken to spread as those outside do.
inline edge_fit fit_edge(edge_points const& curve, edge_guess const& g, int p, double voxels, bool inside) {
  std::size_t const points = curve.thresholds.size();
  double const root = 1.0 / p;
  std::vector<double> roots;
  for (double const v : curve.volumes) roots.push_back(std::pow(v, root));
  // where the threshold of the guess lies on the curve
  auto const at = std::lower_bound(curve.thresholds.begin(), curve.thresholds.end(), g.threshold);
  double const size =
      roots[std::min<std::size_t>(static_cast<std::size_t>(at - curve.thresholds.begin()), points - 1)];

  // parameters: logarithms of plateau, size, blur and spreads, relative to where the search begins
  auto const model = [&](std::vector<double> const& x) {
    auto const times = [](double of, double log, double least, double most) {
      return of * std::exp(std::clamp(log, least, most));
    };
    double const outside = times(g.plateau, x[3], -12, 2);
    return edge_model{times(g.plateau, x[0], -3, 3),
                      g.background,
                      times(size, x[1], -3, 3),
                      times(1, x[2], -6, 0),
                      inside ? times(g.plateau, x[4], -12, 2) : outside,
                      outside};
  };
  edge_fit best;
  best.fitted.resize(points);
  auto const residuals = [&](std::vector<double> const& x, std::vector<double>& r) {
    volumes_above(model(x), p, voxels, curve.thresholds, best.fitted);
    for (std::size_t j = 0; j < points; ++j) r[j] = (std::pow(best.fitted[j], root) - roots[j]) / size;
  };
  double least = std::numeric_limits<double>::infinity();
  for (double const blur : {0.05, 0.15, 0.3}) {  // the search may end in a false bottom; begin more than once
    std::vector<double> x{0, 0, std::log(blur), std::log(std::max(g.spread_outside / g.plateau, 0.01))};
    if (inside) x.push_back(std::log(std::max(g.spread_inside / g.plateau, 0.01)));
    auto const end = damped_least_squares(x, points, residuals);
    if (end.sum_of_squares < least) least = end.sum_of_squares, best.model = model(x);
  }
  volumes_above(best.model, p, voxels, curve.thresholds, best.fitted);
  double mean = 0, scatter = 0;
  for (double const r : roots) mean += r / static_cast<double>(points);
  for (double const r : roots) scatter += (r - mean) * (r - mean) / (size * size);
  best.r_squared = scatter > 0 ? 1 - least / scatter : 0;
  return best;
}

}  // namespace tomoedx::detail

#endif
