// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_VERTICAL_PROFILE_HPP
#define TOMOEDX_ALIGN_VERTICAL_PROFILE_HPP

#include <tomoedx/align/alignment.hpp>
#include <tomoedx/align/registration.hpp>
#include <tomoedx/align/select.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// Options of alignment by vertical profiles.
struct profile_options {
  std::size_t rounds = 10;
  double tolerance = 0.005;                       ///< [pixel] ends when no shift changes by more
  std::size_t first_column = 0, last_column = 0;  ///< the columns that are summed; 0 to 0 for all
  registration_options registration{.taper = 0.1, .smooth = 1, .passes = 2};
};

/// Align a series along the tilt axis: what is summed across the axis, a profile along it, is the same at every tilt.
///
/// Each profile is registered to the mean of all others, again and again. The specimen must be in the field across
/// the axis, or what enters with tilt be little; then no rotation may be left.
/// shapes   series (tilt, y, x)
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN and options out of range
/// returns  an alignment with dy only, their mean 0
inline alignment align_by_vertical_profile(std::span<float const> series,
                                           std::array<std::size_t, 3> const& shape,
                                           profile_options const& options = {}) {
  detail::check_series(series, shape, "align_by_vertical_profile");
  auto const [tilts, rows, columns] = shape;
  std::size_t const last_column = options.last_column == 0 ? columns : options.last_column;
  expects<shape_error>(options.first_column < last_column && last_column <= columns,
                       "align_by_vertical_profile: columns {} to {} of {}", options.first_column, last_column,
                       columns);
  expects<value_error>(options.rounds > 0, "align_by_vertical_profile: 0 rounds; give at least one");
  expects<shape_error>(tilts >= 2 && rows >= 8,
                       "align_by_vertical_profile: {} tilts of {} rows; at least 2 of 8", tilts, rows);
  std::vector<float> profiles(tilts * rows);
  for (std::size_t t = 0; t < tilts; ++t) {
    std::vector<double> sums(rows);
    double total = 0;
    for (std::size_t y = 0; y < rows; ++y) {
      for (std::size_t x = options.first_column; x < last_column; ++x)
        sums[y] += static_cast<double>(series[(t * rows + y) * columns + x]);
      total += sums[y];
    }
    double const scale = total > 0 ? 1 / total : 1;
    for (std::size_t y = 0; y < rows; ++y) profiles[t * rows + y] = static_cast<float>(scale * sums[y]);
  }
  alignment result(tilts);
  image_registration registration(rows, 1, options.registration);
  std::vector<float> moved(profiles.size()), others(rows);
  std::vector<double> all(rows);
  double change = 0, score = 0;
  std::size_t round = 0;
  while (round < options.rounds) {
    ++round;
    std::fill(all.begin(), all.end(), 0.0);
    for (std::size_t t = 0; t < tilts; ++t)
      for (std::size_t y = 0; y < rows; ++y) {
        double const from =
            std::clamp(static_cast<double>(y) - result.dy[t], 0.0, static_cast<double>(rows) - 1);
        auto const low = static_cast<std::size_t>(from);
        auto const f = static_cast<float>(from - static_cast<double>(low));
        float const* const p = profiles.data() + t * rows;
        moved[t * rows + y] = (1 - f) * p[low] + f * p[std::min(low + 1, rows - 1)];
        all[y] += static_cast<double>(moved[t * rows + y]);
      }
    std::vector<double> const before = result.dy;
    score = change = 0;
    double mean = 0;
    for (std::size_t t = 0; t < tilts; ++t) {
      for (std::size_t y = 0; y < rows; ++y)
        others[y] = static_cast<float>(all[y] - static_cast<double>(moved[t * rows + y]));
      auto const found = registration(others, std::span<float const>(profiles).subspan(t * rows, rows));
      result.dy[t] = found.dy;
      mean += found.dy / static_cast<double>(tilts);
      score += found.score / static_cast<double>(tilts);
    }
    for (std::size_t t = 0; t < tilts; ++t) {
      result.dy[t] -= mean;
      change = std::max(change, std::abs(result.dy[t] - before[t]));
    }
    if (change < options.tolerance) break;
  }
  result.steps.push_back({"vertical profile",
                          {{"rounds", static_cast<double>(round)},
                           {"largest last change [pixel]", change},
                           {"mean score", score}}});
  return result;
}

}  // namespace tomoedx

#endif
