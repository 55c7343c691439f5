// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/autoencoder.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

TEST_CASE("the autoencoder gives what the reference set says") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/dcae3d_c4");
  auto const in = activations_of(set / "filled64.npy");
  auto const net = nn::network_of(nn::autoencoder{.base = 4}, in.size.extent);
  auto const out = reference::run(net, io::read_safetensors(set / "weights_before.safetensors"), {in});
  CHECK(error_over_rms(activations_of(set / "out_masked64.npy"), out.at(0)) < 1e-10);
}

TEST_CASE("the autoencoder has its number of parameters") {
  nn::triple const extent{16, 8, 8};
  CHECK(number_of_weights(nn::network_of(nn::autoencoder{}, extent)) == 627425);
  CHECK(number_of_weights(nn::network_of(nn::autoencoder{.inputs = 2}, extent)) == 627857);
  CHECK(number_of_weights(nn::network_of(nn::autoencoder{.base = 4}, extent)) == 39449);
}

TEST_CASE("the autoencoder takes spectrum images of any extents and returns as many voxels") {
  for (int const inputs : {1, 2})
    for (auto const& extent : {nn::triple{1, 1, 1}, {3, 1, 2}, {9, 5, 7}, {21, 10, 13}}) {
      auto const net = nn::network_of(nn::autoencoder{inputs, 2}, extent);
      auto const out = reference::run(net, drawn_weights(net),
                                      drawn_images(net, {extent, {1, extent[1], extent[2]}}, 1, 2));
      CHECK(out.at(0).size == nn::size{1, extent});
      CHECK(
          std::all_of(out[0].values.begin(), out[0].values.end(), [](double v) { return std::isfinite(v); }));
    }
}

TEST_CASE("the autoencoder repeats edges to its multiples and cuts them off") {
  nn::triple const part{5, 3, 6}, whole{8, 4, 8};
  nn::autoencoder const a{.base = 2};
  auto const net = nn::network_of(a, part);
  auto const weights = drawn_weights(net);
  auto const cube = drawn_images(net, {part});
  auto repeated = reference::blank({1, whole}, 1);
  for (int e = 0; e < 8; ++e)
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 8; ++x)
        repeated.row(0, 0, e, y)[x] = cube[0].row(0, 0, std::min(e, 4), std::min(y, 2))[std::min(x, 5)];
  auto const expected = reference::run(nn::network_of(a, whole), weights, {repeated}).at(0);
  auto const got = reference::run(net, weights, cube).at(0);
  for (int e = 0; e < 5; ++e)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 6; ++x) CHECK(got.row(0, 0, e, y)[x] == expected.row(0, 0, e, y)[x]);
}

TEST_CASE("the autoencoder's Z-contrast image counts, at every energy") {
  nn::triple const extent{16, 4, 4};
  auto const net = nn::network_of(nn::autoencoder{2, 3}, extent);
  auto const weights = drawn_weights(net);
  auto given = drawn_images(net, {extent, {1, 4, 4}});
  auto const before = reference::run(net, weights, given).at(0);
  given[1].row(0, 0, 0, 2)[1] += 1;
  auto const after = reference::run(net, weights, given).at(0);
  for (int e = 0; e < 16; ++e) CHECK(after.row(0, 0, e, 2)[1] != before.row(0, 0, e, 2)[1]);
}

TEST_CASE("the autoencoder refuses what cannot be") {
  auto const text = [](nn::autoencoder const& a, nn::triple const& extent = {8, 8, 8}) {
    return error_of([&] { nn::network_of(a, extent); });
  };
  CHECK(text({3, 4}) ==
        "autoencoder: 3 inputs asked for; it takes the spectrum image and perhaps a Z-contrast image");
  CHECK(text({1, 0}) == "autoencoder: 0 channels at full size asked for; 1 to 1048576 are possible");
  CHECK(text({1, 1 << 19}) == "autoencoder: 524288 channels at full size are too many");
  CHECK(text({1, 4}, {8, 8, 0}) ==
        "autoencoder: an image of 8 x 8 x 0 (z, y, x) cannot be; extents are at least 1");
}
