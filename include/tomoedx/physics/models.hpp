// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_MODELS_HPP
#define TOMOEDX_PHYSICS_MODELS_HPP

#include <tomoedx/core/error.hpp>

#include <string_view>

namespace tomoedx::physics {

/// How electrons scatter elastically.
enum class elastic_model {
  dirac,         ///< fit to Dirac partial waves of free atoms, 10-400 keV: for measurements
  browning1991,  ///< R. Browning, Appl. Phys. Lett. 58 (1991) 2845, as Yuan et al. 2020 used it
  browning1994,  ///< Browning et al., J. Appl. Phys. 76 (1994) 2016, made for 0.1-30 keV
  rutherford     ///< screened Rutherford with Joy's screening
};

/// How electrons lose energy.
enum class stopping_model {
  automatic,  ///< relativistic Bethe, Joy-Luo below 20 keV
  bethe,      ///< relativistic Bethe
  joy_luo     ///< Joy-Luo; 14 % low at 60 keV, 22 % at 100 keV (Si)
};

/// Where fluorescence yields and the shares of lines are from.
enum class yield_source { xraylib, eadl };

/// Which physics the factors of a measurement are computed with.
struct model_set {
  std::string_view name = "default";
  elastic_model elastic = elastic_model::dirac;
  stopping_model stopping = stopping_model::automatic;
  yield_source yields = yield_source::xraylib;
  bool transfer = true;  ///< count vacancies that arrive by Coster-Kronig transfer
  bool annulus = true;   ///< z from the angles the HAADF detector sees; else from the total cross section

  friend bool operator==(model_set const&, model_set const&) = default;
};

/// What to use for measurements.
inline constexpr model_set default_models() {
  return {};
}

/// What reproduces Yuan et al. 2020, table 2.
inline constexpr model_set yuan2020() {
  return {"yuan2020", elastic_model::browning1991, stopping_model::joy_luo, yield_source::eadl, false, false};
}

/// Browning 1994 throughout: low energies, light code.
inline constexpr model_set browning1994() {
  return {"browning1994",
          elastic_model::browning1994,
          stopping_model::joy_luo,
          yield_source::xraylib,
          true,
          true};
}

/// "default", "yuan2020" or "browning1994".
///
/// throws   value_error for any other name
inline model_set models_named(std::string_view name) {
  for (model_set const& set : {default_models(), yuan2020(), browning1994()})
    if (set.name == name) return set;
  fail<value_error>("models_named: there is no model set '{}'; use default, yuan2020 or browning1994", name);
}

}  // namespace tomoedx::physics

#endif
