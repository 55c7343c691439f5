// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_PICTURES_HPP
#define TOMOEDX_CLI_PICTURES_HPP

#include "files.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::cli {

/// Whether this build draws at all.
bool has_pictures();

/// A volume to draw; HAADF is drawn in gray and takes no part in the composite of the elements.
struct drawn_volume {
  std::string name;
  std::span<float const> values;
  bool element = true;
};
void draw_slices(std::string const& file, std::string const& title, std::vector<drawn_volume> const& volumes,
                 shape3 const& shape, double voxel_nm);

/// Residual norms against iterations, each relative to its first.
void draw_residuals(std::string const& file, std::string const& title,
                    std::vector<std::pair<std::string, std::vector<double>>> const& curves);

/// An image before and after denoising, what was taken off, and the autocorrelation of that if it is known.
void draw_denoised(std::string const& file, std::string const& title, std::span<float const> before,
                   std::span<float const> after, std::size_t height, std::size_t width,
                   std::span<double const> autocorrelation, double pixel_nm);

}  // namespace tomoedx::cli

#endif
