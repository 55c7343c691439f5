// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/parameters.hpp>
#include <tomoedx/nn/sizes.hpp>

#include <doctest/doctest.h>

#include <limits>

namespace nn = tomoedx::nn;
using nn::size, nn::triple, tomoedx::shape_error, tomoedx::value_error;

namespace {

constexpr int huge = std::numeric_limits<int>::max();

nn::network of(nn::operation op, std::vector<int> const& channels, std::string const& name = "here") {
  nn::network net;
  std::vector<nn::value> in;
  for (int const c : channels) in.push_back(net.input(c));
  net.output(net.add(name, op, in));
  return net;
}

/// What one layer makes of inputs of these channels and extents.
size after(nn::operation op, std::vector<size> const& in, std::string const& name = "here") {
  std::vector<int> channels;
  std::vector<triple> extents;
  for (auto const& s : in) {
    channels.push_back(s.channels);
    extents.push_back(s.extent);
  }
  return nn::sizes_of(of(op, channels, name), extents).back();
}

template <class Error>
void refused(nn::operation op, std::vector<size> const& in, char const* text) {
  CHECK_THROWS_WITH_AS(after(op, in), doctest::Contains(text), Error);
}

constexpr size image{4, {1, 9, 12}};

}  // namespace

TEST_CASE("a convolution keeps the size, shrinks it by its kernel, or divides it by its stride") {
  CHECK(after(nn::convolution{.outputs = 8, .padding = nn::around({0, 1, 1})}, {image}) ==
        size{8, {1, 9, 12}});
  CHECK(after(nn::convolution{.outputs = 8, .padding = nn::causal_3x3()}, {image}) == size{8, {1, 9, 12}});
  CHECK(after(nn::convolution{.outputs = 8}, {image}) == size{8, {1, 7, 10}});
  CHECK(after(nn::convolution{.kernel = {1, 9, 12}}, {image}) == size{1, {1, 1, 1}});
  CHECK(after(nn::convolution{.padding = nn::around({0, 1, 1}), .stride = {1, 2, 2}}, {image}) ==
        size{1, {1, 5, 6}});
  CHECK(after(nn::convolution{.dilation = {1, 4, 2}}, {image}) == size{1, {1, 1, 8}});
  CHECK(after(nn::convolution{.outputs = 6, .groups = 2}, {image}) == size{6, {1, 7, 10}});
  CHECK(after(nn::convolution{.padding = {{0, -2, 0}, {0, -1, 5}, {}}}, {image}) == size{1, {1, 4, 15}});
}

TEST_CASE("a transposed convolution gives (n - 1) stride - 2 padding + kernel + extra positions") {
  CHECK(after(nn::transposed_convolution{.outputs = 2}, {image}) == size{2, {1, 18, 24}});
  CHECK(after(nn::transposed_convolution{.kernel = {1, 3, 4}, .padding = {0, 1, 1}, .extra = {0, 1, 0}},
              {image}) == size{1, {1, 18, 24}});
  CHECK(after(nn::transposed_convolution{.kernel = {4, 3, 3}, .stride = {2, 1, 1}, .padding = {1, 1, 1}},
              {{3, {3, 4, 5}}}) == size{1, {6, 4, 5}});
}

TEST_CASE("pools leave out what fills no window; upsampling multiplies") {
  CHECK(after(nn::max_pool{}, {image}) == size{4, {1, 4, 6}});
  CHECK(after(nn::average_pool{{1, 4, 5}}, {image}) == size{4, {1, 2, 2}});
  CHECK(after(nn::nearest_upsample{{3, 2, 1}}, {image}) == size{4, {3, 18, 12}});
  CHECK(after(nn::linear_upsample{{1, 1, 4}, true}, {image}) == size{4, {1, 9, 48}});
}

