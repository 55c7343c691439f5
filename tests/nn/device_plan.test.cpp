// SPDX-License-Identifier: BSD-3-Clause
#include "../reference/vectors.hpp"
#include "../spaces.hpp"
#include "networks.hpp"
#include "plan_cases.hpp"

#include <tomoedx/nn/autoencoder.hpp>
#include <tomoedx/nn/device_plan.hpp>
#include <tomoedx/nn/udvd.hpp>
#include <tomoedx/nn/unet.hpp>
#include <tomoedx/reference/network.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace nn = tomoedx::nn;
namespace io = tomoedx::io;
using tomoedx_tests::activations;
using host = Kokkos::DefaultHostExecutionSpace;

namespace {

/// A run on a space with arrays of its own, copied there and back.
template <class Space, class T, class Tiles = nn::detail::tiles_of<Space>>
std::vector<activations> run_on(nn::network const& net, io::named_tensors const& weights,
                                std::vector<activations> const& inputs,
                                nn::device_plan_options options = {}) {
  using array = Kokkos::View<T*, typename Space::memory_space>;
  std::vector<nn::triple> extents;
  for (auto const& a : inputs) extents.push_back(a.size.extent);
  options.items = static_cast<int>(inputs.at(0).items);
  Space const space;
  nn::device_plan<Space, T, Tiles> plan(space, net, weights, extents, options);
  std::vector<array> in, out;
  std::vector<T const*> from;
  std::vector<T*> to;
  for (auto const& a : inputs) {
    std::vector<T> values(a.values.begin(), a.values.end());
    in.emplace_back("in", values.size());
    Kokkos::deep_copy(in.back(), Kokkos::View<T*, Kokkos::HostSpace>(values.data(), values.size()));
    from.push_back(in.back().data());
  }
  for (auto const& s : plan.outputs()) {
    out.emplace_back("out", tomoedx::reference::count(s, inputs[0].items));
    Kokkos::deep_copy(out.back(), T(-77));
    to.push_back(out.back().data());
  }
  plan.run(from, to);
  space.fence();
  std::vector<activations> results;
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto const copy = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, out[i]);
    results.push_back({plan.outputs()[i], inputs[0].items, {copy.data(), copy.data() + copy.size()}});
  }
  return results;
}

/// Teams of several members on a host, each of which reads, multiplies and writes its share as on a device.
struct pairs : nn::detail::cheapest<nn::detail::tile<8, 8, 4, 8, 4>> {
  static constexpr int group = 2;
};
struct pairs_over_outputs : nn::detail::cheapest<nn::detail::tile<8, 16, 8, 8, 4>> {
  static constexpr int group = 2;
};
struct eights : nn::detail::cheapest<nn::detail::tile<4, 32, 4, 4, 8>> {  // two members read each pixel
  static constexpr int group = 8;
};

void agree(std::vector<activations> const& got, std::vector<activations> const& expected, double bound) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(tomoedx_tests::difference(got[i], expected[i]) < bound);
}

template <class Space>
void check_on(nn::network const& net, io::named_tensors const& weights,
              std::vector<activations> const& inputs, std::vector<activations> const& expected) {
  CAPTURE(Space::name());
  agree(run_on<Space, double>(net, weights, inputs), expected, 1e-12);
  agree(run_on<Space, float>(net, weights, inputs), expected, 5e-5);
}
template <class... Spaces>
void check_everywhere(nn::network const& net, io::named_tensors const& weights,
                      std::vector<activations> const& inputs, std::vector<activations> const& expected) {
  (check_on<Spaces>(net, weights, inputs, expected), ...);
}

