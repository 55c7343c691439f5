// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_HAADF_SCALE_HPP
#define TOMOEDX_BIMODAL_HAADF_SCALE_HPP

#include <tomoedx/bimodal/response_ratios.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// Where the zero of a stretched HAADF frame is.
enum class haadf_zero {
  /// its darkest per cent is vacuum: there must be vacuum in the field, the maps may lack elements
  darkest,
  /// on the line of its signal against the maps: no vacuum needed, but the maps must explain HAADF
  regressed,
};

/// What brings HAADF frames that were stretched one by one back to one scale: gain(t) * h + offset(t).
struct haadf_scaling {
  std::vector<double> gain, offset;  ///< one for each tilt
  response_ratios fit;     ///< of the scaled series, the ratios such that maps and HAADF have the same total
  std::size_t rounds = 0;  ///< alternations done
  bool settled = false;    ///< the ratios stood still at the end
};

namespace detail {

/// q = gain h + offset, for one frame.
struct line {
  double gain = 1, offset = 0;
};

/// The line through one frame's pixels. The maps' noise is in q, so the line is regressed on h, which leaves
/// the totals of q and of the scaled frame equal.
inline line regress(std::span<double const> q, std::span<double const> h, std::size_t tilt) {
  double const n = static_cast<double>(q.size());
  double mean_q = 0, mean_h = 0;
  for (std::size_t i = 0; i < q.size(); ++i) mean_q += q[i] / n, mean_h += h[i] / n;
  double both = 0, own = 0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    both += (q[i] - mean_q) * (h[i] - mean_h);
    own += (h[i] - mean_h) * (h[i] - mean_h);
  }
  expects<value_error>(own > 0, "HAADF scaling: frame {} is the same in every pixel; drop that tilt", tilt);
  expects<value_error>(
      both > 0, "HAADF scaling: frame {} does not grow with the maps; are the series of the same field?",
      tilt);
  return {both / own, mean_q - both / own * mean_h};
}

/// The line that takes `zero` to nothing and the frame's total to that of the maps.
inline line match_totals(std::span<double const> q, std::span<double const> h, double zero,
                         std::size_t tilt) {
  double counts = 0, signal = 0;
  for (std::size_t i = 0; i < q.size(); ++i) counts += q[i], signal += h[i] - zero;
  expects<value_error>(signal > 0, "HAADF scaling: frame {} is the same in every pixel; drop that tilt",
                       tilt);
  expects<value_error>(counts > 0, "HAADF scaling: the maps of tilt {} hold nothing; drop that tilt", tilt);
  return {counts / signal, -zero * counts / signal};
}

/// The value below which a hundredth of the pixels lie.
inline double darkest_per_cent(std::span<double const> frame) {
  std::vector<double> sorted(frame.begin(), frame.end());
  auto const place = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 100);
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

}  // namespace detail

/// Find a gain and an offset for each HAADF frame
/// that make it the weighted sum of the element maps of its tilt.
///
/// For frames that were stretched to their own minimum and maximum when they were saved. Alternates between
/// the response ratios of the scaled series (non-negative least squares) and the line of each frame, the
/// total signal being held; ends when no ratio moves by more than 1e-6 of the largest.
///
/// shapes   `maps` holds one series for each element, each as long as `haadf`, tilt slowest; `tilts`
///          divides it
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN, or a frame that has no contrast
///          or (regressed) runs against its maps
inline haadf_scaling scale_haadf_to_maps(std::vector<std::span<float const>> const& maps,
                                         std::span<float const> haadf, std::size_t tilts,
                                         haadf_zero zero = haadf_zero::darkest) {
  expects<shape_error>(tilts > 0 && haadf.size() % tilts == 0 && !haadf.empty(),
                       "HAADF scaling: {} pixels are not {} frames of equal size", haadf.size(), tilts);
  std::size_t const frame = haadf.size() / tilts;
  haadf_scaling result{std::vector<double>(tilts, 1.0), std::vector<double>(tilts, 0.0), {}, 0};
  std::vector<double> scaled(haadf.begin(), haadf.end()), weighted(haadf.size());
  std::span<double const> const q(weighted), s(scaled);
  std::vector<double> const original = scaled;
  double total = 0;
  for (double const h : scaled) total += h;
  expects<value_error>(std::isfinite(total) && total > 0, "HAADF scaling: the frames sum to {}", total);

  std::span<double const> const raw(original);
  std::vector<double> zeros(tilts);
  for (std::size_t t = 0; t < tilts; ++t) zeros[t] = detail::darkest_per_cent(raw.subspan(t * frame, frame));

  constexpr std::size_t most_rounds = 50;
  Eigen::VectorXd before;
  for (; result.rounds < most_rounds; ++result.rounds) {
    auto const problem = detail::pose_ratios(maps, s);
    Eigen::VectorXd ratios = problem.solve();
    double sum = 0;
    for (std::size_t i = 0; i < weighted.size(); ++i) {
      weighted[i] = 0;
      for (std::size_t e = 0; e < maps.size(); ++e)
        weighted[i] += ratios(static_cast<Eigen::Index>(e)) * static_cast<double>(maps[e][i]);
      sum += weighted[i];
    }
    expects<value_error>(sum > 0, "HAADF scaling: no map explains any of the HAADF signal");
    ratios *= total / sum;  // hold the total
    for (double& w : weighted) w *= total / sum;
    result.fit = problem.judge(ratios);
    result.settled = before.size() > 0 && (ratios - before).cwiseAbs().maxCoeff() <= 1e-6 * ratios.maxCoeff();
    if (result.settled) break;
    before = ratios;
    for (std::size_t t = 0; t < tilts; ++t) {
      auto const frame_q = q.subspan(t * frame, frame), frame_h = raw.subspan(t * frame, frame);
      auto const [gain, offset] = zero == haadf_zero::regressed
                                      ? detail::regress(frame_q, frame_h, t)
                                      : detail::match_totals(frame_q, frame_h, zeros[t], t);
      result.gain[t] = gain;
      result.offset[t] = offset;
      for (std::size_t i = t * frame; i < (t + 1) * frame; ++i) scaled[i] = gain * original[i] + offset;
    }
  }
  return result;
}

/// Scale the frames in place.
///
/// throws   tomoedx::shape_error when the series is not as many frames as the scaling
inline void scale_haadf(haadf_scaling const& scaling, std::span<float> haadf) {
  std::size_t const tilts = scaling.gain.size();
  expects<shape_error>(tilts > 0 && haadf.size() % tilts == 0, "HAADF scaling: {} pixels are not {} frames",
                       haadf.size(), tilts);
  std::size_t const frame = haadf.size() / tilts;
  for (std::size_t i = 0; i < haadf.size(); ++i)
    haadf[i] = static_cast<float>(scaling.gain[i / frame] * static_cast<double>(haadf[i]) +
                                  scaling.offset[i / frame]);
}

}  // namespace tomoedx

#endif
