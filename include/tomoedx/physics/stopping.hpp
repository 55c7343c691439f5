// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_STOPPING_HPP
#define TOMOEDX_PHYSICS_STOPPING_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/detail/kinematics.hpp>
#include <tomoedx/physics/element.hpp>
#include <tomoedx/physics/models.hpp>

#include <cmath>
#include <numbers>

namespace tomoedx::physics {

namespace detail {

inline constexpr double stopping_change_kev = 20, stopping_most_kev = 400;

inline double ionization_potential_kernel(int z) {
  return 1e-3 * (z < 13 ? 11.5 * z : 9.76 * z + 58.5 * std::pow(z, -0.19));
}

/// -dE/d(rho s) in keV cm2/g, energies in keV.
inline double joy_luo_kernel(double kev, double z, double weight, double potential_kev) {
  double const k = 0.731 + 0.0688 * std::log10(z);
  return 78500 * z / (weight * kev) * std::log(1.166 * (kev + k * potential_kev) / potential_kev);
}

inline double bethe_kernel(double kev, double z, double weight, double potential_kev) {
  double const tau = kev / electron_rest_kev, beta2 = beta_squared(kev),
               j = potential_kev / electron_rest_kev;
  double const f = 1 - beta2 + (tau * tau / 8 - (2 * tau + 1) * std::numbers::ln2) / ((tau + 1) * (tau + 1));
  return 153.54 * z / (weight * beta2) * (std::log(tau * tau * (tau + 2) / (2 * j * j)) + f);
}

}  // namespace detail

/// Mean ionisation potential J.
///
/// source   Berger and Seltzer 1964
inline kiloelectronvolt ionization_potential(element e) {
  return kiloelectronvolt(detail::ionization_potential_kernel(e.z()));
}

/// Energy that an electron loses per mass thickness, on average; positive.
///
/// units    keV cm2/g
/// requires joy_luo 0.1 to 400 keV, good to about 20 keV; bethe 5 to 400 keV; automatic both, with a step at 20 keV
///          of 5 % (Si) and 4 % (Au)
/// throws   value_error outside
/// source   Joy and Luo, Scanning 11 (1989) 176; ICRU 37 (1984) without density effect
inline double stopping_kev_cm2_g(element e, kiloelectronvolt energy,
                                 stopping_model model = stopping_model::automatic) {
  double const kev = energy.value;
  double const least = model == stopping_model::bethe ? 5 : 0.1;
  expects<value_error>(kev >= least && kev <= detail::stopping_most_kev,
                       "stopping_kev_cm2_g: {} keV is outside the {} to {} keV of this model", kev, least,
                       detail::stopping_most_kev);
  bool const slow = model == stopping_model::joy_luo ||
                    (model == stopping_model::automatic && kev < detail::stopping_change_kev);
  double const j = detail::ionization_potential_kernel(e.z());
  return slow ? detail::joy_luo_kernel(kev, e.z(), e.weight(), j)
              : detail::bethe_kernel(kev, e.z(), e.weight(), j);
}

}  // namespace tomoedx::physics

#endif
