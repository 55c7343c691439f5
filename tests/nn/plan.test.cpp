// SPDX-License-Identifier: BSD-3-Clause
#include "../reference/vectors.hpp"
#include "../shared.hpp"
#include "networks.hpp"
#include "plan_cases.hpp"

#include <tomoedx/nn/autoencoder.hpp>
#include <tomoedx/nn/plan.hpp>
#include <tomoedx/nn/udvd.hpp>
#include <tomoedx/nn/unet.hpp>
#include <tomoedx/reference/network.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace nn = tomoedx::nn;
namespace io = tomoedx::io;
using tomoedx_tests::activations;
using host = Kokkos::DefaultHostExecutionSpace;

namespace {

std::vector<tomoedx::isa> levels() {
  std::vector<tomoedx::isa> all;
  for (auto const l : {tomoedx::isa::baseline, tomoedx::isa::avx2, tomoedx::isa::avx512})
    if (l <= tomoedx::best_isa()) all.push_back(l);
  return all;
}

template <class T>
std::vector<activations> run_plan(nn::network const& net, io::named_tensors const& weights,
                                  std::vector<activations> const& inputs, nn::plan_options options) {
  std::vector<nn::triple> extents;
  std::vector<std::vector<T>> in, out;
  for (auto const& a : inputs)
    extents.push_back(a.size.extent), in.emplace_back(a.values.begin(), a.values.end());
  options.items = static_cast<int>(inputs.at(0).items);
  nn::plan<host, T> plan(host{}, net, weights, extents, options);
  std::vector<activations> results;
  for (auto const& s : plan.outputs()) {
    out.emplace_back(tomoedx::reference::count(s, inputs[0].items), T(-77));
    results.push_back({s, inputs[0].items, {}});
  }
  std::vector<T const*> from;
  std::vector<T*> to;
  for (auto const& v : in) from.push_back(v.data());
  for (auto& v : out) to.push_back(v.data());
  plan.run(from, to);
  for (std::size_t i = 0; i < out.size(); ++i) results[i].values.assign(out[i].begin(), out[i].end());
  return results;
}

/// Run a table in both precisions, with every instruction set and algorithm, and compare with the plain loops.
void check_against_reference(nn::network const& net, std::vector<nn::triple> const& extents,
                             std::size_t items = 1, double float_bound = 5e-5) {
  auto const weights = tomoedx_tests::drawn_weights(net, 11);
  std::vector<activations> inputs;
  for (std::size_t i = 0; i < extents.size(); ++i)
    inputs.push_back(tomoedx_tests::random_activations({net.inputs()[i], extents[i]}, items, 100 + i));
  auto const expected = tomoedx::reference::run(net, weights, inputs);
  for (auto const level : levels())
    for (auto const use : {nn::algorithm::exact, nn::algorithm::accurate, nn::algorithm::fast}) {
      CAPTURE(tomoedx::name_of(level));
      CAPTURE(static_cast<int>(use));
      auto const d = run_plan<double>(net, weights, inputs, {.use = use, .level = level});
      auto const f = run_plan<float>(net, weights, inputs, {.use = use, .level = level});
      REQUIRE(d.size() == expected.size());
      for (std::size_t i = 0; i < d.size(); ++i) {
        CHECK(tomoedx_tests::difference(d[i], expected[i]) < 2e-13);
        CHECK(tomoedx_tests::difference(f[i], expected[i]) < float_bound);
      }
    }
}

auto const agrees = [](nn::network const& net, std::vector<nn::triple> const& extents,
                       std::size_t items = 1) { check_against_reference(net, extents, items); };
using tomoedx_tests::single;

}  // namespace

TEST_CASE("convolutions of every kind agree with the plain loops") {
  tomoedx_tests::check_convolutions(agrees);
}

TEST_CASE("layers without weights agree with the plain loops") {
  tomoedx_tests::check_layers_without_filters(agrees);
}

TEST_CASE("a pool, a norm and an activation that a convolution takes in change nothing") {
  tomoedx_tests::check_layers_taken_in(agrees);
}

