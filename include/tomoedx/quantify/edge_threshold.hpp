// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_EDGE_THRESHOLD_HPP
#define TOMOEDX_QUANTIFY_EDGE_THRESHOLD_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/detail/edge_curve.hpp>
#include <tomoedx/quantify/detail/edge_fit.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// In how many directions the specimen ends inside the volume, which says how its surface is bent.
enum class specimen_shape {
  film = 1,     ///< a lamella that leaves the field of view: flat
  rod = 2,      ///< a needle or wire
  particle = 3  ///< ends in all directions
};

struct edge_options {
  specimen_shape shape = specimen_shape::particle;
  std::size_t thresholds = 100;   ///< points of the curve
  double least_r_squared = 0.99;  ///< of the fit, or no edge is reported
};

/// The threshold that separates a specimen from vacuum, and how it was found.
///
/// units    thresholds, plateau, background, spreads: the unit of the values; volumes in voxels
struct edge_report {
  bool found = false;
  std::string why_not;        ///< one line, where nothing was found
  double threshold = 0;       ///< above it lies `volume`
  double volume = 0;          ///< of the specimen, as fitted
  double least_gradient = 0;  ///< the threshold at which the fitted volume changes least (the published rule)
  double plateau = 0, background = 0, spread_inside = 0, spread_outside = 0;
  double blur = 0;       ///< standard deviation of the edge, relative to the half-width of the specimen
  double r_squared = 0;  ///< of the fitted curve; 1 for a step, which is not fitted
  bool uniform =
      false;  ///< one density explains the whole curve (it may do so where there are several); else only its
              ///< edge was fitted
  std::vector<double> thresholds, volumes, fitted;  ///< the curve where it was fitted
};

