// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_COMMANDS_HPP
#define TOMOEDX_CLI_COMMANDS_HPP

#include "methods.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

// What can be said on the command line, one aggregate for each subcommand, and what does it. Each `run`
// checks all files, shapes and numbers before it computes, and throws tomoedx::error with one line for
// the user.
namespace tomoedx::cli {

struct info_command {
  std::string file;
  bool json = false;
};
void run(info_command const& c);

/// The geometry, as far as all subcommands that project share it.
struct geometry_arguments {
  std::string tilts;  ///< a file, or FROM:TO:STEP; empty: those in the header of the stack
  std::string projector = "strip";
  double axis_offset = 0;  ///< pixels
  std::string shifts;      ///< a file; empty for none
};

struct project_command {
  std::string volume, output;
  geometry_arguments geometry;
  std::optional<std::size_t> detector;
  unsigned threads = 0;
};
void run(project_command const& c);

struct backproject_command {
  std::string stack, output;
  geometry_arguments geometry;
  std::optional<std::size_t> width, depth;
  unsigned threads = 0;
};
void run(backproject_command const& c);

struct reconstruct_command {
  std::string haadf;
  std::vector<std::string> maps;  ///< NAME=FILE
  geometry_arguments geometry;
  std::string method;
  option_values options;  ///< of the method, as given
  bool normalize_haadf = false;
  std::size_t link_bin = 1;  ///< [pixel] edge of the squares averaged before maps and HAADF are linked
  std::optional<std::size_t> width, depth;
  std::string rows;  ///< FROM:TO
  std::optional<double> pixel_nm;
  std::string format = "npy", output;
  bool force = false, no_figures = false, quiet = false;
  unsigned threads = 0;
};
void run(reconstruct_command const& c);
void rehearse(
    reconstruct_command const& c);  ///< checks all that `run` does, and leaves stand-ins of its results

struct phantom_command {
  std::string kind = "square-in-cube";
  std::size_t size = 0;  ///< 0: that of the paper
  std::optional<std::size_t> slices;
  std::string tilts = "-75:75:5";
  std::string projector = "strip";
  std::optional<double> counts;  ///< mean expected counts of a map pixel; unset: the dose of the paper
  double background = 0;         ///< expected counts added to every map pixel
  std::optional<double> smooth;  ///< [pixel] length of the filter window; unset: that of the paper
  double haadf_noise = 0;        ///< standard deviation, as a part of the largest HAADF value
  std::uint64_t seed = 1;
  std::string format = "npy", output;
  bool force = false, no_figures = false, quiet = false;
  unsigned threads = 0;
};
void run(phantom_command const& c);

struct denoise_command {
  std::string stack, output;
  std::string method;  ///< gaussian, tv, bm3d or nlm; or else
  std::string network, weights;
  std::optional<double> sigma, weight;
  bool automatic = false;  ///< choose the method's parameter without a reference
  std::string noise = "auto", reference;
  std::string blind, borders, normalize;  ///< of the network; empty: as its file says
  std::optional<bool> final_relu, residual;
  std::vector<std::string> metadata;  ///< KEY=VALUE, instead of what the file says
  std::string algorithm, memory;      ///< empty: fast; three quarters of what is free
  std::string z_contrast, passes;
  bool clamp = false;
  bool no_figures = false, quiet = false;
  unsigned threads = 0;
};
void run(denoise_command const& c);
void rehearse(denoise_command const& c);

/// Beam and detectors, as factors need them.
struct microscope_arguments {
  std::optional<double> beam_kev;
  std::vector<double> annulus;  ///< [mrad] inner and outer half angle of the HAADF detector; none: all angles
  std::string models = "default";
  double solid_angle_sr = 0.7;
  double elevation_deg = 18;
  std::vector<double> azimuths_deg{45, 135, 225, 315};
  std::string window = "none";  ///< none, polymer or be
  double dead_layer_nm = 30, ice_nm = 0, crystal_um = 450;
};

struct factors_command {
  std::vector<std::string> elements, lines;
  microscope_arguments microscope;
  bool json = false;
};
void run(factors_command const& c);

struct maps_command {
  std::vector<std::string> inputs;  ///< files of spectrum images, or directories of them
  std::string output, haadf;
  std::vector<std::string> elements, lines, artefacts;
  std::string method = "fit";  ///< or windows
  std::string estimator;       ///< of fit: local, linear or likelihood; empty: local
  std::string background;      ///< of windows: none, linear or power; empty: linear
  std::string pca;             ///< number of components, or auto; empty: none
  std::string range;           ///< FROM:TO [keV]
  std::string negative = "spread";
  microscope_arguments microscope;
  std::optional<double> resolution_ev, pixel_nm;
  std::string tilts;
  std::size_t bin = 1;
  std::vector<std::size_t> drop;  ///< tilts to leave out, by their place in the order of the inputs, from 0
  bool force = false, no_figures = false, quiet = false;
  unsigned threads = 0;
};
void run(maps_command const& c);
void rehearse(maps_command const& c);

struct align_command {
  std::vector<std::string> maps;  ///< NAME=FILE
  std::string haadf, tilts, output;
  std::string by;  ///< haadf, maps or the name of a map; empty: haadf where there is one, else maps
  std::vector<std::string> steps;    ///< in their order; none: drift, reprojection
  std::vector<std::string> prepare;  ///< background, totals: of the series that shifts are found on
  std::string shifts;                ///< a file to begin with
  bool haadf_to_maps = false;
  std::optional<std::size_t> width, depth;
  std::size_t bin = 1, rounds = 30;
  double max_shift = 8, max_offset = 8, max_rotation = 0;
  std::string rows;    ///< whole or fractional; empty: whole where there are maps
  bool write = false;  ///< stacks in register, too
  bool force = false, no_figures = false, quiet = false;
  unsigned threads = 0;
};
void run(align_command const& c);
void rehearse(align_command const& c);

struct quantify_command {
  std::vector<std::string>
      inputs;                ///< a directory of `reconstruct` or `maps`, or NAME=FILE of volumes or maps
  std::string output, kind;  ///< edx, hebt or maps; empty: as the report of the directory says
  std::string by;            ///< f, z, zeta, cross-section or k; empty: z for hebt, else f
  std::vector<std::string> elements;  ///< some of what is there; none: all of it
  std::vector<std::string> lines;     ///< NAME=LINE, where the usual line is not what was counted
  std::string factors;                ///< a file; empty: from theory
  microscope_arguments microscope;
  std::string threshold = "auto";  ///< or edge, or a number in the unit of the mass
  std::string shape = "particle";
  std::string mask;
  double smooth = 0;  ///< [voxel]
  bool absorption = false;
  std::string side = "high-z";  ///< where the beam comes from
  std::optional<double> thickness_nm, density;
  std::optional<double> dose, pixel_nm;
  std::string tilts, format = "npy";
  bool force = false, no_figures = false, quiet = false;
  unsigned threads = 0;
};
void run(quantify_command const& c);
void rehearse(quantify_command const& c);

struct run_command {
  std::string config, from;
  bool dry_run = false, quiet = false;
};
void run(run_command const& c);

struct compare_command {
  std::string reference;
  std::vector<std::string> results;
  std::vector<std::string> metrics;  ///< empty: all
  std::string mask;
  bool scale = false;  ///< bring each result to the scale of the reference first
  bool json = false;
};
void run(compare_command const& c);

}  // namespace tomoedx::cli

#endif
