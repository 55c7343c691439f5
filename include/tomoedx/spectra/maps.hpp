// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_MAPS_HPP
#define TOMOEDX_SPECTRA_MAPS_HPP

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tomoedx {

/// Maps of several lines, as every way from spectra to maps gives them.
///
/// shapes   counts and sigma (map, y, x)
/// units    counts, background removed, so a pixel may be negative where the method allows it; sigma is the standard
///          deviation of each
struct line_maps {
  std::vector<std::string> names;  ///< of the lines, "Fe_Ka"
  std::size_t rows = 0, columns = 0;
  std::vector<float> counts, sigma;

  std::size_t maps() const { return names.size(); }
  std::size_t pixels() const { return rows * columns; }
  std::span<float const> counts_of(std::size_t map) const {
    return std::span(counts).subspan(map * pixels(), pixels());
  }
  std::span<float const> sigma_of(std::size_t map) const {
    return std::span(sigma).subspan(map * pixels(), pixels());
  }
};

}  // namespace tomoedx

#endif
