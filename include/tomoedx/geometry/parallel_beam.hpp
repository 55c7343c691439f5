// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_GEOMETRY_PARALLEL_BEAM_HPP
#define TOMOEDX_GEOMETRY_PARALLEL_BEAM_HPP

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace tomoedx {

/// A single-axis tilt series in a parallel beam, and the grids on both sides of it.
///
/// The tilt axis is y, so every y is a 2D problem of its own and all share this geometry. A voxel is as wide
/// as a detector bin. A point (x, z), measured in voxels from the centre of the volume, x and z growing with
/// their index, falls at tilt t on
///
///     s   = x cos t + z sin t
///     bin = (detector - 1) / 2 + axis_offset + s - shift(t)
///
/// units    angles in degrees, any order and spacing; everything else in pixels
/// source   Zhong et al. 2017, eq. 3 (the weights w_ij); the convention is this library's own
struct parallel_beam {
  std::vector<double> tilts_deg;
  std::size_t width = 0;            ///< voxels along x
  std::size_t depth = 0;            ///< voxels along z, the beam at 0 degrees
  std::size_t detector = 0;         ///< bins across the tilt axis
  double axis_offset = 0;           ///< where the tilt axis falls on the detector, from its centre
  std::vector<double> shifts = {};  ///< what moves each tilt into register along x; empty for none

  std::size_t tilts() const { return tilts_deg.size(); }
  std::size_t rays() const { return tilts() * detector; }  ///< rays of a slice
  std::size_t voxels() const { return depth * width; }     ///< voxels of a slice
  double shift(std::size_t tilt) const { return shifts.empty() ? 0.0 : shifts[tilt]; }

  /// The bin, not rounded, on which the tilt axis falls.
  double axis_bin(std::size_t tilt) const {
    return 0.5 * (static_cast<double>(detector) - 1) + axis_offset - shift(tilt);
  }
};

/// Cosine and sine of an angle in degrees, exact at every multiple of 90 degrees.
struct direction {
  double cos, sin;
};
inline direction direction_of(double degrees) {
  double const turns = std::remainder(degrees, 360.0);  // exact, in [-180, 180]
  double const quarter = std::nearbyint(turns / 90.0);  // -2 .. 2
  // an exact difference, |rest| <= 45 deg
  double const rest = (turns - 90.0 * quarter) * std::numbers::pi / 180;
  double const c = std::cos(rest), s = std::sin(rest);
  switch (static_cast<int>(quarter)) {
    case 0:
      return {c, s};
    case 1:
      return {-s, c};
    case -1:
      return {s, -c};
    default:
      return {-c, -s};
  }
}

}  // namespace tomoedx

#endif
