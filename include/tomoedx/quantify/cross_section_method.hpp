// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_CROSS_SECTION_METHOD_HPP
#define TOMOEDX_QUANTIFY_CROSS_SECTION_METHOD_HPP

#include <tomoedx/quantify/zeta_method.hpp>

#include <span>

namespace tomoedx {

/// Atomic fractions, and atoms per nm2, from partial cross sections: n t = I / (dose sigma) per element and pixel. Times
/// the area of a pixel that is how many atoms lie in it. Absorption as in the zeta method.
///
/// shapes   counts and sigma (element, y, x)
/// units    dose in electrons per pixel; mass thickness in kg/m2
/// throws   shape_error, value_error
/// source   MacArthur et al., Microsc. Microanal. 22 (2016) 71
inline map_fractions cross_section_method(std::span<float const> counts,
                                          std::span<partial_cross_section const> sigma_par,
                                          std::span<physics::element const> of, double dose,
                                          map_options const& options = {},
                                          std::span<float const> sigma = {}) {
  return detail::absolute_maps(counts, sigma, masses(sigma_par, of), of, fraction::atomic, true, dose,
                               options, "cross_section_method");
}

}  // namespace tomoedx

#endif
