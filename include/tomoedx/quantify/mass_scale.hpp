// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_MASS_SCALE_HPP
#define TOMOEDX_QUANTIFY_MASS_SCALE_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/quantify/factors.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// What a unit of each element's volume or map is worth in mass. Whatever factors are at hand, fractions need no more.
struct mass_scale {
  std::vector<double> per_value;  ///< one for each element
  bool absolute = false;  ///< whether values times scale are densities in g/cm3; else only ratios count

  std::size_t elements() const { return per_value.size(); }
};

namespace detail {

template <class Factors, class MassOf>
mass_scale scale_of(Factors const& factors, bool absolute, MassOf const& mass_of) {
  expects<shape_error>(!factors.empty(), "mass_scale: there are no factors; give one for each element");
  mass_scale s{{}, absolute};
  for (std::size_t e = 0; e < factors.size(); ++e)
    s.per_value.push_back(positive(mass_of(e), "the mass of a count"));
  return s;
}

inline void same_count(std::size_t factors, std::size_t elements) {
  expects<shape_error>(factors == elements, "mass_scale: {} factors for {} elements; give one for each",
                       factors, elements);
}

/// [g/cm3] of a voxel that has 1 count per pixel along its edge, for 1 kg/m2 per count and electron.
inline double density_of_zeta(double dose, nanometre voxel) {
  return 1e6 / (positive(dose, "the dose [electrons per pixel]") * positive(voxel.value, "the voxel [nm]"));
}

}  // namespace detail

/// EDX volumes with f factors: mass is X / f (Yuan et al. 2020, eq. 12).
inline mass_scale masses(std::span<f_factor const> f) {
  return detail::scale_of(f, false,
                          [&](std::size_t e) { return 1 / detail::positive(f[e].value, "an f factor"); });
}
/// HEBT volumes with z factors: mass is X / z (eq. 18).
inline mass_scale masses(std::span<z_factor const> z) {
  return detail::scale_of(z, false,
                          [&](std::size_t e) { return 1 / detail::positive(z[e].value, "a z factor"); });
}
inline mass_scale masses(std::span<zeta_factor const> zeta) {
  return detail::scale_of(zeta, false, [&](std::size_t e) { return zeta[e].value; });
}
/// Partial cross sections count atoms; mass is X M / sigma.
inline mass_scale masses(std::span<partial_cross_section const> sigma, std::span<physics::element const> of) {
  detail::same_count(sigma.size(), of.size());
  return detail::scale_of(sigma, false, [&](std::size_t e) { return to_zeta(sigma[e], of[e]).value; });
}
inline mass_scale masses(std::span<k_factor<fraction::weight> const> k) {
  for (auto const& each : k)
    expects<value_error>(
        each.reference == k[0].reference,
        "mass_scale: one k factor is relative to {}, another to {}; all need the same reference",
        k[0].reference.symbol(), each.reference.symbol());
  return detail::scale_of(k, false, [&](std::size_t e) { return k[e].value; });
}
inline mass_scale masses(std::span<k_factor<fraction::atomic> const> k,
                         std::span<physics::element const> of) {
  detail::same_count(k.size(), of.size());
  std::vector<k_factor<fraction::weight>> by_weight;
  for (std::size_t e = 0; e < k.size(); ++e) by_weight.push_back(to_weight(k[e], of[e]));
  return masses(std::span<k_factor<fraction::weight> const>(by_weight));
}

/// EDX volumes of counts per pixel and voxel edge, in g/cm3: density is zeta X / (dose x edge).
///
/// units    dose in electrons per pixel and tilt
inline mass_scale densities(std::span<zeta_factor const> zeta, double dose, nanometre voxel) {
  double const one = detail::density_of_zeta(dose, voxel);
  return detail::scale_of(zeta, true, [&](std::size_t e) { return zeta[e].value * one; });
}
inline mass_scale densities(std::span<f_factor const> f, steradian omega, double dose, nanometre voxel) {
  double const one = detail::density_of_zeta(dose, voxel);
  return detail::scale_of(f, true, [&](std::size_t e) { return to_zeta(f[e], omega).value * one; });
}
inline mass_scale densities(std::span<partial_cross_section const> sigma,
                            std::span<physics::element const> of, double dose, nanometre voxel) {
  detail::same_count(sigma.size(), of.size());
  double const one = detail::density_of_zeta(dose, voxel);
  return detail::scale_of(sigma, true, [&](std::size_t e) { return to_zeta(sigma[e], of[e]).value * one; });
}
/// HEBT volumes of HAADF electrons per pixel and voxel edge, in g/cm3: density is X / (dose N_A z x edge).
inline mass_scale densities(std::span<z_factor const> z, double haadf_dose, nanometre voxel) {
  double const one = detail::density_of_zeta(haadf_dose, voxel) * detail::zeta_times_f;
  return detail::scale_of(z, true,
                          [&](std::size_t e) { return one / detail::positive(z[e].value, "a z factor"); });
}

}  // namespace tomoedx

#endif
