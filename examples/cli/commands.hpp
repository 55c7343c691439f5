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