TEST_CASE("the other layers keep, join, pad, fit or turn") {
  CHECK(after(nn::activate{}, {image}) == image);
  CHECK(after(nn::batch_norm{}, {image}) == image);
  CHECK(after(nn::add{}, {image, image, image}) == image);
  CHECK(after(nn::concat{}, {image, {1, image.extent}, {7, image.extent}}) == size{12, image.extent});
  CHECK(after(nn::pad{{{1, -2, 0}, {0, 0, 3}, {}}}, {image}) == size{4, {2, 7, 15}});
  CHECK(after(nn::pad{nn::around({0, 8, 11}, nn::border::reflect)}, {image}) == size{4, {1, 25, 34}});
  CHECK(after(nn::fit_to{}, {image, {1, {3, 2, 40}}}) == size{4, {3, 2, 40}});
  for (int const q : {-3, -1, 1, 3, 5}) CHECK(after(nn::quarter_turn{q}, {image}) == size{4, {1, 12, 9}});
  for (int const q : {-4, -2, 0, 2, 4}) CHECK(after(nn::quarter_turn{q}, {image}) == image);
}

TEST_CASE("sizes are those of all values, inputs first") {
  nn::network net;
  auto const a = net.input(2), b = net.input(1);
  auto const c = net.add(nn::max_pool{}, {a});
  auto const d = net.add(nn::concat{}, {c, b});
  net.output(d);
  auto const all = nn::sizes_of(net, {{1, 6, 7}, {1, 3, 3}});
  CHECK(all == std::vector<size>{{2, {1, 6, 7}}, {1, {1, 3, 3}}, {2, {1, 3, 3}}, {3, {1, 3, 3}}});
  CHECK(nn::sizes_of(nn::network{}, {}).empty());
}

TEST_CASE("inputs that are too few, too many or empty are refused") {
  auto const net = of(nn::activate{}, {1});
  CHECK_THROWS_WITH_AS(nn::sizes_of(net, {}), doctest::Contains("0 inputs are given, it has 1"), shape_error);
  CHECK_THROWS_AS(nn::sizes_of(net, {{1, 2, 2}, {1, 2, 2}}), shape_error);
  CHECK_THROWS_WITH_AS(nn::sizes_of(net, {{1, 0, 2}}),
                       doctest::Contains("'input' leaves 0 positions on axis 1"), shape_error);
  CHECK_THROWS_AS(nn::sizes_of(net, {{-1, 2, 2}}), shape_error);
  CHECK_THROWS_WITH_AS(nn::sizes_of(net, {{1, 2, huge}}), doctest::Contains("makes axis 2 2147483647 long"),
                       shape_error);
}

