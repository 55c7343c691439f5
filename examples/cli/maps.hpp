// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_MAPS_HPP
#define TOMOEDX_CLI_MAPS_HPP

#include "commands.hpp"
#include "files.hpp"
#include "microscope.hpp"
#include "provenance.hpp"

#include <tomoedx/io/spectrum_info.hpp>
#include <tomoedx/spectra/maps.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <optional>
#include <string>
#include <vector>

// From spectra to maps: plan, read, count, write. A plan has passed every check that needs no counts.
namespace tomoedx::cli {

/// One spectrum image of a series on disk.
struct spectrum_source {
  std::string path;
  std::size_t index = 0;  ///< within the file
  std::size_t place = 0;  ///< in the order of the inputs
  double tilt_deg = 0;
};

struct maps_plan {
  maps_command asked;
  microscope scope;
  std::vector<std::string> files;        ///< inputs, directories expanded
  std::vector<spectrum_source> sources;  ///< by their tilts
  std::vector<chosen_line> lines;
  std::vector<physics::element> artefacts;
  energy_axis energy;
  std::size_t rows = 0, columns = 0;       ///< as recorded
  std::size_t images = 0;                  ///< in all files, dropped ones too
  double from_kev = 0, to_kev = 0;         ///< energies that are used
  double resolution_ev = 0, pixel_nm = 0;  ///< of the maps, 0: not known
  std::string tilts_from;                  ///< where the angles are from
  std::vector<std::string> warnings;

  shape3 stack() const { return {sources.size(), rows / asked.bin, columns / asked.bin}; }
};
maps_plan plan_maps(maps_command const& c);

/// Counts of a series, and where they came from.
struct maps_data {
  std::vector<std::vector<float>> counts, sigma;  ///< of each line, stacks
  std::vector<float> haadf;
  std::vector<double> spectrum, model,
      background;  ///< sums over the series; the last two empty where nothing is fitted
  std::vector<std::pair<double, double>> windows;  ///< [keV] of each line, where it was counted
  tree calibration;                                ///< what a fit found out about the detector
  std::vector<double> excess;  ///< of each line: how much the sum grew when what is below zero was dealt with
  std::vector<std::string> steps, warnings;
};
maps_data count_lines(maps_plan const& plan);

/// Whether HAADF is to come from the files of the spectra: "inputs" or "inputs:NAME".
bool haadf_of_inputs(maps_command const& c);
/// Refuse HAADF that is not there or does not fit.
void look_at_haadf(maps_plan const& plan);
/// HAADF goes the way of the maps: joined, in their order, without the dropped.
void carry_haadf(maps_plan const& plan, maps_data& d);

/// One spectrum image, its pixels joined as asked.
spectrum_image read_spectra(maps_plan const& plan, spectrum_source const& source);

/// Take away what is below zero from positive pixels nearby, so that sums over some pixels stay what they are.
void spread_negative(std::vector<float>& stack, shape3 const& shape);

std::vector<std::string> write_maps(maps_plan const& plan, maps_data const& data, settings const& machine,
                                    double seconds);

}  // namespace tomoedx::cli

#endif
