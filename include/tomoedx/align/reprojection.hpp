// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_REPROJECTION_HPP
#define TOMOEDX_ALIGN_REPROJECTION_HPP

#include <tomoedx/align/alignment.hpp>
#include <tomoedx/align/detail/folds.hpp>
#include <tomoedx/align/registration.hpp>
#include <tomoedx/align/reprojector.hpp>
#include <tomoedx/align/shift_rows.hpp>
#include <tomoedx/core/observer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// By what a measured image is compared with its model.
enum class likelihood {
  gaussian,  ///< correlation with the model
  poisson,   ///< correlation with the model's logarithm, which finds the most likely shift of counts
};

/// Options of alignment by reprojection.
struct reprojection_alignment_options {
  std::size_t rounds = 30;
  double tolerance = 0.01;  ///< [pixel] ends when the shifts of a round are smaller, root mean square
  /// 1, or 3 and more: a tilt is compared with what the other folds' tilts make of it. Two would exchange their shifts.
  std::size_t folds = 1;
  double first_smooth =
      3;  ///< [pixel] low-pass of the first round, halved each round down to registration.smooth
  tomoedx::likelihood likelihood = tomoedx::likelihood::gaussian;
  double floor = 0.1;     ///< added to the model for its logarithm, as a share of its mean over the field
  double relaxation = 1;  ///< share of a found shift that is applied
  registration_options registration{.taper = 0.1, .smooth = 1, .max_shift = 8, .passes = 2};
};

namespace detail {

inline void take_logarithm(std::span<float> model, double floor) {
  double mean = 0;
  for (float const v : model) mean += static_cast<double>(v) / static_cast<double>(model.size());
  float const least = static_cast<float>(std::max(floor * mean, 1e-30));
  for (float& v : model) v = std::log(std::max(v, 0.0f) + least);
}

}  // namespace detail

/// Align a series by its own reconstruction: reconstruct, project again, register each image to its projection,
/// repeat.
///
/// Shifts in x go into the geometry, so nothing is resampled across the tilt axis; shifts in y move rows, fractions
/// between two of them. The rotation of `start` must have been applied to the series.
///
/// shapes   series (tilt, y, x), x being the detector of `beam`
/// requires a start within `registration.max_shift` pixels, from drift or centre of mass
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  the alignment with a step of its own: rounds, last change [pixel], mean score
/// source   Dengler, Ultramicroscopy 30 (1989) 337; Guersoy et al., Scientific Reports 7 (2017) 11818
template <reprojector Model, observer Watch = ignore>
alignment align_by_reprojection(Model&& model, parallel_beam const& beam, std::span<float const> series,
                                std::size_t rows, alignment start,
                                reprojection_alignment_options const& options = {}, Watch&& watch = {}) {
  std::size_t const tilts = beam.tilts(), image = rows * beam.detector;
  expects<shape_error>(series.size() == tilts * image && image > 0,
                       "align_by_reprojection: {} values for {} tilts of {} x {} pixels", series.size(),
                       tilts, rows, beam.detector);
  validate(start, tilts, "align_by_reprojection");
  expects<value_error>(options.rounds > 0, "align_by_reprojection: 0 rounds; give at least one");
  expects<value_error>(options.tolerance >= 0 && options.relaxation > 0 && options.relaxation <= 2 &&
                           std::isfinite(options.first_smooth) && options.floor >= 0 &&
                           std::isfinite(options.floor),
                       "align_by_reprojection: tolerance {}, relaxation {}, first_smooth {}, floor {}",
                       options.tolerance, options.relaxation, options.first_smooth, options.floor);
  expects<value_error>(options.folds == 1 || (options.folds >= 3 && 2 * options.folds <= tilts),
                       "align_by_reprojection: {} folds for {} tilts; give 1, or at least 3 of 2 tilts each",
                       options.folds, tilts);
  alignment result = std::move(start);
  std::vector<float> moved(series.size()), made(series.size());
  double change = 0, score = 0, smooth = std::max(options.first_smooth, options.registration.smooth);
  std::size_t round = 0;
  while (round < options.rounds) {
    std::copy(series.begin(), series.end(), moved.begin());
    shift_rows(moved, {tilts, rows, beam.detector}, result.dy);
    detail::reproject_folds(model, aligned_geometry(beam, result), moved, rows, options.folds, made);
    if (options.likelihood == likelihood::poisson) detail::take_logarithm(made, options.floor);
    auto how = options.registration;
    how.smooth = smooth;
    image_registration registration(rows, beam.detector, how);
    auto const before_x = result.dx, before_y = result.dy;
    score = 0;
    for (std::size_t t = 0; t < tilts; ++t) {
      auto const part = [&](auto const& all) {
        return std::span<float const>(all).subspan(t * image, image);
      };
      auto const found = registration(part(made), part(moved));
      result.dx[t] += options.relaxation * found.dx;
      result.dy[t] += options.relaxation * found.dy;
      score += found.score / static_cast<double>(tilts);
    }
    remove_rigid_shift(beam.tilts_deg, result.dx);
    double mean = 0;
    for (double const d : result.dy) mean += d / static_cast<double>(tilts);
    change = 0;
    for (std::size_t t = 0; t < tilts; ++t) {
      result.dy[t] -= mean;
      change += std::pow(result.dx[t] - before_x[t], 2) + std::pow(result.dy[t] - before_y[t], 2);
    }
    change = std::sqrt(change / static_cast<double>(tilts));
    ++round;
    if (watch(progress{.iteration = round, .iterations = options.rounds, .residual = change}) ==
        decision::stop)
      break;
    if (change < options.tolerance && smooth <= options.registration.smooth) break;
    smooth = std::max(0.5 * smooth, options.registration.smooth);
    if (smooth < 0.5) smooth = options.registration.smooth;
  }
  result.steps.push_back(
      {"reprojection",
       {{"rounds", static_cast<double>(round)}, {"last change", change}, {"mean score", score}}});
  return result;
}

}  // namespace tomoedx

#endif
