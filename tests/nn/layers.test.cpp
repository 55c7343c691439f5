// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/layers.hpp>

#include <doctest/doctest.h>

namespace nn = tomoedx::nn;

TEST_CASE("margins around an image are the same below and above, with one kind of border") {
  auto const m = nn::around({1, 2, 3}, nn::border::reflect);
  CHECK(m.low == nn::triple{1, 2, 3});
  CHECK(m.high == m.low);
  for (auto const b : m.borders) CHECK(b == nn::border::reflect);
  CHECK(nn::around({0, 1, 1}).borders[2] == nn::border::zero);
  CHECK(nn::margins{} == nn::around({0, 0, 0}));
}

TEST_CASE("a causal 3x3 layer keeps the size and looks up only") {
  auto const m = nn::causal_3x3();
  nn::convolution const c{.padding = m};
  for (std::size_t a = 0; a < 3; ++a) CHECK(m.low[a] + m.high[a] == c.kernel[a] - 1);
  CHECK(m.low[1] == 2);
  CHECK(m.high[1] == 0);
  CHECK(m.borders[1] == nn::border::zero);
  CHECK(m.low[2] == m.high[2]);
  CHECK(m.borders[2] == nn::border::replicate);
}

TEST_CASE("a layer written with nothing is the common one of images") {
  nn::convolution const c;
  CHECK(c.kernel == nn::triple{1, 3, 3});
  CHECK(c.stride == nn::triple{1, 1, 1});
  CHECK(c.dilation == nn::triple{1, 1, 1});
  CHECK(c.groups == 1);
  CHECK(c.bias);
  CHECK(c.act == nn::activation{});
  CHECK(nn::activate{}.act == nn::relu);
  CHECK(nn::max_pool{}.window == nn::triple{1, 2, 2});
  CHECK(nn::transposed_convolution{}.stride == nn::triple{1, 2, 2});
  CHECK_FALSE(nn::linear_upsample{}.aligned);
  CHECK_FALSE(nn::fit_to{}.centered);
}

TEST_CASE("layers compare by what they are told to do") {
  nn::operation const a = nn::convolution{.outputs = 4, .act = nn::leaky_relu(0.1)};
  CHECK(a == nn::operation{nn::convolution{.outputs = 4, .act = nn::leaky_relu(0.1)}});
  CHECK(a != nn::operation{nn::convolution{.outputs = 4, .act = nn::leaky_relu(0.2)}});
  CHECK(a != nn::operation{
                 nn::convolution{.outputs = 4, .padding = nn::causal_3x3(), .act = nn::leaky_relu(0.1)}});
  CHECK(nn::operation{nn::max_pool{}} != nn::operation{nn::average_pool{}});
  CHECK(nn::operation{nn::pad{nn::causal_3x3()}} != nn::operation{nn::pad{}});
  CHECK(nn::operation{nn::add{nn::relu}} != nn::operation{nn::add{}});
}
