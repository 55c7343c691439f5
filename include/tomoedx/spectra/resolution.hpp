// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_RESOLUTION_HPP
#define TOMOEDX_SPECTRA_RESOLUTION_HPP

#include <tomoedx/core/error.hpp>

#include <cmath>

namespace tomoedx {

/// How wide an X-ray line is in the spectrum of a silicon detector: electronic noise and the statistics of charge.
///
///     FWHM(E)^2 = mn_ka_ev^2 + 8 ln 2 * 3.65 eV * fano * (E - 5895 eV)
///
/// source   Fano, Phys. Rev. 72 (1947) 26; 3.65 eV for a pair of charges in silicon
struct detector_resolution {
  double mn_ka_ev = 130;  ///< full width at half maximum at Mn Ka
  double fano = 0.115;

  static constexpr double mn_ka_kev = 5.895;
  static constexpr double fwhm_of_sigma = 2.3548200450309493;  // sqrt(8 ln 2)

  /// Full width at half maximum at an energy, squared [eV^2]; the noise of the electronics is what is left at 0.
  double fwhm2_ev2(double kev) const {
    return mn_ka_ev * mn_ka_ev + fwhm_of_sigma * fwhm_of_sigma * 3.65 * fano * 1000 * (kev - mn_ka_kev);
  }
  double fwhm_ev(double kev) const { return std::sqrt(fwhm2_ev2(kev)); }
  double sigma_kev(double kev) const { return fwhm_ev(kev) / fwhm_of_sigma / 1000; }  ///< standard deviation

  bool operator==(detector_resolution const&) const = default;
};

/// Refuse a resolution that no detector has.
///
/// throws   value_error, also when nothing would be left for the electronics
inline void validate(detector_resolution const& r, char const* who) {
  expects<value_error>(r.mn_ka_ev > 0 && r.mn_ka_ev <= 1000,
                       "{}: a resolution of {} eV at Mn Ka; it lies between 0 and 1000", who, r.mn_ka_ev);
  expects<value_error>(r.fano >= 0 && r.fano <= 1, "{}: a Fano factor of {}; it lies between 0 and 1", who,
                       r.fano);
  expects<value_error>(r.fwhm2_ev2(0) > 0,
                       "{}: {} eV at Mn Ka are less than a Fano factor of {} alone gives; lower that", who,
                       r.mn_ka_ev, r.fano);
}

}  // namespace tomoedx

#endif
