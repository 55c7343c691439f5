// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_PRODUCTION_HPP
#define TOMOEDX_PHYSICS_PRODUCTION_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/ionization.hpp>
#include <tomoedx/physics/lines.hpp>
#include <tomoedx/physics/models.hpp>

namespace tomoedx::physics {

/// Photons of a line per vacancy in its subshell: yield times share; 0 where the source has none.
inline double photons_per_vacancy(xray_line const& l, yield_source from) {
  return from == yield_source::eadl ? l.yield_eadl * l.share_eadl : l.yield * l.share;
}

/// Cross section for a vacancy in the subshell of a line, Coster-Kronig transfer from its neighbours included or not.
///
/// units    barn per atom
/// throws   as ionization_barn
inline double vacancy_barn(xray_line const& l, kiloelectronvolt beam, bool transfer) {
  double sum = ionization_barn(l.of, l.vacancy, beam);
  if (!transfer) return sum;
  for (int i = 0; i < place_of(l.vacancy); ++i)
    if (double const t = l.transfer[static_cast<std::size_t>(i)]; t > 0)
      sum += t * ionization_barn(
                     l.of, static_cast<shell>(static_cast<int>(first_of(letter_of(l.vacancy))) + i), beam);
  return sum;
}

/// Cross section of an atom for sending out a photon of a line: yield * share * sum of transfer * ionisation.
///
/// units    barn per atom, into the whole sphere
/// throws   as ionization_barn; value_error for a line the chosen source has no yield or share of
/// source   physics of Yuan et al. 2020, eq. 7, with transfer added
inline double production_barn(xray_line const& l, kiloelectronvolt beam, model_set const& models) {
  double const photons = photons_per_vacancy(l, models.yields);
  bool const eadl = models.yields == yield_source::eadl;
  expects<value_error>(photons > 0, "production_barn: {} has no yield of {}; use {} or another line",
                       eadl ? "EADL" : "xraylib", to_string(l), eadl ? "xraylib" : "EADL");
  return photons * vacancy_barn(l, beam, models.transfer);
}

}  // namespace tomoedx::physics

#endif
