// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_APPLY_ALIGNMENT_HPP
#define TOMOEDX_ALIGN_APPLY_ALIGNMENT_HPP

#include <tomoedx/align/alignment.hpp>
#include <tomoedx/align/warp.hpp>
#include <tomoedx/align/warp_counts.hpp>
#include <tomoedx/core/host_threads.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// How the values of a channel may be moved.
enum class pixel_values {
  intensity,  ///< cubic B-spline, for HAADF
  counts,     ///< whole pixels, the rest is left to the geometry; a rotation shares counts out by area
};

/// Who moves the images across the tilt axis.
enum class shifts_across {
  geometry,  ///< the projector: nothing is resampled in x unless the series is turned
  images,    ///< the images are moved
};

/// Apply an alignment to a channel of the series, in place: the same for every channel, each with the resampling that its
/// values allow.
///
/// HAADF is moved to where it belongs. Counts that are not turned move by whole pixels: in y what is left, at most half a
/// pixel, stays in the result's dy, and is what HAADF and counts are then apart.
/// shapes   series (tilt, y, x)
/// throws   tomoedx::shape_error or value_error before anything is moved
/// returns  what is left to do, for aligned_geometry: the axis offset, and the shifts not applied
inline alignment apply_alignment(std::span<float> series, std::array<std::size_t, 3> const& shape,
                                 alignment const& a, pixel_values how,
                                 shifts_across across = shifts_across::geometry) {
  auto const [tilts, rows, columns] = shape;
  expects<shape_error>(series.size() == tilts * rows * columns && !series.empty(),
                       "apply_alignment: {} values for a series of ({}, {}, {})", series.size(), tilts, rows,
                       columns);
  validate(a, tilts, "apply_alignment");
  bool const whole = how == pixel_values::counts && a.rotation_deg == 0;
  alignment rest(tilts);
  rest.axis_offset = a.axis_offset;
  rest.steps = a.steps;
  std::vector<double> lost(tilts), total(tilts);
  std::size_t const image = rows * columns;
  on_host_threads(
      "apply_alignment", tilts, [&] { return std::vector<float>(image); },
      [&](std::vector<float>& before, std::size_t t) {
        auto const values = series.subspan(t * image, image);
        std::copy(values.begin(), values.end(), before.begin());
        image_warp w{across == shifts_across::images ? a.dx[t] : 0, a.dy[t], a.rotation_deg};
        if (whole) w.dx = std::nearbyint(w.dx), w.dy = std::nearbyint(w.dy);
        rest.dx[t] = a.dx[t] - w.dx;
        rest.dy[t] = a.dy[t] - w.dy;
        if (w.dx == 0 && w.dy == 0 && w.rotation_deg == 0) return;
        for (float const v : before) total[t] += static_cast<double>(v);
        if (how == pixel_values::counts)
          lost[t] = warp_counts(before, rows, columns, w, values);
        else
          warp_image(before, rows, columns, w, values);
      });
  double gone = 0, all = 0, left = 0;
  for (std::size_t t = 0; t < tilts; ++t)
    gone += lost[t], all += total[t], left += rest.dy[t] * rest.dy[t] / static_cast<double>(tilts);
  alignment_step step{"applied to the images", {{"rotation [degree]", a.rotation_deg}}};
  if (how == pixel_values::counts)
    step.figures.emplace_back("share of counts moved out", all > 0 ? gone / all : 0);
  if (whole) step.figures.emplace_back("rms shift in y not applied [pixel]", std::sqrt(left));
  rest.steps.push_back(std::move(step));
  return rest;
}

}  // namespace tomoedx

#endif
