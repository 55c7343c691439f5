// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/metadata.hpp>
#include <tomoedx/nn/recognize.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

namespace {

nn::description read_again(nn::description const& d) {
  auto file = drawn_weights(nn::parameters_of(d.net), 2);
  file.metadata = nn::metadata_of(d);
  return nn::recognize(file);
}

nn::description described(nn::architecture const& a, std::optional<nn::normalization> n = {}) {
  return {a, n, nn::parameters_of(a).size(), nn::number_of_parameters(a)};
}

}  // namespace

TEST_CASE("what metadata say of a description gives the same description again") {
  using rule = nn::normalization::rule;
  auto udvd = nn::udvd{.frames = 9,
                       .channels = 2,
                       .outputs = 2,
                       .first = {3, 2},
                       .second = {4, 5},
                       .head = {6, 7},
                       .bias = true,
                       .sigma_net = 3,
                       .borders = nn::blind_borders::reflect};
  CHECK(read_again(described(udvd)) == described(udvd));
  udvd.blind = nn::blind_spot{5, 3};
  udvd.final_relu = false;
  nn::description const all[] = {
      described(udvd, nn::normalization{rule::mean, 0, 1}),
      described(
          nn::unet{.base = 2, .depth = 3, .order = nn::concat_order::skip_first, .odd = nn::odd_sizes::crop},
          nn::normalization{rule::model, 1.0 / 3, 0.1}),
      described(nn::unet{.base = 2, .depth = 3, .odd = nn::odd_sizes::fill}, nn::normalization{}),
      described(nn::laine{.encoder = 2, .decoder = 3, .blind = 3}),
      described(
          nn::residual_cnn{.width = 2, .depth = 3, .batch_norm = true, .epsilon = 1e-4, .residual = true}),
      described(nn::autoencoder{.base = 2})};
  for (auto const& d : all) CHECK(read_again(d) == d);
}

TEST_CASE("metadata are taken by their word, or refused") {
  auto const text = [](nn::architecture const& a, nn::metadata const& m) {
    auto file = drawn_weights(nn::parameters_of(a), 2);
    file.metadata = m;
    return error_of([&] { nn::recognize(file); });
  };
  nn::udvd const u{.first = {2, 2}, .second = {2, 2}, .head = {2, 2}};
  nn::unet const v{.base = 1, .depth = 2};
  CHECK(text(u, {{"blind", "3"}, {"source", "us"}}) == "no error");
  CHECK(text(u, {{"arch", "unet"}}) == "weights: metadata 'arch' is 'unet', the tensors say udvd");
  CHECK(text(u, {{"frames", "9"}}) == "weights: metadata 'frames' is '9', the tensors say 5");
  CHECK(text(u, {{"channels", "3"}}) == "weights: metadata 'channels' is '3', the tensors say 1");
  for (char const* wrong : {"2", "3x", "x3", "3x4", "3x3x3", "", "-1", "3.0", "99999999999999999999", "3 "})
    CHECK(text(u, {{"blind", wrong}}) == "weights: metadata 'blind' is '" + std::string(wrong) +
                                             "'; it should be an odd number or two, ROWSxCOLUMNS");
  CHECK(text(u, {{"final_relu", "yes"}}) ==
        "weights: metadata 'final_relu' is 'yes'; it should be one of 0, 1, false, true");
  CHECK(text(u, {{"borders", "mirror"}}) ==
        "weights: metadata 'borders' is 'mirror'; it should be one of exact, reflect");
  CHECK(text(u, {{"normalize", "max"}}) ==
        "weights: metadata 'normalize' is 'max'; it should be one of none, mean, model");
  CHECK(text(u, {{"normalize", "model"}, {"offset", "1"}}) ==
        "weights: metadata 'normalize' is 'model', and 'scale' is not there");
  CHECK(text(u, {{"normalize", "model"}, {"offset", "one"}, {"scale", "1"}}) ==
        "weights: metadata 'offset' is 'one'; it should be a number");
  CHECK(text(u, {{"normalize", "model"}, {"offset", "nan"}, {"scale", "1"}}) ==
        "weights: metadata 'offset' is 'nan'; it should be a number");
  CHECK(text(u, {{"normalize", "model"}, {"offset", "0"}, {"scale", "0"}}) ==
        "weights: metadata 'scale' is 0; it must be positive");
  CHECK(text(v, {{"concat_order", "skip"}}) ==
        "weights: metadata 'concat_order' is 'skip'; it should be one of upsampled_first, skip_first");
  CHECK(text(v, {{"odd_sizes", "pad"}}) ==
        "weights: metadata 'odd_sizes' is 'pad'; it should be one of mirror, fill, crop");
  CHECK(text(nn::laine{.encoder = 1, .decoder = 1}, {{"blind", "3x1"}}) ==
        "weights: metadata 'blind' is 3 x 1; Laine's has one number");
  CHECK(text(nn::residual_cnn{.width = 1, .depth = 3}, {{"epsilon", "-1"}}) ==
        "cnn: an epsilon of -1 asked for; 0 < epsilon <= 1 is possible");
}
