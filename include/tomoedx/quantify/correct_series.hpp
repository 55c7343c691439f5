// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_CORRECT_SERIES_HPP
#define TOMOEDX_QUANTIFY_CORRECT_SERIES_HPP

#include <tomoedx/core/observer.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/geometry/validate.hpp>
#include <tomoedx/quantify/correct_volumes.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

namespace detail {

/// One tilt of one element, with and without absorption: each voxel goes to the two bins nearest to it. Only the ratio of
/// the two is used, and both have the same weights.
inline void project_both(std::span<float const> volume, std::span<float const> through,
                         volume_shape const& shape, parallel_beam const& beam, std::size_t tilt,
                         std::span<float> factor) {
  direction const t = direction_of(beam.tilts_deg[tilt]);
  double const centre = beam.axis_bin(tilt);
  on_host_threads(
      "project_both", shape.rows, [&] { return std::vector<double>(2 * beam.detector); },
      [&](std::vector<double>& sums, std::size_t y) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (std::size_t z = 0; z < shape.depth; ++z) {
          double const at_z = static_cast<double>(z) - 0.5 * (static_cast<double>(shape.depth) - 1);
          std::size_t const row = (z * shape.rows + y) * shape.width;
          for (std::size_t x = 0; x < shape.width; ++x) {
            double const value = std::max(static_cast<double>(volume[row + x]), 0.0);
            if (value == 0) continue;
            double const at_x = static_cast<double>(x) - 0.5 * (static_cast<double>(shape.width) - 1);
            double const bin = centre + at_x * t.cos + at_z * t.sin, low = std::floor(bin);
            double const seen = value * static_cast<double>(through[row + x]);
            for (int side = 0; side < 2; ++side) {
              double const b = low + side, weight = side ? bin - low : 1 - (bin - low);
              if (b < 0 || b >= static_cast<double>(beam.detector)) continue;
              sums[2 * static_cast<std::size_t>(b)] += weight * value;
              sums[2 * static_cast<std::size_t>(b) + 1] += weight * seen;
            }
          }
        }
        for (std::size_t b = 0; b < beam.detector; ++b)
          factor[y * beam.detector + b] =
              sums[2 * b] > 0
                  ? static_cast<float>(
                        sums[2 * b] /
                        std::max(sums[2 * b + 1], sums[2 * b] / static_cast<double>(most_absorption)))
                  : 1.0f;
      });
}

}  // namespace detail

/// What to multiply every pixel of a tilt series with to undo absorption, or to divide its model by to keep counts as they
/// were counted. 1 where no specimen is.
///
/// shapes   volumes (element, z, y, x), of width and depth of `beam`; result (element, tilt, y, bin)
/// requires the setup's tilts to be those of `beam`
/// throws   shape_error, value_error
inline std::vector<float> absorption_factors(std::span<float const> volumes, std::size_t rows,
                                             parallel_beam const& beam, mass_scale const& scale,
                                             absorption_setup const& setup, double threshold = 0) {
  char const* const who = "absorption_factors";
  validate(beam, who);
  validate(setup, scale, who);
  expects<value_error>(setup.tilts_deg == beam.tilts_deg,
                       "{}: the setup has {} tilts, the geometry {}, or others; give both the same", who,
                       setup.tilts_deg.size(), beam.tilts());
  volume_shape const shape{beam.depth, rows, beam.width};
  std::size_t const k = scale.elements(), n = detail::check_volumes(volumes, k, who),
                    pixels = rows * beam.detector;
  expects<shape_error>(n == shape.voxels(), "{}: volumes of {} voxels do not have the shape {} x {} x {}",
                       who, n, shape.depth, shape.rows, shape.width);
  auto const mu = attenuation(volumes, scale, setup, threshold);
  std::vector<float> factors(k * beam.tilts() * pixels);
  for (std::size_t t = 0; t < beam.tilts(); ++t) {
    auto const through = transmission(mu, shape, setup, beam.tilts_deg[t]);
    for (std::size_t e = 0; e < k; ++e)
      detail::project_both(volumes.subspan(e * n, n), std::span(through).subspan(e * n, n), shape, beam, t,
                           std::span(factors).subspan((e * beam.tilts() + t) * pixels, pixels));
  }
  return factors;
}

/// What makes volumes of a series: (element, tilt, y, bin) in, (element, z, y, x) out.
template <class R>
concept series_reconstruction = requires(R& r, std::span<float const> series) {
  { r(series) } -> std::convertible_to<std::vector<float>>;
};

/// Undo absorption in a tilt series: reconstruct, see what the volumes absorb at every tilt towards every segment, correct
/// the series, and again until it stays.
///
/// shapes   series (element, tilt, y, bin), corrected in place
/// throws   shape_error, value_error before anything is changed; what `reconstruct` throws
template <series_reconstruction Reconstruct, observer Watch = ignore>
absorption_report correct_series(std::span<float> series, std::size_t rows, parallel_beam const& beam,
                                 mass_scale const& scale, absorption_setup const& setup,
                                 Reconstruct&& reconstruct, absorption_options const& options = {},
                                 Watch&& watch = {}) {
  char const* const who = "correct_series";
  validate(beam, who);
  validate(setup, scale, who);
  detail::validate(options, who);
  std::size_t const k = scale.elements(), n = detail::check_volumes(series, k, who);
  expects<shape_error>(n == beam.tilts() * rows * beam.detector,
                       "{}: maps of {} pixels do not have the shape {} x {} x {} (tilt, y, bin)", who, n,
                       beam.tilts(), rows, beam.detector);
  return detail::undo_absorption(
      series, k, options,
      [&](std::span<float const> now) {
        std::vector<float> const volumes = reconstruct(now);
        return absorption_factors(volumes, rows, beam, scale, setup, options.threshold);
      },
      watch);
}

}  // namespace tomoedx

#endif
