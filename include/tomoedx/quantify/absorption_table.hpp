// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_ABSORPTION_TABLE_HPP
#define TOMOEDX_QUANTIFY_ABSORPTION_TABLE_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/absorption.hpp>
#include <tomoedx/physics/lines.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// How strongly each element of a specimen absorbs each of its lines.
///
/// shapes   mu (line, element), one line for each element, in the same order
/// units    cm2/g
struct absorption_table {
  std::size_t elements = 0;
  std::vector<double> mu;

  double operator()(std::size_t line, std::size_t element) const { return mu[line * elements + element]; }
};

/// The table of the elements that a set of lines stands for.
///
/// throws   shape_error for no lines, value_error for energies without data
inline absorption_table absorption_of(std::span<physics::xray_line const> lines) {
  expects<shape_error>(!lines.empty(), "absorption_of: there are no lines; give one for each element");
  absorption_table t{lines.size(), {}};
  for (physics::xray_line const& l : lines)
    for (physics::xray_line const& by : lines)
      t.mu.push_back(physics::mass_absorption_cm2_g(by.of, kiloelectronvolt(l.energy_kev)));
  return t;
}

/// Refuse a table that means nothing.
///
/// throws   shape_error, value_error
inline void validate(absorption_table const& t, std::size_t elements, char const* who) {
  expects<shape_error>(
      t.elements == elements && t.mu.size() == elements * elements,
      "{}: the absorption table has {} elements and {} values for {} elements; it needs a value for "
      "each line and element",
      who, t.elements, t.mu.size(), elements);
  for (double const m : t.mu)
    expects<value_error>(m >= 0 && std::isfinite(m),
                         "{}: an absorption coefficient is {} cm2/g; they are 0 or more", who, m);
}

/// The density of a mixture in which every element keeps its volume: 1 / sum(w / rho).
///
/// units    g/cm3; weight fractions add to 1
inline double mixture_density(std::span<double const> weight_fractions, std::span<double const> densities) {
  expects<shape_error>(weight_fractions.size() == densities.size() && !densities.empty(),
                       "mixture_density: {} fractions and {} densities; give one of each for each element",
                       weight_fractions.size(), densities.size());
  double volume = 0, sum = 0;
  for (std::size_t e = 0; e < densities.size(); ++e) {
    expects<value_error>(densities[e] > 0 && std::isfinite(densities[e]),
                         "mixture_density: density {} is {} g/cm3; densities are positive", e, densities[e]);
    expects<value_error>(weight_fractions[e] >= 0 && weight_fractions[e] <= 1 + 1e-6,
                         "mixture_density: fraction {} is {}; fractions are 0 to 1", e, weight_fractions[e]);
    volume += weight_fractions[e] / densities[e];
    sum += weight_fractions[e];
  }
  expects<value_error>(std::abs(sum - 1) < 1e-3, "mixture_density: the fractions add to {}; they add to 1",
                       sum);
  return 1 / volume;
}

/// By how much a slab's own absorption lowers what it emits, undone: chi / (1 - exp(-chi)), 1 for thin slabs.
inline double slab_correction(double chi) {
  return std::abs(chi) < 1e-4 ? 1 + chi / 2 + chi * chi / 12 : chi / -std::expm1(-chi);
}

/// chi = (mu/rho) rho t / sin(take-off) of a line: the optical depth of the whole slab on the way to the detector.
///
/// units    mass thickness in kg/m2
inline double slab_depth(absorption_table const& t, std::size_t line,
                         std::span<double const> weight_fractions, double mass_thickness, degree take_off) {
  validate(t, weight_fractions.size(), "slab_depth");
  expects<shape_error>(line < t.elements, "slab_depth: line {} of {}", line, t.elements);
  expects<value_error>(take_off.value > 0 && take_off.value <= 90,
                       "slab_depth: the take-off angle is {} degrees; it must be above 0 and at most 90",
                       take_off.value);
  double mu = 0;
  for (std::size_t e = 0; e < t.elements; ++e) mu += t(line, e) * weight_fractions[e];
  return 0.1 * mu * mass_thickness / std::sin(to_radian(take_off).value);
}

}  // namespace tomoedx

#endif
