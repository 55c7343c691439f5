// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/udvd.hpp>

#include "networks.hpp"

#include <utility>

using namespace tomoedx_tests;

namespace {

/// Five grey frames, width 8: the network of the reference set.
nn::udvd small(nn::blind_spot blind, bool final_relu,
               nn::blind_borders borders = nn::blind_borders::reflect) {
  return {.first = {8, 6},
          .second = {8, 16},
          .head = {64, 16},
          .borders = borders,
          .blind = blind,
          .final_relu = final_relu};
}

/// A network to try properties on: narrow, of so many frames.
nn::udvd narrow(int frames, nn::blind_spot blind, int channels = 1) {
  int const groups = frames == 9 ? 4 : frames == 5 ? 3 : 1;
  return {.frames = frames,
          .channels = channels,
          .first = {3, 2},
          .second = {3, 4},
          .head = {8, 5 + groups},
          .blind = blind,
          .final_relu = false};
}

std::vector<reference::activations> scaled(std::vector<reference::activations> all, double factor) {
  for (auto& a : all)
    for (auto& v : a.values) v *= factor;
  return all;
}

}  // namespace

TEST_CASE("UDVD gives what the published networks give, squared by mirroring as they do") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/udvd5_small");
  auto const weights = io::read_safetensors(set / "weights.safetensors");
  auto const worst = [&](nn::udvd const& u, std::string const& variant, std::string const& size) {
    auto const in = activations_of(set / ("in_" + size + ".npy"));
    auto const net = nn::network_of(u, in.size.extent);
    auto const out = reference::run(net, weights, split_channels(in, 1));
    return error_over_rms(activations_of(set / ("out64_" + variant + "_" + size + ".npy")), out[0]);
  };
  // the other sizes in udvd_stages.test.cpp
  CHECK(worst(small({1, 1}, false), "linear", "45x45") < 1e-10);
  CHECK(worst(small({1, 1}, true), "relu1px", "45x45") < 1e-10);
  CHECK(worst(small({3, 3}, true), "relu3x3", "37x53") < 1e-10);
}

TEST_CASE("on squares UDVD's exact borders change nothing") {
  for (int const side : {4, 13, 16}) {
    auto u = narrow(5, {3, 3});
    auto const net = nn::network_of(u, {1, side, side});
    u.borders = nn::blind_borders::reflect;
    auto const mirrored = nn::network_of(u, {1, side, side});
    auto const weights = drawn_weights(net);
    auto const frames = drawn_images(net, {{1, side, side}});
    CHECK(reference::run(net, weights, frames) == reference::run(mirrored, weights, frames));
  }
}

TEST_CASE(
    "UDVD is blind where the published network has derivatives of zero, and agrees with its other "
    "derivatives") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/udvd5_small");
  auto const weights = io::read_safetensors(set / "weights.safetensors");
  auto const image = io::read_npy<double>(set / "ingrad/input.npy");
  REQUIRE(image.values.size() == 5u * 32 * 32);
  reference::activations const whole{{5, {1, 32, 32}}, 1, image.values};
  struct point {
    int y, x;
  };
  for (auto const& [variant, blind] :
       {std::pair{"linear", nn::blind_spot{1, 1}}, {"relu3x3", nn::blind_spot{3, 3}}}) {
    auto const net = nn::network_of(small(blind, false, nn::blind_borders::exact), {1, 32, 32});
    auto const result = [&](reference::activations const& in) {
      return reference::run(net, weights, split_channels(in, 1)).at(0);
    };
    auto const plain = result(whole);
    for (auto const& p : {point{0, 0}, point{13, 20}, point{31, 5}}) {
      auto const name = std::string(variant) + "_" + std::to_string(p.y) + "_" + std::to_string(p.x) + ".npy";
      CAPTURE(name);
      auto const slope = io::read_npy<double>(set / "ingrad" / name);
      REQUIRE(slope.values.size() == whole.values.size());
      // f is homogeneous of degree one, so that f(x) is the sum of x df/dx
      double sum = 0, size = 0;
      auto blinded = whole;
      std::size_t zeros = 0;
      for (std::size_t i = 0; i < slope.values.size(); ++i) {
        sum += slope.values[i] * whole.values[i];
        size += std::abs(slope.values[i] * whole.values[i]);
        if (slope.values[i] == 0) blinded.values[i] += 7, ++zeros;
      }
      double const value = plain.row(0, 0, 0, p.y)[p.x];
      CHECK(std::abs(value - sum) < 1e-12 * size);
      CHECK(zeros >= 5);
      CHECK(result(blinded).row(0, 0, 0, p.y)[p.x] == value);
    }
  }
}

