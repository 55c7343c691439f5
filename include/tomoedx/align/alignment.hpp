// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_ALIGNMENT_HPP
#define TOMOEDX_ALIGN_ALIGNMENT_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/geometry/validate.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// What was done in one step and the figures it gave, for reports.
struct alignment_step {
  std::string name;
  std::vector<std::pair<std::string, double>> figures = {};
};

/// What brings the images of a tilt series into register, and where the tilt axis is then.
///
/// An image is first turned about its centre c, then shifted: content at p comes to R(p - c) + c + (dx, dy).
/// After that the tilt axis is parallel to y and `axis_offset` pixels from the centre. dx is what parallel_beam::shifts
/// means.
/// units    pixels; rotation in degrees from x towards y, clockwise where y points down
struct alignment {
  std::vector<double> dx, dy;  ///< one for each tilt
  double axis_offset = 0;
  double rotation_deg = 0;
  std::vector<alignment_step> steps = {};  ///< how it came about, in order

  alignment() = default;
  explicit alignment(std::size_t tilts) : dx(tilts), dy(tilts) {}
  std::size_t tilts() const { return dx.size(); }
};

/// Refuse an alignment that does not fit a series.
///
/// throws   tomoedx::shape_error for another number of tilts, value_error for NaN and shifts beyond a million pixels
inline void validate(alignment const& a, std::size_t tilts, char const* who) {
  expects<shape_error>(a.dx.size() == tilts && a.dy.size() == tilts,
                       "{}: the alignment has {} shifts in x and {} in y for {} tilts", who, a.dx.size(),
                       a.dy.size(), tilts);
  constexpr double far = 1e6;
  for (std::size_t t = 0; t < tilts; ++t)
    expects<value_error>(std::abs(a.dx[t]) <= far && std::abs(a.dy[t]) <= far,
                         "{}: tilt {} is shifted by ({}, {}); shifts are finite pixels", who, t, a.dx[t],
                         a.dy[t]);
  expects<value_error>(std::abs(a.axis_offset) <= far && std::abs(a.rotation_deg) <= 360,
                       "{}: axis offset {} pixels and rotation {} degrees are no alignment", who,
                       a.axis_offset, a.rotation_deg);
}

/// Do one alignment after the other: `second` was found on images to which `first` had been applied. Axis offsets add:
/// what `second` says of the axis is by how much it is elsewhere. The centre of mass puts the axis in the middle unless
/// it is told the offset.
///
/// throws   tomoedx::shape_error for different numbers of tilts
inline alignment then(alignment const& first, alignment const& second) {
  validate(first, first.tilts(), "alignment");
  validate(second, first.tilts(), "alignment");
  alignment both(first.tilts());
  auto const turn = direction_of(second.rotation_deg);
  for (std::size_t t = 0; t < first.tilts(); ++t) {
    both.dx[t] = turn.cos * first.dx[t] - turn.sin * first.dy[t] + second.dx[t];
    both.dy[t] = turn.sin * first.dx[t] + turn.cos * first.dy[t] + second.dy[t];
  }
  both.axis_offset = first.axis_offset + second.axis_offset;
  both.rotation_deg = first.rotation_deg + second.rotation_deg;
  both.steps = first.steps;
  both.steps.insert(both.steps.end(), second.steps.begin(), second.steps.end());
  return both;
}

/// The geometry with the shifts in x and the axis of an alignment, for images that were not moved in x: counts
/// need no resampling then.
///
/// throws   tomoedx::shape_error for another number of tilts
inline parallel_beam aligned_geometry(parallel_beam beam, alignment const& a) {
  validate(a, beam.tilts(), "aligned_geometry");
  beam.shifts = a.dx;
  beam.axis_offset = a.axis_offset;
  return beam;
}

/// Take out of `dx` what moves the whole specimen, a cos t + b sin t: no projection can tell it.
///
/// shapes   one shift for each tilt
/// returns  a and b [pixel], the place in x and z that was taken out
inline std::pair<double, double> remove_rigid_shift(std::span<double const> tilts_deg, std::span<double> dx) {
  expects<shape_error>(tilts_deg.size() == dx.size() && !dx.empty(),
                       "remove_rigid_shift: {} tilts, {} shifts", tilts_deg.size(), dx.size());
  double cc = 0, cs = 0, ss = 0, c = 0, s = 0;
  for (std::size_t t = 0; t < dx.size(); ++t) {
    auto const [cos, sin] = direction_of(tilts_deg[t]);
    cc += cos * cos, cs += cos * sin, ss += sin * sin, c += cos * dx[t], s += sin * dx[t];
  }
  double const determinant = cc * ss - cs * cs;
  bool const both = determinant > 1e-9 * cc * ss;  // one angle alone tells one direction only
  double const a = both ? (ss * c - cs * s) / determinant : cc > ss ? c / cc : 0;
  double const b = both ? (cc * s - cs * c) / determinant : cc > ss ? 0 : s / ss;
  for (std::size_t t = 0; t < dx.size(); ++t) {
    auto const [cos, sin] = direction_of(tilts_deg[t]);
    dx[t] -= a * cos + b * sin;
  }
  return {a, b};
}

/// How far two alignments of a series are apart.
struct alignment_distance {
  double x = 0, y = 0;  ///< [pixel] root mean square over the tilts
};

/// The distance of two alignments of equal rotation, a shift of the whole specimen (in x, y or z) apart from
/// which is none.
///
/// throws   tomoedx::shape_error for different numbers of tilts
inline alignment_distance distance(alignment const& a, alignment const& b,
                                   std::span<double const> tilts_deg) {
  validate(a, tilts_deg.size(), "distance of alignments");
  validate(b, tilts_deg.size(), "distance of alignments");
  std::vector<double> x(a.tilts()), y(a.tilts());
  double const n = static_cast<double>(a.tilts());
  double mean = 0;
  for (std::size_t t = 0; t < x.size(); ++t) {
    x[t] = a.dx[t] - a.axis_offset - b.dx[t] + b.axis_offset;
    y[t] = a.dy[t] - b.dy[t];
    mean += y[t] / n;
  }
  remove_rigid_shift(tilts_deg, x);
  double squares_x = 0, squares_y = 0;
  for (std::size_t t = 0; t < x.size(); ++t)
    squares_x += x[t] * x[t] / n, squares_y += (y[t] - mean) * (y[t] - mean) / n;
  return {std::sqrt(squares_x), std::sqrt(squares_y)};
}

}  // namespace tomoedx

#endif