TEST_CASE("layers say which of them does not fit, and why") {
  refused<value_error>(nn::activate{}, {image, image}, "layer 'here' has 2 inputs, it takes 1");
  refused<value_error>(nn::fit_to{}, {image}, "layer 'here' has 1 inputs, it takes 2");
  refused<value_error>(nn::convolution{.outputs = 0}, {image}, "'here' has 0 outputs");
  refused<value_error>(nn::convolution{.kernel = {1, 0, 3}}, {image}, "a kernel of 0");
  refused<value_error>(nn::convolution{.stride = {1, 1, -2}}, {image}, "a stride of -2");
  refused<value_error>(nn::convolution{.dilation = {0, 1, 1}}, {image}, "a dilation of 0");
  refused<value_error>(nn::convolution{.outputs = 4, .groups = 3}, {image},
                       "4 channels and 4 outputs into 3 groups");
  refused<value_error>(nn::convolution{.outputs = 3, .groups = 2}, {image},
                       "4 channels and 3 outputs into 2 groups");
  refused<value_error>(nn::convolution{.groups = 0}, {image}, "into 0 groups");
  refused<value_error>(nn::transposed_convolution{.outputs = -1}, {image}, "'here' has -1 outputs");
  refused<value_error>(nn::transposed_convolution{.kernel = {0, 2, 2}}, {image}, "a kernel of 0");
  refused<value_error>(nn::transposed_convolution{.stride = {1, 0, 2}}, {image}, "a stride of 0");
  refused<value_error>(nn::transposed_convolution{.padding = {0, -1, 0}}, {image}, "a padding >= 0");
  refused<value_error>(nn::transposed_convolution{.extra = {0, 2, 0}}, {image},
                       "extra positions below the stride");
  refused<value_error>(nn::transposed_convolution{.extra = {-1, 0, 0}}, {image}, "extra positions");
  refused<value_error>(nn::batch_norm{.epsilon = 0}, {image}, "an epsilon of 0");
  refused<value_error>(nn::batch_norm{.epsilon = std::numeric_limits<double>::quiet_NaN()}, {image},
                       "an epsilon of nan");
  refused<value_error>(nn::max_pool{{1, 0, 2}}, {image}, "a window of 0");
  refused<value_error>(nn::average_pool{{1, 2, -2}}, {image}, "a window of -2");
  refused<value_error>(nn::nearest_upsample{{1, 0, 2}}, {image}, "a factor of 0");
  refused<value_error>(nn::linear_upsample{{0, 2, 2}}, {image}, "a factor of 0");
  auto const slope = nn::leaky_relu(std::numeric_limits<double>::infinity());
  refused<value_error>(nn::activate{slope}, {image}, "a slope of inf");
  refused<value_error>(nn::convolution{.act = slope}, {image}, "a slope of inf");
  refused<value_error>(nn::transposed_convolution{.act = slope}, {image}, "a slope of inf");
  refused<value_error>(nn::batch_norm{.act = slope}, {image}, "a slope of inf");
  refused<value_error>(nn::add{slope}, {image}, "a slope of inf");

  refused<shape_error>(nn::convolution{.kernel = {1, 10, 3}}, {image},
                       "layer 'here' leaves 0 positions on axis 1");
  refused<shape_error>(nn::convolution{.kernel = {3, 3, 3}}, {image}, "leaves 0 positions on axis 0");
  refused<shape_error>(nn::convolution{.dilation = {1, 1, 6}}, {image}, "leaves 0 positions on axis 2");
  refused<shape_error>(nn::transposed_convolution{.padding = {0, 9, 0}}, {image},
                       "leaves 0 positions on axis 1");
  refused<shape_error>(nn::max_pool{{2, 2, 2}}, {image}, "leaves 0 positions on axis 0");
  refused<shape_error>(nn::pad{{{0, -4, 0}, {0, -5, 0}, {}}}, {image}, "leaves 0 positions on axis 1");
  refused<shape_error>(nn::pad{nn::around({0, 9, 0}, nn::border::reflect)}, {image},
                       "mirrors 9 positions on axis 1, which has 9");
  refused<shape_error>(nn::convolution{.padding = nn::around({1, 0, 0}, nn::border::reflect)}, {image},
                       "mirrors 1 positions on axis 0, which has 1");
  refused<shape_error>(nn::concat{}, {image, {4, {1, 9, 11}}}, "joins 1 x 9 x 12 and 1 x 9 x 11");
  refused<shape_error>(nn::add{}, {image, {3, image.extent}},
                       "adds 4 channels of 1 x 9 x 12 and 3 of 1 x 9 x 12");
  refused<shape_error>(nn::add{}, {image, {4, {2, 9, 12}}}, "and 4 of 2 x 9 x 12");
}

TEST_CASE("a row without a name is called by its operation and its number") {
  nn::network net;
  auto x = net.add(nn::activate{}, {net.input(1)});
  net.add(nn::max_pool{{2, 2, 2}}, {x});
  CHECK_THROWS_WITH_AS(nn::sizes_of(net, {{1, 4, 4}}), doctest::Contains("layer 'max pool 1' leaves 0"),
                       shape_error);
  CHECK_THROWS_WITH_AS(after(nn::quarter_turn{}, {image, image}, ""), doctest::Contains("'quarter turn 0'"),
                       value_error);
  CHECK_THROWS_WITH_AS(after(nn::convolution{.outputs = 0}, {image}, ""),
                       doctest::Contains("'convolution 0'"), value_error);
}

