// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_CALIBRATION_HPP
#define TOMOEDX_BIMODAL_CALIBRATION_HPP

#include <tomoedx/core/error.hpp>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace tomoedx {

/// What a unit of each element gives in EDX and in HAADF, with W the projector of the series:
///
///     counts(e) ~ dose(tilt) sensitivity(e) W x(e),   HAADF ~ gain(tilt) W sum over e of (haadf(e) x(e))^gamma + offset(tilt)
///
/// The unit of x(e) is what the factors make it: mass densities with 1 / zeta and HAADF responses, counts per voxel edge
/// with response ratios alone (`from_response_ratios`).
struct calibration {
  std::vector<double> sensitivity;  ///< s(e): counts per unit of x(e), of W's length and of dose
  std::vector<double> haadf;        ///< z(e): HAADF signal per unit of x(e) and of W's length
  double gamma = 1;                 ///< HAADF exponent, 1 to 3
  std::vector<double> dose =
      {};  ///< of EDX for each tilt, or (element, tilt): live time, current, shadowing; empty for 1
  std::vector<double> gain = {};    ///< of HAADF for each tilt; empty for 1
  std::vector<double> offset = {};  ///< of HAADF for each tilt, or one for all; empty for 0

  std::size_t elements() const { return sensitivity.size(); }
};

/// The calibration when only the response ratios r(e) = z(e) / s(e) are known: x(e) in counts of its map.
inline calibration from_response_ratios(std::vector<double> ratios) {
  std::vector<double> ones(ratios.size(), 1.0);
  return {.sensitivity = std::move(ones), .haadf = std::move(ratios)};
}

/// The same calibration for u(e) = x(e) / unit(e).
///
/// throws   tomoedx::shape_error when there is not one unit for each element
inline calibration in_units(calibration c, std::vector<double> const& unit) {
  expects<shape_error>(unit.size() == c.elements(), "calibration: {} units for {} elements", unit.size(),
                       c.elements());
  for (std::size_t e = 0; e < unit.size(); ++e) c.sensitivity[e] *= unit[e], c.haadf[e] *= unit[e];
  return c;
}

namespace detail {

inline void expect_factors(std::vector<double> const& v, std::string_view what, bool positive) {
  for (std::size_t i = 0; i < v.size(); ++i)
    expects<value_error>(std::isfinite(v[i]) && (positive ? v[i] > 0 : v[i] >= 0),
                         "calibration: {} {} is {}; give a finite number {} 0", what, i, v[i],
                         positive ? "above" : "of at least");
}

}  // namespace detail

/// Refuse a calibration that means nothing, or does not fit series of so many tilts.
///
/// throws   tomoedx::shape_error or value_error
inline void validate(calibration const& c, std::size_t edx_tilts, std::size_t haadf_tilts) {
  constexpr std::size_t most = 4096;
  std::size_t const k = c.elements();
  expects<shape_error>(k > 0 && k <= most, "calibration: {} elements; give 1 to {}", k, most);
  expects<shape_error>(c.haadf.size() == k, "calibration: {} HAADF factors for {} elements", c.haadf.size(),
                       k);
  expects<shape_error>(c.dose.empty() || c.dose.size() == edx_tilts || c.dose.size() == k * edx_tilts,
                       "calibration: {} doses for {} EDX tilts; give one for each, or one for each of {} "
                       "elements and each tilt",
                       c.dose.size(), edx_tilts, k);
  expects<shape_error>(c.gain.empty() || c.gain.size() == haadf_tilts,
                       "calibration: {} HAADF gains for {} tilts", c.gain.size(), haadf_tilts);
  expects<shape_error>(c.offset.size() <= 1 || c.offset.size() == haadf_tilts,
                       "calibration: {} HAADF offsets for {} tilts; give one for each, or one for all",
                       c.offset.size(), haadf_tilts);
  detail::expect_factors(c.sensitivity, "sensitivity", true);
  detail::expect_factors(c.haadf, "HAADF factor", false);
  detail::expect_factors(c.dose, "dose", true);
  detail::expect_factors(c.gain, "HAADF gain", true);
  for (std::size_t t = 0; t < c.offset.size(); ++t)
    expects<value_error>(std::isfinite(c.offset[t]), "calibration: HAADF offset {} is {}", t, c.offset[t]);
  expects<value_error>(c.gamma >= 1 && c.gamma <= 3, "calibration: gamma is {}; give 1 to 3", c.gamma);
}

}  // namespace tomoedx

#endif
