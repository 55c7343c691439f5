// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/recognize.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

namespace {

io::named_tensors file_of(nn::architecture const& a) {
  return drawn_weights(nn::parameters_of(a), 3);
}

/// As 2D weights are written: without the extent of one.
io::named_tensors flat(io::named_tensors file) {
  for (auto& [key, t] : file.tensors)
    if (auto shape = t.shape(); shape.size() == 5 && shape[2] == 1) {
      shape.erase(shape.begin() + 2);
      t = io::tensor(shape, t.values<float>());
    }
  return file;
}

std::string refusal(io::named_tensors const& file) {
  return error_of([&] { nn::recognize(file); });
}

}  // namespace

TEST_CASE("the published weight files are recognised, and the network they make is theirs") {
  TOMOEDX_SHARED_OR_SKIP(sets, "reference/denoise");
  auto const known = [&](char const* file) { return nn::recognize(io::read_safetensors(sets / file)); };
  auto const u = known("udvd5_small/weights.safetensors");
  CHECK(u.net == nn::architecture(nn::udvd{.first = {8, 6}, .second = {8, 16}, .head = {64, 16}}));
  CHECK(u.tensors == 37);
  CHECK(u.parameters == 60072);
  CHECK_FALSE(u.normalize);
  CHECK(error_of([&] {
          nn::network_of(u.net, {1, 8, 8});
        }).starts_with("udvd: the size of the blind spot cannot be"));

  auto const v = known("unet_b8/weights.safetensors");
  CHECK(v.net == nn::architecture(nn::unet{.base = 8}));
  CHECK(v.tensors == 46);
  CHECK(v.parameters == 485673);

  auto w = nn::double_conv_unet();
  w.base = 8;
  CHECK(known("unet_milesial_b8/weights.safetensors").net == nn::architecture(w));
  CHECK(known("unet_milesial_b8/weights.safetensors").parameters == 486409);

  CHECK(known("dcae3d_c4/weights_before.safetensors").net == nn::architecture(nn::autoencoder{.base = 4}));
}

TEST_CASE("every option that shows in keys and shapes is recognised") {
  std::vector<nn::architecture> all;
  for (bool const norm : {false, true})
    for (bool const bias : {false, true})
      for (auto const up : {nn::unet_upsampling::transposed, nn::unet_upsampling::bilinear})
        for (int const depth : {2, 5}) {
          nn::unet u{.inputs = 3,
                     .outputs = 2,
                     .base = 4,
                     .depth = depth,
                     .up = up,
                     .batch_norm = norm,
                     .bias = bias};
          all.push_back(u);
          auto v = nn::double_conv_unet();
          v.inputs = 2, v.outputs = 5, v.base = 6, v.depth = depth, v.up = up, v.batch_norm = norm,
          v.bias = bias;
          all.push_back(v);
        }
  all.push_back(nn::unet{.base = 4, .depth = 1});
  for (int const frames : {1, 3, 5, 9})
    for (int const channels : {1, 3}) {
      nn::udvd u{.frames = frames,
                 .channels = channels,
                 .outputs = channels == 3 ? 9 : 1,
                 .first = {3, 2},
                 .second = {4, 5},
                 .head = {7, 6},
                 .bias = frames == 5,
                 .sigma_net = channels == 3 ? 2 : 0};
      if (frames < 5) u.second = {};
      all.push_back(u);
    }
  all.push_back(nn::laine{.inputs = 3, .outputs = 4, .encoder = 2, .decoder = 3, .poolings = 3});
  all.push_back(nn::laine{.encoder = 2, .decoder = 3, .last = "output_block.4"});
  for (bool const norm : {false, true})
    for (bool const bias : {false, true})
      for (char const* stem : {"dncnn.", "model.", "", "net.body.7."})
        all.push_back(nn::residual_cnn{.inputs = 2,
                                       .outputs = 3,
                                       .width = 4,
                                       .depth = 7,
                                       .kernel = 5,
                                       .batch_norm = norm,
                                       .first_bias = !bias,
                                       .middle_bias = bias,
                                       .last_bias = !bias,
                                       .stem = stem});
  all.push_back(nn::residual_cnn{.width = 4, .depth = 2});
  all.push_back(nn::autoencoder{.inputs = 2, .base = 3});
  for (auto const& a : all) {
    auto const file = file_of(a);
    auto const d = nn::recognize(flat(file));
    CAPTURE(nn::summary(d));
    CHECK(d.net == a);
    CHECK(d.tensors == file.tensors.size());
  }
}

