// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/architecture.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

TEST_CASE("every architecture has a name, a table and as many extents as inputs") {
  nn::triple const extent{1, 9, 6};
  nn::udvd u = nn::published_udvd(9);
  u.first.width = u.second.width = 2;
  u.blind = nn::blind_spot{};
  u.final_relu = true;
  std::pair<char const*, nn::architecture> const all[] = {
      {"unet", nn::unet{.base = 2}},
      {"udvd", u},
      {"laine", nn::laine{.encoder = 2, .decoder = 2}},
      {"cnn", nn::residual_cnn{.width = 2, .residual = true}},
      {"dcae", nn::autoencoder{.base = 2}}};
  for (auto const& [name, a] : all) {
    CHECK(nn::name_of(a) == name);
    auto const net = nn::network_of(a, extent);
    auto const extents = nn::input_extents(a, extent);
    CHECK(extents == std::vector(net.inputs().size(), extent));
    auto const sizes = nn::sizes_of(net, extents);
    CHECK(sizes[static_cast<std::size_t>(net.outputs().at(0))].extent == extent);
  }
  CHECK(nn::input_extents(nn::autoencoder{2, 4}, {7, 5, 6}) == std::vector<nn::triple>{{7, 5, 6}, {1, 5, 6}});
}

TEST_CASE("the parameters of an architecture are known before its open options are") {
  for (int const frames : {1, 3, 5, 9}) {
    auto u = nn::published_udvd(frames);
    auto const open = nn::parameters_of(nn::architecture(u));
    u.blind = nn::blind_spot{3, 3};
    u.final_relu = true;
    auto const closed = nn::parameters_of(nn::network_of(u, {1, 64, 48}));
    REQUIRE(open.size() == closed.size());
    for (std::size_t i = 0; i < open.size(); ++i) {
      CHECK(open[i].key == closed[i].key);
      CHECK(open[i].shape == closed[i].shape);
    }
  }
  CHECK(nn::parameters_of(nn::architecture(nn::residual_cnn{.depth = 5})).size() == 10);
  CHECK_FALSE(
      nn::parameters_of(nn::architecture(nn::unet{.base = 1, .depth = 12, .odd = nn::odd_sizes::crop}))
          .empty());
  CHECK(error_of([] { nn::parameters_of(nn::architecture(nn::unet{.depth = 20})); }) ==
        "unet: a depth of 20 asked for; 1 to 12 are possible");
}
