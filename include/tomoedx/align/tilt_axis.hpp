// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_TILT_AXIS_HPP
#define TOMOEDX_ALIGN_TILT_AXIS_HPP

#include <tomoedx/align/apply_alignment.hpp>
#include <tomoedx/align/detail/folds.hpp>
#include <tomoedx/align/detail/smooth.hpp>
#include <tomoedx/align/reprojector.hpp>
#include <tomoedx/align/select.hpp>
#include <tomoedx/solvers/brent.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace tomoedx {

/// Options of the search for the tilt axis.
struct tilt_axis_options {
  double max_offset = 8;        ///< [pixel] searched on both sides of the start; 0 leaves the offset alone
  double max_rotation_deg = 5;  ///< the same for the rotation; 0 leaves it alone
  std::size_t samples = 9;      ///< tried over the whole interval before the best is refined
  double tolerance = 0.02;      ///< [pixel] and [degree]
  double smooth = 1.5;          ///< [pixel] sigma; else turning, which smooths, would look like consistency
  std::size_t folds = 2;        ///< a tilt is compared with what other folds make of it; 1 with what all make
  std::size_t sweeps = 2;       ///< offset, then rotation, then again
};

namespace detail {

/// The share of a series in register that reconstructions of its other folds do not explain, |p - A x|^2 / |p|^2.
template <class Model>
double inconsistency(Model& model, parallel_beam const& beam, alignment const& a,
                     std::span<float const> recorded, std::size_t rows, std::size_t folds,
                     std::span<float> moved, std::span<float> made) {
  std::copy(recorded.begin(), recorded.end(), moved.begin());
  auto const rest = apply_alignment(moved, {beam.tilts(), rows, beam.detector}, a, pixel_values::intensity);
  reproject_folds(model, aligned_geometry(beam, rest), moved, rows, folds, made);
  double off = 0, all = 0;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    double const p = static_cast<double>(moved[i]), d = p - static_cast<double>(made[i]);
    off += d * d, all += p * p;
  }
  return all > 0 ? off / all : 0;
}

/// The lowest of some samples of [-reach, reach] about `middle`, refined by Brent's method between its neighbours.
template <class F>
scalar_minimum scan_then_brent(F const& f, double middle, double reach, tilt_axis_options const& o) {
  double const step = 2 * reach / static_cast<double>(o.samples - 1);
  double best = middle, least = 0;
  for (std::size_t i = 0; i < o.samples; ++i) {
    double const at = middle - reach + static_cast<double>(i) * step, value = f(at);
    if (i == 0 || value < least) best = at, least = value;
  }
  auto found = brent(f, best - step, best + step, {.tolerance = o.tolerance, .max_evaluations = 40});
  found.evaluations += o.samples;
  return found;
}

}  // namespace detail

/// Find the offset and the rotation of the tilt axis with which the series is most consistent with a reconstruction.
///
/// A series of fewer rows and of binned pixels is quicker (select.hpp), and loses little. The shifts of `start`
/// are kept.
/// shapes   series (tilt, y, x), x being the detector of `beam`; as it was recorded, `start` not applied
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  `start` turned and with the axis offset found, and a step: both, and the inconsistency before and after
/// source   the measure is that of iterative methods' residual; Brent, Algorithms for Minimization without
///          Derivatives, 1973
template <reprojector Model>
alignment find_tilt_axis(Model&& model, parallel_beam const& beam, std::span<float const> series,
                         std::size_t rows, alignment const& start, tilt_axis_options const& options = {}) {
  std::array<std::size_t, 3> const shape{beam.tilts(), rows, beam.detector};
  detail::check_series(series, shape, "find_tilt_axis");
  validate(start, beam.tilts(), "find_tilt_axis");
  expects<value_error>(
      options.max_offset >= 0 && options.max_rotation_deg >= 0 && options.max_rotation_deg <= 45 &&
          options.samples >= 3 && options.tolerance > 0 && options.sweeps > 0,
      "find_tilt_axis: offset up to {}, rotation up to {} degrees, {} samples, tolerance {}, {} sweeps",
      options.max_offset, options.max_rotation_deg, options.samples, options.tolerance, options.sweeps);
  expects<value_error>(options.smooth >= 0 && options.smooth <= 1e4,
                       "find_tilt_axis: smoothed by {} pixels; give 0 to 10000", options.smooth);
  expects<value_error>(options.folds > 0 && options.folds <= std::max<std::size_t>(beam.tilts() / 2, 1),
                       "find_tilt_axis: {} folds for {} tilts; at least 2 tilts a fold", options.folds,
                       beam.tilts());
  std::vector<float> recorded(series.begin(), series.end()), moved(series.size()), made(series.size());
  detail::smooth_images(recorded, rows, beam.detector, options.smooth);
  double evaluated = 0;
  auto const turned = [&](double angle) {
    alignment turn(beam.tilts());
    turn.rotation_deg = angle;
    return then(start, turn);
  };
  auto const judge = [&](double offset, double angle) {
    ++evaluated;
    alignment trial = turned(angle);
    trial.axis_offset = offset;
    return detail::inconsistency(model, beam, trial, recorded, rows, options.folds, moved, made);
  };
  double offset = start.axis_offset, angle = 0;
  double const before = judge(offset, angle);
  double after = before;
  for (std::size_t sweep = 0; sweep < options.sweeps; ++sweep) {
    double const nearer = sweep == 0 ? 1 : 0.25;
    double const old_offset = offset, old_angle = angle;
    if (options.max_offset > 0) {
      auto const found = detail::scan_then_brent([&](double at) { return judge(at, angle); }, offset,
                                                 nearer * options.max_offset, options);
      if (found.value < after) offset = found.at, after = found.value;
    }
    if (options.max_rotation_deg > 0) {
      auto const found = detail::scan_then_brent([&](double at) { return judge(offset, at); }, angle,
                                                 nearer * options.max_rotation_deg, options);
      if (found.value < after) angle = found.at, after = found.value;
    }
    if (std::abs(offset - old_offset) < options.tolerance && std::abs(angle - old_angle) < options.tolerance)
      break;
  }
  alignment result = turned(angle);
  result.axis_offset = offset;
  result.steps.push_back({"tilt axis",
                          {{"axis offset [pixel]", offset},
                           {"rotation [degree]", result.rotation_deg},
                           {"inconsistency before", before},
                           {"inconsistency after", after},
                           {"reconstructions", evaluated}}});
  return result;
}

}  // namespace tomoedx

#endif