TEST_CASE("counters of batch norm and a layer under two names are not in the way") {
  auto u = nn::double_conv_unet();
  u.base = 2;
  auto file = file_of(u);
  file.tensors.emplace("inc.double_conv.1.num_batches_tracked", io::tensor({}, std::vector<float>{0}));
  CHECK(nn::recognize(file).net == nn::architecture(u));
  auto laine = flat(file_of(nn::laine{.encoder = 2, .decoder = 2}));
  laine.tensors.emplace("output_block.4.weight", laine.tensors.at("output_conv.weight"));
  laine.tensors.emplace("output_block.4.bias", laine.tensors.at("output_conv.bias"));
  CHECK(nn::recognize(laine).net == nn::architecture(nn::laine{.encoder = 2, .decoder = 2}));
  laine.tensors.at("output_block.4.bias") = io::tensor({1}, std::vector<float>{7});
  CHECK(refusal(laine).starts_with("weights: 'output_block.4.bias' (1) has no place in the laine"));
}

TEST_CASE("files of other networks are refused with what was looked for") {
  io::named_tensors file;
  CHECK(refusal(file).starts_with("weights: 0 tensors belong to no network known here; looked for a U-net"));
  file.tensors.emplace("conv_in.weight", io::tensor({2, 1, 3, 3}, std::vector<float>(18)));
  file.tensors.emplace("zz", io::tensor({1}, std::vector<float>(1)));
  CHECK(refusal(file).starts_with(
      "weights: 2 tensors, the first called 'conv_in.weight', belong to no network"));
}

TEST_CASE("files that nearly are a network are refused with the tensor that is wrong") {
  nn::udvd const u{.first = {2, 4}, .second = {2, 3}, .head = {5, 6}};
  auto const whole = file_of(u);
  auto const without = [&](char const* key) {
    auto file = whole;
    REQUIRE(file.tensors.erase(key) == 1);
    return refusal(file);
  };
  auto const with = [&](char const* key, std::vector<std::size_t> const& shape) {
    auto file = whole;
    std::size_t n = 1;
    for (auto const e : shape) n *= e;
    file.tensors.insert_or_assign(key, io::tensor(shape, std::vector<float>(n, 0.5f)));
    return refusal(file);
  };
  CHECK(without("nin_B.weight") == "weights: the network needs 'nin_B.weight', it is not there");
  CHECK(
      without("denoiser_1.enc2.conv3.conv.weight")
          .starts_with("weights: the network needs 'denoiser_1.enc2.conv3.conv.weight' (2 x 2 x 1 x 3 x 3)"));
  CHECK(with("nin_C.weight", {1}) ==
        "weights: 'nin_C.weight' should be (output, input, y, x), the file has 1");
  CHECK(with("nin_C.weight", {0, 6, 1, 1}) ==
        "weights: 'nin_C.weight' has the shape 0 x 6 x 1 x 1; extents of 1 to 1048576 are possible");
  CHECK(
      with("nin_C.weight", {1, 6, 3, 3}).starts_with("weights: 'nin_C.weight' should be 1 x 6 x 1 x 1 x 1"));
  CHECK(with("denoiser_1.enc1.conv1.conv.weight", {2, 4, 3, 3}) ==
        "weights: 'denoiser_1.enc1.conv1.conv.weight' reads 4 channels; UDVD reads three frames");
  CHECK(with("denoiser_2.enc1.conv1.conv.weight", {2, 20, 3, 3}) ==
        "weights: 'denoiser_2.enc1.conv1.conv.weight' reads 20 channels; it should be three (5 frames) or "
        "four times (9 "
        "frames) the 4 of denoiser_1");
  CHECK(with("denoiser_2.attention.weight", {3, 3}) ==
        "weights: 'denoiser_2.attention.weight' (3 x 3) has no place in the udvd that the other tensors "
        "make; this is "
        "another network");
  auto file = whole;
  file.tensors.insert_or_assign("nin_C.weight",
                                io::tensor({1, 6, 1, 1}, std::vector<float>{0, 1, 2, 3, std::nanf(""), 5}));
  CHECK(refusal(file) == "weights: value 4 of 'nin_C.weight' is nan");
}