TEST_CASE("one set of filters under two norms is scaled by each of them") {
  nn::network net;
  auto const x = net.input(18);
  nn::convolution const c{.outputs = 20, .padding = nn::around({0, 1, 1})};
  net.output(net.add("norm a", nn::batch_norm{}, {net.add("c", c, {x})}));
  net.output(net.add("norm b", nn::batch_norm{}, {net.add("c", c, {x})}));
  nn::convolution apart = c;
  apart.stride = {1, 2, 2};
  net.output(net.add("c", apart, {x}));
  check_against_reference(net, {{1, 9, 15}});
}

TEST_CASE("layers of one name, of reserved names and of no reader do not disturb others") {
  nn::convolution const point{.outputs = 4, .kernel = {1, 1, 1}};
  nn::network net;
  auto const x = net.input(4), y = net.input(4);
  net.add("nobody reads this", point, {x});
  auto const a = net.add("tied", point, {x});
  net.output(net.add(
      "tied", nn::transposed_convolution{.outputs = 4, .kernel = {1, 1, 1}, .stride = {1, 1, 1}}, {a}));
  auto const pooled = net.add(nn::max_pool{}, {x});
  net.output(net.add("norm", nn::batch_norm{.epsilon = 1e-5}, {pooled}));
  net.output(net.add("norm", nn::batch_norm{.epsilon = 0.5}, {pooled}));
  nn::convolution eight = point;
  eight.outputs = 8;
  auto const joined = net.add(nn::concat{}, {x, y});
  net.output(net.add(nn::add{}, {joined, net.add("identity 8", eight, {joined})}));
  check_against_reference(net, {{1, 6, 7}, {1, 6, 7}}, 2);
}

TEST_CASE("what is no number does not vanish in a pool") {
  nn::network net;
  auto const x = net.input(1);
  net.output(net.add(nn::max_pool{}, {x}));
  auto in = tomoedx_tests::random_activations({1, {1, 6, 6}}, 1, 4);
  in.values[14] = std::nan("");
  auto const out = run_plan<float>(net, {}, {in}, {})[0];
  CHECK(std::isnan(out.values[4]));
  CHECK(std::count_if(out.values.begin(), out.values.end(), [](double v) { return std::isnan(v); }) == 1);
}

TEST_CASE("joined, shifted, enlarged and repeated images are read where they are stored") {
  tomoedx_tests::check_reading_in_place(agrees);
}

TEST_CASE("whole networks agree with the plain loops") {
  tomoedx_tests::check_whole_networks(agrees);
}

TEST_CASE("a plan gives the same bits every time and for any number of items") {
  auto const net = network_of(nn::unet{.base = 8, .depth = 3}, {1, 40, 36});
  auto const weights = tomoedx_tests::drawn_weights(net, 3);
  auto const two = tomoedx_tests::random_activations({1, {1, 40, 36}}, 2, 5);
  activations one{two.size, 1, {two.values.begin() + two.values.size() / 2, two.values.end()}};
  for (auto const use : {nn::algorithm::exact, nn::algorithm::fast}) {
    auto const a = run_plan<float>(net, weights, {two}, {.use = use})[0],
               b = run_plan<float>(net, weights, {two}, {.use = use})[0];
    CHECK(a.values == b.values);
    auto const c = run_plan<float>(net, weights, {one}, {.use = use})[0];
    CHECK(std::equal(c.values.begin(), c.values.end(), a.values.begin() + a.values.size() / 2));
  }
}

