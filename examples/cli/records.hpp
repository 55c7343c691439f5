// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_RECORDS_HPP
#define TOMOEDX_CLI_RECORDS_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What the program reports, as plain data; json.cpp alone knows JSON.
namespace tomoedx::cli {

/// A named value of a report; monostate is null.
using setting = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
using settings = std::vector<std::pair<std::string, setting>>;

/// What `info` prints of a file.
struct file_record {
  std::string path, dataset, format, type, byte_order, index_order;
  std::vector<std::size_t> shape;
  struct axis {
    std::string name, units;
    double scale = 1, offset = 0;
    std::size_t size = 0;
  };
  std::vector<axis> axes;
  std::vector<double> tilts;
  std::vector<std::string> notes;
  struct {
    double min = 0, max = 0, mean = 0, sum = 0;  ///< of the finite values
    std::size_t finite = 0, nan = 0, infinite = 0, negative = 0, zero = 0;
  } values;
  std::vector<std::pair<std::string, std::vector<std::size_t>>> datasets;  ///< of an HDF5 file
  bool has_values = false;  ///< false when only the datasets are listed
};
std::string to_json(file_record const& r);

/// What `info` prints of a weight file.
struct weights_record {
  std::string path, architecture, summary;  ///< of the network; empty when none is known
  std::string reason;                       ///< why none is
  std::vector<std::string> wanted;          ///< metadata that must still be said
  std::uintmax_t bytes = 0;
  std::string sha256;
  std::size_t parameters = 0;
  struct tensor {
    std::string name, type;
    std::vector<std::size_t> shape;
  };
  std::vector<tensor> tensors;
  std::map<std::string, std::string> metadata;
};
std::string to_json(weights_record const& r);

/// NAME_report.json of denoised images.
struct denoising_record {
  std::string version, method;
  settings options;
  struct {
    std::string path, format, type;
    std::vector<std::size_t> shape;
    double min = 0, max = 0, mean = 0;
  } input, output;
  settings noise;
  struct {
    std::string name, chosen;  ///< what it is, and how it was chosen; no name: there is none
    setting value;
    std::string sample;  ///< what the risks are of; empty when nothing was searched
    std::vector<std::pair<double, double>> tried;
  } parameter;
  settings network, tiles, memory;
  std::map<std::string, std::string> metadata;  ///< of the network, as it was used
  settings residual;
  struct {
    int most = 0;
    std::vector<double> values;  ///< (2 most + 1)^2, lags along y slowest; empty when there is no residual
    settings blind_spot;
  } autocorrelation;
  settings reference;
  std::vector<std::string> steps, warnings, pictures;
  settings machine;
  std::vector<std::pair<std::string, double>> phases;  ///< [s]
  double seconds = 0;
};
std::string to_json(denoising_record const& r);

/// report.json of a reconstruction.
struct reconstruction_record {
  std::string method, version, ended;
  settings options;
  std::optional<std::vector<double>> ratios;
  std::vector<std::string> ratio_names;
  std::optional<double> r_squared;
  std::vector<double> residuals;
  std::vector<std::pair<std::string, std::vector<double>>> residuals_by_channel;
  std::size_t iterations = 0;
  struct {
    std::vector<std::size_t> iterations;
    std::vector<double> objective, gap, deviance;
  } convergence;                      ///< of convex methods, at each look
  std::vector<double> units, sigmas;  ///< that such a method found
  double seconds = 0;
  std::vector<std::pair<std::string, double>> phases;  ///< [s]
  settings machine;
  struct input {
    std::string name, path, format;
    std::vector<std::size_t> shape;
    double pixel_nm = 0;  ///< 0: not known
  };
  std::vector<input> inputs;
  std::vector<double> tilts, haadf_tilts, doses, shifts_x, shifts_y, haadf_gain, haadf_offset;
  std::vector<std::string> steps, warnings;
  struct output {
    std::string name, file, units;
    std::vector<std::size_t> shape;
    double min = 0, max = 0, sum = 0;
  };
  std::vector<output> outputs;
  std::vector<std::string> pictures;
  double pixel_nm = 0;
};
std::string to_json(reconstruction_record const& r);

/// parameters.json of a simulation.
struct simulation_record {
  std::string version;
  settings options;
  struct element {
    std::string name;
    double z = 0, zeta = 0, ratio = 0;  ///< per voxel edge
    double counts_per_pixel = 0, counts = 0;
  };
  std::vector<element> elements;
  std::vector<double> tilts;
  double voxel_nm = 0, haadf_noise = 0, smooth_sigma = 0;
  std::vector<std::string> notes, files;
};
std::string to_json(simulation_record const& r);

/// What `compare` found.
struct comparison_record {
  std::string reference;
  std::vector<std::string> results, paths;
  struct row {
    std::string channel, metric;
    std::vector<std::optional<double>> values;  ///< one for each result
    std::vector<bool> best;
  };
  std::vector<row> rows;
  std::vector<std::string> notes;
};
std::string to_json(comparison_record const& r);

}  // namespace tomoedx::cli

#endif
