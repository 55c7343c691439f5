// SPDX-License-Identifier: BSD-3-Clause
// Small weight files for the tests of the program.
#ifndef TOMOEDX_TESTS_CLI_WEIGHTS_HPP
#define TOMOEDX_TESTS_CLI_WEIGHTS_HPP

#ifndef TOMOEDX_JSON
#define TOMOEDX_JSON 1  // the tests of the program always have nlohmann-json
#endif

#include "program.hpp"

#include <tomoedx/io/safetensors.hpp>
#include <tomoedx/nn/architecture.hpp>

#include <cmath>
#include <map>
#include <random>
#include <string>

namespace cli_tests {

namespace nn = tomoedx::nn;
using texts = std::map<std::string, std::string>;

/// Tensors for a network as PyTorch shapes them, drawn so that values keep their size; biases are zero.
inline tomoedx::io::named_tensors drawn(nn::architecture const& net, texts const& metadata) {
  tomoedx::io::named_tensors file{{}, metadata};
  std::mt19937 engine(7);
  for (auto const& p : nn::parameters_of(net)) {
    auto const count = tomoedx::io::count_of(p.shape).value();
    double const fan = static_cast<double>(count) / static_cast<double>(p.shape[0]);
    std::normal_distribution<float> draw(0, static_cast<float>(std::sqrt(2 / fan)));
    std::vector<float> values(count);
    if (p.shape.size() > 1)
      for (float& v : values) v = draw(engine);
    auto shape = p.shape;
    if (shape.size() == 5 && net.index() != 4) shape.erase(shape.begin() + 2);  // all but dcae are for images
    file.tensors.emplace(p.key, tomoedx::io::tensor(shape, std::move(values)));
  }
  return file;
}

inline void save_weights(fs::path const& file, nn::architecture const& net, texts const& metadata = {}) {
  tomoedx::io::write_safetensors(file, drawn(net, metadata));
}

/// UDVD with few channels and no biases.
inline nn::udvd narrow_udvd(int frames) {
  return {.frames = frames, .first = {3, 2}, .second = {3, 4}, .head = {8, 5}};
}

/// A chain of two convolutions that gives `scale` times the mean of 3 x 3 pixels, zeros outside.
inline void save_mean_network(fs::path const& file, float scale, texts const& metadata) {
  nn::residual_cnn const net{.width = 2, .depth = 2, .residual = false};
  auto weights = drawn(net, metadata);
  for (auto& [key, tensor] : weights.tensors) {
    std::vector<float> values(tensor.size(), 0.0f);
    if (tensor.shape().size() == 4) {
      bool const first = tensor.shape()[0] == 2;  // (2, 1, 3, 3): passes the image on; (1, 2, 3, 3): the mean
      for (std::size_t i = 0; i < 9; ++i) values[i] = first ? (i == 4 ? 1.0f : 0.0f) : scale / 9;
    }
    tensor = tomoedx::io::tensor(tensor.shape(), std::move(values));
  }
  tomoedx::io::write_safetensors(file, weights);
}

}  // namespace cli_tests

#endif
