// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_GEOMETRY_VALIDATE_HPP
#define TOMOEDX_GEOMETRY_VALIDATE_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>

#include <cmath>
#include <cstddef>

namespace tomoedx {

/// Refuse a geometry that means nothing.
///
/// throws   tomoedx::shape_error for empty or mismatched sizes, tomoedx::value_error for angles and offsets
inline void validate(parallel_beam const& g, char const* who) {
  constexpr std::size_t limit = std::size_t{1} << 24;  // bins and voxels per axis: coordinates stay exact
  expects<shape_error>(g.tilts() > 0, "{}: the geometry has no tilts; give at least one angle", who);
  constexpr std::size_t most_tilts = 65536;
  expects<shape_error>(g.tilts() <= most_tilts, "{}: {} tilts; at most {}", who, g.tilts(), most_tilts);
  expects<shape_error>(g.width > 0 && g.depth > 0 && g.detector > 0,
                       "{}: width {}, depth {} and detector {} must all be at least 1", who, g.width, g.depth,
                       g.detector);
  expects<shape_error>(g.width <= limit && g.depth <= limit && g.detector <= limit,
                       "{}: width {}, depth {}, detector {}: none may exceed {}", who, g.width, g.depth,
                       g.detector, limit);
  expects<shape_error>(g.shifts.empty() || g.shifts.size() == g.tilts(),
                       "{}: {} shifts for {} tilts; give one for each tilt, or none", who, g.shifts.size(),
                       g.tilts());
  double const far = 4.0 * static_cast<double>(limit);
  for (std::size_t t = 0; t < g.tilts(); ++t) {
    expects<value_error>(std::isfinite(g.tilts_deg[t]) && std::abs(g.tilts_deg[t]) <= 360,
                         "{}: tilt {} is {} degrees; angles are finite and between -360 and 360", who, t,
                         g.tilts_deg[t]);
    expects<value_error>(std::abs(g.shift(t)) <= far,
                         "{}: the shift of tilt {} is {}; shifts are finite pixels", who, t, g.shift(t));
  }
  expects<value_error>(std::abs(g.axis_offset) <= far,
                       "{}: the axis offset is {}; it is a finite number of pixels", who, g.axis_offset);
}

}  // namespace tomoedx

#endif
