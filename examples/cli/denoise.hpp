// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_DENOISE_HPP
#define TOMOEDX_CLI_DENOISE_HPP

#include "commands.hpp"
#include "files.hpp"
#include "records.hpp"

#include <tomoedx/core/observer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Denoising goes plan, load, choose a parameter or not, denoise, judge, write. A plan has passed every check that needs
// no values of the stack. The networks' engine and the classical filters are each compiled in one file.
namespace tomoedx::cli {

enum class filter { gaussian, tv, bm3d, nlm };

/// A network of a weight file, checked and compiled for the stack.
class loaded_network {
 public:
  using watch = std::function<decision(progress const&)>;

  virtual ~loaded_network() = default;
  /// throws   tomoedx::cancelled
  virtual void denoise(std::span<float const> in, std::span<float> out, watch const& on) = 0;
  virtual void z_contrast(std::span<float const> image, std::size_t height, std::size_t width) = 0;
  virtual std::string warning() const = 0;
  /// What belongs to it in the report.
  virtual void describe(denoising_record& record) const = 0;
};

struct denoising_plan {
  denoise_command asked;
  filter how = filter::gaussian;  ///< without a network
  io::info what;
  shape3 shape{};  ///< (n, y, x); the positions of a scan one after the other
  std::vector<std::size_t> reference_shape;
  std::unique_ptr<loaded_network> network;
  std::string report, picture;  ///< files beside the output
  std::vector<std::string> warnings;

  std::size_t pixels() const { return shape[1] * shape[2]; }
  std::string name() const { return network ? asked.network : asked.method; }
  bool searches() const;  ///< for the parameter of a filter
};
denoising_plan plan_denoising(denoise_command const& c);

/// Everything of a weight file that needs no stack: recognised, complete, of the kind that was named. `planes` are the
/// indices of the stack before (y, x).
std::unique_ptr<loaded_network> load_network(denoise_command const& c, io::info const& stack,
                                             shape3 const& shape, std::vector<std::string>& warnings);

/// Bytes as a number with one of the letters K, M, G and T behind it or not.
std::size_t bytes_of(std::string const& text);

/// What the noise is taken for.
struct noise_model {
  bool counts = false;
  std::string why;
  double level = 0;      ///< standard deviation: of an average pixel for counts, measured otherwise
  bool measured = true;  ///< else the level is the standard deviation of the whole stack
};

struct denoising_data {
  std::vector<float> stack, result, reference;
  noise_model noise;
  std::vector<std::string> steps, warnings;
};
denoising_data load_denoising(denoising_plan const& plan);

/// The parameter of a filter: given or chosen.
struct chosen_parameter {
  std::string name, chosen;
  std::optional<double> value;  ///< none: BM3D measures the noise in each image
  std::string sample;
  std::vector<std::pair<double, double>> tried;
};
chosen_parameter choose_parameter(denoising_plan const& plan, denoising_data& data);

/// throws   tomoedx::cancelled
void filter_stack(denoising_plan const& plan, chosen_parameter const& parameter, denoising_data& data,
                  loaded_network::watch const& on);

/// Start the library with so many threads; says what it computes on.
settings start_host(unsigned threads);

/// Standard deviation of white noise: the median over images of the stack.
double measured_noise(std::span<float const> stack, shape3 const& shape);

/// What the residual and the reference say of the result.
struct judgement {
  settings residual, blind_spot, reference;
  int lags = 0;
  std::vector<double> autocorrelation;  ///< empty when nothing was taken off
};
judgement judge_denoising(denoising_plan const& plan, denoising_data& data);

struct denoising_times {
  double read = 0, choose = 0, denoise = 0, judge = 0;
};

/// Write result, report and picture together; returns the names of the files.
std::vector<std::string> write_denoising(denoising_plan const& plan, denoising_data const& data,
                                         chosen_parameter const& parameter, judgement const& found,
                                         settings const& machine, denoising_times const& times);

/// SHA-256 of a file, in hexadecimal.
std::string sha256_of(std::string const& file);

}  // namespace tomoedx::cli

#endif
