// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_ELASTIC_FORMULAS_HPP
#define TOMOEDX_PHYSICS_DETAIL_ELASTIC_FORMULAS_HPP

#include <cmath>
#include <numbers>

// Closed formulas of elastic scattering, as numbers: energies in keV, cross sections in barn,
// mu = (1 - cos theta) / 2. What is integrated is always a density in mu, from a to b.
namespace tomoedx::physics::detail {

inline constexpr double barn_per_cm2 = 1e24;

/// R. Browning, Appl. Phys. Lett. 58 (1991) 2845. Its exponent is printed in two ways; this is the one that gives
/// the numbers of Yuan et al. 2020.
inline double browning1991_barn(double z, double kev) {
  double const z133 = std::pow(z, 1.33);
  double const u = std::log10(8.0) * kev / z133;
  return 4.7e-18 * barn_per_cm2 * (z133 + 0.032 * z * z) /
         ((kev + 0.0155 * z133 * std::sqrt(kev)) * (1 - 0.02 * std::sqrt(z) * std::exp(-u * u)));
}

/// Browning et al., J. Appl. Phys. 76 (1994) 2016.
inline double browning1994_barn(double z, double kev) {
  double const z17 = std::pow(z, 1.7), root = std::sqrt(kev);
  return 3.0e-18 * barn_per_cm2 * z17 / (kev + 0.005 * z17 * root + 0.0007 * z * z / root);
}

/// Joy's screening of the Rutherford cross section.
inline double joy_screening(double z, double kev) {
  return 3.4e-3 * std::pow(z, 0.67) / kev;
}

/// Screened Rutherford.
inline double rutherford_barn(double z, double kev) {
  double const a = joy_screening(z, kev), relativity = (kev + 511) / (kev + 1022);
  return 5.21e-21 * barn_per_cm2 * (z / kev) * (z / kev) * 4 * std::numbers::pi / (a * (1 + a)) * relativity *
         relativity;
}

/// How much of A(1+A)/(mu+A)^2 lies between a and b; 1 from 0 to 1.
inline double wentzel_share(double A, double a, double b) {
  return A * (1 + A) * (b - a) / ((a + A) * (b + A));
}

/// The integral of mu times that.
inline double wentzel_moment(double A, double a, double b) {
  return A * (1 + A) * (std::log((b + A) / (a + A)) - A * (b - a) / ((a + A) * (b + A)));
}

/// How much of 3/(A^-3 - (1+A)^-3)/(mu+A)^4 lies between a and b; 1 from 0 to 1.
inline double quartic_share(double A, double a, double b) {
  double const x = A / (a + A), y = A / (b + A), z = A / (1 + A);
  return (x - y) * (x * x + x * y + y * y) / (1 - z * z * z);
}

/// The integral of mu times that.
inline double quartic_moment(double A, double a, double b) {
  double const x = A / (a + A), y = A / (b + A), z = A / (1 + A);
  return A * (x - y) * (1.5 * (x + y) - (x * x + x * y + y * y)) / (1 - z * z * z);
}

/// How much of Browning's angles of 1994 lies between a and b: screened Rutherford or isotropic, in a ratio R.
inline double browning_share(double z, double kev, double a, double b) {
  double const r = 300 * std::pow(kev, 1 - z / 2000) / z + z * z * z / (3e5 * kev);
  return (r * wentzel_share(7.0e-3 / kev, a, b) + (b - a)) / (1 + r);
}

}  // namespace tomoedx::physics::detail

#endif
