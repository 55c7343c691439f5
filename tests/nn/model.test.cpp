// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/model.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

TEST_CASE("a model of a weight file runs once it is told what the file does not say") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/udvd5_small");
  auto m = nn::model_of(io::read_safetensors(set / "weights.safetensors"));
  auto const in = activations_of(set / "in_45x45.npy");
  CHECK(error_of([&] { nn::network_of(m, in.size.extent); }).starts_with("udvd: the size of the blind spot"));
  std::get<nn::udvd>(m.about.net).blind = nn::blind_spot{3, 3};
  CHECK(error_of([&] { nn::network_of(m, in.size.extent); }).starts_with("udvd: whether a ReLU follows"));
  std::get<nn::udvd>(m.about.net).final_relu = true;
  auto const out = reference::run(nn::network_of(m, in.size.extent), m.weights, split_channels(in, 1));
  CHECK(error_over_rms(activations_of(set / "out64_relu3x3_45x45.npy"), out.at(0)) < 1e-10);
}

TEST_CASE("the prefix of training on several devices is taken off, when all keys have it") {
  nn::unet const u{.base = 2, .depth = 2};
  auto const plain = drawn_weights(nn::parameters_of(nn::architecture(u)), 1);
  io::named_tensors prefixed;
  for (auto const& [key, tensor] : plain.tensors) prefixed.tensors.emplace("module." + key, tensor);
  auto const m = nn::model_of(prefixed);
  CHECK(m.about.net == nn::architecture(u));
  CHECK(m.weights.tensors == plain.tensors);
  prefixed.tensors.emplace("other", io::tensor({1}, std::vector<float>(1)));
  CHECK(error_of([&] { nn::model_of(prefixed); }).starts_with("weights: "));
  CHECK(error_of([] { nn::model_of({}); }).starts_with("weights: 0 tensors belong to no network"));
}

TEST_CASE("a model of a residual CNN brings what taking away the noise needs") {
  nn::residual_cnn const r{.width = 3, .depth = 3};
  nn::triple const extent{1, 5, 7};
  auto m = nn::model_of(drawn_weights(nn::parameters_of(nn::architecture(r)), 1));
  CHECK(error_of([&] { nn::network_of(m, extent); }).starts_with("cnn: whether the network gives the noise"));
  auto& options = std::get<nn::residual_cnn>(m.about.net);
  options.residual = false;
  auto const image = drawn_images(nn::network_of(m, extent), {extent});
  auto const noise = reference::run(nn::network_of(m, extent), m.weights, image).at(0);
  options.residual = true;
  auto const clean = reference::run(nn::network_of(m, extent), m.weights, image).at(0);
  for (std::size_t i = 0; i < noise.values.size(); ++i)
    CHECK(clean.values[i] == image[0].values[i] - noise.values[i]);
  CHECK(nn::model_of(m.weights).weights.tensors == m.weights.tensors);  // and may be written and read with it
}
