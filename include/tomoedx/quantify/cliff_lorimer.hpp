// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_CLIFF_LORIMER_HPP
#define TOMOEDX_QUANTIFY_CLIFF_LORIMER_HPP

#include <tomoedx/quantify/detail/slab_pixel.hpp>
#include <tomoedx/quantify/map_fractions.hpp>
#include <tomoedx/quantify/mass_scale.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace tomoedx {

namespace detail {

inline map_fractions cliff_lorimer(std::span<float const> counts, std::span<float const> sigma,
                                   mass_scale const& scale, std::span<double const> per_mass,
                                   map_options const& o) {
  char const* const who = "cliff_lorimer";
  std::size_t const n = check_maps(counts, sigma, scale.elements(), o, who);
  slab_system s = common_system(scale, o);
  if (!per_mass.empty()) s.counted_per_mass.assign(per_mass.begin(), per_mass.end());
  double one = 0;
  std::span<float const> each;
  if (o.absorption) {
    absorbing_slab const& a = *o.absorption;
    each = a.thickness_nm;
    expects<shape_error>(each.empty() || each.size() == n, "{}: {} thicknesses for {} pixels", who,
                         each.size(), n);
    for (float const t : each)
      expects<value_error>(t >= 0 && std::isfinite(t), "{}: a thickness is {} nm; they are 0 or more", who,
                           t);
    expects<value_error>(!each.empty() || (a.thickness.value >= 0 && std::isfinite(a.thickness.value)),
                         "{}: the slab is {} nm thick; give 0 or more", who, a.thickness.value);
    expects<value_error>(
        a.density.has_value() != !a.densities.empty(),
        "{}: {}; an absorption correction needs the density of the slab, or that of each element", who,
        a.density ? "there is a density and a list of densities" : "there is no density");
    expects<shape_error>(a.density || a.densities.size() == scale.elements(),
                         "{}: {} densities for {} elements; give one for each", who, a.densities.size(),
                         scale.elements());
    for (std::size_t e = 0; e < scale.elements(); ++e) {
      double const rho = a.density ? *a.density : a.densities[e];
      expects<value_error>(rho > 0 && std::isfinite(rho), "{}: a density is {} g/cm3; densities are positive",
                           who, rho);
      s.volume_per_mass.push_back(1e-3 / rho);
    }
    one = a.thickness.value * 1e-9;
  }
  return solve_maps(
      counts, sigma, s, o,
      [&](std::size_t i) { return each.empty() ? one : static_cast<double>(each[i]) * 1e-9; },
      [](std::size_t, slab_pixel const&, map_fractions&) {});
}

}  // namespace detail

/// Weight fractions from k factors by weight: C_i = k_i I_i / sum k I, per pixel, absorption in a slab of given thickness
/// undone where `options.absorption` describes one. Sigmas of counts may be left out: they are then Poisson numbers.
///
/// shapes   counts and sigma (element, y, x), as line_maps has them
/// throws   shape_error, value_error
/// source   Cliff and Lorimer, J. Microsc. 103 (1975) 203
inline map_fractions cliff_lorimer(std::span<float const> counts,
                                   std::span<k_factor<fraction::weight> const> k,
                                   map_options const& options = {}, std::span<float const> sigma = {}) {
  return detail::cliff_lorimer(counts, sigma, masses(k), {}, options);
}

/// Atomic fractions from k factors by atoms.
///
/// shapes   `of` says which element each map is of
inline map_fractions cliff_lorimer(std::span<float const> counts,
                                   std::span<k_factor<fraction::atomic> const> k,
                                   std::span<physics::element const> of, map_options const& options = {},
                                   std::span<float const> sigma = {}) {
  std::vector<double> per_mass;
  for (physics::element const e : of) per_mass.push_back(1 / e.weight());
  return detail::cliff_lorimer(counts, sigma, masses(k, of), per_mass, options);
}

}  // namespace tomoedx

#endif
