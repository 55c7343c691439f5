// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_DETECTOR_HPP
#define TOMOEDX_QUANTIFY_DETECTOR_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/absorption.hpp>
#include <tomoedx/physics/element.hpp>
#include <tomoedx/quantify/factors.hpp>
#include <tomoedx/quantify/take_off.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// An element of a material and its share of the mass.
struct constituent {
  physics::element of;
  double weight_fraction = 1;
};

/// Something X-rays pass on their way into the detector. Hydrogen is left out of `of`: it absorbs nothing.
///
/// units    density in g/cm3; `covers` is the part of the area it stands in front of, below 1 for grids
struct absorbing_layer {
  std::string name;
  std::vector<constituent> of;
  double density = 0;
  nanometre thickness{0};
  double covers = 1;
};

/// The part of a layer's X-rays that come through.
///
/// throws   value_error for a layer that means nothing
inline double transmission(absorbing_layer const& l, kiloelectronvolt photon) {
  expects<value_error>(
      l.density > 0 && std::isfinite(l.density) && l.thickness.value >= 0 && std::isfinite(l.thickness.value),
      "transmission: layer '{}' has density {} g/cm3 and thickness {} nm; give a positive density and a "
      "thickness of 0 or more",
      l.name, l.density, l.thickness.value);
  expects<value_error>(l.covers >= 0 && l.covers <= 1,
                       "transmission: layer '{}' covers {} of the detector; give a part, 0 to 1", l.name,
                       l.covers);
  double mu = 0, sum = 0;  // [cm2/g]
  for (constituent const& c : l.of) {
    expects<value_error>(c.weight_fraction >= 0 && c.weight_fraction <= 1,
                         "transmission: layer '{}' has a weight fraction {} of {}; fractions are 0 to 1",
                         l.name, c.weight_fraction, c.of.symbol());
    sum += c.weight_fraction;
    mu += c.weight_fraction * physics::mass_absorption_cm2_g(c.of, photon);
  }
  expects<value_error>(sum > 0 && sum < 1 + 1e-6,
                       "transmission: the weight fractions of layer '{}' add to {}; they add to 1 (less what "
                       "is hydrogen)",
                       l.name, sum);
  return 1 - l.covers + l.covers * std::exp(-mu * l.density * l.thickness.value * 1e-7);
}

/// Silicon in which X-rays leave no usable charge.
inline absorbing_layer dead_layer(nanometre thickness) {
  return {"dead layer", {{physics::element(14), 1}}, 2.329, thickness};
}
inline absorbing_layer beryllium_window(nanometre thickness) {
  return {"Be window", {{physics::element(4), 1}}, 1.848, thickness};
}
/// A contact or coating of one element.
inline absorbing_layer contact(physics::element of, double density, nanometre thickness) {
  return {"contact", {{of, 1}}, density, thickness};
}
/// Water that froze on a cold detector (O; 11 % of the mass is hydrogen).
inline absorbing_layer ice(nanometre thickness) {
  return {"ice", {{physics::element(8), 0.8881}}, 0.917, thickness};
}
/// A thin polymer window as in use since the 1990s: 300 nm polyimide C22H10N2O5 and 30 nm Al on a silicon grid of 380 um
/// that leaves 77 % open. Makers' films differ by tens of per cent; where light elements matter, give your own layers.
inline std::vector<absorbing_layer> polymer_window() {
  using physics::element;
  return {
      {"polymer", {{element(6), 0.6911}, {element(7), 0.0733}, {element(8), 0.2093}}, 1.42, nanometre(300)},
      {"Al coating", {{element(13), 1}}, 2.699, nanometre(30)},
      {"grid", {{element(14), 1}}, 2.329, nanometre(380e3), 0.23}};
}

/// A silicon drift detector: how much of the sphere it sees, from where, and what part of the photons it counts.
struct edx_detector {
  steradian solid_angle{0.7};                   ///< of all segments together
  std::vector<detector_segment> segments = {};  ///< where it stands; absorption needs to know
  std::vector<absorbing_layer> in_front = {dead_layer(nanometre(30))};  ///< window, contact, dead layer, ice
  double silicon_um = 450;                                              ///< thickness of the crystal
  double open = 1;  ///< part of the photons let through at any energy

  /// The part of the photons towards the detector that are counted.
  ///
  /// throws   value_error for parts that mean nothing
  double efficiency(kiloelectronvolt photon) const {
    expects<value_error>(silicon_um > 0 && std::isfinite(silicon_um),
                         "edx_detector: the crystal is {} um thick; give a positive number", silicon_um);
    expects<value_error>(open > 0 && open <= 1,
                         "edx_detector: {} of the photons are let through; give a part above 0, at most 1",
                         open);
    double part = open;
    for (absorbing_layer const& l : in_front) part *= transmission(l, photon);
    double const mu = physics::mass_absorption_cm2_g(physics::element(14), photon);
    return part * -std::expm1(-mu * 2.329 * silicon_um * 1e-4);
  }
};

/// Four segments around the beam, the first at azimuth 45 degrees: the common design for tomography.
inline std::vector<detector_segment> four_segments(degree elevation, degree first_azimuth = degree(45)) {
  std::vector<detector_segment> four;
  for (int i = 0; i < 4; ++i) four.push_back({elevation.value, first_azimuth.value + 90 * i, 0.25});
  return four;
}

/// A detector that counts every photon: for factors without a detector in them.
inline edx_detector perfect_detector(steradian solid_angle) {
  edx_detector d{.solid_angle = solid_angle};
  d.in_front.clear();
  d.silicon_um = 1e9;
  return d;
}

}  // namespace tomoedx

#endif
