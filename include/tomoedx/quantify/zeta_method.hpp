// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_ZETA_METHOD_HPP
#define TOMOEDX_QUANTIFY_ZETA_METHOD_HPP

#include <tomoedx/quantify/detail/slab_pixel.hpp>
#include <tomoedx/quantify/map_fractions.hpp>
#include <tomoedx/quantify/mass_scale.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace tomoedx {

namespace detail {

/// Masses in kg/m2 from zeta factors and a dose; `counted` says what fractions are of; `atoms` asks for atoms per nm2.
inline map_fractions absolute_maps(std::span<float const> counts, std::span<float const> sigma,
                                   mass_scale zeta, std::span<physics::element const> of, fraction counted,
                                   bool atoms, double dose, map_options const& o, char const* who) {
  std::size_t const n = check_maps(counts, sigma, zeta.elements(), o, who);
  expects<value_error>(dose > 0 && std::isfinite(dose),
                       "{}: the dose is {} electrons per pixel; it must be a positive number", who, dose);
  for (double& z : zeta.per_value) z /= dose;
  slab_system s = common_system(zeta, o);
  std::vector<double> per_nm2;  // atoms per nm2 in 1 kg/m2
  for (physics::element const e : of) per_nm2.push_back(avogadro_barn * 1e9 / e.weight());
  if (counted == fraction::atomic) s.counted_per_mass = per_nm2;
  std::vector<float> thickness(n), thickness_sigma(n), number(atoms ? counts.size() : 0),
      number_sigma(number.size());
  map_fractions r = solve_maps(
      counts, sigma, s, o, [](std::size_t) { return 0.0; },
      [&](std::size_t i, slab_pixel const& p, map_fractions&) {
        thickness[i] = static_cast<float>(p.total);
        thickness_sigma[i] = static_cast<float>(p.total_sigma);
        if (!atoms) return;
        for (std::size_t e = 0; e < of.size(); ++e) {
          number[e * n + i] = static_cast<float>(p.mass[e] * per_nm2[e]);
          double v = 0;
          for (std::size_t c = 0; c < of.size(); ++c) {
            double const by = p.mass_by_count[e * of.size() + c];
            v += by * by * p.variance[c];
          }
          number_sigma[e * n + i] = static_cast<float>(std::sqrt(v) * per_nm2[e]);
        }
      });
  r.mass_thickness = std::move(thickness);
  r.mass_thickness_sigma = std::move(thickness_sigma);
  r.atoms = std::move(number);
  r.atoms_sigma = std::move(number_sigma);
  return r;
}

}  // namespace detail

/// Weight fractions and mass thickness from zeta factors: rho t = sum(zeta I) / dose, C_i = zeta_i I_i / sum, per pixel.
/// With `options.absorption` both are iterated until they agree with the absorption they cause; of the slab only the
/// table and the take-off angle are used.
///
/// shapes   counts and sigma (element, y, x)
/// units    dose in electrons per pixel; mass thickness in kg/m2
/// throws   shape_error, value_error
/// source   Watanabe and Williams, J. Microsc. 221 (2006) 89
inline map_fractions zeta_method(std::span<float const> counts, std::span<zeta_factor const> zeta,
                                 double dose, map_options const& options = {},
                                 std::span<float const> sigma = {}) {
  return detail::absolute_maps(counts, sigma, masses(zeta), {}, fraction::weight, false, dose, options,
                               "zeta_method");
}

}  // namespace tomoedx

#endif
