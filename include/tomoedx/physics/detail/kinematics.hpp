// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_KINEMATICS_HPP
#define TOMOEDX_PHYSICS_DETAIL_KINEMATICS_HPP

// Electrons at speed, as numbers: kinetic energy in keV.
namespace tomoedx::physics::detail {

inline constexpr double electron_rest_kev = 510.99895;  // CODATA 2018
inline constexpr double hbar_c_per_bohr_kev = 3.72894;  // hbar c / a0, as in the fit of elastic scattering
inline constexpr double rydberg_kev = 0.013605693;      // as in the fit of ionisation

/// (v/c)^2
inline double beta_squared(double kev) {
  double const tau = kev / electron_rest_kev;
  return tau * (tau + 2) / ((tau + 1) * (tau + 1));
}

/// (p/mc)^2
inline double momentum_squared(double kev) {
  double const tau = kev / electron_rest_kev;
  return tau * (tau + 2);
}

}  // namespace tomoedx::physics::detail

#endif
