// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_QUANTIFY_HPP
#define TOMOEDX_CLI_QUANTIFY_HPP

#include "commands.hpp"
#include "files.hpp"
#include "microscope.hpp"
#include "provenance.hpp"

#include <tomoedx/quantify/edge_threshold.hpp>
#include <tomoedx/quantify/mass_scale.hpp>

#include <optional>
#include <string>
#include <vector>

// From volumes or maps to fractions: plan, load, quantify, write. A plan has passed every check that needs no values.
namespace tomoedx::cli {

/// What the values of a quantification are.
enum class quantified {
  edx,   ///< volumes in counts
  hebt,  ///< volumes in HAADF signal
  maps   ///< maps of counts, of one tilt or several
};

/// By which factors mass comes out of them.
enum class factor_kind { f, z, zeta, cross_section, k_weight, k_atomic };

/// One element: its values and its factor.
struct quantified_channel {
  std::string name;
  chosen_line of;
  std::string file, sigma_file;  ///< no sigma: empty
  double factor = 0;             ///< of the plan's kind
  double uncertainty = 0;        ///< relative, of the factor
  double ratio = 0;              ///< r of the reconstruction; 0: not known
};

struct quantification_plan {
  quantify_command asked;
  quantified what = quantified::edx;
  factor_kind by = factor_kind::f;
  bool theory = true;
  microscope scope;
  std::vector<quantified_channel> channels;
  std::optional<physics::element> reference;  ///< of k factors
  shape3 shape{};                             ///< (z, y, x), or (tilt, y, x) of maps
  double pixel_nm = 0;
  std::vector<double> tilts;
  std::optional<double> threshold;  ///< as given
  specimen_shape specimen = specimen_shape::particle;
  std::string extension;
  std::vector<std::string> steps, warnings;

  bool has_sigma() const { return !channels.empty() && !channels.front().sigma_file.empty(); }
  std::vector<physics::element> elements() const;
};
quantification_plan plan_quantification(quantify_command const& c);

/// What a unit of each channel is in mass.
mass_scale scale_of(quantification_plan const& plan);
std::string name_of(factor_kind k);

struct quantification_data {
  std::vector<float> values, sigma;   ///< (element, z, y, x)
  std::vector<float> weight, atomic;  ///< fractions
  std::vector<float> weight_sigma;    ///< empty where nothing is known of the noise
  std::vector<float> mass;            ///< g/cm3 where `absolute`
  std::vector<std::uint8_t> inside;
  bool absolute = false;
  std::optional<edge_report> edge;
  double threshold = 0;
  tree absorption;  ///< how it was corrected
  std::vector<std::string> steps, warnings;
};
quantification_data load_quantification(quantification_plan const& plan);

/// Fractions of volumes.
void quantify_volumes(quantification_plan const& plan, quantification_data& d);
/// Fractions of maps, each pixel for itself.
void quantify_maps(quantification_plan const& plan, quantification_data& d);

std::vector<std::string> write_quantification(quantification_plan const& plan, quantification_data const& d,
                                              settings const& machine, double seconds);

}  // namespace tomoedx::cli

#endif
