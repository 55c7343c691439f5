// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_NN_PLAN_CASES_HPP
#define TOMOEDX_TESTS_NN_PLAN_CASES_HPP

#include <doctest/doctest.h>

#include <tomoedx/nn/architecture.hpp>
#include <tomoedx/nn/network.hpp>

/// The tables that plans for hosts and devices are tested with. `check(net, extents, items = 1)` runs one.
namespace tomoedx_tests {

namespace nn = tomoedx::nn;

/// One layer between an input of so many channels and the output.
inline nn::network single(int channels, nn::operation op) {
  nn::network net;
  auto const x = net.input(channels);
  net.output(net.add("layer", op, {x}));
  return net;
}

/// Convolutions of every kind.
template <class Check>
void check_convolutions(Check const& check) {
  nn::margins const one = nn::around({0, 1, 1});
  SUBCASE("3 x 3, zeros around") {
    check(single(5, nn::convolution{.outputs = 7, .padding = one}), {{1, 13, 18}}, 2);
    check(single(40, nn::convolution{.outputs = 70, .padding = one, .act = nn::relu}), {{1, 21, 9}});
    check(single(70, nn::convolution{.outputs = 40, .padding = one, .bias = false}), {{1, 5, 34}});
  }
  SUBCASE("3 x 3, other borders, several planes") {
    for (auto const b : {nn::border::replicate, nn::border::reflect})
      check(single(18,
                   nn::convolution{
                       .outputs = 19, .padding = nn::around({0, 1, 1}, b), .act = nn::leaky_relu(0.1)}),
            {{3, 11, 12}});
    check(single(18, nn::convolution{.outputs = 20, .padding = nn::causal_3x3()}), {{1, 12, 10}}, 3);
    check(single(20, nn::convolution{.outputs = 20}), {{1, 12, 10}});
  }
  SUBCASE("kernels, strides, dilations, groups") {
    check(single(17, nn::convolution{.outputs = 3, .kernel = {1, 1, 1}}), {{1, 7, 9}}, 2);
    check(single(3, nn::convolution{.outputs = 5, .kernel = {1, 5, 4}, .padding = nn::around({0, 2, 2})}),
          {{1, 9, 10}});
    check(single(20, nn::convolution{.outputs = 5, .padding = one, .stride = {1, 2, 3}}), {{1, 9, 11}});
    check(single(4, nn::convolution{.outputs = 5, .padding = nn::around({0, 2, 2}), .dilation = {1, 2, 2}}),
          {{1, 9, 9}});
    check(single(6, nn::convolution{.outputs = 9, .padding = one, .groups = 3}), {{1, 8, 8}});
    check(single(6, nn::convolution{.outputs = 6, .padding = one, .groups = 6}), {{1, 7, 5}}, 2);
  }
  SUBCASE("three dimensions") {
    check(single(3, nn::convolution{.outputs = 4,
                                    .kernel = {3, 3, 3},
                                    .padding = nn::around({1, 1, 1}, nn::border::replicate)}),
          {{5, 6, 7}}, 2);
    check(single(
              18,
              nn::convolution{
                  .outputs = 33, .kernel = {3, 3, 3}, .padding = nn::around({1, 1, 1}), .stride = {2, 2, 2}}),
          {{7, 6, 5}});
  }
  SUBCASE("transposed") {
    check(single(33, nn::transposed_convolution{.outputs = 17}), {{1, 5, 9}}, 2);
    check(single(5,
                 nn::transposed_convolution{
                     .outputs = 6, .kernel = {4, 3, 3}, .stride = {2, 1, 1}, .padding = {1, 1, 1}}),
          {{4, 5, 6}});
    check(single(5, nn::transposed_convolution{.outputs = 6,
                                               .kernel = {1, 3, 4},
                                               .stride = {1, 2, 2},
                                               .padding = {0, 1, 1},
                                               .extra = {0, 1, 0},
                                               .act = {nn::curve::softplus}}),
          {{1, 5, 6}});
    check(single(2, nn::transposed_convolution{.outputs = 3, .kernel = {1, 1, 1}, .stride = {1, 2, 3}}),
          {{1, 3, 4}});
  }
  SUBCASE("images of one row, one column, one pixel") {
    for (nn::triple const e :
         {nn::triple{1, 1, 1}, nn::triple{1, 1, 9}, nn::triple{1, 9, 1}, nn::triple{1, 2, 3}})
      check(single(20, nn::convolution{.outputs = 20, .padding = one}), {e});
  }
}

/// Layers that are no convolutions, and activations.
template <class Check>
void check_layers_without_filters(Check const& check) {
  for (auto const c : {nn::curve::relu, nn::curve::leaky_relu, nn::curve::softplus, nn::curve::sigmoid,
                       nn::curve::tanh, nn::curve::elu, nn::curve::selu, nn::curve::gelu}) {
    check(single(5, nn::activate{{c, 0.2}}), {{1, 3, 5}});
    check(single(5, nn::convolution{.outputs = 4, .padding = nn::around({0, 1, 1}), .act = {c, 0.2}}),
          {{1, 6, 5}});
  }
  check(single(19, nn::max_pool{}), {{1, 7, 9}}, 2);
  check(single(3, nn::max_pool{{2, 2, 3}}), {{5, 7, 9}});
  check(single(3, nn::average_pool{{1, 3, 2}}), {{2, 7, 9}});
  check(single(3, nn::nearest_upsample{{2, 2, 3}}), {{2, 3, 4}});
  for (bool const aligned : {false, true}) {
    check(single(3, nn::linear_upsample{{1, 2, 2}, aligned}), {{1, 5, 4}});
    check(single(3, nn::linear_upsample{{2, 3, 2}, aligned}), {{3, 1, 4}});
  }
  for (int const q : {-1, 0, 1, 2, 3, 4}) {
    check(single(18, nn::quarter_turn{q}), {{2, 5, 7}}, 2);
    check(single(2, nn::quarter_turn{q}), {{1, 71, 37}});
  }
  check(single(18, nn::batch_norm{.act = nn::relu}), {{1, 5, 7}});
  check(single(2,
               nn::pad{
                   {{0, 2, -1}, {1, -2, 3}, {nn::border::replicate, nn::border::zero, nn::border::reflect}}}),
        {{2, 6, 7}});
  check(single(2, nn::activate{}), {{3, 40, 50}});  // more than one stretch of a channel
}

/// A pool, a norm and an activation behind a convolution.
template <class Check>
void check_layers_taken_in(Check const& check) {
  nn::network net;
  auto const x = net.input(20);
  auto const c =
      net.add("c", nn::convolution{.outputs = 24, .padding = nn::around({0, 1, 1}), .bias = false}, {x});
  auto const b = net.add("b", nn::batch_norm{}, {c});
  auto const r = net.add(nn::activate{nn::leaky_relu(0.2)}, {b});
  auto const p = net.add(nn::max_pool{}, {r});
  net.output(p);
  SUBCASE("the large image is not wanted") {}
  SUBCASE("it is wanted too") {
    net.output(r);
  }
  check(net, {{1, 11, 14}}, 2);
}

/// Joined, shifted, enlarged and repeated images.
template <class Check>
void check_reading_in_place(Check const& check) {
  nn::network net;
  auto const a = net.input(3), b = net.input(17);
  auto const up = net.add(nn::nearest_upsample{}, {b});
  auto const down = net.add(nn::pad{{{0, 2, 0}, {0, -2, 0}, {}}}, {a});
  auto const fit = net.add(nn::fit_to{}, {up, a});
  auto const both = net.add(nn::concat{}, {fit, down, a});
  auto const same = net.add("c", nn::convolution{.outputs = 23, .padding = nn::causal_3x3()}, {both});
  auto const sum = net.add(nn::add{nn::relu}, {same, both});
  net.output(net.add(nn::max_pool{}, {sum}));
  net.output(both);
  net.output(net.add("g", nn::convolution{.outputs = 46, .kernel = {1, 3, 3}, .groups = 23}, {both}));
  net.output(
      net.add("d", nn::convolution{.outputs = 2, .kernel = {1, 1, 1}}, {net.add(nn::concat{}, {sum, both})}));
  net.output(a);
  check(net, {{1, 9, 15}, {1, 4, 7}}, 2);
}

/// Networks of every kind.
template <class Check>
void check_whole_networks(Check const& check) {
  check(network_of(nn::unet{.base = 6, .depth = 3}, {1, 19, 22}), {{1, 19, 22}});
  auto u = nn::double_conv_unet();
  u.base = 5, u.depth = 3;
  check(network_of(u, {1, 13, 15}), {{1, 13, 15}});
  nn::udvd v{
      .frames = 3, .first = {5, 7}, .head = {9, 5}, .blind = nn::blind_spot{3, 1}, .final_relu = false};
  check(network_of(v, {1, 10, 13}), {{1, 10, 13}, {1, 10, 13}, {1, 10, 13}});
  check(network_of(nn::autoencoder{.inputs = 1, .base = 3}, {10, 6, 5}), {{10, 6, 5}});
}

}  // namespace tomoedx_tests

#endif