/// Run a table on every space, in both precisions, in teams of several sizes and recorded, and compare with the plain
/// loops.
void check_against_reference(nn::network const& net, std::vector<nn::triple> const& extents,
                             std::size_t items = 1) {
  auto const weights = tomoedx_tests::drawn_weights(net, 11);
  std::vector<activations> inputs;
  for (std::size_t i = 0; i < extents.size(); ++i)
    inputs.push_back(tomoedx_tests::random_activations({net.inputs()[i], extents[i]}, items, 100 + i));
  auto const expected = tomoedx::reference::run(net, weights, inputs);
  check_everywhere<TOMOEDX_SPACES>(net, weights, inputs, expected);
  auto const alone = run_on<host, double>(net, weights, inputs);
  auto const same = [&](std::vector<activations> const& more) {
    for (std::size_t i = 0; i < alone.size(); ++i) CHECK(more[i].values == alone[i].values);
  };
  same(run_on<host, double>(net, weights, inputs, {.record = true}));
  if (host().concurrency() >= 2) {
    same(run_on<host, double, pairs>(net, weights, inputs));
    same(run_on<host, double, pairs_over_outputs>(net, weights, inputs));
  }
  if (host().concurrency() >= 8) same(run_on<host, double, eights>(net, weights, inputs));
}

auto const agrees = [](nn::network const& net, std::vector<nn::triple> const& extents,
                       std::size_t items = 1) { check_against_reference(net, extents, items); };
using tomoedx_tests::single;

}  // namespace

TEST_CASE("convolutions of every kind on devices agree with the plain loops") {
  tomoedx_tests::check_convolutions(agrees);
}

TEST_CASE("layers without filters on devices agree with the plain loops") {
  tomoedx_tests::check_layers_without_filters(agrees);
}

TEST_CASE("a pool, a norm and an activation that a convolution takes in change nothing on devices") {
  tomoedx_tests::check_layers_taken_in(agrees);
}

TEST_CASE("one set of filters under two norms is scaled by each of them") {
  nn::network net;
  auto const x = net.input(3);
  nn::convolution const c{.outputs = 4, .padding = nn::around({0, 1, 1})};
  auto const a = net.add("norm a", nn::batch_norm{}, {net.add("c", c, {x})});
  auto const b = net.add("norm b", nn::batch_norm{}, {net.add("c", c, {x})});
  net.output(a);
  net.output(b);
  check_against_reference(net, {{1, 6, 7}});
}

TEST_CASE("joined, shifted, enlarged and repeated images are read where they are stored on devices") {
  tomoedx_tests::check_reading_in_place(agrees);
}

TEST_CASE("whole networks on devices agree with the plain loops") {
  tomoedx_tests::check_whole_networks(agrees);
}

TEST_CASE("a device plan gives the same bits for any number of items, and at each run") {
  auto const net = network_of(nn::unet{.base = 8, .depth = 3}, {1, 26, 23});
  auto const weights = tomoedx_tests::drawn_weights(net, 3);
  auto const two = tomoedx_tests::random_activations({1, {1, 26, 23}}, 2, 5);
  activations const one{two.size, 1, {two.values.begin() + two.values.size() / 2, two.values.end()}};
  auto const a = run_on<host, float>(net, weights, {two})[0];
  auto const c = run_on<host, float>(net, weights, {one})[0];
  CHECK(std::equal(c.values.begin(), c.values.end(), a.values.begin() + a.values.size() / 2));

  nn::device_plan<host, float> plan(host{}, net, weights, {{1, 26, 23}});
  std::vector<float> in(one.values.begin(), one.values.end()), first(in.size()), again(in.size()),
      other(in.size());
  plan.run({in.data()}, {first.data()});
  plan.run({first.data()}, {other.data()});
  plan.run({in.data()}, {again.data()});
  plan.space().fence();
  CHECK(first == again);
  CHECK(first != other);
}

