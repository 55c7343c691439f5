// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_RECONSTRUCT_HPP
#define TOMOEDX_CLI_RECONSTRUCT_HPP

#include "commands.hpp"
#include "files.hpp"
#include "geometry.hpp"
#include "ratios.hpp"
#include "records.hpp"

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

// A reconstruction goes plan, load, solve, write. A plan has passed every check that needs no values.
namespace tomoedx::cli {

inline constexpr char const* haadf_name = "HAADF";

/// A tilt series on disk.
struct series_file {
  std::string name, path;
  io::info what;
  std::string role() const;  ///< "map Fe (fe.npy)"
};

struct reconstruction_plan {
  reconstruct_command asked;
  method_row const* how = nullptr;
  option_values options;  ///< of the method, as they take effect
  host::projector kind = host::projector::strip;
  parallel_beam beam;
  std::vector<series_file> maps;
  std::optional<series_file> haadf;
  shape3 recorded{};       ///< (tilt, y, x) of the files
  row_range rows;          ///< what of y is reconstructed
  std::vector<double> dy;  ///< [pixel] what moves each tilt into register along y; empty for none
  double x_nm = 0, y_nm = 0;
  std::string extension;
  std::vector<double> doses;        ///< of each tilt of the maps; empty for none
  std::vector<double> haadf_tilts;  ///< [degree] of HAADF where they are its own; empty: those of the maps
  bool resumes = false;             ///< a checkpoint is there to go on from
  std::vector<std::string> warm_files;  ///< one for each volume; empty for none

  shape3 stack() const { return {beam.tilts(), rows.count(), beam.detector}; }
  shape3 haadf_stack() const {
    return {haadf_tilts.empty() ? beam.tilts() : haadf_tilts.size(), rows.count(), beam.detector};
  }
  shape3 haadf_recorded() const { return {haadf_stack()[0], recorded[1], recorded[2]}; }
  shape3 volume() const { return {beam.depth, rows.count(), beam.width}; }
  bool joins_haadf() const { return how->haadf == haadf_role::joined; }
  bool reconstructs_haadf() const { return haadf && !joins_haadf(); }
  std::size_t channel_count() const { return maps.size() + (haadf ? 1 : 0); }
  std::vector<std::string> volume_names() const;
  std::vector<std::string> channel_names() const;  ///< of the residuals
};
reconstruction_plan plan_reconstruction(reconstruct_command const& c);

/// What the solvers get: everything in memory, in register, checked.
struct reconstruction_data {
  std::vector<std::vector<float>> maps;
  std::vector<float> haadf, mask;
  std::vector<std::vector<float>> volumes;  ///< zeros, or where to start from
  std::vector<std::vector<float>> sigmas;   ///< standard deviations of the volumes; empty when not asked for
  std::optional<haadf_link> link;           ///< of maps and HAADF, where they are joined
  std::vector<double> haadf_gain, haadf_offset;
  std::vector<std::string> steps;     ///< sentences: what was done to the data, in order
  std::vector<std::string> warnings;  ///< for the user's eyes; also among the steps
};
reconstruction_data load_reconstruction(reconstruction_plan const& plan);

/// Seconds of each part of the work.
struct phase_times {
  double read = 0, iterate = 0, scatter = 0, write = 0;
};

/// Write the directory; returns the names of its files in the order they were written.
std::vector<std::string> write_reconstruction(reconstruction_plan const& plan,
                                              reconstruction_data const& data,
                                              host::convex_report const& solved, phase_times times);

/// The report but for what is known at the end: outputs, pictures and times.
reconstruction_record record_of(reconstruction_plan const& plan, reconstruction_data const& data,
                                host::convex_report const& solved);
std::string units_of(reconstruction_plan const& plan, std::string const& name);

/// The least and the largest of some values, and their sum.
struct value_range {
  double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0;
  void add(std::span<float const> values);
};

/// The whole of a reconstruction with --memory, from files to files.
void stream_reconstruction(reconstruction_plan const& plan);

}  // namespace tomoedx::cli

#endif
