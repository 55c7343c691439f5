// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/reference/network.hpp>

#include "../shared.hpp"
#include "vectors.hpp"

#if defined(TOMOEDX_JSON)
#include <tomoedx/io/safetensors.hpp>
#endif

#include <doctest/doctest.h>

#include <cmath>

using namespace tomoedx_tests;
namespace nn = tomoedx::nn;
namespace reference = tomoedx::reference;
using tomoedx::io::named_tensors, tomoedx::io::tensor;

namespace {

constexpr nn::margins down_by_one{{0, 1, 0}, {0, -1, 0}, {}};

/// A small network with a skip: two convolutions share one kernel, pool, upsample, fit, concat, 1x1.
nn::network hourglass() {
  nn::network net;
  auto const in = net.input(2);
  nn::convolution const shared{.outputs = 2, .padding = nn::around({0, 1, 1}), .act = nn::leaky_relu(0.1)};
  auto x = net.add("shared", shared, {in});
  x = net.add(nn::max_pool{}, {x});
  x = net.add("shared", shared, {x});
  x = net.add(nn::nearest_upsample{}, {x});
  x = net.add(nn::fit_to{}, {x, in});
  x = net.add(nn::concat{}, {x, in});
  net.output(net.add("last", nn::convolution{.outputs = 3, .kernel = {1, 1, 1}, .bias = false}, {x}));
  net.output(x);
  return net;
}

named_tensors hourglass_weights() {
  return {{{"shared.weight", random_tensor({2, 2, 3, 3}, 1)},
           {"shared.bias", random_tensor({2}, 2)},
           {"last.weight", random_tensor({3, 4, 1, 1}, 3)},
           {"unrelated", random_tensor({7}, 4)}},
          {}};
}

/// A blind-spot branch turned four ways: what comes out at a pixel never saw that pixel.
nn::network blind_spot() {
  nn::network net;
  auto const in = net.input(1);
  std::vector<nn::value> turned_back;
  for (int q = 0; q < 4; ++q) {
    auto x = net.add(nn::quarter_turn{q}, {in});
    x = net.add("branch.1", nn::convolution{.outputs = 3, .padding = nn::causal_3x3(), .act = nn::relu}, {x});
    x = net.add("branch.2", nn::convolution{.outputs = 2, .padding = nn::causal_3x3(), .act = nn::relu}, {x});
    x = net.add(nn::pad{down_by_one}, {x});
    turned_back.push_back(net.add(nn::quarter_turn{-q}, {x}));
  }
  auto const all = net.add(nn::concat{}, turned_back);
  net.output(net.add("head", nn::convolution{.kernel = {1, 1, 1}}, {all}));
  return net;
}

}  // namespace

TEST_CASE("a network is its layers one after the other, and gives its outputs in their order") {
  auto const weights = hourglass_weights();
  auto const x = random_activations({2, {1, 7, 5}}, 2, 5);
  auto const out = reference::run(hourglass(), weights, {x});
  REQUIRE(out.size() == 2);

  nn::convolution const shared{.outputs = 2, .padding = nn::around({0, 1, 1}), .act = nn::leaky_relu(0.1)};
  auto h = reference::evaluate(shared, "shared", {x}, weights);
  h = reference::evaluate(nn::max_pool{}, "", {h});
  CHECK(h.size == nn::size{2, {1, 3, 2}});
  h = reference::evaluate(shared, "shared", {h}, weights);
  h = reference::evaluate(nn::nearest_upsample{}, "", {h});
  h = reference::evaluate(nn::fit_to{}, "", {h, x});
  h = reference::evaluate(nn::concat{}, "", {h, x});
  CHECK(out[1] == h);
  CHECK(out[0].size == nn::size{3, {1, 7, 5}});
  CHECK(out[0] == reference::evaluate(nn::convolution{.outputs = 3, .kernel = {1, 1, 1}, .bias = false},
                                      "last", {h}, weights));
}

TEST_CASE("a network may give an input back, and needs neither layers nor weights for that") {
  nn::network net;
  auto const a = net.input(1), b = net.input(2);
  net.output(b);
  net.output(a);
  auto const x = random_activations({1, {1, 2, 3}}, 1, 6), y = random_activations({2, {1, 1, 1}}, 1, 7);
  auto const out = reference::run(net, {}, {x, y});
  REQUIRE(out.size() == 2);
  CHECK(out[0] == y);
  CHECK(out[1] == x);
}

TEST_CASE("a blind-spot network never sees the pixel it predicts, whatever the frame's shape") {
  named_tensors const weights{{{"branch.1.weight", random_tensor({3, 1, 3, 3}, 8)},
                               {"branch.1.bias", tensor({3}, std::vector<double>{1, 2, 3})},
                               {"branch.2.weight", random_tensor({2, 3, 3, 3}, 9)},
                               {"branch.2.bias", tensor({2}, std::vector<double>{30, 40})},
                               {"head.weight", random_tensor({1, 8, 1, 1}, 10)},
                               {"head.bias", random_tensor({1}, 11)}},
                              {}};
  auto const net = blind_spot();
  for (nn::triple const extent : {nn::triple{1, 6, 9}, nn::triple{1, 5, 5}}) {
    auto const x = random_activations({1, extent}, 1, 12);
    auto const before = reference::run(net, weights, {x})[0];
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      auto changed = x;
      changed.values[i] += 10;
      auto const after = reference::run(net, weights, {changed})[0];
      CHECK(after.values[i] == before.values[i]);
      CHECK(difference(after, before) > 1e-6);  // its neighbours do see it
    }
  }
}

