// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_DENOISE_HPP
#define TOMOEDX_HOST_DENOISE_HPP

#include <tomoedx/host.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

/// The denoisers for programs that own plain float buffers: as tomoedx/host.hpp, standard headers only. Exactly one
/// file of the program includes tomoedx/host_denoise_impl.hpp, or the program links tomoedx::host.
namespace tomoedx::host {

/// Smoothing by a Gaussian; `sigma` in pixels.
struct gaussian_filter {
  double sigma = 1;
};
/// The image of least total variation near the noisy one; the smaller the weight [1 / value], the smoother.
struct total_variation_filter {
  double weight = 5;
};
/// BM3D; sigma is measured where it is not given, and plays no part for counts.
struct bm3d_filter {
  std::optional<double> sigma{};
  bool counts = false;
};
/// Non-local means: patches of `patch` pixels up to `distance` away, weighted by likeness to within `h` [value],
/// which must be given: about 0.6 to 1 times the noise. `sigma` of the noise is taken off the distances, 0 when
/// unknown. Counts are stabilised first: `h` and `sigma` are then in units of their noise, whose sigma is 1.
struct non_local_means_filter {
  double h = 0;
  int patch = 7;
  int distance = 11;
  double sigma = 0;
  bool counts = false;
};

/// Each image of a stack by a classical filter, as in denoise/.
///
/// shapes   stack and clean (n, y, x), not overlapping
/// throws   tomoedx::shape_error, value_error before anything is written; cancelled when `on` ends the work
void denoise(input const& stack, output const& clean, gaussian_filter const& filter, watch const& on = {});
void denoise(input const& stack, output const& clean, total_variation_filter const& filter,
             watch const& on = {});
void denoise(input const& stack, output const& clean, bm3d_filter const& filter, watch const& on = {});
void denoise(input const& stack, output const& clean, non_local_means_filter const& filter,
             watch const& on = {});

/// How 3 x 3 convolutions may be computed, as nn::algorithm.
enum class accuracy { exact, accurate, fast };

struct network_options {
  /// What the file does not say: normalize, blind, final_relu, ...; the keys of nn/metadata.hpp.
  std::map<std::string, std::string> metadata{};
  accuracy use = accuracy::fast;
  std::size_t memory = 0;      ///< bytes to work in at most, 0 for no bound; tiles then, with the same result
  std::size_t scan_width = 0;  ///< positions in a row of a scan
};

/// A network out of a weight file, as a denoiser (denoise/network_denoiser.hpp): images, movies, scans of nine frames
/// or spectrum images, as its architecture says. Counts in, counts out.
///
///     host::network unet("unet.safetensors", {.metadata = {{"normalize", "mean"}}});
///     unet({noisy.data(), {n, h, w}}, {clean.data(), {n, h, w}});
class network {
 public:
  /// throws   tomoedx::file_error, value_error, shape_error: a file that cannot be read, or lacks what must be
  ///          known; metadata of an unknown key
  explicit network(std::string const& safetensors, network_options const& how = {});
  ~network();
  network(network&&) noexcept;
  network& operator=(network&&) noexcept;

  /// throws   as denoise
  void operator()(input const& stack, output const& clean, watch const& on = {});

  /// What was recognised in the file, for a person.
  std::string const& summary() const;
  /// What is suspicious in the last results; empty when nothing is.
  std::string warning() const;

 private:
  struct held;
  std::unique_ptr<held> held_;
};

}  // namespace tomoedx::host

#endif