TEST_CASE("the published blind-spot networks keep their promises") {
  nn::udvd u{.frames = 5,
             .first = {8, 6},
             .second = {8, 16},
             .head = {64, 16},
             .blind = nn::blind_spot{},
             .final_relu = false};
  int const height = 22, width = 37, y = 9, x = 20;
  auto const net = [&](nn::blind_spot b) {
    u.blind = b;
    return network_of(u, {1, height, width});
  };
  auto const weights = tomoedx_tests::drawn_weights(net({}), 9);
  std::vector<activations> frames;
  for (int i = 0; i < 5; ++i)
    frames.push_back(
        tomoedx_tests::random_activations({1, {1, height, width}}, 1, static_cast<std::uint64_t>(40 + i)));
  for (nn::blind_spot const b : {nn::blind_spot{1, 1}, nn::blind_spot{3, 3}, nn::blind_spot{1, 5}})
    for (auto const use : {nn::algorithm::exact, nn::algorithm::fast}) {
      auto const before = run_plan<float>(net(b), weights, frames, {.use = use})[0];
      double square = 0;
      for (double const v : before.values) square += v * v;
      double const rms = std::sqrt(square / static_cast<double>(before.values.size()));
      auto touched = frames;
      for (auto& f : touched)
        for (int dy = -(b.rows / 2); dy <= b.rows / 2; ++dy)
          for (int dx = -(b.columns / 2); dx <= b.columns / 2; ++dx)
            f.values[static_cast<std::size_t>((y + dy) * width + x + dx)] += 1.5;
      auto const after = run_plan<float>(net(b), weights, touched, {.use = use})[0];
      auto const at = static_cast<std::size_t>(y * width + x);
      if (use == nn::algorithm::exact)
        CHECK(before.values[at] == after.values[at]);
      else
        CHECK(std::abs(before.values[at] - after.values[at]) < 1e-6 * rms);
      CHECK(before.values[at + 3] != after.values[at + 3]);
    }
  for (auto const use : {nn::algorithm::exact, nn::algorithm::accurate, nn::algorithm::fast}) {
    auto doubled = frames;
    for (auto& f : doubled)
      for (auto& v : f.values) v *= 2;
    auto once = run_plan<float>(net({}), weights, frames, {.use = use})[0];
    auto const twice = run_plan<float>(net({}), weights, doubled, {.use = use})[0];
    for (auto& v : once.values) v *= 2;
    CHECK(once.values == twice.values);
  }
}

TEST_CASE("a plan says what does not fit before it computes") {
  auto const net = single(2, nn::convolution{.outputs = 2});
  auto weights = tomoedx_tests::drawn_weights(net, 1);
  using plan = nn::plan<host, float>;
  CHECK_THROWS_WITH_AS(plan(host{}, net, weights, {}), "network: 0 inputs are given, it has 1",
                       tomoedx::shape_error);
  CHECK_THROWS_AS(plan(host{}, net, weights, {{1, 2, 2}}), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(plan(host{}, net, weights, {{1, 4, 4}}, {.items = 0}),
                       "plan: 0 items, at least one is needed", tomoedx::value_error);
  CHECK_THROWS_AS(plan(host{}, net, io::named_tensors{}, {{1, 4, 4}}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(plan(host{}, net, weights, {{1, 40000, 40000}}),
                       "plan: 1 items of 1 x 40000 x 40000 are too much for one pass; cut them up",
                       tomoedx::shape_error);
  nn::network none;
  none.input(1);
  CHECK_THROWS_WITH_AS(plan(host{}, none, weights, {{1, 4, 4}}), "plan: the network gives no output",
                       tomoedx::value_error);
  plan p(host{}, net, weights, {{1, 4, 4}});
  std::vector<float> in(32), out(8);
  CHECK_THROWS_AS(p.run({}, {out.data()}), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(p.run({nullptr}, {out.data()}), "plan: input 0 is a null pointer", tomoedx::error);
  CHECK_THROWS_WITH_AS(p.run({in.data()}, {nullptr}), "plan: output 0 is a null pointer", tomoedx::error);
}

TEST_CASE("plans of one store share their weights") {
  auto const at = [](int n) { return network_of(nn::unet{.base = 16, .depth = 2}, {1, n, n}); };
  auto const weights = tomoedx_tests::drawn_weights(at(32), 1);
  nn::packed_weights<float> store;
  nn::plan<host, float> a(host{}, at(32), weights, {{1, 32, 32}}, {}, store);
  auto const bytes = store.bytes();
  CHECK(bytes > 0);
  nn::plan<host, float> b(host{}, at(48), weights, {{1, 48, 48}}, {}, store);
  CHECK(store.bytes() == bytes);
  CHECK(a.arena_bytes() < b.arena_bytes());
}
