// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_MONOTONE_CURVE_HPP
#define TOMOEDX_ALIGN_MONOTONE_CURVE_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace tomoedx {

/// A curve that never falls, straight between its knots and level beyond them.
struct monotone_curve {
  std::vector<double> at, value;

  double operator()(double x) const {
    if (x <= at.front()) return value.front();
    if (!(x < at.back())) return std::isnan(x) ? x : value.back();
    auto const i = static_cast<std::size_t>(std::upper_bound(at.begin(), at.end(), x) - at.begin());
    return value[i - 1] + (value[i] - value[i - 1]) * (x - at[i - 1]) / (at[i] - at[i - 1]);
  }
};

/// Fit the mean of `maps` as a curve of `haadf` that never falls, to turn HAADF into a signal that is linear in
/// mass where no law of damping is known. The noise is in the maps; HAADF is taken as exact.
///
/// Pixels are sorted by HAADF into `knots` groups of equal number, whose means are joined where they would fall.
/// shapes   both of one size
/// requires background removed from both
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN or fewer than two groups
/// source   pool adjacent violators; Barlow et al., Statistical Inference under Order Restrictions, 1972
inline monotone_curve fit_monotone_curve(std::span<float const> haadf, std::span<float const> maps,
                                         std::size_t knots = 64) {
  expects<shape_error>(haadf.size() == maps.size() && haadf.size() >= 2,
                       "monotone curve: {} pixels and {} of the maps", haadf.size(), maps.size());
  expects<value_error>(knots >= 2, "monotone curve: {} knots, give 2 or more", knots);
  for (std::size_t i = 0; i < haadf.size(); ++i)
    expects<value_error>(std::isfinite(haadf[i]) && std::isfinite(maps[i]),
                         "monotone curve: pixel {} is {} and {}", i, haadf[i], maps[i]);
  std::vector<std::size_t> order(haadf.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return haadf[a] != haadf[b] ? haadf[a] < haadf[b] : a < b; });
  struct group {
    double n, x, y;  // pixels, sums of both
    bool falls_after(group const& before) const { return y * before.n <= before.y * n; }
  };
  std::vector<group> groups;
  std::size_t const each = (order.size() + knots - 1) / knots;
  for (std::size_t first = 0; first < order.size(); first += each) {
    group g{0, 0, 0};
    for (std::size_t i = first; i < std::min(first + each, order.size()); ++i)
      g.n += 1, g.x += static_cast<double>(haadf[order[i]]), g.y += static_cast<double>(maps[order[i]]);
    while (!groups.empty() &&
           (g.falls_after(groups.back()) || g.x * groups.back().n <= groups.back().x * g.n)) {
      g.n += groups.back().n, g.x += groups.back().x, g.y += groups.back().y;
      groups.pop_back();
    }
    groups.push_back(g);
  }
  monotone_curve curve;
  for (group const& g : groups) curve.at.push_back(g.x / g.n), curve.value.push_back(g.y / g.n);
  expects<value_error>(curve.at.size() >= 2, "monotone curve: the maps do not grow with HAADF anywhere");
  return curve;
}

/// Replace each value by the curve's, in place.
///
/// throws   tomoedx::shape_error for a curve that is none, value_error for NaN, before anything is changed
inline void linearize(std::span<float> haadf, monotone_curve const& curve) {
  expects<shape_error>(curve.at.size() >= 2 && curve.at.size() == curve.value.size(),
                       "linearize: a curve of {} places and {} values", curve.at.size(), curve.value.size());
  for (float const v : haadf) expects<value_error>(!std::isnan(v), "linearize: a pixel is {}", v);
  for (float& v : haadf) v = static_cast<float>(curve(static_cast<double>(v)));
}

}  // namespace tomoedx

#endif
