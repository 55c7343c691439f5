// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_ELASTIC_HPP
#define TOMOEDX_PHYSICS_ELASTIC_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/detail/elastic_distribution.hpp>
#include <tomoedx/physics/detail/elastic_formulas.hpp>
#include <tomoedx/physics/element.hpp>
#include <tomoedx/physics/models.hpp>

#include <cmath>
#include <numbers>

namespace tomoedx::physics {

/// The angles a detector around the beam collects: half angles of its hole and of its rim.
///
/// units    mrad, 0 <= inner < outer <= 1000 pi
struct annulus {
  double inner_mrad, outer_mrad;

  friend bool operator==(annulus const&, annulus const&) = default;
};

namespace detail {

inline constexpr double half_turn_mrad = 1000 * std::numbers::pi;

inline void expect_elastic_range(double kev, elastic_model model) {
  double const least = model == elastic_model::dirac ? 10 : model == elastic_model::browning1994 ? 0.1 : 1;
  expects<value_error>(kev >= least && kev <= 400,
                       "elastic_barn: {} keV is outside the {} to {} keV of this model; choose another one",
                       kev, least, 400);
}

/// (1 - cos theta) / 2
inline double mu_of_mrad(double mrad) {
  double const s = std::sin(0.0005 * mrad);
  return mrad >= half_turn_mrad ? 1 : s * s;
}

inline elastic_distribution elastic_distribution_of(element e, double kev) {
  return interpolate_elastic(elastic_rows + (e.z() - first_z) * elastic_energy_count, kev);
}

}  // namespace detail

/// Total elastic cross section of an atom.
///
/// units    barn
/// requires dirac: 10 to 400 keV. The formulas are taken up to 400 keV, from 1 (browning1991, rutherford) or 0.1 keV
///          (browning1994) on; beyond what their authors claim (100, 30 and about 50 keV) they are too low
/// throws   value_error outside
/// source   see elastic_model
inline double elastic_barn(element e, kiloelectronvolt energy, elastic_model model = elastic_model::dirac) {
  detail::expect_elastic_range(energy.value, model);
  switch (model) {
    case elastic_model::browning1991:
      return detail::browning1991_barn(e.z(), energy.value);
    case elastic_model::browning1994:
      return detail::browning1994_barn(e.z(), energy.value);
    case elastic_model::rutherford:
      return detail::rutherford_barn(e.z(), energy.value);
    case elastic_model::dirac:
      break;
  }
  return detail::elastic_distribution_of(e, energy.value).total_barn;
}

/// Elastic cross section into an annulus, integrated in closed form.
///
/// Both Browning models use Browning's angles of 1994, as the Monte Carlo programs do that offer them.
///
/// units    barn
/// throws   value_error for an energy outside the model's range or angles that are no annulus
/// source   see elastic_model
inline double elastic_barn(element e, kiloelectronvolt energy, annulus angles,
                           elastic_model model = elastic_model::dirac) {
  expects<value_error>(angles.inner_mrad >= 0 && angles.outer_mrad > angles.inner_mrad &&
                           angles.outer_mrad <= detail::half_turn_mrad * (1 + 1e-12),
                       "elastic_barn: {} to {} mrad is no annulus; give 0 <= inner < outer <= 1000 pi",
                       angles.inner_mrad, angles.outer_mrad);
  detail::expect_elastic_range(energy.value, model);
  double const a = detail::mu_of_mrad(angles.inner_mrad), b = detail::mu_of_mrad(angles.outer_mrad);
  if (model == elastic_model::dirac) {
    auto const d = detail::elastic_distribution_of(e, energy.value);
    return d.total_barn * d.share(a, b);
  }
  double const share = model == elastic_model::rutherford
                           ? detail::wentzel_share(detail::joy_screening(e.z(), energy.value), a, b)
                           : detail::browning_share(e.z(), energy.value, a, b);
  return elastic_barn(e, energy, model) * share;
}

}  // namespace tomoedx::physics

#endif
