// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_NN_NETWORKS_HPP
#define TOMOEDX_TESTS_NN_NETWORKS_HPP

#include "messages.hpp"
#include "shared.hpp"

#include <tomoedx/core/random.hpp>
#include <tomoedx/io/npy.hpp>
#include <tomoedx/io/safetensors.hpp>
#include <tomoedx/reference/network.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

/// What the tests of whole networks share: images and weights drawn at random, arrays out of reference sets.
namespace tomoedx_tests {

using namespace tomoedx;

/// Weights that keep the size of what goes through; biases and batch norm away from what would hide them.
inline io::named_tensors drawn_weights(std::vector<nn::parameter> const& needed, std::uint64_t seed) {
  io::named_tensors weights;
  for (auto const& p : needed) {
    std::size_t n = 1;
    for (auto const e : p.shape) n *= e;
    random_stream draw(seed, std::hash<std::string>{}(p.key));
    double const scale =
        p.shape.size() < 2 ? 0.2 : std::sqrt(2 * static_cast<double>(p.shape[0]) / static_cast<double>(n));
    bool const about_one = p.shape.size() == 1 && !p.key.ends_with("bias") && !p.key.ends_with("mean");
    std::vector<float> values(n);
    for (auto& v : values) v = static_cast<float>(about_one ? 0.5 + draw.uniform() : scale * draw.normal());
    weights.tensors.emplace(p.key, io::tensor(p.shape, std::move(values)));
  }
  return weights;
}
inline io::named_tensors drawn_weights(nn::network const& net, std::uint64_t seed = 1) {
  return drawn_weights(nn::parameters_of(net), seed);
}

/// Positive images, one for each input, or for those of `extents`.
inline std::vector<reference::activations> drawn_images(nn::network const& net,
                                                        std::vector<nn::triple> extents,
                                                        std::uint64_t seed = 1, std::size_t items = 1) {
  std::vector<reference::activations> all;
  for (std::size_t i = 0; i < net.inputs().size(); ++i) {
    all.push_back(reference::blank({net.inputs()[i], extents[i % extents.size()]}, items));
    random_stream draw(seed, i);
    for (auto& v : all.back().values) v = static_cast<float>(draw.uniform());
  }
  return all;
}

inline std::size_t number_of_weights(nn::network const& net) {
  std::size_t all = 0;
  for (auto const& p : nn::parameters_of(net)) {
    std::size_t n = 1;
    for (auto const e : p.shape) n *= e;
    if (!p.key.ends_with(".running_mean") && !p.key.ends_with(".running_var")) all += n;
  }
  return all;
}

/// An npy file of shape (n, c, y, x) or (n, c, z, y, x).
inline reference::activations activations_of(std::filesystem::path const& file) {
  auto const a = io::read_npy<double>(file);
  std::vector<int> e(a.shape.begin(), a.shape.end());
  if (e.size() == 4) e.insert(e.begin() + 2, 1);
  REQUIRE(e.size() == 5);
  return {{e[1], {e[2], e[3], e[4]}}, a.shape[0], a.values};
}

/// The channels of one tensor as so many of `each` channels.
inline std::vector<reference::activations> split_channels(reference::activations const& all, int each) {
  std::vector<reference::activations> parts;
  auto const plane = static_cast<std::size_t>(all.size.extent[0]) * all.size.extent[1] * all.size.extent[2];
  for (int first = 0; first < all.size.channels; first += each) {
    auto part = reference::blank({each, all.size.extent}, all.items);
    for (std::size_t i = 0; i < all.items; ++i)
      std::copy_n(all.values.begin() + (i * all.size.channels + first) * plane, each * plane,
                  part.values.begin() + i * each * plane);
    parts.push_back(std::move(part));
  }
  return parts;
}

/// The largest difference over the root mean square of `expected`.
inline double error_over_rms(reference::activations const& expected, reference::activations const& got) {
  REQUIRE(expected.size == got.size);
  REQUIRE(expected.values.size() == got.values.size());
  double most = 0, squares = 0;
  for (std::size_t i = 0; i < got.values.size(); ++i) {
    most = std::max(most, std::abs(expected.values[i] - got.values[i]));
    squares += expected.values[i] * expected.values[i];
  }
  return most / std::sqrt(squares / static_cast<double>(got.values.size()));
}

/// The text of the error that `f` throws.
template <class F>
std::string error_of(F&& f) {
  return message_of<error>(std::forward<F>(f));
}

}  // namespace tomoedx_tests

#endif
