// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_HAADF_TO_MAPS_HPP
#define TOMOEDX_ALIGN_HAADF_TO_MAPS_HPP

#include <tomoedx/align/alignment.hpp>
#include <tomoedx/align/registration.hpp>
#include <tomoedx/align/select.hpp>
#include <tomoedx/core/host_threads.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// The sum of maps with a weight for each, as HAADF sees the elements.
///
/// shapes   maps of one size; one weight for each, or none for all alike
/// throws   tomoedx::shape_error for sizes that differ, value_error for weights that are not finite
inline std::vector<float> weighted_sum(std::vector<std::span<float const>> const& maps,
                                       std::span<double const> weights = {}) {
  expects<shape_error>(!maps.empty() && (weights.empty() || weights.size() == maps.size()),
                       "weighted_sum: {} maps and {} weights", maps.size(), weights.size());
  std::vector<float> sum(maps[0].size());
  for (std::size_t e = 0; e < maps.size(); ++e) {
    expects<shape_error>(maps[e].size() == sum.size(), "weighted_sum: map {} has {} values, the first {}", e,
                         maps[e].size(), sum.size());
    double const w = weights.empty() ? 1.0 : weights[e];
    expects<value_error>(std::isfinite(w), "weighted_sum: weight {} is {}", e, w);
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += static_cast<float>(w * static_cast<double>(maps[e][i]));
  }
  return sum;
}

/// Options of the registration of HAADF to maps.
struct haadf_to_maps_options {
  bool each_tilt =
      true;  ///< a shift for each tilt; false for the median of all, where one scan offset is known to hold
  registration_options registration{.smooth = 2, .max_shift = 20, .passes = 2};
};

/// Find what brings the HAADF images onto the maps of the same tilts, for maps that were not recorded with
/// HAADF pixel by pixel, or whose frames drifted.
///
/// shapes   haadf and maps (tilt, y, x); `maps` is a weighted_sum
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN
/// returns  an alignment to be applied to HAADF, its step telling mean score and spread over the tilts [pixel]
inline alignment register_haadf_to_maps(std::span<float const> haadf, std::span<float const> maps,
                                        std::array<std::size_t, 3> const& shape,
                                        haadf_to_maps_options const& options = {}) {
  detail::check_series(haadf, shape, "register_haadf_to_maps");
  detail::check_series(maps, shape, "register_haadf_to_maps");
  std::size_t const image = shape[1] * shape[2], tilts = shape[0];
  alignment result(tilts);
  std::vector<double> scores(tilts);
  on_host_threads(
      "haadf_to_maps", tilts, [&] { return image_registration(shape[1], shape[2], options.registration); },
      [&](image_registration& registration, std::size_t t) {
        auto const found = registration(maps.subspan(t * image, image), haadf.subspan(t * image, image));
        result.dx[t] = found.dx, result.dy[t] = found.dy, scores[t] = found.score;
      });
  double const x = median_of(result.dx), y = median_of(result.dy);
  double score = 0, spread = 0;
  for (std::size_t t = 0; t < tilts; ++t) {
    score += scores[t] / static_cast<double>(tilts);
    spread += (std::pow(result.dx[t] - x, 2) + std::pow(result.dy[t] - y, 2)) / static_cast<double>(tilts);
    if (!options.each_tilt) result.dx[t] = x, result.dy[t] = y;
  }
  result.steps.push_back({"HAADF to maps",
                          {{"mean score", score},
                           {"median dx [pixel]", x},
                           {"median dy [pixel]", y},
                           {"rms spread over tilts [pixel]", std::sqrt(spread)}}});
  return result;
}

}  // namespace tomoedx

#endif
