// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_SQUARE_IN_CUBE_HPP
#define TOMOEDX_SIMULATE_SQUARE_IN_CUBE_HPP

#include <tomoedx/simulate/phantom.hpp>

#include <algorithm>
#include <cmath>

namespace tomoedx::simulate {

/// What becomes of a two-dimensional phantom along the tilt axis.
enum class along_y {
  prism,    ///< every slice is the same: the specimen goes through the whole volume
  particle  ///< the squares are cubes, centred in y
};

/// The size and the parts of the square in a cube.
///
/// The paper shows its phantom but does not give the two edges and angles: those below are ours.
struct square_in_cube_options {
  std::size_t size = 512;       ///< volume edge in x and z; 512 in the paper
  std::size_t slices = 1;       ///< volume edge in y
  std::size_t supersample = 1;  ///< samples along each voxel edge; 1 leaves the phantom binary
  along_y extent = along_y::prism;
  double silver_edge = 0.60;  ///< of the Ag cube, as a part of the volume edge
  double gold_edge = 0.28;    ///< of the Au square, likewise
  double silver_angle = 0;    ///< degrees, from x towards z
  double gold_angle = 30;     ///< degrees, from x towards z
  double silver_density = 1;  ///< the value of a voxel full of Ag
  double gold_density = 1;    ///< the value of a voxel full of Au
};

namespace detail {

struct rotated_square {
  double half_edge, cosine, sine;

  rotated_square(double edge, double degrees)
      : half_edge(0.5 * edge),
        cosine(std::cos(degrees * (3.141592653589793 / 180))),
        sine(std::sin(degrees * (3.141592653589793 / 180))) {}

  bool holds(double x, double z) const {
    return std::abs(x * cosine + z * sine) <= half_edge && std::abs(z * cosine - x * sine) <= half_edge;
  }

  /// The part of pixel (row, column) inside, by samples on a regular grid.
  double coverage(std::size_t row, std::size_t column, std::size_t size, std::size_t supersample) const {
    std::size_t inside = 0;
    for (std::size_t i = 0; i < supersample; ++i)
      for (std::size_t j = 0; j < supersample; ++j)
        inside +=
            holds(sample_position(column, j, size, supersample), sample_position(row, i, size, supersample));
    return static_cast<double>(inside) / static_cast<double>(supersample * supersample);
  }

  /// The part of slice y inside when the square is a cube.
  double coverage_along_y(std::size_t y, std::size_t slices, std::size_t supersample) const {
    std::size_t inside = 0;
    for (std::size_t k = 0; k < supersample; ++k)
      inside += std::abs(sample_position(y, k, slices, supersample)) <= half_edge;
    return static_cast<double>(inside) / static_cast<double>(supersample);
  }
};

}  // namespace detail

/// An Au square, rotated, inside a slice of an Ag cube: elements "Au" and "Ag", which exclude each other.
///
/// Values are density times the part of the voxel that the element fills; the masks hold the voxels that it
/// fills to a half or more. The responses are those of the paper.
/// throws   value_error for a size or option out of range, or a square that leaves the cube
/// source   Zhong et al. 2017, section 3.1
inline phantom square_in_cube(square_in_cube_options const& options = {}) {
  auto const& o = options;
  detail::check_phantom("square_in_cube", o.size, o.slices, o.supersample);
  expects<value_error>(o.silver_edge > 0 && o.silver_edge <= 1 && o.gold_edge > 0,
                       "square_in_cube: edges of {} (Ag) and {} (Au) must lie between 0 and 1", o.silver_edge,
                       o.gold_edge);
  expects<value_error>(std::isfinite(o.silver_angle) && std::isfinite(o.gold_angle),
                       "square_in_cube: angles of {} (Ag) and {} (Au) degrees, give finite ones",
                       o.silver_angle, o.gold_angle);
  expects<value_error>(o.silver_density >= 0 && std::isfinite(o.silver_density) && o.gold_density >= 0 &&
                           std::isfinite(o.gold_density),
                       "square_in_cube: densities of {} (Ag) and {} (Au), give 0 or more", o.silver_density,
                       o.gold_density);
  double const edge = static_cast<double>(o.size);
  detail::rotated_square const silver(o.silver_edge * edge, o.silver_angle);
  detail::rotated_square const gold(o.gold_edge * edge, o.gold_angle);
  detail::rotated_square const between(0, o.gold_angle - o.silver_angle);
  double const reach = o.gold_edge * (std::abs(between.cosine) + std::abs(between.sine));
  expects<value_error>(
      reach <= o.silver_edge * (1 + 1e-12),
      "square_in_cube: the turned Au square reaches over {:g} of the volume, the Ag cube only "
      "over {:g}; make the square smaller",
      reach, o.silver_edge);
  phantom result;
  result.elements.push_back(detail::blank_element("Au", o.size, o.slices));
  result.elements.push_back(detail::blank_element("Ag", o.size, o.slices));
  element_volume& au = result.elements[0];
  element_volume& ag = result.elements[1];
  au.haadf_response = 791.5;
  au.eds_response = 1.88e-2;
  ag.haadf_response = 471.5;
  ag.eds_response = 2.4e-2;
  std::vector<double> silver_y(o.slices, 1.0), gold_y(o.slices, 1.0);
  if (o.extent == along_y::particle)
    for (std::size_t y = 0; y < o.slices; ++y) {
      silver_y[y] = silver.coverage_along_y(y, o.slices, o.supersample);
      gold_y[y] = gold.coverage_along_y(y, o.slices, o.supersample);
    }
  for (std::size_t z = 0; z < o.size; ++z)
    for (std::size_t x = 0; x < o.size; ++x) {
      double const in_cube = silver.coverage(z, x, o.size, o.supersample);
      double const in_square = gold.coverage(z, x, o.size, o.supersample);
      for (std::size_t y = 0; y < o.slices; ++y) {
        std::size_t const i = (z * o.slices + y) * o.size + x;
        double const of_gold = in_square * gold_y[y];
        double const of_silver = std::max(0.0, in_cube * silver_y[y] - of_gold);
        au.values[i] = static_cast<float>(o.gold_density * of_gold);
        ag.values[i] = static_cast<float>(o.silver_density * of_silver);
        au.mask[i] = of_gold >= 0.5;
        ag.mask[i] = of_silver >= 0.5;
      }
    }
  return result;
}

}  // namespace tomoedx::simulate

#endif
