// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_THEORY_HPP
#define TOMOEDX_QUANTIFY_THEORY_HPP

#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/elastic.hpp>
#include <tomoedx/physics/lines.hpp>
#include <tomoedx/physics/models.hpp>
#include <tomoedx/physics/production.hpp>
#include <tomoedx/quantify/detector.hpp>
#include <tomoedx/quantify/factors.hpp>

#include <optional>

/// Factors from atomic data. They are as good as the data: 10 to 20 % for K lines, worse for L and M; a standard of known
/// composition (quantify/calibrate.hpp) is better.
namespace tomoedx {

/// f of a line: production cross section x efficiency / M.
///
/// units    barn mol/g
/// throws   value_error where the models have no cross section of that line, or the detector means nothing
/// source   Yuan et al. 2020, eq. 7
inline f_factor f_factor_of(physics::xray_line const& line, kiloelectronvolt beam,
                            edx_detector const& detector,
                            physics::model_set const& models = physics::default_models()) {
  return f_factor(physics::production_barn(line, beam, models) *
                  detector.efficiency(kiloelectronvolt(line.energy_kev)) / line.of.weight());
}

/// z of an element: elastic cross section / M, into the annulus of the HAADF detector, or the total one where the
/// models say so (`models.annulus`, off in yuan2020) or no annulus is given.
///
/// units    barn mol/g
/// source   Yuan et al. 2020, eq. 14
inline z_factor z_factor_of(physics::element of, kiloelectronvolt beam,
                            std::optional<physics::annulus> haadf = std::nullopt,
                            physics::model_set const& models = physics::default_models()) {
  double const barn = haadf && models.annulus ? physics::elastic_barn(of, beam, *haadf, models.elastic)
                                              : physics::elastic_barn(of, beam, models.elastic);
  return z_factor(barn / of.weight());
}

/// The partial cross section and the zeta factor of a line.
inline partial_cross_section cross_section_of(physics::xray_line const& line, kiloelectronvolt beam,
                                              edx_detector const& detector,
                                              physics::model_set const& models = physics::default_models()) {
  return to_cross_section(f_factor_of(line, beam, detector, models), detector.solid_angle, line.of);
}
inline zeta_factor zeta_factor_of(physics::xray_line const& line, kiloelectronvolt beam,
                                  edx_detector const& detector,
                                  physics::model_set const& models = physics::default_models()) {
  return to_zeta(f_factor_of(line, beam, detector, models), detector.solid_angle);
}

/// The weight k factor of a line against a reference line.
inline k_factor<fraction::weight> k_factor_of(physics::xray_line const& line,
                                              physics::xray_line const& reference, kiloelectronvolt beam,
                                              edx_detector const& detector,
                                              physics::model_set const& models = physics::default_models()) {
  return to_k(f_factor_of(line, beam, detector, models), f_factor_of(reference, beam, detector, models),
              reference.of);
}

}  // namespace tomoedx

#endif
