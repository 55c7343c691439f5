// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/resolution.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace tomoedx;

TEST_CASE("the width of a line is what is said at Mn Ka and grows with the statistics of charge") {
  detector_resolution const r{.mn_ka_ev = 128, .fano = 0.12};
  CHECK(r.fwhm_ev(5.895) == doctest::Approx(128));
  for (double const kev : {0.3, 1.0, 8.0, 20.0}) {
    // E / 3.65 eV pairs of charges, their variance fano times that, beside the noise left at 0
    double const noise = r.fwhm2_ev2(0), pairs = 1000 * kev / 3.65;
    CHECK(r.fwhm2_ev2(kev) == doctest::Approx(noise + 8 * std::log(2.0) * 0.12 * pairs * 3.65 * 3.65));
    CHECK(r.sigma_kev(kev) * 2.35482 == doctest::Approx(r.fwhm_ev(kev) / 1000).epsilon(1e-5));
  }
}

TEST_CASE("resolutions that no detector has are refused") {
  validate(detector_resolution{}, "test");
  CHECK_THROWS_AS(validate(detector_resolution{.mn_ka_ev = -1}, "test"), value_error);
  CHECK_THROWS_AS(validate(detector_resolution{.mn_ka_ev = std::numeric_limits<double>::quiet_NaN()}, "test"),
                  value_error);
  CHECK_THROWS_AS(validate(detector_resolution{.fano = -0.1}, "test"), value_error);
  CHECK_THROWS_WITH_AS(validate(detector_resolution{.mn_ka_ev = 100, .fano = 0.115}, "fit"),
                       "fit: 100 eV at Mn Ka are less than a Fano factor of 0.115 alone gives; lower that",
                       value_error);
}