TEST_CASE("a network refuses inputs and weights that do not fit it before it computes anything") {
  auto const net = hourglass();
  auto const weights = hourglass_weights();
  auto const good = random_activations({2, {1, 6, 6}}, 1, 13);
  CHECK_NOTHROW(reference::run(net, weights, {good}));
  CHECK_THROWS_AS(reference::run(net, weights, {}), tomoedx::shape_error);
  CHECK_THROWS_AS(reference::run(net, weights, {good, good}), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(reference::run(net, weights, {random_activations({3, {1, 6, 6}}, 1, 14)}),
                       doctest::Contains("input 0 has 3 channels, it takes 2"), tomoedx::shape_error);
  CHECK_THROWS_AS(reference::run(net, weights, {random_activations({2, {1, 1, 6}}, 1, 15)}),
                  tomoedx::shape_error);
  auto short_of_one = good;
  short_of_one.values.pop_back();
  CHECK_THROWS_AS(reference::run(net, weights, {short_of_one}), tomoedx::shape_error);
  nn::network contradictory;
  auto const first =
      contradictory.add("same", nn::convolution{.kernel = {1, 1, 1}}, {contradictory.input(2)});
  contradictory.add("same", nn::convolution{.kernel = {1, 1, 1}}, {first});
  named_tensors const same{
      {{"same.weight", random_tensor({1, 2, 1, 1}, 16)}, {"same.bias", random_tensor({1}, 17)}}, {}};
  CHECK_THROWS_WITH_AS(reference::run(contradictory, same, {good}), doctest::Contains("two layers share"),
                       tomoedx::value_error);
  auto without = weights;
  without.tensors.erase("last.weight");
  CHECK_THROWS_WITH_AS(reference::run(net, without, {good}), doctest::Contains("last.weight"),
                       tomoedx::value_error);
}

#if defined(TOMOEDX_JSON)
TEST_CASE("the pieces of UDVD, as networks, give what an independent implementation gives") {
  TOMOEDX_SHARED_OR_SKIP(folder, "reference/denoise/ops");
  auto const read = [&](char const* name) {
    return tomoedx::io::read_safetensors(folder / (std::string(name) + ".safetensors"));
  };
  auto const items = [](activations const& a, std::size_t first, std::size_t number) {
    auto const n = a.values.size() / a.items;
    auto const from = a.values.begin() + static_cast<std::ptrdiff_t>(first * n);
    return activations{a.size, number, {from, from + static_cast<std::ptrdiff_t>(number * n)}};
  };

  for (char const* name : {"udvd_blind_pool_6x8", "udvd_blind_pool_7x5"}) {
    CAPTURE(name);
    auto const file = read(name);
    nn::network net;
    auto const shifted = net.add(nn::pad{down_by_one}, {net.input(2)});
    net.output(net.add(nn::max_pool{}, {shifted}));
    auto const out = reference::run(net, {}, {activations_of(file.tensors.at("input"))});
    CHECK(difference(out[0], activations_of(file.tensors.at("output"))) == 0);
  }
  SUBCASE("four turned copies, one after the other as items") {
    auto const file = read("udvd_rotate");
    auto const x = activations_of(file.tensors.at("input")),
               expected = activations_of(file.tensors.at("output"));
    nn::network net;
    auto const in = net.input(x.size.channels);
    for (int q = 0; q < 4; ++q) net.output(net.add(nn::quarter_turn{q}, {in}));
    auto const out = reference::run(net, {}, {x});
    for (std::size_t q = 0; q < 4; ++q) CHECK(out[q] == items(expected, q * x.items, x.items));
  }
  SUBCASE("four items turned back, one after the other as channels") {
    auto const file = read("udvd_unrotate");
    auto const x = activations_of(file.tensors.at("input")),
               expected = activations_of(file.tensors.at("output"));
    nn::network net;
    std::vector<nn::value> turned;
    std::vector<activations> inputs;
    for (int q = 0; q < 4; ++q) {
      net.input(x.size.channels);
      inputs.push_back(items(x, static_cast<std::size_t>(q) * expected.items, expected.items));
    }
    for (int q = 0; q < 4; ++q) turned.push_back(net.add(nn::quarter_turn{-q}, {static_cast<nn::value>(q)}));
    net.output(net.add(nn::concat{}, turned));
    CHECK(reference::run(net, {}, inputs)[0] == expected);
  }
  SUBCASE("a decoder stage whose skip is larger by one") {
    auto const file = read("udvd_dec_odd");
    named_tensors weights;
    nn::network net;
    auto const deep = net.input(2), skip = net.input(3);
    auto x = net.add(nn::nearest_upsample{}, {deep});
    x = net.add(nn::fit_to{}, {x, skip});
    x = net.add(nn::concat{}, {x, skip});
    for (std::string const name : {"w1", "w2", "w3", "w4"}) {
      auto const& w = file.tensors.at(name);
      weights.tensors.emplace(name + ".weight", w);
      x = net.add(name,
                  nn::convolution{.outputs = static_cast<int>(w.shape()[0]),
                                  .padding = nn::causal_3x3(),
                                  .bias = false,
                                  .act = nn::leaky_relu(0.1)},
                  {x});
    }
    net.output(x);
    auto const out = reference::run(
        net, weights, {activations_of(file.tensors.at("input")), activations_of(file.tensors.at("skip"))});
    CHECK(difference(out[0], activations_of(file.tensors.at("output"))) < 1e-12);
  }
}
#endif
