// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/unet.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

namespace {

nn::size result_size(nn::network const& net, nn::triple const& extent) {
  return nn::sizes_of(net, {extent})[static_cast<std::size_t>(net.outputs().at(0))];
}

double worst(nn::unet const& u, std::filesystem::path const& set, char const* size) {
  auto const in = activations_of(set / (std::string("in_") + size + ".npy"));
  auto const net = nn::network_of(u, in.size.extent);
  auto const out = reference::run(net, io::read_safetensors(set / "weights.safetensors"), {in});
  return error_over_rms(activations_of(set / (std::string("out64_") + size + ".npy")), out.at(0));
}

}  // namespace

TEST_CASE("the U-net of the down_path family gives what its origin gives") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/unet_b8");
  nn::unet const u{.base = 8, .odd = nn::odd_sizes::crop};
  for (char const* size : {"64x64", "48x80", "80x48", "37x53"}) {
    CAPTURE(size);
    CHECK(worst(u, set, size) < 1e-10);
  }
  CHECK(worst({.base = 8}, set, "48x80") < 1e-10);  // mirroring changes nothing where nothing is left over
}

TEST_CASE("the U-net of the double_conv family gives what its origin gives") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/unet_milesial_b8");
  auto u = nn::double_conv_unet();
  u.base = 8;
  for (char const* size : {"64x64", "48x80", "80x48", "37x53"}) {
    CAPTURE(size);
    CHECK(worst(u, set, size) < 1e-10);
  }
}

TEST_CASE("a U-net has the published number of parameters and tensors") {
  nn::triple const extent{1, 64, 64};
  CHECK(number_of_weights(nn::network_of({}, extent)) == 31030593);
  CHECK(nn::parameters_of(nn::network_of({}, extent)).size() == 46);
  CHECK(number_of_weights(nn::network_of({.base = 16}, extent)) == 1940817);
  CHECK(number_of_weights(nn::network_of({.base = 8}, extent)) == 485673);
}

TEST_CASE("a U-net takes images of any extents and returns as many pixels") {
  for (auto const keys : {nn::unet_keys::down_path, nn::unet_keys::double_conv})
    for (auto const odd : {nn::odd_sizes::mirror, nn::odd_sizes::fill})
      for (auto const up : {nn::unet_upsampling::transposed, nn::unet_upsampling::bilinear}) {
        nn::unet const u{.inputs = 2,
                         .outputs = 3,
                         .base = 2,
                         .depth = 4,
                         .up = up,
                         .batch_norm = true,
                         .odd = odd,
                         .keys = keys};
        for (auto const& extent :
             {nn::triple{1, 1, 1}, {1, 1, 9}, {1, 3, 2}, {1, 7, 8}, {1, 17, 23}, {2, 8, 16}}) {
          auto const net = nn::network_of(u, extent);
          CHECK(result_size(net, extent) == nn::size{3, extent});
          auto const out = reference::run(net, drawn_weights(net), drawn_images(net, {extent}));
          CHECK(std::all_of(out[0].values.begin(), out[0].values.end(),
                            [](double v) { return std::isfinite(v); }));
        }
      }
}

TEST_CASE("a U-net of depth one is two convolutions and a mixing of channels") {
  auto const net = nn::network_of({.base = 4, .depth = 1}, {1, 5, 3});
  CHECK(net.layers().size() == 3);
  CHECK(number_of_weights(net) == 4 * 9 + 4 + 4 * 4 * 9 + 4 + 4 + 1);
}

TEST_CASE("mirroring a U-net's image shows it the mirror image at the far ends") {
  nn::unet const u{.base = 2, .depth = 3};
  auto const whole = nn::network_of(u, {1, 8, 8}), part = nn::network_of(u, {1, 6, 7});
  auto const weights = drawn_weights(whole);
  auto image = drawn_images(part, {{1, 6, 7}});
  auto mirrored = reference::blank({1, {1, 8, 8}}, 1);
  int const rows[] = {0, 1, 2, 3, 4, 5, 4, 3}, columns[] = {0, 1, 2, 3, 4, 5, 6, 5};
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) mirrored.row(0, 0, 0, y)[x] = image[0].row(0, 0, 0, rows[y])[columns[x]];
  auto const expected = reference::run(whole, weights, {mirrored}).at(0);
  auto const got = reference::run(part, weights, image).at(0);
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 7; ++x) CHECK(got.row(0, 0, 0, y)[x] == expected.row(0, 0, 0, y)[x]);
}

