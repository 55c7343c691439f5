// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_IONIZATION_HPP
#define TOMOEDX_PHYSICS_IONIZATION_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/detail/ionization_table.hpp>
#include <tomoedx/physics/detail/kinematics.hpp>
#include <tomoedx/physics/element.hpp>
#include <tomoedx/physics/shell.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tomoedx::physics {

namespace detail {

inline constexpr double ionization_least_kev = 5, ionization_most_kev = 400, ionization_narrow_kev = 30;

/// sigma = pre (1 - 1/U) [a0 (ln X - beta^2) + a1 + a2/U + a3/U^2], barn; 0 at the edge and below.
inline double ionization_kernel(double kev, double edge_kev, int electrons, double const* a) {
  if (kev <= edge_kev) return 0;
  double const beta2 = beta_squared(kev), v = edge_kev / kev;
  double const x = 2 * electron_rest_kev * momentum_squared(kev) / edge_kev;
  double const pre = 18738.84 * electrons * (rydberg_kev / edge_kev) / beta2;  // 4 pi a0^2 alpha^2 in barn
  return pre * (1 - v) * (a[0] * (std::log(x) - beta2) + a[1] + v * (a[2] + v * a[3]));
}

inline ionization_row const* find_ionization(element e, shell s) {
  auto const key = [](ionization_row const& r) { return 16 * r.z + static_cast<int>(r.of); };
  int const wanted = 16 * e.z() + static_cast<int>(s);
  auto const* const found = std::ranges::lower_bound(ionization_rows, wanted, {}, key);
  return found != std::end(ionization_rows) && key(*found) == wanted ? found : nullptr;
}

inline double ionization_of(ionization_row const& r, double kev) {
  return ionization_kernel(kev, r.edge_kev, r.electrons, kev < ionization_narrow_kev ? r.wide : r.narrow);
}

inline void expect_ionization_range(double kev) {
  expects<value_error>(
      kev >= ionization_least_kev && kev <= ionization_most_kev,
      "ionization_barn: {} keV is outside the {} to {} keV of the fit; there is nothing beyond", kev,
      ionization_least_kev, ionization_most_kev);
}

}  // namespace detail

/// Whether there is an ionisation cross section of that subshell.
inline bool has_ionization(element e, shell s) {
  return detail::find_ionization(e, s) != nullptr;
}

/// Cross section of an atom for losing an electron of a subshell to a beam electron; 0 up to the edge.
///
/// Two fits, chosen by energy: from 30 keV up within 0.61 % of the formulas fitted, below that within 1.01 %, and at
/// 30 keV they differ by less than the sum. Up to 1.1 times the edge both only follow the formulas loosely
/// (typically 10 %).
///
/// units    barn per atom, all electrons of the subshell
/// throws   value_error for an energy outside 5 to 400 keV, or a subshell without data (L1 from Na, L2 and L3 from
///          Mg, M1 from Ca, M2 from V, M3 from Cr, M4 and M5 from As)
/// source   own fit to Bote, Salvat, Jablonski, Powell, At. Data Nucl. Data Tables 95 (2009) 871
inline double ionization_barn(element e, shell s, kiloelectronvolt beam) {
  detail::expect_ionization_range(beam.value);
  auto const* const row = detail::find_ionization(e, s);
  expects<value_error>(row != nullptr, "ionization_barn: no data of {} {}; use an inner shell", e.symbol(),
                       name_of(s));
  return detail::ionization_of(*row, beam.value);
}

}  // namespace tomoedx::physics

#endif