TEST_CASE("damaged files of each network are refused") {
  auto laine = file_of(nn::laine{.encoder = 2, .decoder = 2});
  laine.tensors.insert_or_assign("output_block.0.weight", io::tensor({2, 2, 1, 1}, std::vector<float>(4)));
  CHECK(refusal(laine) ==
        "weights: 'output_block.0.weight' reads 2 channels, one branch; this is Laine's network without a "
        "blind spot, "
        "which is not offered");
  auto cnn = file_of(nn::residual_cnn{.width = 2, .depth = 5});
  cnn.tensors.erase("dncnn.4.weight");
  CHECK(refusal(cnn).starts_with("weights: the network needs 'dncnn.4.weight'"));
  auto cube = file_of(nn::autoencoder{.base = 2});
  cube.tensors.erase("res.conv1.weight");
  CHECK(refusal(cube).starts_with("weights: the network needs 'res.conv1.weight'"));
  auto unet = file_of(nn::unet{.base = 2, .depth = 3});
  unet.tensors.erase("last.weight");
  CHECK(refusal(unet) == "weights: the network needs 'last.weight', it is not there");
  // widths that do not fit each other stay numbers in an error, whatever they are
  io::named_tensors wide;
  for (int i = 0; i < 40; ++i)
    wide.tensors.emplace("down_path." + std::to_string(i) + ".block.0.weight",
                         io::tensor({1, 1, 1, 1}, std::vector<float>(1)));
  wide.tensors.emplace("last.weight", io::tensor({1, 1, 1, 1}, std::vector<float>(1)));
  CHECK(refusal(wide) == "unet: a depth of 40 asked for; 1 to 12 are possible");
}

TEST_CASE("whatever a file holds, it is recognised or refused with an error of this library") {
  nn::architecture const all[] = {
      nn::unet{.base = 1, .depth = 3},
      nn::unet{.base = 2, .depth = 2, .batch_norm = true, .bias = false, .keys = nn::unet_keys::double_conv},
      nn::udvd{.first = {1, 1}, .second = {1, 1}, .head = {2, 1}},
      nn::laine{.encoder = 1, .decoder = 1, .poolings = 2},
      nn::residual_cnn{.width = 1, .depth = 4, .batch_norm = true},
      nn::autoencoder{.base = 1}};
  random_stream draw(11, 0);
  auto const below = [&](std::size_t n) { return static_cast<std::size_t>(draw.bits() % n); };
  std::size_t refused = 0, trials = 1500;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    auto file = flat(file_of(all[trial % std::size(all)]));
    for (std::size_t changes = 1 + below(3); changes-- > 0;) {
      auto at = std::next(file.tensors.begin(), static_cast<std::ptrdiff_t>(below(file.tensors.size())));
      auto key = at->first;
      auto const shape = at->second.shape();
      file.tensors.erase(at);
      auto const kind = below(4);
      if (kind == 0 && !file.tensors.empty()) continue;
      auto changed = shape;
      if (kind == 1) key[below(key.size())] = static_cast<char>('0' + below(12));
      if (kind == 2) changed.assign(below(7), 1 + below(3));
      if (kind == 3) changed.insert(changed.begin(), below(4));
      std::size_t n = 1;
      for (auto const e : changed) n *= e;
      file.tensors.insert_or_assign(key, io::tensor(changed, std::vector<float>(n, 0.25f)));
    }
    auto const text = refusal(file);
    if (text == "no error") continue;
    ++refused;
    CHECK(text.size() < 1000);
  }
  CHECK(refused > trials / 2);
  CHECK(refused < trials);
}
