// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_QUANTIFY_HYPERSPY_CASE_HPP
#define TOMOEDX_TESTS_QUANTIFY_HYPERSPY_CASE_HPP

#include <tomoedx/quantify/absorption_table.hpp>
#include <tomoedx/quantify/map_fractions.hpp>

#include <vector>

namespace tomoedx_tests {

/// The case of HyperSpy's published tests: Al Ka and Zn Ka, 0.05 nA for 2.5 s on pixels of 0.25 nm2, a detector at 35
/// degrees. The counts are what its line integration gives, the coefficients what its tables hold [cm2/g].
struct hyperspy_case {
  std::vector<float> counts{20144.936982693434f, 34268.40763971257f};
  double dose = 0.05e-9 * 2.5 / 1.602176634e-19;
  tomoedx::absorption_table table{
      2, {372.02616732154314, 4802.806161459483, 38.55209114272341, 44.252467392629}};
  double k[2] = {1, 2.0009344042484134};
  double densities[2] = {2.7, 7.14};
};

}  // namespace tomoedx_tests

#endif
