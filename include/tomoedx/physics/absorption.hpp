// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_ABSORPTION_HPP
#define TOMOEDX_PHYSICS_ABSORPTION_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/detail/absorption_table.hpp>
#include <tomoedx/physics/element.hpp>

#include <algorithm>
#include <cmath>

namespace tomoedx::physics {

namespace detail {

/// exp of ln mu in the piece [row.from_kev, end_kev).
inline double absorption_kernel(absorption_row const& row, double end_kev, double kev) {
  double const s = std::log(kev / row.from_kev) / std::log(end_kev / row.from_kev);
  double const bend = row.bend[0] + s * (row.bend[1] + s * row.bend[2]);
  return std::exp(row.at_begin + s * (row.at_end - row.at_begin) + s * (1 - s) * bend);
}

}  // namespace detail

/// How strongly an element absorbs photons: the mass absorption coefficient mu/rho with all scattering.
///
/// Continuous but for the absorption edges; at an edge the value above it.
///
/// units    cm2/g
/// throws   value_error for a photon outside 0.1 to 150 keV
/// source   fit to CS_Total of xraylib 4.0.0, deviation below 0.5 % (docs/physics.md)
inline double mass_absorption_cm2_g(element e, kiloelectronvolt photon) {
  double const kev = photon.value;
  expects<value_error>(kev >= detail::absorption_least_kev && kev <= detail::absorption_most_kev,
                       "mass_absorption_cm2_g: a photon of {} keV is outside the {} to {} keV of the table",
                       kev, detail::absorption_least_kev, detail::absorption_most_kev);
  auto const i = static_cast<std::size_t>(e.z() - detail::first_z);
  auto const* const begin = detail::absorption_rows + detail::absorption_begin[i];
  auto const* const end = detail::absorption_rows + detail::absorption_begin[i + 1];
  auto const* const above =
      std::upper_bound(begin + 1, end, kev, [](double k, auto const& row) { return k < row.from_kev; });
  return detail::absorption_kernel(above[-1], above == end ? detail::absorption_most_kev : above->from_kev,
                                   kev);
}

}  // namespace tomoedx::physics

#endif
