// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_CORRECT_VOLUMES_HPP
#define TOMOEDX_QUANTIFY_CORRECT_VOLUMES_HPP

#include <tomoedx/core/observer.hpp>
#include <tomoedx/quantify/absorption.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// When an absorption correction ends.
struct absorption_options {
  double threshold = 0;         ///< voxels whose mass is not above it are vacuum, in the unit of total_mass()
  std::size_t iterations = 20;  ///< at most
  double tolerance = 1e-4;      ///< relative change of the values, summed over the element that changed most
};

/// What an absorption correction did.
struct absorption_report {
  std::size_t iterations = 0;
  bool converged = false;       ///< never where values are beyond correction
  std::vector<double> changes;  ///< relative, one for each iteration
  std::vector<double> through;  ///< for each line, the part of all its X-rays that reached the detector
  std::size_t beyond = 0;  ///< values corrected by the most there is, a million: no specimen could give them
};

namespace detail {

inline void validate(absorption_options const& o, char const* who) {
  expects<value_error>(
      o.iterations > 0 && o.iterations <= 10000 && o.tolerance > 0 && std::isfinite(o.threshold),
      "{}: {} iterations to a tolerance of {} with threshold {}; give positive numbers", who, o.iterations,
      o.tolerance, o.threshold);
}

/// The largest over elements of sum |a - b| / sum |a|.
inline double relative_change(std::span<float const> a, std::span<float const> b, std::size_t elements) {
  std::size_t const n = a.size() / elements;
  double worst = 0;
  for (std::size_t e = 0; e < elements; ++e) {
    double change = 0, all = 0;
    for (std::size_t i = e * n; i < (e + 1) * n; ++i) {
      change += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
      all += std::abs(static_cast<double>(a[i]));
    }
    if (all > 0) worst = std::max(worst, change / all);
  }
  return worst;
}

/// By what a value is multiplied at most.
inline constexpr float most_absorption = 1e6f;

/// Multiply what was measured with factors that depend on the result, until it stays: `factors_of(values)` has one for
/// each value, at most most_absorption.
template <class FactorsOf, class Watch>
absorption_report undo_absorption(std::span<float> values, std::size_t elements,
                                  absorption_options const& options, FactorsOf&& factors_of, Watch&& watch) {
  std::vector<float> const measured(values.begin(), values.end());
  std::vector<float> next(measured.size());
  absorption_report report;
  while (report.iterations < options.iterations && !report.converged) {
    std::vector<float> const factors = factors_of(std::span<float const>(values));
    report.beyond = 0;
    for (std::size_t i = 0; i < next.size(); ++i) {
      report.beyond += measured[i] > 0 && factors[i] > 0.99f * most_absorption;
      next[i] = measured[i] * factors[i];
    }
    double const change = relative_change(next, values, elements);
    std::copy(next.begin(), next.end(), values.begin());
    report.changes.push_back(change);
    report.converged = change <= options.tolerance && report.beyond == 0;
    ++report.iterations;
    if (watch(
            progress{.iteration = report.iterations, .iterations = options.iterations, .residual = change}) ==
        decision::stop)
      break;
  }
  std::size_t const n = values.size() / elements;
  for (std::size_t e = 0; e < elements; ++e) {
    double seen = 0, emitted = 0;
    for (std::size_t i = e * n; i < (e + 1) * n; ++i)
      seen += static_cast<double>(measured[i]), emitted += static_cast<double>(values[i]);
    report.through.push_back(emitted != 0 ? seen / emitted : 1);
  }
  return report;
}

}  // namespace detail

/// Undo absorption in reconstructed volumes: every value is divided by the part of its X-rays that reach the detector, the
/// mean over tilts and segments; what absorbs is the corrected volume itself, so this is repeated until it stays.
///
/// The mean over tilts stands for what each tilt did to a reconstruction, which is right where absorption hardly changes
/// with the tilt. Where it does, correct the series (correct_series.hpp), and also for HEBT, whose volumes mix a signal that
/// is absorbed with one that is not.
///
/// shapes   volumes (element, z, y, x), corrected in place
/// throws   shape_error, value_error before anything is changed
template <observer Watch = ignore>
absorption_report correct_volumes(std::span<float> volumes, volume_shape const& shape,
                                  mass_scale const& scale, absorption_setup const& setup,
                                  absorption_options const& options = {}, Watch&& watch = {}) {
  char const* const who = "correct_volumes";
  validate(setup, scale, who);
  detail::validate(options, who);
  std::size_t const k = scale.elements(), n = detail::check_volumes(volumes, k, who);
  expects<shape_error>(n == shape.voxels(), "{}: volumes of {} voxels do not have the shape {} x {} x {}",
                       who, n, shape.depth, shape.rows, shape.width);
  return detail::undo_absorption(
      volumes, k, options,
      [&](std::span<float const> now) {
        auto factors = mean_transmission(attenuation(now, scale, setup, options.threshold), shape, setup);
        for (float& f : factors) f = 1 / std::max(f, 1 / detail::most_absorption);
        return factors;
      },
      watch);
}

}  // namespace tomoedx

#endif
