// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_FACTORS_HPP
#define TOMOEDX_QUANTIFY_FACTORS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/element.hpp>

#include <cmath>
#include <numbers>

/// The numbers that turn counts into matter. All of them say the same thing in different units; which one is at hand
/// depends on who measured it. Each is a type of its own, so that none can be taken for another.
namespace tomoedx {

using steradian = quantity<struct steradian_unit>;  ///< a solid angle

/// f = production cross section x detector efficiency / M [barn mol/g]: what a unit of mass of an element gives in X-rays
/// of one line, before the solid angle (Yuan et al. 2020, eq. 7).
using f_factor = quantity<struct f_factor_unit>;
/// z = elastic cross section / M [barn mol/g]: what a unit of mass of an element gives in HAADF (eq. 14).
using z_factor = quantity<struct z_factor_unit>;
/// [barn] per atom, solid angle and efficiency included (MacArthur et al. 2016).
using partial_cross_section = quantity<struct partial_cross_section_unit>;
/// [kg/m2] of mass thickness per count and electron (Watanabe and Williams 2006).
using zeta_factor = quantity<struct zeta_factor_unit>;

/// [g/mol], where an element's standard weight is not the right one: enriched isotopes.
using atomic_weight = quantity<struct atomic_weight_unit>;

/// Shares of what: of mass, or of the number of atoms.
enum class fraction { weight, atomic };

/// The Cliff-Lorimer factor: C(of) / C(reference) = value * I(of) / I(reference), C being the fractions it is made for.
template <fraction Of>
struct k_factor {
  double value = 1;
  physics::element reference;  ///< whose own factor is 1
};

namespace detail {

/// Avogadro's number x 1e-24 cm2: barn mol/g times this is cm2/g.
inline constexpr double avogadro_barn = 0.602214076;

/// The same for kg/m2: zeta (f Omega/4pi) in kg/m2 barn mol/g.
inline constexpr double zeta_times_f = 10 / avogadro_barn;

inline double positive(double value, char const* what) {
  expects<value_error>(value > 0 && std::isfinite(value), "factors: {} is {}; it must be a positive number",
                       what, value);
  return value;
}
inline double part_of_sphere(steradian omega) {
  expects<value_error>(
      omega.value > 0 && omega.value <= 4 * std::numbers::pi,
      "factors: the solid angle is {} sr; it must be above 0 and at most 4 pi, a whole sphere", omega.value);
  return omega.value / (4 * std::numbers::pi);
}

}  // namespace detail

inline zeta_factor to_zeta(f_factor f, steradian omega) {
  return zeta_factor(detail::zeta_times_f /
                     (detail::positive(f.value, "an f factor") * detail::part_of_sphere(omega)));
}
inline f_factor to_f(zeta_factor zeta, steradian omega) {
  return f_factor(detail::zeta_times_f /
                  (detail::positive(zeta.value, "a zeta factor") * detail::part_of_sphere(omega)));
}
inline partial_cross_section to_cross_section(f_factor f, steradian omega, physics::element of) {
  return partial_cross_section(detail::positive(f.value, "an f factor") * detail::part_of_sphere(omega) *
                               of.weight());
}
inline f_factor to_f(partial_cross_section sigma, steradian omega, physics::element of) {
  return f_factor(detail::positive(sigma.value, "a partial cross section") /
                  (detail::part_of_sphere(omega) * of.weight()));
}
inline zeta_factor to_zeta(partial_cross_section sigma, atomic_weight m) {
  return zeta_factor(detail::positive(m.value, "an atomic weight") * detail::zeta_times_f /
                     detail::positive(sigma.value, "a partial cross section"));
}
inline zeta_factor to_zeta(partial_cross_section sigma, physics::element of) {
  return to_zeta(sigma, atomic_weight(of.weight()));
}
inline partial_cross_section to_cross_section(zeta_factor zeta, atomic_weight m) {
  return partial_cross_section(detail::positive(m.value, "an atomic weight") * detail::zeta_times_f /
                               detail::positive(zeta.value, "a zeta factor"));
}
inline partial_cross_section to_cross_section(zeta_factor zeta, physics::element of) {
  return to_cross_section(zeta, atomic_weight(of.weight()));
}

/// The weight k factor of an element from its own absolute factor and the reference's.
inline k_factor<fraction::weight> to_k(f_factor of, f_factor reference, physics::element which) {
  return {detail::positive(reference.value, "the f factor of the reference") /
              detail::positive(of.value, "an f factor"),
          which};
}
inline k_factor<fraction::weight> to_k(zeta_factor of, zeta_factor reference, physics::element which) {
  return {detail::positive(of.value, "a zeta factor") /
              detail::positive(reference.value, "the zeta factor of the reference"),
          which};
}
/// Cross sections count atoms, and so do the k factors made of them.
inline k_factor<fraction::atomic> to_k(partial_cross_section of, partial_cross_section reference,
                                       physics::element which) {
  return {detail::positive(reference.value, "the cross section of the reference") /
              detail::positive(of.value, "a partial cross section"),
          which};
}

inline k_factor<fraction::atomic> to_atomic(k_factor<fraction::weight> k, physics::element of) {
  return {k.value * k.reference.weight() / of.weight(), k.reference};
}
inline k_factor<fraction::weight> to_weight(k_factor<fraction::atomic> k, physics::element of) {
  return {k.value * of.weight() / k.reference.weight(), k.reference};
}

/// The absolute factor that a k factor gives, once the reference's is known.
inline f_factor to_f(k_factor<fraction::weight> k, f_factor reference) {
  return f_factor(detail::positive(reference.value, "the f factor of the reference") /
                  detail::positive(k.value, "a k factor"));
}
inline zeta_factor to_zeta(k_factor<fraction::weight> k, zeta_factor reference) {
  return zeta_factor(detail::positive(reference.value, "the zeta factor of the reference") *
                     detail::positive(k.value, "a k factor"));
}

/// r = HAADF signal per X-ray count of the same matter, in electrons (Yuan et al. 2020, eq. 16).
///
/// units    `haadf_dose` and `xray_dose` in electrons per pixel; only their ratio counts
inline double response_ratio(z_factor z, f_factor f, steradian omega, double haadf_dose, double xray_dose) {
  return detail::positive(haadf_dose, "the HAADF dose") * detail::positive(z.value, "a z factor") /
         (detail::positive(xray_dose, "the X-ray dose") * detail::part_of_sphere(omega) *
          detail::positive(f.value, "an f factor"));
}

}  // namespace tomoedx

#endif
