// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_SATURATION_HPP
#define TOMOEDX_ALIGN_SATURATION_HPP

#include <tomoedx/align/totals.hpp>
#include <tomoedx/core/error.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/solvers/brent.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace tomoedx {

/// Damping of HAADF in thick specimens: I = I_sat (1 - exp(-t / I_sat)), t being the signal a thin specimen
/// would give. 1 / I_sat of 0 is no damping.
struct haadf_damping {
  double inverse_saturation = 0;  ///< 1 / I_sat, in the inverse unit of the signal
  double misfit = 0;              ///< what was minimised, relative: 0 where the law holds exactly
  double misfit_undamped = 0;     ///< the same for I_sat = infinity

  /// The undamped signal t of I.
  double operator()(double signal) const {
    double const x = signal * inverse_saturation;
    return std::abs(x) < 1e-8 ? signal : -std::log1p(-x) / inverse_saturation;
  }
};

/// Undo the damping, in place.
///
/// requires background removed, so that vacuum is 0
/// throws   tomoedx::value_error where a signal reaches saturation, before anything is changed
inline void linearize(std::span<float> haadf, haadf_damping const& damping) {
  for (float const v : haadf)
    expects<value_error>(static_cast<double>(v) * damping.inverse_saturation < 1,
                         "linearize: the signal {} is at or above saturation, {}", v,
                         1 / damping.inverse_saturation);
  for (float& v : haadf) v = static_cast<float>(damping(static_cast<double>(v)));
}

namespace detail {

/// The least misfit over 1 / I_sat in [0, 0.98 / brightest].
template <class Misfit>
haadf_damping least_misfit(double brightest, Misfit const& misfit) {
  expects<value_error>(brightest > 0 && std::isfinite(brightest), "HAADF damping: the brightest pixel is {}",
                       brightest);
  haadf_damping none;
  none.misfit = none.misfit_undamped = misfit(none);
  auto const at = [&](double share) { return misfit(haadf_damping{share / brightest}); };
  constexpr int steps = 14;
  double best = 0, least = none.misfit;
  for (int i = 1; i <= steps; ++i) {
    double const share = 0.98 * i / steps, value = at(share);
    if (value < least) best = share, least = value;
  }
  double const step = 0.98 / steps;
  auto const fine = brent(at, std::max(best - step, 0.0), std::min(best + step, 0.98), {.tolerance = 1e-5});
  if (fine.value >= none.misfit) return none;
  return {fine.at / brightest, fine.value, none.misfit};
}

}  // namespace detail

/// Find the damping that makes HAADF proportional to the sum of the maps of its pixels (weighted by response
/// ratios where the elements differ).
///
/// Least squares, the maps' noise being the maps' own; every element that scatters must be in the sum.
/// shapes   haadf and maps of one size; background removed
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN or signals that are not positive
inline haadf_damping damping_from_maps(std::span<float const> haadf, std::span<float const> maps) {
  expects<shape_error>(haadf.size() == maps.size() && !haadf.empty(),
                       "HAADF damping: {} pixels and {} of the maps", haadf.size(), maps.size());
  double brightest = 0, mm = 0;
  for (std::size_t i = 0; i < haadf.size(); ++i) {
    expects<value_error>(std::isfinite(haadf[i]) && std::isfinite(maps[i]),
                         "HAADF damping: pixel {} is {} and {}", i, haadf[i], maps[i]);
    brightest = std::max(brightest, static_cast<double>(haadf[i]));
    mm += static_cast<double>(maps[i]) * static_cast<double>(maps[i]);
  }
  expects<value_error>(mm > 0, "HAADF damping: the maps hold nothing");
  return detail::least_misfit(brightest, [&](haadf_damping const& d) {
    double tt = 0, tm = 0;  // m = g t: the share of m that g t does not explain
    for (std::size_t i = 0; i < haadf.size(); ++i) {
      double const t = d(static_cast<double>(haadf[i]));
      tt += t * t, tm += t * static_cast<double>(maps[i]);
    }
    return tm > 0 ? 1 - tm * tm / (tt * mm) : 1;  // no gain below 0
  });
}

/// How the total of a projection goes with tilt.
enum class specimen_extent {
  isolated,  ///< all of it in the field at every tilt: totals are equal
  slab,      ///< reaches out of the field: totals go as 1 / cos(tilt)
};

/// Find the damping that makes the totals of all tilts what mass asks for: the thick directions must not hold less.
///
/// shapes   series (tilt, y, x); background removed, tilts of one gain
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN, and for slabs on edge
inline haadf_damping damping_from_tilts(std::span<float const> haadf, std::array<std::size_t, 3> const& shape,
                                        std::span<double const> tilts_deg, specimen_extent specimen) {
  expects<shape_error>(tilts_deg.size() == shape[0], "HAADF damping: {} angles for {} tilts",
                       tilts_deg.size(), shape[0]);
  auto const before = image_totals(haadf, shape);
  double brightest = 0;
  for (float const v : haadf) brightest = std::max(brightest, static_cast<double>(v));
  std::size_t const image = shape[1] * shape[2];
  std::vector<double> expected(shape[0], 1.0);
  for (std::size_t t = 0; t < shape[0]; ++t) {
    if (specimen == specimen_extent::slab) expected[t] = direction_of(tilts_deg[t]).cos;
    expects<value_error>(expected[t] > 0.05, "HAADF damping: a slab at {} degrees is seen on edge",
                         tilts_deg[t]);
  }
  return detail::least_misfit(brightest, [&](haadf_damping const& d) {
    double sum = 0, squares = 0;
    for (std::size_t t = 0; t < shape[0]; ++t) {
      double total = 0;
      for (float const v : haadf.subspan(t * image, image)) total += d(static_cast<double>(v));
      total *= expected[t];
      sum += total, squares += total * total;
    }
    double const n = static_cast<double>(shape[0]);
    return std::max(0.0, squares * n / (sum * sum) - 1);  // the relative variance of the totals
  });
}

}  // namespace tomoedx

#endif
