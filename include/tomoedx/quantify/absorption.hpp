// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_ABSORPTION_HPP
#define TOMOEDX_QUANTIFY_ABSORPTION_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/absorption_table.hpp>
#include <tomoedx/quantify/fractions.hpp>
#include <tomoedx/quantify/path_sums.hpp>
#include <tomoedx/quantify/take_off.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tomoedx {

/// What absorption in a volume depends on, beside the volume.
///
/// units    tilts in degrees, as in parallel_beam
struct absorption_setup {
  absorption_table table;
  std::vector<double> tilts_deg;
  std::vector<detector_segment> segments;  ///< of the detector; each is looked at from every voxel
  nanometre voxel{0};
  beam_side side = beam_side::high_z;
  std::optional<double> density = {};  ///< [g/cm3] of the specimen, where factors do not give it
  std::vector<double> densities = {};  ///< or of its elements, for 1 / sum(w / rho)
};

/// Refuse a setup that means nothing.
///
/// throws   shape_error, value_error
inline void validate(absorption_setup const& s, mass_scale const& scale, char const* who) {
  validate(s.table, scale.elements(), who);
  expects<shape_error>(!s.tilts_deg.empty(), "{}: there are no tilts", who);
  expects<shape_error>(!s.segments.empty(),
                       "{}: the detector has no segments; say under which elevation and azimuth it stands",
                       who);
  double shares = 0;
  for (detector_segment const& d : s.segments) {
    expects<value_error>(d.share >= 0 && std::isfinite(d.share),
                         "{}: a segment has the share {} of the detector; shares are 0 or more", who,
                         d.share);
    shares += d.share;
  }
  expects<value_error>(shares > 0, "{}: all segments have the share 0", who);
  expects<value_error>(s.voxel.value > 0 && std::isfinite(s.voxel.value),
                       "{}: the voxel is {} nm; give a positive number", who, s.voxel.value);
  if (scale.absolute) return;
  expects<value_error>(
      s.density.has_value() != !s.densities.empty(),
      "{}: {}; these factors give no density, so give that of the specimen or of each element", who,
      s.density ? "there is a density and a list of densities" : "there is no density");
  expects<shape_error>(s.density || s.densities.size() == scale.elements(),
                       "{}: {} densities for {} elements", who, s.densities.size(), scale.elements());
  for (std::size_t e = 0; e < scale.elements(); ++e) {
    double const rho = s.density ? *s.density : s.densities[e];
    expects<value_error>(rho > 0 && std::isfinite(rho), "{}: a density is {} g/cm3; densities are positive",
                         who, rho);
  }
}

/// How strongly every voxel absorbs each line: mu rho, per voxel edge. Vacuum, which is where the mass is not above
/// `threshold`, absorbs nothing.
///
/// shapes   volumes (element, z, y, x), result (line, z, y, x)
inline std::vector<float> attenuation(std::span<float const> volumes, mass_scale const& scale,
                                      absorption_setup const& s, double threshold = 0) {
  validate(s, scale, "attenuation");
  std::size_t const k = scale.elements(), n = detail::check_volumes(volumes, k, "attenuation");
  double const edge_cm = s.voxel.value * 1e-7;
  std::vector<float> mu(k * n);
  detail::in_blocks("attenuation", n, [&](std::size_t first, std::size_t last) {
    std::vector<double> density(k);
    for (std::size_t i = first; i < last; ++i) {
      double mass = 0, volume = 0;
      for (std::size_t e = 0; e < k; ++e) {
        density[e] = std::max(static_cast<double>(volumes[e * n + i]), 0.0) * scale.per_value[e];
        mass += density[e];
        if (!scale.absolute) volume += density[e] / (s.density ? *s.density : s.densities[e]);
      }
      if (!(mass > threshold) || !(mass > 0)) continue;
      double const to_density = scale.absolute ? 1 : 1 / volume;
      for (std::size_t l = 0; l < k; ++l) {
        double sum = 0;
        for (std::size_t e = 0; e < k; ++e) sum += s.table(l, e) * density[e];
        mu[l * n + i] = static_cast<float>(sum * to_density * edge_cm);
      }
    }
  });
  return mu;
}

/// The part of each voxel's X-rays that reach the detector at one tilt, the mean over its segments.
///
/// shapes   mu as from attenuation(), result (line, z, y, x)
/// throws   shape_error for sizes that differ, value_error for segments that mean nothing
inline std::vector<float> transmission(std::span<float const> mu, volume_shape const& shape,
                                       absorption_setup const& s, double tilt_deg) {
  std::size_t const n = shape.voxels(), k = s.table.elements;
  expects<shape_error>(n > 0 && mu.size() == k * n,
                       "transmission: {} values for {} lines in {} x {} x {} voxels", mu.size(), k,
                       shape.depth, shape.rows, shape.width);
  double shares = 0;
  for (detector_segment const& d : s.segments) shares += d.share;
  expects<value_error>(shares > 0 && std::isfinite(shares),
                       "transmission: {} segments with the share {} of the detector; say where it stands",
                       s.segments.size(), shares);
  std::vector<float> through(k * n), depth(n);
  for (detector_segment const& d : s.segments) {
    auto const way = way_to_detector(d, degree(tilt_deg), s.side);
    auto const share = static_cast<float>(d.share / shares);
    for (std::size_t l = 0; l < k; ++l) {
      path_sums(mu.subspan(l * n, n), shape, way, depth);
      detail::in_blocks("transmission", n, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
          through[l * n + i] += share * (depth[i] > 0 ? std::exp(-depth[i]) : 1.0f);
      });
    }
  }
  return through;
}

/// The mean over all tilts.
inline std::vector<float> mean_transmission(std::span<float const> mu, volume_shape const& shape,
                                            absorption_setup const& s) {
  expects<shape_error>(!s.tilts_deg.empty(), "mean_transmission: there are no tilts");
  std::vector<float> mean(mu.size());
  for (double const tilt : s.tilts_deg) {
    auto const one = transmission(mu, shape, s, tilt);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += one[i] / static_cast<float>(s.tilts_deg.size());
  }
  return mean;
}

}  // namespace tomoedx

#endif
