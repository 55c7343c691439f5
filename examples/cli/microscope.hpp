// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_MICROSCOPE_HPP
#define TOMOEDX_CLI_MICROSCOPE_HPP

#include "commands.hpp"
#include "records.hpp"

#include <tomoedx/physics/elastic.hpp>
#include <tomoedx/physics/lines.hpp>
#include <tomoedx/physics/models.hpp>
#include <tomoedx/quantify/detector.hpp>

#include <optional>
#include <string>
#include <vector>

// Beam, detectors and lines, as the command line names them.
namespace tomoedx::cli {

struct microscope {
  kiloelectronvolt beam;
  std::optional<physics::annulus> haadf;
  edx_detector detector;
  physics::model_set models;
};

/// throws   value_error for what no microscope has, or a beam that is nowhere said
microscope microscope_of(microscope_arguments const& a, std::optional<double> beam_of_file = {});
settings settings_of(microscope_arguments const& a, microscope const& m);

/// A map and the line it counts.
struct chosen_line {
  std::string name;  ///< of the map: the symbol, or "Fe_Ka" where an element has several
  physics::xray_line const* line = nullptr;

  std::string line_name() const;  ///< "Fe_Ka"
};

/// The line that is taken for an element when only its symbol is said: the highest of Ka, La and Ma within a spectrum,
/// with at least one and a half times its edge in the beam.
///
/// throws   value_error when there is none
physics::xray_line const& usual_line(physics::element of, kiloelectronvolt beam, double from_kev = 0.1,
                                     double to_kev = 14);

/// "Fe" or "Fe_Ka".
///
/// throws   value_error for what is no element or line, or a line that the beam does not excite
physics::xray_line const& line_called(std::string const& text, kiloelectronvolt beam, double from_kev = 0.1,
                                      double to_kev = 14);

/// Symbols and lines in the order in which they were given, elements first.
///
/// throws   value_error also for what is named twice
std::vector<chosen_line> choose_lines(std::vector<std::string> const& elements,
                                      std::vector<std::string> const& lines, kiloelectronvolt beam,
                                      double from_kev = 0.1, double to_kev = 14);

}  // namespace tomoedx::cli

#endif