/// Find the threshold between specimen and vacuum from the volume above a threshold as a function of it: an edge spread
/// function (a complementary error function) of a bent surface, smeared by the spread of values inside and outside, is
/// fitted to the curve; the threshold is the one above which the fitted volume lies.
///
/// The published rule takes the least gradient of volume against threshold. On a ball of radius R with a blur s that
/// volume is too small by about 9 (s/R)^2; it is reported as `least_gradient`.
/// On blurred balls of one density, 5 to 20 voxels in radius, the volume comes out within 1 % where noise is up to 6 % of
/// the plateau, and within 2.5 % up to 10 %, for blurs up to a quarter of the radius; at 15 % within 4 %. Noisier volumes
/// are refused: smooth them first. A step without blur, as segmentation leaves it, where the volume stays within 1 % from
/// 0.2 to 0.8 of its height, is parted half way up without a fit.
/// Where one density does not explain the curve (`uniform` is false), only its edge is fitted.
/// Several densities inside: within 2 % if the inner boundary is well away from the surface, but 5 to 17 % where the blur
/// joins both, and the curve may then still look like one of a single density.
///
/// throws   shape_error for fewer than 64 values, value_error for values that are not finite or options out of range
/// source   Yuan et al. 2020, 2.1, after Collins et al. 2019, doi 10.1063/1.5120093
inline edge_report edge_threshold(std::span<float const> values, edge_options const& options = {}) {
  expects<shape_error>(values.size() >= 64,
                       "edge_threshold: {} values are too few for an edge; give a volume", values.size());
  for (float const v : values)
    expects<value_error>(std::isfinite(v), "edge_threshold: a value is {}; give finite ones", v);
  expects<value_error>(options.thresholds >= 20 && options.thresholds <= 10000,
                       "edge_threshold: {} thresholds; 20 to 10000 are possible", options.thresholds);
  int const p = static_cast<int>(options.shape);
  expects<value_error>(p >= 1 && p <= 3, "edge_threshold: the shape is {}; take film, rod or particle", p);

  edge_report report;
  auto const nothing = [&](std::string why) {
    report.why_not = std::move(why);
    return report;
  };
  std::vector<float> falling(values.begin(), values.end());
  std::sort(falling.begin(), falling.end(), std::greater<>());
  if (falling.front() == falling.back())
    return nothing(fmt::format("all values are {}; there is no edge", falling.front()));
  detail::edge_guess const g = detail::guess_edge(falling);
  if (double const step = detail::find_step(falling, g); step > 0) {
    report.found = true;
    report.threshold = report.least_gradient = g.background + 0.5 * step;
    report.volume = detail::count_above(falling, report.threshold);
    report.uniform = detail::count_above(falling, g.background + 1.3 * step) <= 0.01 * report.volume;
    report.plateau = step;
    report.background = g.background;
    report.r_squared = 1;
    for (std::size_t j = 0; j < options.thresholds; ++j) {
      double const share = (static_cast<double>(j) + 0.5) / static_cast<double>(options.thresholds);
      report.thresholds.push_back(g.background + (0.2 + 0.6 * share) * step);
      report.volumes.push_back(detail::count_above(falling, report.thresholds.back()));
      report.fitted.push_back(report.volume);
    }
    return report;
  }
  if (!(g.plateau > 0) || g.plateau < 4 * g.spread_outside)
    return nothing(fmt::format(
        "what stands out is {:.3g}, the noise around the background {:.3g}; smooth the volume first",
        g.plateau, g.spread_outside));

  // the curve; below, as far as the noise of the background does not drown it
  double const voxels = static_cast<double>(falling.size());
  auto const volume_above = [&](double t) { return detail::count_above(falling, t); };
  double const guess = std::max(volume_above(g.threshold), 8.0);
  double const low = g.background + 0.1 * g.plateau;
  double const high = g.background + g.plateau + 2 * std::max(g.spread_inside, 0.01 * g.plateau);
  double const most = guess * std::pow(6.0, p);
  detail::edge_points curve;
  for (std::size_t j = 0; j < options.thresholds; ++j) {
    double const t =
        low + (high - low) * (static_cast<double>(j) + 0.5) / static_cast<double>(options.thresholds);
    double const v = volume_above(t);
    if (v <= 0 || v >= std::min(most, voxels)) continue;
    curve.thresholds.push_back(t);
    curve.volumes.push_back(v);
  }
  constexpr std::size_t fewest = 12;
  if (curve.thresholds.size() < fewest)
    return nothing(
        fmt::format("only {} thresholds lie on an edge; there is no specimen with vacuum around it",
                    curve.thresholds.size()));

  detail::edge_fit fit = detail::fit_edge(curve, g, p, voxels, true);
  report.uniform = fit.r_squared >= 0.998;
  if (!report.uniform) {  // leave out the curve's upper part, which tells of the densities inside
    detail::edge_points part = curve;
    auto const end =
        std::upper_bound(curve.thresholds.begin(), curve.thresholds.end(), g.background + 0.7 * g.plateau);
    part.volumes.resize(static_cast<std::size_t>(end - curve.thresholds.begin()));
    part.thresholds.resize(part.volumes.size());
    if (part.volumes.size() >= fewest) {
      detail::edge_fit edge = detail::fit_edge(part, g, p, voxels, false);
      if (edge.r_squared > fit.r_squared) fit = std::move(edge), curve = std::move(part);
    }
  }
  detail::edge_model const& m = fit.model;
  report.thresholds = std::move(curve.thresholds);
  report.volumes = std::move(curve.volumes);
  report.fitted = std::move(fit.fitted);
  report.r_squared = fit.r_squared;
  report.plateau = m.plateau;
  report.background = m.background;
  report.spread_inside = m.spread_inside;
  report.spread_outside = m.spread_outside;
  report.blur = m.blur;
  report.volume = std::pow(m.size, p);

  double least = std::numeric_limits<double>::infinity();  // between the noise at both ends
  for (std::size_t j = 1; j < report.thresholds.size(); ++j)
    if (std::abs(report.thresholds[j] - m.background - 0.5 * m.plateau) > 0.35 * m.plateau)
      continue;
    else if (double const change = report.fitted[j - 1] - report.fitted[j]; change < least)
      least = change, report.least_gradient = 0.5 * (report.thresholds[j - 1] + report.thresholds[j]);

  if (!(report.r_squared >= options.least_r_squared))
    return nothing(
        fmt::format("an edge explains only {:.4f} of the curve, {} are asked for; this is no specimen of one "
                    "density with vacuum around it",
                    report.r_squared, options.least_r_squared));
  if (!(report.volume >= 1 && report.volume <= 0.95 * voxels) || m.plateau < 6 * m.spread_outside ||
      m.plateau > 1.6 * g.plateau || m.plateau < 0.6 * g.plateau || m.blur > 0.45)
    return nothing(fmt::format(
        "the fit ends at {:.3g} of {} voxels with a plateau of {:.3g} on noise of {:.3g}; that is no "
        "edge",
        report.volume, falling.size(), m.plateau, m.spread_outside));
  auto const last = static_cast<std::size_t>(std::clamp(std::round(report.volume), 1.0, voxels - 1));
  report.threshold = 0.5 * (static_cast<double>(falling[last - 1]) + static_cast<double>(falling[last]));
  report.found = true;
  return report;
}

}  // namespace tomoedx

#endif
