// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_CENTRE_OF_MASS_HPP
#define TOMOEDX_ALIGN_CENTRE_OF_MASS_HPP

#include <tomoedx/align/alignment.hpp>
#include <tomoedx/align/select.hpp>

#include <Eigen/Core>
#include <Eigen/QR>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// The centres of mass of the images, from their middle.
struct mass_centres {
  std::vector<double> x, y;  ///< [pixel], one for each tilt
};

/// The centre of mass of each image.
///
/// shapes   series (tilt, y, x)
/// requires background removed: what is even over the field pulls every centre to its middle
/// throws   tomoedx::shape_error for sizes that differ, value_error for images without a positive, finite total
inline mass_centres centres_of_mass(std::span<float const> series, std::array<std::size_t, 3> const& shape) {
  detail::check_series(series, shape, "centres_of_mass");
  auto const [tilts, rows, columns] = shape;
  double const mx = 0.5 * (static_cast<double>(columns) - 1), my = 0.5 * (static_cast<double>(rows) - 1);
  mass_centres centres{std::vector<double>(tilts), std::vector<double>(tilts)};
  for (std::size_t t = 0; t < tilts; ++t) {
    double total = 0, along_x = 0, along_y = 0;
    for (std::size_t y = 0; y < rows; ++y) {
      double line = 0;
      for (std::size_t x = 0; x < columns; ++x) {
        double const v = static_cast<double>(series[(t * rows + y) * columns + x]);
        line += v, along_x += v * (static_cast<double>(x) - mx);
      }
      total += line, along_y += line * (static_cast<double>(y) - my);
    }
    expects<value_error>(total > 0 && std::isfinite(total),
                         "centres_of_mass: tilt {} has the total {}; drop that tilt", t, total);
    centres.x[t] = along_x / total, centres.y[t] = along_y / total;
  }
  return centres;
}

/// Align an isolated specimen by its centres of mass: all at one height, and across the tilt axis where one place in
/// space projects to. The tilt axis is then in the middle of the images, or `axis_offset` pixels from it where that is
/// known already: give what the alignment applied so far has, and join the two by then().
///
/// Exact for noise-free images whose specimen is in the field at every tilt; N counts spread over a width w leave
/// w / sqrt(N) pixels.
/// throws   as centres_of_mass
inline alignment align_by_centre_of_mass(std::span<float const> series,
                                         std::array<std::size_t, 3> const& shape,
                                         std::span<double const> tilts_deg, double axis_offset = 0) {
  expects<value_error>(std::isfinite(axis_offset), "align_by_centre_of_mass: the axis offset is {}",
                       axis_offset);
  expects<shape_error>(tilts_deg.size() == shape[0], "align_by_centre_of_mass: {} angles for {} tilts",
                       tilts_deg.size(), shape[0]);
  auto const centres = centres_of_mass(series, shape);
  alignment result(shape[0]);
  double const n = static_cast<double>(shape[0]);
  double mean = 0, rms = 0;
  for (std::size_t t = 0; t < shape[0]; ++t) mean += centres.y[t] / n;
  for (std::size_t t = 0; t < shape[0]; ++t)
    result.dx[t] = axis_offset - centres.x[t], result.dy[t] = mean - centres.y[t];
  auto const [x, z] = remove_rigid_shift(tilts_deg, result.dx);
  for (std::size_t t = 0; t < shape[0]; ++t) rms += result.dx[t] * result.dx[t] / n;
  result.steps.push_back({"centre of mass",
                          {{"specimen at x [pixel]", -x},
                           {"specimen at z [pixel]", -z},
                           {"rms shift in x [pixel]", std::sqrt(rms)}}});
  return result;
}

/// Where the tilt axis and the specimen are, from the centres of a series that is in register.
struct axis_from_centres {
  double axis_offset = 0;  ///< [pixel]
  double x = 0, z = 0;     ///< [pixel] the specimen's centre in the volume
  double rms = 0;          ///< [pixel] what no sinusoid explains
};

/// Fit centre(t) = axis_offset + x cos t + z sin t.
///
/// A short range of tilts hardly tells the offset from x: cos t varies little.
/// throws   tomoedx::shape_error for fewer than three tilts or sizes that differ
inline axis_from_centres fit_axis(std::span<double const> tilts_deg, std::span<double const> centres_x) {
  auto const n = static_cast<Eigen::Index>(tilts_deg.size());
  expects<shape_error>(tilts_deg.size() == centres_x.size() && n >= 3,
                       "fit_axis: {} tilts and {} centres; at least 3", tilts_deg.size(), centres_x.size());
  Eigen::MatrixXd a(n, 3);
  Eigen::VectorXd b(n);
  for (Eigen::Index t = 0; t < n; ++t) {
    auto const [cos, sin] = direction_of(tilts_deg[static_cast<std::size_t>(t)]);
    a.row(t) << 1, cos, sin;
    b(t) = centres_x[static_cast<std::size_t>(t)];
  }
  Eigen::VectorXd const fit = a.colPivHouseholderQr().solve(b);
  return {fit(0), fit(1), fit(2), (a * fit - b).norm() / std::sqrt(static_cast<double>(n))};
}

}  // namespace tomoedx

#endif