TEST_CASE("sizes that an int cannot count are refused, not wrapped around") {
  size const long_row{1, {1, 1, 1 << 28}};
  refused<shape_error>(nn::nearest_upsample{{1, 1, 4}}, {long_row}, "makes axis 2 1073741824 long");
  refused<shape_error>(nn::nearest_upsample{{1, 1, huge}}, {long_row}, "long");
  refused<shape_error>(nn::transposed_convolution{.stride = {1, 1, huge}}, {long_row}, "long");
  refused<shape_error>(nn::pad{nn::around({0, 0, huge})}, {long_row}, "makes axis 2 4563402750 long");
  // too long in between, though not at the end
  refused<shape_error>(
      nn::convolution{.kernel = {1, 1, 3}, .padding = nn::around({0, 0, huge}), .stride = {1, 1, huge}},
      {long_row}, "long");
  refused<shape_error>(nn::transposed_convolution{.stride = {1, 1, 1 << 30}, .padding = {0, 0, 1 << 30}},
                       {{1, {1, 1, 3}}}, "long");
  refused<shape_error>(nn::convolution{.kernel = {1, 1, huge}, .dilation = {1, 1, huge}}, {image}, "leaves");
  refused<shape_error>(nn::concat{}, {{huge, {1, 1, 1}}, {huge, {1, 1, 1}}}, "joins 4294967294 channels");
  CHECK_THROWS_WITH_AS(nn::parameters_of(of(nn::concat{}, {huge, huge})),
                       doctest::Contains("joins 2147483647 channels"), shape_error);
}

TEST_CASE("parameters are those of the layers, in their order, each once") {
  nn::network net;
  auto const a = net.input(3);
  auto x = net.add("one", nn::convolution{.outputs = 8, .kernel = {1, 3, 5}}, {a});
  x = net.add("two", nn::convolution{.outputs = 4, .kernel = {1, 1, 1}, .bias = false, .groups = 2}, {x});
  x = net.add("norm", nn::batch_norm{}, {x});
  x = net.add(nn::max_pool{}, {x});
  x = net.add("up", nn::transposed_convolution{.outputs = 5, .kernel = {2, 3, 4}}, {x});
  x = net.add(nn::fit_to{}, {x, a});
  x = net.add(nn::concat{}, {x, a, x});
  x = net.add("bare", nn::transposed_convolution{.outputs = 3, .bias = false}, {x});
  x = net.add("one", nn::convolution{.outputs = 8, .kernel = {1, 3, 5}, .act = nn::relu, .stride = {1, 2, 2}},
              {x});
  net.output(x);
  std::vector<std::pair<std::string, std::vector<std::size_t>>> found;
  for (auto const& p : nn::parameters_of(net)) found.emplace_back(p.key, p.shape);
  CHECK(found == decltype(found){{"one.weight", {8, 3, 1, 3, 5}},
                                 {"one.bias", {8}},
                                 {"two.weight", {4, 4, 1, 1, 1}},
                                 {"norm.weight", {4}},
                                 {"norm.bias", {4}},
                                 {"norm.running_mean", {4}},
                                 {"norm.running_var", {4}},
                                 {"up.weight", {4, 5, 2, 3, 4}},
                                 {"up.bias", {5}},
                                 {"bare.weight", {13, 3, 1, 2, 2}}});
  CHECK(nn::parameters_of(nn::network{}).empty());
}

TEST_CASE("layers of one name need the same parameters") {
  nn::network net;
  auto const x = net.add("same", nn::convolution{.outputs = 8}, {net.input(3)});
  net.add("same", nn::convolution{.outputs = 8}, {x});
  CHECK_THROWS_WITH_AS(
      nn::parameters_of(net),
      doctest::Contains("share 'same.weight', one needs 8 x 3 x 1 x 3 x 3, the other 8 x 8 x 1 x 3 x 3"),
      value_error);
}