TEST_CASE("a blind spot is not seen on devices, and twice the input is twice the output, to the last bit") {
  nn::udvd u{.frames = 5, .first = {8, 6}, .second = {8, 16}, .head = {32, 16}, .final_relu = false};
  int const height = 14, width = 21, y = 6, x = 9;
  u.blind = nn::blind_spot{1, 1};
  auto const weights = tomoedx_tests::drawn_weights(network_of(u, {1, height, width}), 9);
  std::vector<activations> frames;
  for (int i = 0; i < 5; ++i)
    frames.push_back(
        tomoedx_tests::random_activations({1, {1, height, width}}, 1, static_cast<std::uint64_t>(40 + i)));
  for (nn::blind_spot const b : {nn::blind_spot{1, 1}, nn::blind_spot{1, 5}}) {
    u.blind = b;
    auto const net = network_of(u, {1, height, width});
    auto touched = frames, doubled = frames;
    for (auto& f : touched)
      for (int dx = -(b.columns / 2); dx <= b.columns / 2; ++dx)
        f.values[static_cast<std::size_t>(y * width + x + dx)] += 1.5;
    for (auto& f : doubled)
      for (auto& v : f.values) v *= 2;
    auto before = run_on<host, float>(net, weights, frames)[0];
    auto const after = run_on<host, float>(net, weights, touched)[0];
    auto const at = static_cast<std::size_t>(y * width + x);
    CHECK(before.values[at] == after.values[at]);
    CHECK(before.values[at + 3] != after.values[at + 3]);
    auto const twice = run_on<host, float>(net, weights, doubled)[0];
    for (auto& v : before.values) v *= 2;
    CHECK(before.values == twice.values);
  }
}

TEST_CASE("NaN goes through activations and pools as it does through the plain loops") {
  nn::network net;
  auto const x = net.input(1);
  auto const c =
      net.add("c", nn::convolution{.outputs = 2, .padding = nn::around({0, 1, 1}), .act = nn::relu}, {x});
  net.output(net.add(nn::max_pool{}, {c}));
  net.output(net.add(nn::activate{nn::relu}, {x}));
  net.output(net.add(nn::max_pool{{1, 3, 3}}, {x}));
  auto const weights = tomoedx_tests::drawn_weights(net, 2);
  auto image = tomoedx_tests::random_activations({1, {1, 8, 8}}, 1, 1);
  image.values[27] = std::nan("");
  auto const expected = tomoedx::reference::run(net, weights, {image});
  auto const got = run_on<host, double>(net, weights, {image});
  for (std::size_t i = 0; i < got.size(); ++i)
    for (std::size_t k = 0; k < got[i].values.size(); ++k)
      CHECK(std::isnan(got[i].values[k]) == std::isnan(expected[i].values[k]));
}

namespace {

/// What a call asks of Kokkos.
struct trace {
  static inline std::vector<std::string> kernels, others;
  trace() {
    kernels.clear(), others.clear();
    namespace tools = Kokkos::Tools::Experimental;
    tools::set_allocate_data_callback([](Kokkos::Profiling::SpaceHandle, char const* name, void const*,
                                         std::uint64_t) { others.emplace_back(name); });
    tools::set_begin_deep_copy_callback([](Kokkos::Profiling::SpaceHandle, char const* name, void const*,
                                           Kokkos::Profiling::SpaceHandle, char const*, void const*,
                                           std::uint64_t) { others.emplace_back(name); });
    tools::set_begin_fence_callback([](char const* name, std::uint32_t, std::uint64_t*) {
      if (!std::string_view(name).starts_with("Kokkos::Tools::"))
        others.emplace_back(name);  // tools fence too
    });
    tools::set_begin_parallel_for_callback(
        [](char const* name, std::uint32_t, std::uint64_t*) { kernels.emplace_back(name); });
  }
  ~trace() {
    namespace tools = Kokkos::Tools::Experimental;
    tools::set_allocate_data_callback(nullptr);
    tools::set_begin_deep_copy_callback(nullptr);
    tools::set_begin_fence_callback(nullptr);
    tools::set_begin_parallel_for_callback(nullptr);
  }
};

}  // namespace

