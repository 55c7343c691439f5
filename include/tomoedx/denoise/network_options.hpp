// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_NETWORK_OPTIONS_HPP
#define TOMOEDX_DENOISE_NETWORK_OPTIONS_HPP

#include <tomoedx/core/isa.hpp>
#include <tomoedx/nn/description.hpp>
#include <tomoedx/nn/detail/cost.hpp>

#include <cstddef>
#include <optional>

namespace tomoedx {

/// How a network denoises images.
struct network_options {
  nn::algorithm use = nn::algorithm::fast;
  std::optional<nn::normalization> normalize{};  ///< as the model says, unless given here
  /// Most bytes for tensors between layers, packed weights and buffers; images that need more are cut into tiles, with
  /// the same result. 0: no bound. The model's own weights and the caller's images come on top.
  std::size_t memory = 0;
  /// Standard deviation of the noise, in the units of the images, for networks that give a distribution (a likelihood
  /// head): the result is then its mean given the noisy pixel too. Without it, the network's own mean.
  std::optional<double> noise{};
  bool clamp = false;      ///< results below zero become zero
  int batch = 1;           ///< images computed together, which pays for small ones; single images only
  isa level = best_isa();  ///< instructions of the kernels
};

/// Bytes that a network works in, as they were allocated.
struct network_memory {
  std::size_t arena = 0;    ///< tensors between layers and the threads' scratch
  std::size_t weights = 0;  ///< in the order of the kernels
  std::size_t buffers = 0;  ///< tiles, frames of a stream, results shared by neighbouring frames
  std::size_t total() const { return arena + weights + buffers; }
  friend bool operator==(network_memory const&, network_memory const&) = default;
};

}  // namespace tomoedx

#endif
