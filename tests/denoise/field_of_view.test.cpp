// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/field_of_view.hpp>

#include <tomoedx/nn/architecture.hpp>

#include "../nn/networks.hpp"

using namespace tomoedx_tests;

namespace {

field_of_view view_of(nn::architecture const& a, nn::triple const& extent) {
  return field_of_view_of(nn::network_of(a, extent), nn::input_extents(a, extent));
}

/// Change one pixel of the first input and see where the result changes: never beyond the field of view, and as far
/// as `reached` says on both sides of axis `a`.
void check_by_a_pixel(nn::architecture const& a, nn::triple const& extent, nn::triple const& at, int axis,
                      int slack) {
  auto const net = nn::network_of(a, extent);
  auto const view = view_of(a, extent);
  auto const weights = drawn_weights(net);
  auto given = drawn_images(net, nn::input_extents(a, extent));
  auto const before = reference::run(net, weights, given).at(0);
  given[0].row(0, 0, at[0], at[1])[at[2]] += 5;
  auto const after = reference::run(net, weights, given).at(0);
  nn::triple least = extent, most{-1, -1, -1};
  for (int z = 0; z < extent[0]; ++z)
    for (int y = 0; y < extent[1]; ++y)
      for (int x = 0; x < extent[2]; ++x)
        if (before.row(0, 0, z, y)[x] != after.row(0, 0, z, y)[x]) {
          nn::triple const here{z, y, x};
          for (int i = 0; i < 3; ++i)
            least[i] = std::min(least[i], here[i]), most[i] = std::max(most[i], here[i]);
        }
  REQUIRE(most[axis] >= 0);
  for (int i = 0; i < 3; ++i) {
    CHECK(at[i] - least[i] <= view.high[i]);  // a result there sees this far up
    CHECK(most[i] - at[i] <= view.low[i]);
  }
  CHECK(at[axis] - least[axis] >= view.high[axis] - slack);
  CHECK(most[axis] - at[axis] >= view.low[axis] - slack);
}

}  // namespace

TEST_CASE("UDVD sees as far as is known of it") {
  auto u = nn::published_udvd(5);
  u.blind = nn::blind_spot{1, 1};
  u.final_relu = false;
  auto const one = view_of(u, {1, 64, 48});
  CHECK(one.low == nn::triple{0, 145, 145});
  CHECK(one.high == nn::triple{0, 145, 145});
  CHECK(one.step == nn::triple{1, 4, 4});
  CHECK(one.halo() == nn::triple{0, 148, 148});
  CHECK(one.obstacle.empty());
  CHECK(one.grid == one.step);
  auto const net = nn::network_of(u, {1, 64, 48});
  auto const fast = field_of_view_of(net, nn::input_extents(u, {1, 64, 48}), nn::algorithm::fast);
  CHECK(fast.low == one.low);
  CHECK(fast.grid == nn::triple{1, 16, 16});
  CHECK(fast.halo() ==
        nn::triple{0, 160, 160});  // one block of four positions, three of them too many, at a quarter
  CHECK(field_of_view_of(net, nn::input_extents(u, {1, 64, 48}), nn::algorithm::accurate).halo() ==
        nn::triple{0, 152, 152});
  u.blind = nn::blind_spot{3, 3};
  CHECK(view_of(u, {1, 64, 64}).low == nn::triple{0, 146, 146});
  CHECK(view_of(u, {1, 64, 64}).halo() == nn::triple{0, 148, 148});
  auto single = nn::published_udvd(1);
  single.blind = nn::blind_spot{1, 1};
  single.final_relu = false;
  CHECK(view_of(single, {1, 64, 64}).low == nn::triple{0, 73, 73});
}

TEST_CASE("U-nets see further with each pooling") {
  CHECK(view_of(nn::unet{.base = 4, .depth = 1}, {1, 64, 64}).low == nn::triple{0, 2, 2});
  for (int const depth : {2, 3, 5}) {
    auto const v = view_of(nn::unet{.base = 4, .depth = depth}, {1, 160, 160});
    int const m = 1 << (depth - 1);
    CHECK(v.step == nn::triple{1, m, m});
    // two convolutions at each level down, two up, and half a cell for each pooling
    CHECK(v.low ==
          nn::triple{0, 2 * (2 * m - 1) + 2 * (m - 1) + m - 1, 2 * (2 * m - 1) + 2 * (m - 1) + m - 1});
    CHECK(v.high == v.low);
  }
  CHECK(view_of(nn::unet{.depth = 5}, {1, 37, 53}).halo() == nn::triple{0, 112, 112});
}

TEST_CASE("what one pixel changes lies within the field of view, and nearly fills it") {
  check_by_a_pixel(nn::unet{.base = 3, .depth = 3}, {1, 84, 12}, {0, 41, 5}, 1, 3);
  check_by_a_pixel(nn::unet{.base = 3, .depth = 2}, {1, 8, 44}, {0, 3, 22}, 2, 1);
  check_by_a_pixel(nn::residual_cnn{.width = 3, .depth = 4, .kernel = 5, .residual = true}, {1, 31, 9},
                   {0, 15, 4}, 1, 0);
  check_by_a_pixel(nn::autoencoder{.base = 2}, {88, 8, 8}, {44, 3, 3}, 0, 14);
  check_by_a_pixel(nn::autoencoder{.base = 2}, {8, 56, 8}, {3, 28, 3}, 1, 14);
  nn::udvd u{
      .frames = 1, .first = {2, 3}, .head = {8, 5}, .blind = nn::blind_spot{1, 3}, .final_relu = false};
  check_by_a_pixel(u, {1, 180, 9}, {0, 90, 4}, 1, 3);
  check_by_a_pixel(u, {1, 9, 180}, {0, 4, 90}, 2, 3);
  check_by_a_pixel(nn::laine{.encoder = 2, .decoder = 3, .poolings = 2}, {1, 120, 6}, {0, 60, 3}, 1, 6);
}

TEST_CASE("networks that cannot be computed in parts are known") {
  nn::unet bilinear = nn::double_conv_unet();
  bilinear.base = 4, bilinear.depth = 2, bilinear.up = nn::unet_upsampling::bilinear;
  CHECK(view_of(bilinear, {1, 16, 16}).obstacle ==
        "its upsampling stretches the image from corner to corner");
  bilinear.keys = nn::unet_keys::down_path;
  CHECK(view_of(bilinear, {1, 16, 16}).obstacle.empty());
  nn::network half;
  auto const x = half.input(1);
  half.output(half.add(nn::max_pool{}, {x}));
  CHECK(field_of_view_of(half, {{1, 8, 8}}).obstacle == "its result has another size than the image");
  nn::network mixed;
  auto const y = mixed.input(1);
  auto const up = mixed.add(nn::nearest_upsample{}, {y});
  mixed.output(mixed.add(nn::concat{}, {y, mixed.add(nn::fit_to{}, {up, y})}));
  CHECK(field_of_view_of(mixed, {{1, 8, 8}}).obstacle == "it joins values of different strides");
  CHECK_THROWS_AS(field_of_view_of(half, {}), shape_error);
}