TEST_CASE("mirroring an image smaller than the margin goes back and forth") {
  nn::unet const u{.base = 2, .depth = 5};
  auto const whole = nn::network_of(u, {1, 16, 16}), part = nn::network_of(u, {1, 3, 1});
  auto const weights = drawn_weights(whole);
  auto image = drawn_images(part, {{1, 3, 1}});
  auto mirrored = reference::blank({1, {1, 16, 16}}, 1);
  int const rows[] = {0, 1, 2, 1};
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) mirrored.row(0, 0, 0, y)[x] = image[0].row(0, 0, 0, rows[y % 4])[0];
  auto const expected = reference::run(whole, weights, {mirrored}).at(0);
  auto const got = reference::run(part, weights, image).at(0);
  for (int y = 0; y < 3; ++y) CHECK(got.row(0, 0, 0, y)[0] == expected.row(0, 0, 0, y)[0]);
}

TEST_CASE("the order of a U-net's concatenation and the place of its batch norm matter") {
  nn::triple const extent{1, 8, 8};
  nn::unet const u{.base = 2, .depth = 3, .batch_norm = true};
  auto other = u;
  other.order = nn::concat_order::skip_first;
  auto const net = nn::network_of(u, extent);
  auto const weights = drawn_weights(net);
  auto const image = drawn_images(net, {extent});
  CHECK(reference::run(net, weights, image) != reference::run(nn::network_of(other, extent), weights, image));
  CHECK(weights.tensors.contains("down_path.0.block.2.running_mean"));  // convolution, ReLU, norm
  CHECK(std::holds_alternative<nn::batch_norm>(net.layers()[1].op));
  CHECK(std::get<nn::convolution>(net.layers()[0].op).act == nn::relu);

  auto conv = nn::double_conv_unet();
  conv.base = 2;
  auto const first = nn::network_of(conv, {1, 16, 16});
  REQUIRE(first.layers()[0].name == "inc.double_conv.0");
  CHECK(std::get<nn::convolution>(first.layers()[0].op).act == nn::activation{});
  REQUIRE(first.layers()[1].name == "inc.double_conv.1");
  CHECK(std::get<nn::batch_norm>(first.layers()[1].op).act == nn::relu);
}

TEST_CASE("the bilinear U-net of the double_conv family is narrower, as its tensors are in files") {
  auto u = nn::double_conv_unet();
  u.up = nn::unet_upsampling::bilinear;
  u.base = 8;
  auto const net = nn::network_of(u, {1, 16, 16});
  auto const needed = nn::parameters_of(net);
  auto const shape = [&](std::string const& key) {
    auto const p = std::find_if(needed.begin(), needed.end(), [&](auto const& q) { return q.key == key; });
    REQUIRE(p != needed.end());
    return p->shape;
  };
  using shape_of = std::vector<std::size_t>;
  CHECK(shape("down4.maxpool_conv.1.double_conv.3.weight") == shape_of{64, 64, 1, 3, 3});
  CHECK(shape("up1.conv.double_conv.0.weight") == shape_of{64, 128, 1, 3, 3});
  CHECK(shape("up1.conv.double_conv.3.weight") == shape_of{32, 64, 1, 3, 3});
  CHECK(shape("up4.conv.double_conv.0.weight") == shape_of{8, 16, 1, 3, 3});
  CHECK(shape("up4.conv.double_conv.3.weight") == shape_of{8, 8, 1, 3, 3});
  CHECK(shape("outc.conv.weight") == shape_of{1, 8, 1, 1, 1});
}

TEST_CASE("a U-net refuses what cannot be") {
  nn::triple const e{1, 16, 16};
  auto const text = [](nn::unet const& u, nn::triple const& extent) {
    return error_of([&] { nn::network_of(u, extent); });
  };
  CHECK(text({.inputs = 0}, e) == "unet: 0 inputs asked for; 1 to 1048576 are possible");
  CHECK(text({.outputs = -1}, e) == "unet: -1 outputs asked for; 1 to 1048576 are possible");
  CHECK(text({.base = 0}, e) == "unet: 0 channels at full size asked for; 1 to 1048576 are possible");
  CHECK(text({.base = 1 << 18}, e) ==
        "unet: 262144 channels doubled 4 times are too many; 1048576 are the most");
  CHECK(text({.depth = 13}, e) == "unet: a depth of 13 asked for; 1 to 12 are possible");
  CHECK(text({.base = 3, .up = nn::unet_upsampling::bilinear, .keys = nn::unet_keys::double_conv}, e) ==
        "unet: with bilinear upsampling the 3 channels at full size must be an even number");
  CHECK(text({}, {1, 0, 5}) == "unet: an image of 1 x 0 x 5 (z, y, x) cannot be; extents are at least 1");
  CHECK(text({.odd = nn::odd_sizes::crop}, {1, 16, 15}) ==
        "unet: 4 poolings need extents of 16 and more, the image has 16 x 15; mirror it instead");
}
