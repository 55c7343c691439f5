// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_RATIOS_HPP
#define TOMOEDX_CLI_RATIOS_HPP

#include "files.hpp"

#include <cstddef>
#include <span>
#include <vector>

// What links maps and HAADF, with Eigen kept out of the other files.
namespace tomoedx::cli {

using map_list = std::vector<std::span<float const>>;

/// Response ratios, and how well the maps weighted by them explain the HAADF series.
struct haadf_link {
  std::vector<double> ratios;
  double r_squared = 0;
  std::size_t pixels = 0;  ///< used; 0: the two could not be compared
};

/// Means of squares of pixels of a series; squares at the far borders may be smaller.
std::vector<float> averaged(std::span<float const> series, shape3 const& shape, std::size_t bin);

haadf_link estimate_poisson_ratios(map_list const& maps, std::span<float const> haadf);
haadf_link estimate_ratios(map_list const& maps, std::span<float const> haadf);

/// The coefficient of determination of given ratios, over the pixels that an estimate would use.
haadf_link judge_ratios(std::vector<double> const& ratios, map_list const& maps,
                        std::span<float const> haadf);

/// What makes gain * h + offset of each tilt the sum of the weighted maps.
struct haadf_normalisation {
  std::vector<double> gain, offset;
  haadf_link link;
};

/// How to bring every HAADF tilt to the scale of the weighted maps. Without `ratios` they are estimated; with
/// them, HAADF comes into their units.
haadf_normalisation normalisation_of(map_list const& maps, std::span<float const> haadf, std::size_t tilts,
                                     std::vector<double> const& ratios);

void normalize_haadf(haadf_normalisation const& n, std::span<float> haadf);

}  // namespace tomoedx::cli

#endif
