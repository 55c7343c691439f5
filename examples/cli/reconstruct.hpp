// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_RECONSTRUCT_HPP
#define TOMOEDX_CLI_RECONSTRUCT_HPP

#include "commands.hpp"
#include "files.hpp"
#include "geometry.hpp"
#include "ratios.hpp"

#include <optional>
#include <string>
#include <vector>

// A reconstruction goes plan, load, solve, write. A plan has passed every check that needs no values.
namespace tomoedx::cli {

enum class method { sirt, em, hebt };

inline constexpr char const* haadf_name = "HAADF";

/// A tilt series on disk.
struct series_file {
  std::string name, path;
  io::info what;
  std::string role() const;  ///< "map Fe (fe.npy)"
};

struct reconstruction_plan {
  reconstruct_command asked;
  method how = method::sirt;
  host::projector kind = host::projector::strip;
  parallel_beam beam;
  std::vector<series_file> maps;
  std::optional<series_file> haadf;
  shape3 recorded{};       ///< (tilt, y, x) of the files
  row_range rows;          ///< what of y is reconstructed
  std::vector<double> dy;  ///< [pixel] what moves each tilt into register along y; empty for none
  double x_nm = 0, y_nm = 0;
  std::string extension;
  std::size_t iterations = 0;
  double alpha = 0, relaxation = 1, lower = 0, upper = 0, background = 0;
  std::vector<std::string> warm_files;  ///< one for each volume; empty for none

  shape3 stack() const { return {beam.tilts(), rows.count(), beam.detector}; }
  shape3 volume() const { return {beam.depth, rows.count(), beam.width}; }
  bool reconstructs_haadf() const { return haadf && how != method::hebt; }
  std::vector<std::string> volume_names() const;
  std::vector<std::string> channel_names() const;  ///< of the residuals
};
reconstruction_plan plan_reconstruction(reconstruct_command const& c);

/// What the solvers get: everything in memory, in register, checked.
struct reconstruction_data {
  std::vector<std::vector<float>> maps;
  std::vector<float> haadf, mask;
  std::vector<std::vector<float>> volumes;  ///< zeros, or where to start from
  std::optional<haadf_link> link;           ///< of maps and HAADF, for HEBT
  std::vector<double> haadf_gain, haadf_offset;
  std::vector<std::string> steps;     ///< sentences: what was done to the data, in order
  std::vector<std::string> warnings;  ///< for the user's eyes; also among the steps
};
reconstruction_data load_reconstruction(reconstruction_plan const& plan);

/// Seconds of each part of the work.
struct phase_times {
  double read = 0, iterate = 0, write = 0;
};

/// Write the directory; returns the names of its files in the order they were written.
std::vector<std::string> write_reconstruction(reconstruction_plan const& plan,
                                              reconstruction_data const& data, solve_report const& solved,
                                              phase_times times);

}  // namespace tomoedx::cli

#endif
