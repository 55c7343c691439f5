// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/laine.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

namespace {

nn::laine narrow(int poolings, int blind) {
  return {.inputs = 2, .outputs = 3, .encoder = 3, .decoder = 4, .poolings = poolings, .blind = blind};
}

}  // namespace

TEST_CASE("Laine's network has the published number of parameters") {
  auto const net = nn::network_of(nn::laine{}, {1, 64, 64});
  CHECK(number_of_weights(net) == 1265761);
  auto const needed = nn::parameters_of(net);
  auto const has = [&](std::string const& key, std::vector<std::size_t> const& shape) {
    return std::any_of(needed.begin(), needed.end(),
                       [&](auto const& p) { return p.key == key && p.shape == shape; });
  };
  CHECK(has("encode_block_1.2.weight", {48, 48, 1, 3, 3}));
  CHECK(has("encode_block_6.0.bias", {48}));
  CHECK(has("decode_block_5.0.weight", {96, 96, 1, 3, 3}));
  CHECK(has("decode_block_4.0.weight", {96, 144, 1, 3, 3}));
  CHECK(has("decode_block_1.0.weight", {96, 97, 1, 3, 3}));
  CHECK(has("output_block.0.weight", {384, 384, 1, 1, 1}));
  CHECK(has("output_conv.weight", {1, 96, 1, 1, 1}));
}

TEST_CASE("Laine's network takes images of any extents and is blind in each pixel") {
  for (int const poolings : {1, 2, 5})
    for (int const blind : {1, 3})
      for (auto const& extent : {nn::triple{1, 1, 1}, {1, 3, 10}, {1, 9, 4}, {1, 32, 33}}) {
        if (extent[1] == 32 && (poolings < 5 || blind > 1)) continue;  // once is enough for the largest
        auto const net = nn::network_of(narrow(poolings, blind), extent);
        auto const weights = drawn_weights(net);
        auto const image = drawn_images(net, {extent});
        auto const before = reference::run(net, weights, image).at(0);
        CHECK(before.size == nn::size{3, extent});
        int const y = extent[1] / 2, x = extent[2] / 3;
        auto changed = image;
        for (int c = 0; c < 2; ++c)
          for (int v = std::max(0, y - blind / 2); v <= std::min(extent[1] - 1, y + blind / 2); ++v)
            for (int w = std::max(0, x - blind / 2); w <= std::min(extent[2] - 1, x + blind / 2); ++w)
              changed[0].row(0, c, 0, v)[w] += 3;
        auto const after = reference::run(net, weights, changed).at(0);
        for (int c = 0; c < 3; ++c) CHECK(after.row(0, c, 0, y)[x] == before.row(0, c, 0, y)[x]);
        CHECK((after == before) == (extent[1] <= blind && extent[2] <= blind));
      }
}

TEST_CASE("Laine's branches look above, right, below and left, in this order") {
  nn::triple const extent{1, 4, 4};
  auto const net = nn::network_of(nn::laine{.encoder = 2, .decoder = 2, .poolings = 1}, extent);
  auto weights = drawn_weights(net);
  auto const image = drawn_images(net, {extent});
  struct direction {
    int dy, dx;
  };
  direction const seen[] = {{-1, 0}, {0, 1}, {1, 0}, {0, -1}};
  for (int branch = 0; branch < 4; ++branch) {
    // let the head see one branch only
    auto head = weights.tensors.at("output_block.0.weight");
    auto values = head.values<float>();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (static_cast<int>(i % 8) / 2 != branch) values[i] = 0;
    auto one = weights;
    one.tensors.insert_or_assign("output_block.0.weight", io::tensor(head.shape(), std::move(values)));
    auto const before = reference::run(net, one, image).at(0).row(0, 0, 0, 2)[1];
    for (int other = 0; other < 4; ++other) {
      auto changed = image;
      changed[0].row(0, 0, 0, 2 + seen[other].dy)[1 + seen[other].dx] += 1;
      CHECK((reference::run(net, one, changed).at(0).row(0, 0, 0, 2)[1] != before) == (other == branch));
    }
  }
}

TEST_CASE("Laine's network refuses what cannot be") {
  auto const text = [](auto const& change, nn::triple const& extent = nn::triple{1, 8, 8}) {
    nn::laine l;
    change(l);
    return error_of([&] { nn::network_of(l, extent); });
  };
  CHECK(text([](auto& l) { l.inputs = 0; }) == "laine: 0 inputs asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& l) { l.outputs = 0; }) == "laine: 0 outputs asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& l) { l.encoder = 0; }) == "laine: 0 channels asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& l) { l.decoder = 0; }) == "laine: 0 channels asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& l) { l.decoder = 1 << 19; }) ==
        "laine: 524288 channels in each of four branches are too many");
  CHECK(text([](auto& l) { l.poolings = 0; }) == "laine: 0 poolings asked for; 1 to 12 are possible");
  CHECK(text([](auto& l) { l.blind = 4; }) ==
        "laine: a blind spot of 4 pixels asked for; it must be odd, 1 to 1023");
  CHECK(text([](auto&) {}, {0, 8, 8}) ==
        "laine: an image of 0 x 8 x 8 (z, y, x) cannot be; extents are at least 1");
}
