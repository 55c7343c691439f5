// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/udvd_stages.hpp>

#include "networks.hpp"

using namespace tomoedx_tests;

namespace {

nn::udvd narrow(int frames, nn::blind_borders borders) {
  return {.frames = frames,
          .channels = 2,
          .outputs = 2,
          .first = {3, 2},
          .second = {4, 3},
          .head = {7, 5},
          .bias = true,
          .sigma_net = 2,
          .borders = borders,
          .blind = nn::blind_spot{3, 1},
          .final_relu = false};
}

}  // namespace

TEST_CASE("UDVD's two stages, one after the other, are the whole network bit for bit") {
  for (int const frames : {1, 3, 5, 9})
    for (auto const borders : {nn::blind_borders::exact, nn::blind_borders::reflect})
      for (auto const& extent : {nn::triple{1, 7, 10}, {1, 8, 8}, {1, 2, 5}}) {
        CAPTURE(frames);
        auto const u = narrow(frames, borders);
        auto const whole = nn::network_of(u, extent);
        auto const weights = drawn_weights(whole);
        auto const given = drawn_images(whole, {extent}, 4, 2);
        auto const first = nn::first_stage_of(u, extent), second = nn::second_stage_of(u, extent);
        std::vector<reference::activations> between;
        for (auto const& group : nn::groups_of(u)) {
          std::vector<reference::activations> members;
          for (int const i : group) members.push_back(given[static_cast<std::size_t>(i)]);
          for (auto& r : reference::run(first, weights, members)) between.push_back(std::move(r));
        }
        REQUIRE(between.size() == second.inputs().size());
        auto const extents = nn::turned_extents(u, extent);
        for (std::size_t i = 0; i < between.size(); ++i)
          CHECK(between[i].size == nn::size{second.inputs()[i], extents[i % 4]});
        auto const expected = reference::run(whole, weights, given);
        CHECK(reference::run(second, weights, between).at(0) == expected.at(0));
        CHECK(reference::run(nn::noise_level_of(u, extent), weights, given).at(0) == expected.at(1));
      }
}

TEST_CASE("UDVD's stages give what the published networks give, the first one run once for all variants") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/udvd5_small");
  auto const weights = io::read_safetensors(set / "weights.safetensors");
  nn::udvd u{.first = {8, 6},
             .second = {8, 16},
             .head = {64, 16},
             .borders = nn::blind_borders::reflect,
             .blind = nn::blind_spot{},
             .final_relu = false};
  for (char const* size : {"64x64", "48x80", "80x48", "37x53", "45x45"}) {
    CAPTURE(size);
    auto const in = activations_of(set / (std::string("in_") + size + ".npy"));
    auto const frames = split_channels(in, 1);
    auto const first = nn::first_stage_of(u, in.size.extent);
    std::vector<reference::activations> between;
    for (auto const& group : nn::groups_of(u))
      for (auto& r : reference::run(first, weights, {frames[group[0]], frames[group[1]], frames[group[2]]}))
        between.push_back(std::move(r));
    auto const result = [&](nn::blind_spot blind, bool final_relu) {
      auto variant = u;
      variant.blind = blind;
      variant.final_relu = final_relu;
      return reference::run(nn::second_stage_of(variant, in.size.extent), weights, between).at(0);
    };
    auto const published = [&](char const* variant) {
      return activations_of(set / (std::string("out64_") + variant + "_" + size + ".npy"));
    };
    auto one = result({1, 1}, false);
    CHECK(error_over_rms(published("linear"), one) < 1e-10);
    for (auto& v : one.values) v = std::max(v, 0.0);
    CHECK(error_over_rms(published("relu1px"), one) < 1e-10);
    CHECK(error_over_rms(published("relu3x3"), result({3, 3}, true)) < 1e-10);
  }
}

TEST_CASE("the stages of UDVD need together what the whole network needs") {
  auto const u = narrow(5, nn::blind_borders::exact);
  nn::triple const extent{1, 8, 8};
  auto const count = [](nn::network const& net) { return number_of_weights(net); };
  CHECK(count(nn::first_stage_of(u, extent)) + count(nn::second_stage_of(u, extent)) +
            count(nn::noise_level_of(u, extent)) ==
        count(nn::network_of(u, extent)));
}

TEST_CASE("the stages of UDVD refuse what the network refuses") {
  auto u = narrow(5, nn::blind_borders::exact);
  u.sigma_net = 0;
  CHECK(error_of([&] {
          nn::noise_level_of(u, {1, 8, 8});
        }) == "udvd: this network has no part that estimates the noise level (sigma_net)");
  CHECK(error_of([&] {
          nn::first_stage_of(u, {1, 0, 8});
        }) == "udvd: an image of 1 x 0 x 8 (z, y, x) cannot be; extents are at least 1");
  u.blind.reset();
  CHECK(error_of([&] { nn::first_stage_of(u, {1, 8, 8}); }).starts_with("udvd: the size of the blind spot"));
  CHECK(error_of([&] { nn::second_stage_of(u, {1, 8, 8}); }).starts_with("udvd: the size of the blind spot"));
  CHECK(error_of([&] { nn::turned_extents(u, {1, 8, 8}); }).starts_with("udvd: the size of the blind spot"));
}
