// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_TAKE_OFF_HPP
#define TOMOEDX_QUANTIFY_TAKE_OFF_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tomoedx {

/// Where a detector, or one segment of it, stands.
///
/// units    elevation in degrees above the plane that the beam crosses at a right angle, on the side the beam comes
///          from; azimuth in degrees from +x, which is perpendicular to the tilt axis, towards +y, the tilt axis
struct detector_segment {
  double elevation_deg = 0;
  double azimuth_deg = 0;
  double share = 1;  ///< of the solid angle, relative to the other segments
};

/// From which side of the volume the beam, and with it the detectors, look at 0 degrees. A reconstruction cannot tell: the
/// mirrored volume with the tilts' signs changed explains the same images. Absorption can.
enum class beam_side { high_z, low_z };

namespace detail {
inline void check_angle(double deg, char const* what) {
  expects<value_error>(std::isfinite(deg) && std::abs(deg) <= 360,
                       "take_off_angle: the {} is {} degrees; give a finite angle", what, deg);
}
}  // namespace detail

/// The angle between the surface of a flat specimen and the way to the detector. Positive `alpha` turns the surface
/// towards a detector at azimuth 0, positive `beta` towards one at azimuth 90.
///
/// returns  degrees; negative where the specimen hides itself from the detector
/// throws   value_error for angles that are not finite
inline degree take_off_angle(detector_segment const& d, degree alpha, degree beta = degree(0)) {
  detail::check_angle(d.elevation_deg, "elevation");
  detail::check_angle(d.azimuth_deg, "azimuth");
  detail::check_angle(alpha.value, "alpha tilt");
  detail::check_angle(beta.value, "beta tilt");
  direction const up = direction_of(d.elevation_deg), around = direction_of(d.azimuth_deg);
  direction const a = direction_of(alpha.value), b = direction_of(beta.value);
  double const towards =
      up.cos * around.cos * a.sin * b.cos + up.cos * around.sin * b.sin + up.sin * a.cos * b.cos;
  return to_degree(radian(std::asin(std::clamp(towards, -1.0, 1.0))));
}

/// The way to the detector as the specimen sees it at a tilt: a unit vector along (x, y, z) of the volume, in the
/// geometry of `parallel_beam`. The detector stands still, the specimen turns.
inline std::array<double, 3> way_to_detector(detector_segment const& d, degree tilt,
                                             beam_side side = beam_side::high_z) {
  detail::check_angle(d.elevation_deg, "elevation");
  detail::check_angle(d.azimuth_deg, "azimuth");
  detail::check_angle(tilt.value, "tilt");
  direction const up = direction_of(d.elevation_deg), around = direction_of(d.azimuth_deg);
  direction const t = direction_of(tilt.value);
  // the detector's axis s and the way against the beam, u, in the volume: s = (cos t, sin t), u = +-(-sin t, cos t)
  double const s = up.cos * around.cos, u = side == beam_side::high_z ? up.sin : -up.sin;
  return {s * t.cos - u * t.sin, up.cos * around.sin, s * t.sin + u * t.cos};
}

}  // namespace tomoedx

#endif
