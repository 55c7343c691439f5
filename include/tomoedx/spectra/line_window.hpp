// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_LINE_WINDOW_HPP
#define TOMOEDX_SPECTRA_LINE_WINDOW_HPP

#include <string>

namespace tomoedx {

/// Energies from one to another, ends included; the default holds none.
struct energy_range {
  double from_kev = 0, to_kev = -1;

  bool empty() const { return !(from_kev <= to_kev); }
  bool operator==(energy_range const&) const = default;
};

/// What lies under a line.
enum class window_background {
  none,
  linear,    ///< the straight line through the two windows of each pixel; with one window, its level
  power_law  ///< A E^-r: r from the two windows of all pixels together, A from those of each pixel
};

/// Where a line is counted.
struct line_window {
  std::string name;  ///< of the line, "Fe_Ka"
  energy_range signal;
  energy_range left, right;  ///< where nothing but background is; one of them may be empty
  window_background background = window_background::none;
  double line_kev = 0, fwhm_kev = 0;  ///< with both, the counts are those of the whole line, as if it were a
                                      ///< Gaussian of this width: divided by its share within `signal`
};

}  // namespace tomoedx

#endif