TEST_CASE("UDVD has the published numbers of parameters") {
  auto const count = [](nn::udvd u) {
    u.blind = nn::blind_spot{};
    u.final_relu = false;
    return number_of_weights(nn::network_of(u, {1, 16, 16}));
  };
  CHECK(count(nn::published_udvd(5)) == 2123664);
  CHECK(count(nn::published_udvd(9)) == 2116752);
  CHECK(count(nn::published_udvd(3)) == 1121424);
  auto rgb = nn::published_udvd(5, 3);
  rgb.outputs = 9;
  CHECK(count(rgb) == 2132208);
  auto single = nn::published_udvd(1, 3);
  single.outputs = 9;
  CHECK(count(single) == 1122192);
}

TEST_CASE("no pixel within UDVD's blind spot changes the result, whatever the extents") {
  for (int const frames : {1, 3, 5, 9})
    for (auto const& blind : {nn::blind_spot{1, 1}, {3, 3}, {5, 1}, {1, 3}})
      for (auto const& extent : {nn::triple{1, 5, 11}, {1, 12, 7}, {1, 3, 6}, {1, 1, 1}}) {
        auto u = narrow(frames, blind);
        u.bias = true;
        auto const net = nn::network_of(u, extent);
        auto const weights = drawn_weights(net);
        auto const frames_in = drawn_images(net, {extent});
        auto const before = reference::run(net, weights, frames_in).at(0);
        random_stream draw(3, static_cast<std::uint64_t>(extent[2]));
        for (int trial = 0; trial < 4; ++trial) {
          int const y = static_cast<int>(draw.bits() % extent[1]),
                    x = static_cast<int>(draw.bits() % extent[2]);
          auto changed = frames_in;
          for (auto& f : changed)
            for (int v = std::max(0, y - blind.rows / 2); v <= std::min(extent[1] - 1, y + blind.rows / 2);
                 ++v)
              for (int w = std::max(0, x - blind.columns / 2);
                   w <= std::min(extent[2] - 1, x + blind.columns / 2); ++w)
                f.row(0, 0, 0, v)[w] += 10 + draw.uniform();
          auto const after = reference::run(net, weights, changed).at(0);
          CHECK(after.row(0, 0, 0, y)[x] == before.row(0, 0, 0, y)[x]);
          // and what is around it does: the blind spot is no larger than asked for
          if (extent[1] > 5 && extent[2] > 5) CHECK(after != before);
        }
      }
}

TEST_CASE("the pixels around UDVD's blind spot are seen, so that it is no larger than asked for") {
  nn::triple const extent{1, 9, 12};
  for (auto const& blind : {nn::blind_spot{1, 1}, {3, 3}, {3, 1}, {1, 5}}) {
    CAPTURE(blind.rows);
    CAPTURE(blind.columns);
    auto const net = nn::network_of(narrow(5, blind), extent);
    auto const weights = drawn_weights(net);
    auto const frames = drawn_images(net, {extent});
    int const y = 4, x = 6, up = blind.rows / 2 + 1, aside = blind.columns / 2 + 1;
    auto const before = reference::run(net, weights, frames).at(0);
    for (auto const& [dy, dx] : {std::pair{-up, 0}, {up, 0}, {0, -aside}, {0, aside}}) {
      auto changed = frames;
      for (auto& f : changed) f.row(0, 0, 0, y + dy)[x + dx] += 1;
      CHECK(reference::run(net, weights, changed).at(0).row(0, 0, 0, y)[x] != before.row(0, 0, 0, y)[x]);
    }
  }
}

TEST_CASE("UDVD squared by mirroring sees a pixel's own mirror image") {
  auto u = narrow(1, {1, 1});
  u.borders = nn::blind_borders::reflect;
  nn::triple const extent{1, 8, 20};
  auto const net = nn::network_of(u, extent);
  auto const weights = drawn_weights(net);
  auto const frames = drawn_images(net, {extent});
  auto changed = frames;
  changed[0].row(0, 0, 0, 2)[9] += 1;
  CHECK(reference::run(net, weights, changed)[0].row(0, 0, 0, 2)[9] !=
        reference::run(net, weights, frames)[0].row(0, 0, 0, 2)[9]);
}

TEST_CASE("UDVD without biases scales with its frames, bit for bit") {
  for (int const frames : {1, 3, 5, 9}) {
    nn::triple const extent{1, 10, 7};
    auto const net = nn::network_of(narrow(frames, {3, 3}), extent);
    auto const weights = drawn_weights(net);
    auto const in = drawn_images(net, {extent});
    CHECK(reference::run(net, weights, scaled(in, 2)) == scaled(reference::run(net, weights, in), 2));
  }
}

