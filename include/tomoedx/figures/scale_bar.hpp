// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_SCALE_BAR_HPP
#define TOMOEDX_FIGURES_SCALE_BAR_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace tomoedx::figures {

/// The largest of 1, 2 and 5 times a power of ten that is not above `length`.
///
/// throws   value_error for a length that is not positive and finite
inline double round_length(double length) {
  expects<value_error>(length > 0 && std::isfinite(length), "round_length: {} is no length, give one above 0",
                       length);
  double const decade = std::pow(10.0, std::floor(std::log10(length)));
  for (double const digit : {10.0, 5.0, 2.0, 1.0})
    if (digit * decade <= length * (1 + 1e-12)) return digit * decade;
  return decade;
}

/// A bar of a round length.
struct scale_bar {
  double voxels = 1;  ///< its length
  std::string label;  ///< the length with its unit
};

/// The bar for a picture `width` voxels wide: about a third of it. Without a voxel size it counts voxels.
///
/// units    voxel edge in nm, 0 if not known
inline scale_bar bar_for(std::size_t width, double voxel_nm) {
  double const third = static_cast<double>(width) / 3;
  if (!(voxel_nm > 0)) {
    double const voxels = round_length(std::max(third, 1.0));
    return {voxels, fmt::format("{:g} px", voxels)};
  }
  double const nm = round_length(third * voxel_nm);
  return {nm / voxel_nm, nm >= 1000 ? fmt::format("{:g} um", nm / 1000) : fmt::format("{:g} nm", nm)};
}

}  // namespace tomoedx::figures

#endif
