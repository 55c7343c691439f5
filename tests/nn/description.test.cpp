// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/description.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

TEST_CASE("parameters are counted without running statistics") {
  auto u = nn::double_conv_unet();
  u.base = 8;
  CHECK(nn::number_of_parameters(u) == 486409);
  CHECK(nn::number_of_parameters(nn::unet{}) == 31030593);
  CHECK(nn::number_of_parameters(nn::published_udvd(5)) == 2123664);
}

TEST_CASE("a summary says what a network is, and what is not known of it") {
  auto const text = [](nn::architecture const& a, std::optional<nn::normalization> n = {}) {
    return nn::summary({.net = a, .normalize = n, .tensors = 12, .parameters = 3456});
  };
  CHECK(
      text(nn::unet{}) ==
      "U-net (down_path keys), base width 64, depth 5: 1 channel in, 1 out; transposed-convolution "
      "upsampling, no "
      "batch norm, upsampled first in its concatenations; images are mirrored to a multiple of its poolings; "
      "normalisation unknown (tell it by 'normalize'); 12 tensors, 3456 parameters");
  auto u = nn::published_udvd(5, 3);
  CHECK(text(u, nn::normalization{}) ==
        "UDVD for 5 frames of 3 channels, 3 out; U-nets of width 48 to 32, then 48 to 96; no biases; blind "
        "spot unknown "
        "(tell it by 'blind'); final ReLU unknown (tell it by 'final_relu'); exact borders; values are not "
        "scaled; 12 "
        "tensors, 3456 parameters");
  u.outputs = 9;
  CHECK(
      text(u).starts_with("UDVD for 5 frames of 3 channels, 9 out; U-nets of width 48 to 32, then 48 to 96; "
                          "means and covariances out; no"));
  u.blind = nn::blind_spot{3, 1};
  u.final_relu = false;
  u.sigma_net = 8;
  u.borders = nn::blind_borders::reflect;
  CHECK(
      text(u).find(
          "blind spot 3 x 1; linear output; noise-level network of width 8; borders mirrored to a square") !=
      std::string::npos);
  CHECK(text(nn::laine{})
            .starts_with("Laine's blind-spot network with 5 poolings: 1 channel in, 1 out; width 48, then "
                         "96; blind spot 1 x 1"));
  CHECK(text(nn::residual_cnn{})
            .starts_with("CNN of 17 convolutions 3 x 3: 1 channel in, 1 out; width 64, no batch norm; noise "
                         "or clean image unknown (tell "
                         "it by 'residual')"));
  CHECK(text(nn::autoencoder{.inputs = 2}, nn::normalization{nn::normalization::rule::model, 100, 2.5}) ==
        "3D autoencoder for spectrum images, base width 16; with a Z-contrast image; values are scaled: "
        "minus 100, by "
        "2.5; 12 tensors, 3456 parameters");
}
