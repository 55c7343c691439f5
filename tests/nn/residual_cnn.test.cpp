// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/residual_cnn.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

namespace {

nn::residual_cnn narrow(bool norm, bool residual) {
  return {.inputs = 2, .outputs = 2, .width = 3, .depth = 4, .batch_norm = norm, .residual = residual};
}

}  // namespace

TEST_CASE("a residual CNN gives its image minus what the plain one gives") {
  for (bool const norm : {false, true}) {
    nn::triple const extent{1, 6, 9};
    auto const plain = nn::network_of(narrow(norm, false), extent),
               net = nn::network_of(narrow(norm, true), extent);
    auto weights = drawn_weights(plain);
    auto const image = drawn_images(plain, {extent}, 1, 2);
    CHECK(error_of([&] { reference::run(net, weights, image); }).find("input_minus_noise.weight") !=
          std::string::npos);
    nn::add_constants(narrow(norm, true), weights);
    auto expected = image[0];
    auto const noise = reference::run(plain, weights, image).at(0);
    for (std::size_t i = 0; i < noise.values.size(); ++i) expected.values[i] -= noise.values[i];
    CHECK(reference::run(net, weights, image).at(0) == expected);
  }
}

TEST_CASE("a CNN's parameters are numbered as the layers of its chain, ReLUs counted") {
  auto const keys = [](nn::residual_cnn const& r) {
    std::string all;
    for (auto const& p : nn::parameters_of(nn::network_of(r, {1, 8, 8}))) all += p.key + " ";
    return all;
  };
  CHECK(keys({.depth = 3, .residual = false}) ==
        "dncnn.0.weight dncnn.0.bias dncnn.2.weight dncnn.2.bias dncnn.4.weight dncnn.4.bias ");
  CHECK(keys({.depth = 4,
              .batch_norm = true,
              .first_bias = false,
              .middle_bias = false,
              .last_bias = false,
              .residual = false,
              .stem = ""}) ==
        "0.weight 2.weight 3.weight 3.bias 3.running_mean 3.running_var 5.weight 6.weight 6.bias "
        "6.running_mean "
        "6.running_var 8.weight ");
}

TEST_CASE("the CNN of 17 layers has the parameters of the paper's") {
  // 64 x 9, then 15 x (64 x 64 x 9 + batch norm of 2 x 64), then 64 x 9
  nn::residual_cnn const r{
      .batch_norm = true, .first_bias = false, .middle_bias = false, .last_bias = false, .residual = true};
  auto const net = nn::network_of(r, {1, 8, 8});
  CHECK(number_of_weights(net) - 2 == 556032);  // the difference has two
}

TEST_CASE("a CNN takes images of any extents") {
  for (auto const& extent : {nn::triple{1, 1, 1}, {1, 2, 9}, {3, 5, 4}}) {
    auto r = narrow(true, true);
    r.kernel = 5;
    auto const net = nn::network_of(r, extent);
    CHECK(reference::run(net, drawn_weights(net), drawn_images(net, {extent})).at(0).size ==
          nn::size{2, extent});
  }
}

TEST_CASE("a CNN refuses what cannot be, and what it was not told") {
  auto const text = [](auto const& change, nn::triple const& extent = nn::triple{1, 8, 8}) {
    auto r = narrow(true, true);
    change(r);
    return error_of([&] { nn::network_of(r, extent); });
  };
  CHECK(text([](auto& r) { r.inputs = 0; }) == "cnn: 0 inputs asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& r) { r.outputs = 0; }) == "cnn: 0 outputs asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& r) { r.width = 0; }) == "cnn: 0 channels asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& r) { r.depth = 1; }) == "cnn: 1 convolutions asked for; 2 to 1000 are possible");
  CHECK(text([](auto& r) { r.kernel = 4; }) == "cnn: a kernel of 4 asked for; it must be odd, 1 to 255");
  CHECK(text([](auto& r) { r.epsilon = 0; }) ==
        "cnn: an epsilon of 0 asked for; 0 < epsilon <= 1 is possible");
  CHECK(text([](auto& r) { r.outputs = 1; }) ==
        "cnn: noise of 1 channels cannot be taken from an image of 2; is 'residual' right?");
  CHECK(text([](auto& r) { r.residual.reset(); })
            .starts_with("cnn: whether the network gives the noise or the clean image cannot be seen in the "
                         "weights; say so"));
  CHECK(text([](auto&) {}, {1, -4, 8}) ==
        "cnn: an image of 1 x -4 x 8 (z, y, x) cannot be; extents are at least 1");
}
