// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_MAP_FRACTIONS_HPP
#define TOMOEDX_QUANTIFY_MAP_FRACTIONS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/quantify/absorption_table.hpp>
#include <tomoedx/quantify/factors.hpp>
#include <tomoedx/quantify/fractions.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tomoedx {

/// The specimen as a flat slab that absorbs what it emits.
struct absorbing_slab {
  absorption_table table;
  degree take_off{0};
  // only Cliff-Lorimer needs to be told how thick; the other methods know the mass thickness
  nanometre thickness{0};
  std::span<float const> thickness_nm = {};  ///< or one for each pixel
  std::optional<double> density = {};        ///< [g/cm3] of the slab
  std::vector<double> densities = {};        ///< or of its elements, for 1 / sum(w / rho)
};

/// What the methods for maps have in common.
struct map_options {
  double least_counts = 1;                    ///< pixels with fewer, summed over elements, are vacuum
  std::span<std::uint8_t const> inside = {};  ///< or this mask; a pixel without counts stays vacuum
  negatives below_zero = negatives::clip;
  std::span<double const> factor_uncertainty = {};  ///< relative standard uncertainty of each factor
  std::optional<absorbing_slab> absorption = {};    ///< none: a thin specimen
  std::size_t iterations = 50;                      ///< of the absorption correction, at most
  double tolerance = 1e-8;                          ///< it ends when no fraction moves by more
};

/// Fractions in every pixel.
///
/// shapes   fractions, sigma and atoms (element, pixel); the others (pixel)
/// units    fractions add to 1 in the specimen and are 0 in vacuum; mass thickness in kg/m2; atoms per nm2. Both are
///          empty where the method does not know them. Every sigma is a standard deviation, of counting and of factors
struct map_fractions {
  std::size_t elements = 0, pixels = 0;
  std::vector<float> fractions, sigma;
  std::vector<float> mass_thickness, mass_thickness_sigma, atoms, atoms_sigma;
  std::vector<std::uint8_t> inside, converged;
  std::size_t count_inside = 0, unconverged = 0;
  std::size_t iterations = 0;  ///< of the slowest pixel

  std::span<float const> of(std::size_t e) const { return std::span(fractions).subspan(e * pixels, pixels); }
  std::span<float const> sigma_of(std::size_t e) const {
    return std::span(sigma).subspan(e * pixels, pixels);
  }
};

namespace detail {

inline constexpr std::size_t most_map_elements = 24;

/// The checks all methods share.
inline std::size_t check_maps(std::span<float const> counts, std::span<float const> sigma,
                              std::size_t elements, map_options const& o, char const* who) {
  std::size_t const n = check_volumes(counts, elements, who);
  expects<shape_error>(elements <= most_map_elements, "{}: {} elements; at most {} are possible", who,
                       elements, most_map_elements);
  expects<shape_error>(
      sigma.empty() || sigma.size() == counts.size(),
      "{}: {} standard deviations for {} counts; give one for each, or none (then counts are Poisson "
      "numbers)",
      who, sigma.size(), counts.size());
  for (float const s : sigma)
    expects<value_error>(s >= 0 && std::isfinite(s), "{}: a standard deviation is {}; they are 0 or more",
                         who, s);
  expects<shape_error>(o.inside.empty() || o.inside.size() == n,
                       "{}: the mask has {} pixels, the maps have {}", who, o.inside.size(), n);
  expects<value_error>(o.least_counts > 0 && std::isfinite(o.least_counts),
                       "{}: least_counts is {}; vacuum has no fractions, so it must be above 0", who,
                       o.least_counts);
  expects<shape_error>(o.factor_uncertainty.empty() || o.factor_uncertainty.size() == elements,
                       "{}: {} uncertainties for {} factors; give one for each, or none", who,
                       o.factor_uncertainty.size(), elements);
  for (double const u : o.factor_uncertainty)
    expects<value_error>(u >= 0 && u < 10, "{}: a relative uncertainty is {}; 0.1 means 10 %", who, u);
  if (!o.absorption) return n;
  absorbing_slab const& a = *o.absorption;
  validate(a.table, elements, who);
  expects<value_error>(a.take_off.value > 0 && a.take_off.value <= 90,
                       "{}: the take-off angle is {} degrees; it must be above 0 and at most 90", who,
                       a.take_off.value);
  expects<value_error>(o.iterations > 0 && o.tolerance > 0,
                       "{}: {} iterations to a tolerance of {}; both must be positive", who, o.iterations,
                       o.tolerance);
  return n;
}

}  // namespace detail

}  // namespace tomoedx

#endif