TEST_CASE("UDVD takes frames of any extents and returns as many pixels") {
  for (auto const borders : {nn::blind_borders::exact, nn::blind_borders::reflect})
    for (auto const& extent :
         {nn::triple{1, 1, 1}, {1, 1, 7}, {1, 2, 3}, {1, 4, 4}, {1, 5, 4}, {1, 9, 6}, {3, 2, 9}}) {
      auto u = narrow(5, {7, 3}, 2);
      u.outputs = 2;
      u.borders = borders;
      u.sigma_net = 2;
      auto const net = nn::network_of(u, extent);
      auto const out = reference::run(net, drawn_weights(net), drawn_images(net, {extent}, 1, 2));
      REQUIRE(out.size() == 2);
      CHECK(out[0].size == nn::size{2, extent});
      CHECK(out[1].size == nn::size{1, {extent[0], 1, 1}});
      for (auto const& o : out)
        CHECK(std::all_of(o.values.begin(), o.values.end(), [](double v) { return std::isfinite(v); }));
    }
}

TEST_CASE("UDVD's final ReLU cuts off what is below zero and nothing else") {
  nn::triple const extent{1, 12, 9};
  auto u = narrow(5, {1, 1});
  auto const net = nn::network_of(u, extent);
  auto const weights = drawn_weights(net);
  auto const frames = drawn_images(net, {extent});
  auto expected = reference::run(net, weights, frames);
  std::size_t below = 0;
  for (auto& v : expected[0].values) below += v < 0, v = std::max(v, 0.0);
  REQUIRE(below > 0);
  REQUIRE(below < expected[0].values.size());
  u.final_relu = true;
  CHECK(reference::run(nn::network_of(u, extent), weights, frames) == expected);
}

TEST_CASE("UDVD's noise level is the mean of a network that is not blind") {
  nn::triple const extent{1, 8, 12};
  auto u = narrow(3, {1, 1});
  u.sigma_net = 2;
  auto const net = nn::network_of(u, extent);
  auto const weights = drawn_weights(net);
  auto const frames = drawn_images(net, {extent});
  auto const level = reference::run(net, weights, frames).at(1).values.at(0);
  auto changed = frames;
  for (auto& f : changed)
    for (auto& v : f.values) v *= 3;
  CHECK(reference::run(net, weights, changed).at(1).values.at(0) == doctest::Approx(3 * level));
  CHECK(level != 0);
  CHECK(weights.tensors.at("sigma_net.enc1.conv1.conv.weight").shape() ==
        std::vector<std::size_t>{2, 3, 1, 3, 3});
  CHECK(weights.tensors.at("sigma_net.dec1.conv4.conv.weight").shape() ==
        std::vector<std::size_t>{1, 4, 1, 3, 3});
}

TEST_CASE("UDVD refuses what cannot be, and what it was not told") {
  auto const text = [&](auto const& change, nn::triple const& extent = nn::triple{1, 8, 8}) {
    auto u = narrow(5, {1, 1});
    change(u);
    return error_of([&] { nn::network_of(u, extent); });
  };
  CHECK(text([](auto& u) { u.frames = 4; }) ==
        "udvd: 4 frames asked for; there are networks for 1, 3, 5 and 9");
  CHECK(text([](auto& u) { u.channels = 0; }) ==
        "udvd: 0 channels a frame asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& u) { u.outputs = 0; }) == "udvd: 0 outputs asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& u) { u.first.width = -3; }) ==
        "udvd: -3 channels asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& u) { u.head[1] = 0; }) == "udvd: 0 channels asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& u) { u.sigma_net = -1; }) == "udvd: -1 channels asked for; 1 to 1048576 are possible");
  CHECK(text([](auto& u) {
          u.blind = nn::blind_spot{2, 1};
        }) == "udvd: a blind spot of 2 x 1 pixels asked for; both must be odd, 1 to 1023");
  CHECK(text([](auto& u) { u.blind.reset(); })
            .starts_with("udvd: the size of the blind spot cannot be seen in the weights; give it (metadata "
                         "or option 'blind'"));
  CHECK(text([](auto& u) { u.final_relu.reset(); })
            .starts_with("udvd: whether a ReLU follows the last layer cannot be seen in the weights; say so "
                         "(metadata or option "
                         "'final_relu'"));
  CHECK(text([](auto&) {}, {1, 8, -1}) ==
        "udvd: an image of 1 x 8 x -1 (z, y, x) cannot be; extents are at least 1");
}
