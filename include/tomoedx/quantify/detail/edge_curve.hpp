// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_DETAIL_EDGE_CURVE_HPP
#define TOMOEDX_QUANTIFY_DETAIL_EDGE_CURVE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace tomoedx::detail {

/// A particle of one density behind a blur: what the volume above a threshold is.
struct edge_model {
  double plateau, background;            ///< values inside, above the background, and outside
  double size;                           ///< the p-th root of the volume
  double blur;                           ///< relative to the half-width of the particle
  double spread_inside, spread_outside;  ///< of the values about plateau and background
};

inline double upper_tail(double x) {
  return 0.5 * std::erfc(x * (1 / std::numbers::sqrt2));
}

/// The value at `u` blurs outside a surface: the edge spread function, a complementary error function, and what the
/// curvature of the surface adds to it; exact for a sphere with a Gaussian blur.
inline double edge_value(edge_model const& m, double u, int p) {
  double const bend = 0.5 * (p - 1) * m.blur / std::max(1 + m.blur * u, 0.1);
  double const peak = std::exp(-0.5 * u * u) * 0.3989422804014327;
  return m.background + m.plateau * (upper_tail(u) - bend * peak);
}

/// Volume above each threshold (rising), of `voxels` in all, spread included. The number of voxels within `u` blurs is
/// (size (1 + blur u))^p.
inline void volumes_above(edge_model const& m, int p, double voxels, std::span<double const> thresholds,
                          std::span<double> volumes) {
  constexpr int steps = 300;
  double const from = std::max(-1 / m.blur, -8.0), to = 6, step = (to - from) / steps;
  auto const content = [&](double u) { return std::pow(m.size * std::max(1 + m.blur * u, 0.0), p); };
  std::vector<double> full(thresholds.size() + 1);  // [j]: what lies wholly above the thresholds before j
  std::fill(volumes.begin(), volumes.end(), 0.0);
  auto const add = [&](double content_of, double value, double spread) {
    // a hundredth of the plateau is what a step of the sum leaves out, and keeps the curve smooth in its parameters
    double const width = std::hypot(spread, 0.01 * m.plateau);
    auto const first = std::lower_bound(thresholds.begin(), thresholds.end(), value - 6 * width);
    auto const last = std::upper_bound(first, thresholds.end(), value + 6 * width);
    full[static_cast<std::size_t>(first - thresholds.begin())] += content_of;
    for (auto t = first; t != last; ++t)
      volumes[static_cast<std::size_t>(t - thresholds.begin())] +=
          content_of * upper_tail((*t - value) / width);
  };
  double before = content(from);
  add(before, edge_value(m, from, p), m.spread_inside);
  for (int i = 0; i < steps; ++i) {
    double const value = edge_value(m, from + (i + 0.5) * step, p);
    double const depth = std::clamp((value - m.background) / m.plateau, 0.0, 1.0);
    double const now = content(from + (i + 1) * step);
    add(now - before, value, m.spread_outside + depth * (m.spread_inside - m.spread_outside));
    before = now;
  }
  add(std::max(voxels - before, 0.0), m.background, m.spread_outside);
  double above = full.back();
  for (std::size_t j = thresholds.size(); j-- > 0; above += full[j]) volumes[j] += above;
}

/// Where to begin: background, plateau and their spreads from the sorted values (falling), no model involved.
struct edge_guess {
  double background = 0, plateau = 0, spread_inside = 0, spread_outside = 0, threshold = 0;
};

/// How many of falling values are above t.
inline double count_above(std::span<float const> falling, double t) {
  return static_cast<double>(std::partition_point(falling.begin(), falling.end(),
                                                  [&](float v) { return static_cast<double>(v) > t; }) -
                             falling.begin());
}

inline edge_guess guess_edge(std::span<float const> falling) {
  std::size_t const n = falling.size();
  auto const at = [&](double i) {
    return static_cast<double>(
        falling[static_cast<std::size_t>(std::clamp(i, 0.0, static_cast<double>(n - 1)))]);
  };
  auto const above_of = [&](double t) { return count_above(falling, t); };
  double const all = static_cast<double>(n), top = at(std::min(5.0, all / 100));
  edge_guess g;
  double t = 0.5 * (top + at(0.5 * all));
  // outside: the median, again and again of what lies near it, so that blurred edges do not count
  double const above = above_of(t);
  g.background = at(0.5 * (above + all));
  for (int i = 0; i < 8; ++i) {
    double const first = above_of(std::nextafter(g.background, -1e300));  // values not below the background
    double const below = all - first;
    g.spread_outside = below > 0.1 * all ? (g.background - at(first + 0.5 * below)) / 0.6745 : 0;
    if (g.spread_outside <= 0) break;
    double const a = above_of(g.background + 2 * g.spread_outside);
    double const b = above_of(g.background - 2 * g.spread_outside);
    g.background = at(0.5 * (a + b));
  }
  if (g.spread_outside <= 0) {  // cut off at the background: take the other side
    double const higher = above_of(g.background);
    g.spread_outside = higher > above ? (at(higher - 0.25 * (higher - above)) - g.background) / 0.3186 : 0;
  }
  // inside: the median above half way up, again and again
  double inside = 0;
  for (int i = 0; i < 20; ++i) {
    inside = std::max(above_of(std::max(t, g.background + 4 * g.spread_outside)), 1.0);
    g.plateau = (inside < 8 ? top : at(0.5 * inside)) - g.background;
    double const next = g.background + 0.5 * g.plateau;
    if (next == t) break;
    t = next;
  }
  g.threshold = std::max(t, std::min(g.background + 4 * g.spread_outside, g.background + 0.8 * g.plateau));
  g.spread_inside = at(0.16 * inside) - g.background - g.plateau;
  return g;
}

/// The height of a step out of the background that all thresholds from 0.2 to 0.8 of it part alike, within 1 % of the
/// volume; the lowest one, 0 where there is none.
inline double find_step(std::span<float const> falling, edge_guess const& g) {
  auto const voxels = static_cast<double>(falling.size());
  auto const part = [&](double height, double share) {
    return count_above(falling, g.background + share * height);
  };
  double found = 0, volume = 0;
  for (double height = 0.05 * g.plateau; height < 1.02 * g.plateau; height *= 1.05) {
    double const most = part(height, 0.2), least = part(height, 0.8);
    bool const flat = least >= 27 && most <= 0.95 * voxels && most - least <= 0.01 * least;
    if (found > 0 && (!flat || least < 0.99 * volume)) break;
    if (flat) found = height, volume = found > 0 ? std::max(volume, least) : least;
  }
  return found;
}

}  // namespace tomoedx::detail

#endif