TEST_CASE("a run of a device plan only launches named kernels") {
  auto const net = network_of(nn::unet{.base = 4, .depth = 2}, {1, 12, 12});
  nn::device_plan<host, float> plan(host{}, net, tomoedx_tests::drawn_weights(net), {{1, 12, 12}});
  std::vector<float> in(144), out(144);
  plan.run({in.data()}, {out.data()});
  trace const asked;
  plan.run({in.data()}, {out.data()});
  CHECK(trace::others.empty());
  CHECK(trace::kernels.size() == plan.kernels() + 2);
  for (auto const& name : trace::kernels) CHECK(name.starts_with("tomoedx::nn::"));
}

TEST_CASE(
    "tensors of a device plan that do not live together share memory, and layers of one name their weights") {
  nn::network net;
  auto x = net.input(4);
  for (int i = 0; i < 6; ++i)
    x = net.add("c", nn::convolution{.outputs = 4, .padding = nn::around({0, 1, 1}), .bias = false}, {x});
  net.output(x);
  nn::device_plan<host, float> plan(host{}, net, tomoedx_tests::drawn_weights(net), {{1, 16, 16}});
  CHECK(plan.arena_bytes() == 2 * 4 * 16 * 16 * sizeof(float));
  CHECK(plan.weight_bytes() >= 4 * 4 * 9 * sizeof(float));
  CHECK(plan.weight_bytes() <= 2 * 40 * 8 * sizeof(float));
}

TEST_CASE(
    "a device plan chooses large tiles for large layers, small ones to fill a device, narrow ones for few "
    "outputs") {
  auto const chosen = [](std::int64_t pixels, int outputs) {
    nn::triple t{};
    nn::detail::device_tiles::choose(pixels, outputs, 132, [&](auto tile) {
      using chosen_tile = decltype(tile);
      t = {chosen_tile::pixels, chosen_tile::outputs, chosen_tile::members};
    });
    return t;
  };
  CHECK(chosen(1 << 20, 64) == nn::triple{128, 64, 128});
  CHECK(chosen(1 << 20, 96)[1] == 32);
  CHECK(chosen(1 << 20, 1) == nn::triple{128, 8, 64});
  CHECK(chosen(256, 1024) == nn::triple{32, 32, 64});
}

TEST_CASE("a device plan says what does not fit before it computes") {
  auto const net = single(2, nn::convolution{.outputs = 2});
  auto const weights = tomoedx_tests::drawn_weights(net);
  using plan = nn::device_plan<host, float>;
  CHECK_THROWS_WITH_AS(plan(host{}, net, weights, {}), "network: 0 inputs are given, it has 1",
                       tomoedx::shape_error);
  CHECK_THROWS_AS(plan(host{}, net, weights, {{1, 2, 2}}), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(plan(host{}, net, weights, {{1, 4, 4}}, {.items = 0}),
                       "device_plan: 0 items, at least one is needed", tomoedx::value_error);
  CHECK_THROWS_WITH_AS(
      plan(host{}, net, weights, {{1, 40000, 40000}}),
      "device_plan: 1 items of 1 x 40000 x 40000 are more than 1073741823 positions; take fewer items",
      tomoedx::shape_error);
  CHECK_THROWS_AS(plan(host{}, net, io::named_tensors{}, {{1, 4, 4}}), tomoedx::value_error);
  nn::network none;
  none.input(1);
  CHECK_THROWS_WITH_AS(plan(host{}, none, weights, {{1, 4, 4}}), "device_plan: the network gives no output",
                       tomoedx::value_error);
  plan p(host{}, net, weights, {{1, 4, 4}});
  std::vector<float> in(32), out(8);
  CHECK_THROWS_AS(p.run({}, {out.data()}), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(p.run({nullptr}, {out.data()}), "device_plan: input 0 is a null pointer",
                       tomoedx::error);
  CHECK_THROWS_WITH_AS(p.run({in.data()}, {nullptr}), "device_plan: output 0 is a null pointer",
                       tomoedx::error);
}
