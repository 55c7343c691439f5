// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/network.hpp>

#include <doctest/doctest.h>

namespace nn = tomoedx::nn;
using tomoedx::value_error;

TEST_CASE("values are numbered inputs first, then layer by layer") {
  nn::network net;
  auto const a = net.input(3), b = net.input(1);
  auto const c = net.add("conv", nn::convolution{.outputs = 8}, {a});
  auto const d = net.add(nn::concat{}, {c, b, c});
  net.output(d);
  net.output(b);
  net.output(d);
  CHECK(static_cast<int>(a) == 0);
  CHECK(static_cast<int>(b) == 1);
  CHECK(static_cast<int>(c) == 2);
  CHECK(static_cast<int>(d) == 3);
  CHECK(net.values() == 4);
  CHECK(net.inputs() == std::vector{3, 1});
  CHECK(net.outputs() == std::vector{d, b, d});
  REQUIRE(net.layers().size() == 2);
  CHECK(net.result_of(0) == c);
  CHECK(net.result_of(1) == d);
  CHECK(net.layers()[0].name == "conv");
  CHECK(net.layers()[0].op == nn::operation{nn::convolution{.outputs = 8}});
  CHECK(net.layers()[0].inputs == std::vector{a});
  CHECK(net.layers()[1].name.empty());
  CHECK(net.layers()[1].inputs == std::vector{c, b, c});
}

TEST_CASE("a network is a value: a copy grows by itself") {
  nn::network net;
  auto const x = net.input(1);
  auto copy = net;
  copy.output(copy.add(nn::activate{}, {x}));
  CHECK(net.values() == 1);
  CHECK(net.outputs().empty());
  CHECK(copy.values() == 2);
}

TEST_CASE("rows that read what is not there yet are refused, and leave the table as it was") {
  nn::network net;
  auto const refused = [](auto&& call, char const* text) {
    CHECK_THROWS_WITH_AS(call(), doctest::Contains(text), value_error);
  };
  refused([&] { net.input(0); }, "at least one channel, got 0");
  refused([&] { net.input(-4); }, "got -4");
  refused([&] { net.output(nn::value{0}); }, "output 0 is not a value, only 0 are known");
  auto const x = net.input(1);
  refused([&] { net.add("a", nn::activate{}, {}); }, "layer 'a' has no input");
  refused([&] { net.add("a", nn::activate{}, {nn::value{1}}); }, "layer 'a' reads value 1, only 1 are known");
  refused([&] { net.add("a", nn::add{}, {x, nn::value{-1}}); }, "reads value -1");
  refused([&] { net.output(nn::value{1}); }, "output 1 is not a value, only 1 are known");
  refused([&] { net.output(nn::value{-1}); }, "output -1");
  CHECK(net.values() == 1);
  CHECK(net.outputs().empty());
  net.add("a", nn::activate{}, {x});
  refused([&] { net.input(1); }, "inputs come before layers");
  CHECK(net.inputs().size() == 1);
}
