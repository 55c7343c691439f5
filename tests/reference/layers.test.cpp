// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/reference/layers.hpp>

#include "../shared.hpp"
#include "vectors.hpp"

#if defined(TOMOEDX_JSON)
#include <tomoedx/io/safetensors.hpp>
#endif

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace tomoedx_tests;
namespace nn = tomoedx::nn;
namespace reference = tomoedx::reference;
using reference::evaluate, tomoedx::io::named_tensors, tomoedx::io::tensor;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

nn::activation curve(nn::curve c) {
  return {c};
}

named_tensors weights_of(std::string const& name, tensor weight) {
  return {{{name + ".weight", std::move(weight)}}, {}};
}

activations scaled_sum(double a, activations x, double b, activations const& y) {
  for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = a * x.values[i] + b * y.values[i];
  return x;
}

}  // namespace

TEST_CASE("curves have the values of their formulas") {
  using reference::value_of;
  for (double const x : {-800.0, -30.0, -3.0, -0.7, 0.0, 1e-9, 0.4, 2.0, 30.0, 800.0}) {
    CAPTURE(x);
    CHECK(value_of({}, x) == x);
    CHECK(value_of(nn::relu, x) == std::max(0.0, x));
    CHECK(value_of(nn::leaky_relu(0.1), x) == std::max(x, 0.1 * x));
    CHECK(value_of(curve(nn::curve::tanh), x) == std::tanh(x));
    double const sigmoid = value_of(curve(nn::curve::sigmoid), x);
    CHECK(sigmoid == doctest::Approx(0.5 * (1 + std::tanh(0.5 * x))).epsilon(1e-14));
    CHECK(sigmoid + value_of(curve(nn::curve::sigmoid), -x) == doctest::Approx(1).epsilon(1e-15));
    double const elu = value_of(curve(nn::curve::elu), x);
    CHECK(elu == doctest::Approx(x > 0 ? x : std::exp(x) - 1).epsilon(1e-14));
    double const gelu = value_of(curve(nn::curve::gelu), x), mirrored = value_of(curve(nn::curve::gelu), -x);
    CHECK(gelu - mirrored == doctest::Approx(x).epsilon(1e-14));
    CHECK(gelu + mirrored ==
          doctest::Approx(std::abs(x) * std::erf(std::abs(x) / std::sqrt(2))).epsilon(1e-14));
    double const softplus = value_of(curve(nn::curve::softplus), x);
    CHECK(softplus >= std::max(x, 0.0));
    CHECK(softplus == doctest::Approx(std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)))).epsilon(1e-8));
    CHECK(std::isfinite(softplus));
  }
  CHECK(value_of(curve(nn::curve::softplus), 20.5) == 20.5);
  CHECK(value_of(curve(nn::curve::softplus), 19.5) > 19.5);
  for (int c = 0; c <= static_cast<int>(nn::curve::gelu); ++c)
    CHECK(std::isnan(value_of(curve(static_cast<nn::curve>(c)), not_a_number)));
  CHECK_THROWS_AS(value_of(curve(static_cast<nn::curve>(99)), 1), tomoedx::value_error);
}

TEST_CASE("selu keeps the mean of 0 and the variance of 1 of normal values") {
  double mean = 0, square = 0, step = 1e-3;
  for (double x = -12; x < 12; x += step) {  // two smooth halves that meet in a kink at a sample
    double const density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::acos(-1.0));
    double const v = reference::value_of(curve(nn::curve::selu), x);
    mean += step * density * v;
    square += step * density * v * v;
  }
  CHECK(std::abs(mean) < 1e-6);
  CHECK(std::abs(square - 1) < 1e-6);
}

TEST_CASE("positions beyond an edge read zeros, the edge, or the mirror image without the edge") {
  auto const read = [](nn::border b) {
    std::vector<int> from;
    for (int i = -2; i < 5; ++i) from.push_back(reference::position_within(i, 3, b));
    return from;
  };
  CHECK(read(nn::border::zero) == std::vector{-1, -1, 0, 1, 2, -1, -1});
  CHECK(read(nn::border::replicate) == std::vector{0, 0, 0, 1, 2, 2, 2});
  CHECK(read(nn::border::reflect) == std::vector{2, 1, 0, 1, 2, 1, 0});
}

TEST_CASE("pad adds borders, and what is padded and cut again is the same") {
  auto const row = image(1, 3, {1, 2, 3});
  auto const padded = [&](nn::border b) {
    return evaluate(nn::pad{{{0, 0, 2}, {0, 0, 1}, {nn::border::zero, nn::border::zero, b}}}, "", {row})
        .values;
  };
  CHECK(padded(nn::border::zero) == std::vector<double>{0, 0, 1, 2, 3, 0});
  CHECK(padded(nn::border::replicate) == std::vector<double>{1, 1, 1, 2, 3, 3});
  CHECK(padded(nn::border::reflect) == std::vector<double>{3, 2, 1, 2, 3, 2});

  auto const x = random_activations({2, {4, 5, 6}}, 2, 1);
  for (auto const b : {nn::border::zero, nn::border::replicate, nn::border::reflect}) {
    nn::margins const more{{1, 2, 3}, {2, 0, 4}, {b, b, b}};
    nn::margins const less{{-1, -2, -3}, {-2, 0, -4}, {b, b, b}};
    auto const larger = evaluate(nn::pad{more}, "", {x});
    CHECK(larger.size == nn::size{2, {7, 7, 13}});
    CHECK(evaluate(nn::pad{less}, "", {larger}) == x);
  }
}

TEST_CASE("an axis of borders does not care about the others: zeros above, the edge at the sides") {
  auto const x = image(2, 2, {1, 2, 3, 4});
  nn::margins const by{{0, 1, 1}, {0, 0, 1}, {nn::border::zero, nn::border::zero, nn::border::replicate}};
  CHECK(evaluate(nn::pad{by}, "", {x}).values == std::vector<double>{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4});
}

TEST_CASE("a margin below with as much cut off above moves an image") {
  auto const x = image(3, 2, {1, 2, 3, 4, 5, 6});
  CHECK(evaluate(nn::pad{{{0, 1, 0}, {0, -1, 0}, {}}}, "", {x}).values ==
        std::vector<double>{0, 0, 1, 2, 3, 4});
  CHECK(evaluate(nn::pad{{{0, 0, -1}, {0, 0, 1}, {}}}, "", {x}).values ==
        std::vector<double>{2, 0, 4, 0, 6, 0});
}

TEST_CASE("convolving a delta gives the kernel mirrored in every axis") {
  auto delta = reference::blank({1, {3, 5, 7}}, 1);
  delta.row(0, 0, 1, 2)[3] = 1;
  auto const weights = weights_of("c", random_tensor({1, 1, 3, 5, 7}, 2));
  auto const& kernel = weights.tensors.at("c.weight");
  auto const out =
      evaluate(nn::convolution{.kernel = {3, 5, 7}, .padding = nn::around({1, 2, 3}), .bias = false}, "c",
               {delta}, weights);
  REQUIRE(out.values.size() == kernel.size());
  for (std::size_t i = 0; i < kernel.size(); ++i) CHECK(out.values[i] == kernel[kernel.size() - 1 - i]);
}

TEST_CASE("a kernel of ones counts what it sees beyond each kind of edge") {
  auto const ones = image(3, 4, std::vector<double>(12, 1));
  auto const weights = weights_of("c", tensor({1, 1, 3, 3}, std::vector<double>(9, 1)));
  auto const counted = [&](nn::margins const& m) {
    return evaluate(nn::convolution{.padding = m, .bias = false}, "c", {ones}, weights).values;
  };
  CHECK(counted(nn::around({0, 1, 1})) == std::vector<double>{4, 6, 6, 4, 6, 9, 9, 6, 4, 6, 6, 4});
  CHECK(counted(nn::around({0, 1, 1}, nn::border::replicate)) == std::vector<double>(12, 9));
  CHECK(counted(nn::around({0, 1, 1}, nn::border::reflect)) == std::vector<double>(12, 9));
  CHECK(counted(nn::causal_3x3()) == std::vector<double>{3, 3, 3, 3, 6, 6, 6, 6, 9, 9, 9, 9});
}

TEST_CASE("a convolution adds up its channels and its bias, then applies its curve") {
  activations const x{{2, {1, 1, 2}}, 1, {1, 2, 10, 20}};
  named_tensors const weights{{{"c.weight", tensor({2, 2, 1, 1}, std::vector<double>{1, 1, -1, 0.5})},
                               {"c.bias", tensor({2}, std::vector<double>{100, -6})}},
                              {}};
  nn::convolution op{.outputs = 2, .kernel = {1, 1, 1}, .act = nn::leaky_relu(0.25)};
  CHECK(evaluate(op, "c", {x}, weights).values == std::vector<double>{111, 122, -0.5, 2});
  op.bias = false;
  CHECK(evaluate(op, "c", {x}, weights).values == std::vector<double>{11, 22, 4, 8});
}

TEST_CASE("axes are z, y, x: three kernels along one axis each are their product") {
  auto const x = random_activations({1, {5, 6, 7}}, 2, 3);
  auto const along = [](nn::triple const& k) { return nn::convolution{.kernel = k, .bias = false}; };
  auto const kz = random_values(2, 4), ky = random_values(3, 5), kx = random_values(4, 6);
  std::vector<double> product;
  for (double const a : kz)
    for (double const b : ky)
      for (double const c : kx) product.push_back(a * b * c);
  auto const one = evaluate(along({2, 3, 4}), "c", {x}, weights_of("c", tensor({1, 1, 2, 3, 4}, product)));
  auto three = evaluate(along({2, 1, 1}), "c", {x}, weights_of("c", tensor({1, 1, 2, 1, 1}, kz)));
  three = evaluate(along({1, 3, 1}), "c", {three}, weights_of("c", tensor({1, 1, 1, 3, 1}, ky)));
  three = evaluate(along({1, 1, 4}), "c", {three}, weights_of("c", tensor({1, 1, 1, 1, 4}, kx)));
  CHECK(one.size == nn::size{1, {4, 4, 4}});
  CHECK(difference(three, one) < 1e-13);
}

TEST_CASE("a stride skips positions, a dilation is a kernel with holes") {
  auto const x = random_activations({2, {4, 9, 8}}, 1, 7);
  auto const weights = weights_of("c", random_tensor({3, 2, 2, 3, 2}, 8));
  nn::convolution op{.outputs = 3, .kernel = {2, 3, 2}, .padding = nn::around({1, 1, 0}), .bias = false};
  auto const every = evaluate(op, "c", {x}, weights);
  op.stride = {2, 3, 2};
  auto const some = evaluate(op, "c", {x}, weights);
  CHECK(some.size == nn::size{3, {3, 3, 4}});
  for (int c = 0; c < 3; ++c)
    for (int z = 0; z < 3; ++z)
      for (int y = 0; y < 3; ++y)
        for (int i = 0; i < 4; ++i) CHECK(some.row(0, c, z, y)[i] == every.row(0, c, 2 * z, 3 * y)[2 * i]);

  // the same weights, two planes, three rows and two columns apart
  op.stride = {1, 1, 1};
  op.dilation = {2, 3, 2};
  std::vector<double> holes(std::size_t{3} * 2 * 3 * 7 * 3);
  auto const& w = weights.tensors.at("c.weight");
  for (std::size_t oi = 0; oi < 6; ++oi)
    for (std::size_t k = 0; k < 2; ++k)
      for (std::size_t l = 0; l < 3; ++l)
        for (std::size_t m = 0; m < 2; ++m)
          holes[((oi * 3 + 2 * k) * 7 + 3 * l) * 3 + 2 * m] = w[((oi * 2 + k) * 3 + l) * 2 + m];
  nn::convolution const wide{
      .outputs = 3, .kernel = {3, 7, 3}, .padding = nn::around({1, 1, 0}), .bias = false};
  auto const expected = evaluate(wide, "c", {x}, weights_of("c", tensor({3, 2, 3, 7, 3}, holes)));
  CHECK(expected.size == nn::size{3, {4, 5, 6}});
  CHECK(difference(evaluate(op, "c", {x}, weights), expected) < 1e-14);
}

TEST_CASE("groups of channels are convolutions of their own") {
  auto const a = random_activations({2, {1, 5, 4}}, 2, 9), b = random_activations({2, {1, 5, 4}}, 2, 10);
  auto const both = evaluate(nn::concat{}, "", {a, b});
  auto const first = random_tensor({3, 2, 3, 3}, 11), second = random_tensor({3, 2, 3, 3}, 12);
  auto joined = first.values<double>();
  joined.insert(joined.end(), second.values<double>().begin(), second.values<double>().end());
  nn::convolution op{.outputs = 6, .padding = nn::around({0, 1, 1}), .bias = false, .groups = 2};
  auto const grouped = evaluate(op, "c", {both}, weights_of("c", tensor({6, 2, 3, 3}, joined)));
  op.outputs = 3;
  op.groups = 1;
  auto const apart = evaluate(
      nn::concat{}, "",
      {evaluate(op, "c", {a}, weights_of("c", first)), evaluate(op, "c", {b}, weights_of("c", second))});
  CHECK(grouped == apart);
}

TEST_CASE("a causal layer sees the rows y - 2, y - 1 and y, and repeats the edge at its sides") {
  auto const weights = weights_of("c", random_tensor({2, 1, 3, 3}, 13));
  nn::convolution const op{.outputs = 2, .padding = nn::causal_3x3(), .bias = false};
  auto const x = random_activations({1, {1, 8, 5}}, 1, 14);
  auto const before = evaluate(op, "c", {x}, weights);
  CHECK(before.size == nn::size{2, {1, 8, 5}});
  for (int changed = 0; changed < 8; ++changed) {
    auto other = x;
    other.row(0, 0, 0, changed)[2] += 1;
    auto const after = evaluate(op, "c", {other}, weights);
    for (int y = 0; y < 8; ++y) {
      bool const same = std::equal(before.row(0, 0, 0, y), before.row(0, 0, 0, y) + 5, after.row(0, 0, 0, y));
      CHECK(same == (y < changed || y > changed + 2));
    }
  }
  // what is the same along x stays so, edges too
  auto stripes = x;
  for (int y = 0; y < 8; ++y) std::fill_n(stripes.row(0, 0, 0, y), 5, x.row(0, 0, 0, y)[0]);
  auto const out = evaluate(op, "c", {stripes}, weights);
  for (int y = 0; y < 8; ++y)
    for (int i = 1; i < 5; ++i) CHECK(out.row(0, 1, 0, y)[i] == out.row(0, 1, 0, y)[0]);
}

TEST_CASE("the transposed convolution is the adjoint of the strided one") {
  struct shapes {
    nn::triple n, kernel, stride, padding;
  };
  std::uint64_t seed = 20;
  for (auto const& [n, kernel, stride, padding] : {shapes{{1, 6, 8}, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}},
                                                   {{1, 7, 9}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}},
                                                   {{1, 8, 6}, {1, 4, 3}, {1, 2, 3}, {0, 1, 0}},
                                                   {{6, 5, 7}, {4, 3, 2}, {2, 1, 3}, {1, 2, 0}},
                                                   {{5, 6, 4}, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}},
                                                   {{1, 9, 9}, {1, 1, 2}, {1, 3, 4}, {0, 0, 0}}}) {
    nn::convolution const forward{
        .outputs = 3, .kernel = kernel, .padding = nn::around(padding), .bias = false, .stride = stride};
    nn::transposed_convolution adjoint{
        .outputs = 2, .kernel = kernel, .stride = stride, .padding = padding, .bias = false};
    for (int a = 0; a < 3; ++a) adjoint.extra[a] = (n[a] + 2 * padding[a] - kernel[a]) % stride[a];
    std::vector<std::size_t> shape{3, 2};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    auto const weights = weights_of("c", random_tensor(shape, seed++));
    auto const x = random_activations({2, n}, 2, seed++);
    auto const ax = evaluate(forward, "c", {x}, weights);
    auto const y = random_activations(ax.size, 2, seed++);
    auto const aty = evaluate(adjoint, "c", {y}, weights);
    REQUIRE(aty.size == x.size);
    CHECK(inner_product(ax, y) == doctest::Approx(inner_product(x, aty)).epsilon(1e-12));
  }
}

TEST_CASE("a transposed convolution adds its bias once and applies its curve, where nothing arrives too") {
  named_tensors const weights{{{"t.weight", tensor({1, 2, 1, 1}, std::vector<double>{1, -1})},
                               {"t.bias", tensor({2}, std::vector<double>{10, -2})}},
                              {}};
  nn::transposed_convolution const op{
      .outputs = 2, .kernel = {1, 1, 1}, .stride = {1, 1, 2}, .act = nn::leaky_relu(0.5)};
  CHECK(evaluate(op, "t", {image(1, 2, {3, 4})}, weights).values ==
        std::vector<double>{13, 10, 14, -2.5, -1, -3});
}

TEST_CASE("batch norm is a factor and an offset for each channel") {
  auto const x = random_activations({3, {2, 4, 5}}, 2, 30);
  auto weights = weights_of("n", random_tensor({3}, 31));
  weights.tensors["n.bias"] = random_tensor({3}, 32);
  weights.tensors["n.running_mean"] = random_tensor({3}, 33);
  weights.tensors["n.running_var"] = tensor({3}, std::vector<double>{0, 0.5, 40});
  auto const out = evaluate(nn::batch_norm{.epsilon = 1e-3, .act = nn::relu}, "n", {x}, weights);

  // the same as a convolution of each channel by itself
  std::vector<double> factor, offset;
  for (std::size_t c = 0; c < 3; ++c) {
    double const deviation = std::sqrt(weights.tensors["n.running_var"][c] + 1e-3);
    factor.push_back(weights.tensors["n.weight"][c] / deviation);
    offset.push_back(weights.tensors["n.bias"][c] - weights.tensors["n.running_mean"][c] * factor[c]);
  }
  named_tensors folded = weights_of("c", tensor({3, 1, 1, 1}, factor));
  folded.tensors["c.bias"] = tensor({3}, offset);
  nn::convolution const op{.outputs = 3, .kernel = {1, 1, 1}, .act = nn::relu, .groups = 3};
  CHECK(difference(out, evaluate(op, "c", {x}, folded)) < 1e-13);
}

TEST_CASE("pools take the largest value or the mean of each window and leave the rest out") {
  auto const x = image(3, 5, {1, 2, 3, 4, 99, 5, -6, 7, 8, 99, 99, 99, 99, 99, 99});
  CHECK(evaluate(nn::max_pool{}, "", {x}).values == std::vector<double>{5, 8});
  CHECK(evaluate(nn::average_pool{}, "", {x}).values == std::vector<double>{0.5, 5.5});
  CHECK(evaluate(nn::max_pool{{1, 1, 1}}, "", {x}) == x);
  CHECK(evaluate(nn::max_pool{}, "", {image(2, 2, {-3, -1, -2, -4})}).values == std::vector<double>{-1});
  for (int i = 0; i < 4; ++i) {
    auto with_nan = image(2, 2, {1, 2, 3, 4});
    with_nan.values[static_cast<std::size_t>(i)] = not_a_number;
    CHECK(std::isnan(evaluate(nn::max_pool{}, "", {with_nan}).values[0]));
  }

  // the mean is a strided convolution
  auto const volume = random_activations({2, {4, 7, 6}}, 2, 40);
  nn::convolution const op{
      .outputs = 2, .kernel = {2, 3, 2}, .bias = false, .stride = {2, 3, 2}, .groups = 2};
  auto const weights = weights_of("c", tensor({2, 1, 2, 3, 2}, std::vector<double>(24, 1.0 / 12)));
  CHECK(difference(evaluate(nn::average_pool{{2, 3, 2}}, "", {volume}),
                   evaluate(op, "c", {volume}, weights)) < 1e-14);

  // each largest value is one of its window, and none of the window is larger
  auto const most = evaluate(nn::max_pool{{2, 3, 2}}, "", {volume});
  auto const spread = evaluate(nn::nearest_upsample{{2, 3, 2}}, "", {most});
  int hits = 0, above = 0;
  reference::detail::for_each_position(spread, [&](std::size_t item, int c, int z, int y, int i) {
    hits += volume.row(item, c, z, y)[i] == spread.row(item, c, z, y)[i];
    above += volume.row(item, c, z, y)[i] > spread.row(item, c, z, y)[i];
  });
  CHECK(hits == static_cast<int>(most.values.size()));
  CHECK(above == 0);
}

TEST_CASE("nearest upsampling repeats, and averaging takes it back") {
  CHECK(evaluate(nn::nearest_upsample{{1, 2, 3}}, "", {image(1, 2, {1, 2})}).values ==
        std::vector<double>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2});
  auto const x = random_activations({2, {2, 3, 4}}, 2, 50);
  auto const back =
      evaluate(nn::average_pool{{4, 2, 2}}, "", {evaluate(nn::nearest_upsample{{4, 2, 2}}, "", {x})});
  CHECK(difference(back, x) < 1e-15);
}

TEST_CASE("linear upsampling keeps constants and ramps, by either convention of corners") {
  auto const row = [](int factor, bool aligned, std::vector<double> const& v) {
    return evaluate(nn::linear_upsample{{1, 1, factor}, aligned}, "",
                    {image(1, static_cast<int>(v.size()), v)})
        .values;
  };
  CHECK(row(2, false, {0, 1}) == std::vector<double>{0, 0.25, 0.75, 1});
  CHECK(row(4, false, {8, 16}) == std::vector<double>{8, 8, 9, 11, 13, 15, 16, 16});
  CHECK(row(2, true, {0, 3}) == std::vector<double>{0, 1, 2, 3});
  for (bool const aligned : {false, true}) {
    CHECK(row(3, aligned, {7}) == std::vector<double>{7, 7, 7});
    auto const x = random_activations({2, {2, 3, 4}}, 2, 60);
    CHECK(difference(evaluate(nn::linear_upsample{{1, 1, 1}, aligned}, "", {x}), x) < 1e-15);
    // a plane a + bz + cy + dx stays one away from the edges
    auto plane = reference::blank({1, {3, 4, 5}}, 1);
    for (int z = 0; z < 3; ++z)
      for (int y = 0; y < 4; ++y)
        for (int i = 0; i < 5; ++i) plane.row(0, 0, z, y)[i] = 1 + 2 * z - 3 * y + 0.5 * i;
    nn::triple const f{2, 3, 4};
    auto const finer = evaluate(nn::linear_upsample{f, aligned}, "", {plane});
    REQUIRE(finer.size == nn::size{1, {6, 12, 20}});
    auto const at = [&](int i, int axis) {
      int const n = plane.size.extent[axis];
      return aligned ? i * (n - 1.0) / (n * f[axis] - 1.0) : (i + 0.5) / f[axis] - 0.5;
    };
    for (int z = 1; z < 5; ++z)
      for (int y = 1; y < 11; ++y)
        for (int i = 2; i < 18; ++i)
          CHECK(finer.row(0, 0, z, y)[i] ==
                doctest::Approx(1 + 2 * at(z, 0) - 3 * at(y, 1) + 0.5 * at(i, 2)).epsilon(1e-12));
  }
}

TEST_CASE("concat puts channels one after another, item by item; add sums and applies its curve") {
  activations const a{{1, {1, 1, 2}}, 2, {1, 2, 3, 4}},
      b{{2, {1, 1, 2}}, 2, {10, 20, 30, 40, 50, 60, 70, 80}};
  auto const joined = evaluate(nn::concat{}, "", {a, b});
  CHECK(joined.size == nn::size{3, {1, 1, 2}});
  CHECK(joined.values == std::vector<double>{1, 2, 10, 20, 30, 40, 3, 4, 50, 60, 70, 80});
  activations const c{{1, {1, 1, 2}}, 2, {-5, 1, -1, 1}};
  CHECK(evaluate(nn::add{}, "", {a, c, a}).values == std::vector<double>{-3, 5, 5, 9});
  CHECK(evaluate(nn::add{nn::relu}, "", {a, c}).values == std::vector<double>{0, 3, 2, 5});
  CHECK(evaluate(nn::activate{}, "", {c}).values == std::vector<double>{0, 1, 0, 1});
}

TEST_CASE("fit_to cuts or fills at the ends, or at both ends alike with the odd one at the end") {
  auto const fitted = [](int n, bool centered) {
    return evaluate(nn::fit_to{centered}, "",
                    {image(1, 4, {1, 2, 3, 4}), reference::blank({5, {1, 1, n}}, 1)})
        .values;
  };
  CHECK(fitted(4, false) == std::vector<double>{1, 2, 3, 4});
  CHECK(fitted(7, false) == std::vector<double>{1, 2, 3, 4, 0, 0, 0});
  CHECK(fitted(1, false) == std::vector<double>{1});
  CHECK(fitted(7, true) == std::vector<double>{0, 1, 2, 3, 4, 0, 0});
  CHECK(fitted(1, true) == std::vector<double>{2});
  // some axes cut, others filled; the channels are those of the first input
  auto const x = random_activations({2, {2, 4, 3}}, 2, 70);
  auto const out = evaluate(nn::fit_to{}, "", {x, reference::blank({1, {4, 2, 3}}, 2)});
  CHECK(out.size == nn::size{2, {4, 2, 3}});
  CHECK(out.row(1, 1, 1, 1)[2] == x.row(1, 1, 1, 1)[2]);
  CHECK(out.row(1, 1, 2, 1)[2] == 0);
}

TEST_CASE("a quarter turn is clockwise, four of them are none, and planes stay where they are") {
  auto const x = image(2, 3, {1, 2, 3, 4, 5, 6});
  auto const turned = evaluate(nn::quarter_turn{}, "", {x});
  CHECK(turned.size == nn::size{1, {1, 3, 2}});
  CHECK(turned.values == std::vector<double>{4, 1, 5, 2, 6, 3});
  CHECK(evaluate(nn::quarter_turn{2}, "", {x}).values == std::vector<double>{6, 5, 4, 3, 2, 1});
  CHECK(evaluate(nn::quarter_turn{3}, "", {x}).values == std::vector<double>{3, 6, 2, 5, 1, 4});

  auto const v = random_activations({2, {2, 3, 5}}, 2, 80);
  auto by_ones = v;
  for (int q = 0; q <= 8; ++q) {
    CHECK(evaluate(nn::quarter_turn{q}, "", {v}) == by_ones);
    CHECK(evaluate(nn::quarter_turn{q - 8}, "", {v}) == by_ones);
    CHECK(evaluate(nn::quarter_turn{-q}, "", {by_ones}) == v);
    by_ones = evaluate(nn::quarter_turn{}, "", {by_ones});
  }
}

TEST_CASE("layers without bias and curve are linear, and do not mix items") {
  auto const x = random_activations({2, {3, 6, 5}}, 2, 90), y = random_activations({2, {3, 6, 5}}, 2, 91);
  named_tensors weights = weights_of("c", random_tensor({4, 2, 3, 3, 3}, 92));
  weights.tensors["t.weight"] = random_tensor({2, 3, 2, 2, 2}, 93);
  std::vector<nn::operation> const linear{
      nn::convolution{.outputs = 4,
                      .kernel = {3, 3, 3},
                      .padding = nn::around({1, 1, 1}, nn::border::reflect),
                      .bias = false},
      nn::transposed_convolution{.outputs = 3, .kernel = {2, 2, 2}, .stride = {2, 2, 2}, .bias = false},
      nn::average_pool{},
      nn::nearest_upsample{},
      nn::linear_upsample{},
      nn::linear_upsample{{2, 2, 2}, true},
      nn::concat{},
      nn::add{},
      nn::pad{nn::around({1, 2, 1}, nn::border::replicate)},
      nn::quarter_turn{}};
  auto const item = [](activations const& a, std::size_t i) {
    auto const n = static_cast<std::ptrdiff_t>(a.values.size() / a.items),
               first = static_cast<std::ptrdiff_t>(i) * n;
    return activations{a.size, 1, {a.values.begin() + first, a.values.begin() + first + n}};
  };
  for (auto const& op : linear) {
    CAPTURE(op.index());
    std::string const name = op.index() == 0 ? "c" : "t";
    auto const of_sum = evaluate(op, name, {scaled_sum(2, x, -3, y)}, weights);
    auto const of_x = evaluate(op, name, {x}, weights), of_y = evaluate(op, name, {y}, weights);
    CHECK(difference(of_sum, scaled_sum(2, of_x, -3, of_y)) < 1e-13);
    CHECK(evaluate(op, name, {item(x, 1)}, weights) == item(of_x, 1));
  }
}

TEST_CASE("weights of float count with the values they have") {
  auto const x = random_activations({1, {1, 4, 4}}, 1, 95);
  std::vector<float> const narrow{0.1f, -0.7f, 1.3f};
  std::vector<double> const wide(narrow.begin(), narrow.end());
  nn::convolution const op{.kernel = {1, 1, 3}, .bias = false};
  CHECK(evaluate(op, "c", {x}, weights_of("c", tensor({1, 1, 1, 3}, narrow))) ==
        evaluate(op, "c", {x}, weights_of("c", tensor({1, 1, 1, 3}, wide))));
}

TEST_CASE("a layer refuses inputs and weights that do not fit it") {
  auto const x = image(4, 4, std::vector<double>(16));
  auto const weights = weights_of("c", random_tensor({1, 1, 3, 3}, 96));
  nn::convolution const op{.bias = false};
  CHECK_NOTHROW(evaluate(op, "c", {x}, weights));
  CHECK_THROWS_AS(evaluate(op, "d", {x}, weights), tomoedx::value_error);
  CHECK_THROWS_AS(evaluate(nn::convolution{}, "c", {x}, weights), tomoedx::value_error);  // no bias
  CHECK_THROWS_AS(evaluate(op, "c", {x, x}, weights), tomoedx::value_error);
  CHECK_THROWS_AS(evaluate(op, "c", {}, weights), tomoedx::value_error);
  CHECK_THROWS_AS(evaluate(op, "c", {image(2, 4, std::vector<double>(8))}, weights), tomoedx::shape_error);
  CHECK_THROWS_AS(evaluate(op, "c", {image(4, 4, {1, 2})}, weights), tomoedx::shape_error);
  CHECK_THROWS_AS(evaluate(nn::add{}, "", {x, image(4, 3, std::vector<double>(12))}), tomoedx::shape_error);
}

#if defined(TOMOEDX_JSON)
TEST_CASE("single layers give what an independent implementation gives, to 1e-12") {
  TOMOEDX_SHARED_OR_SKIP(folder, "reference/denoise/ops");
  auto const conv = [](int outputs, nn::triple kernel, nn::margins padding, nn::triple stride = {1, 1, 1}) {
    return nn::convolution{.outputs = outputs, .kernel = kernel, .padding = padding, .stride = stride};
  };
  auto const tconv = [](int outputs, nn::triple kernel, nn::triple stride, nn::triple padding,
                        nn::triple extra) {
    return nn::transposed_convolution{
        .outputs = outputs, .kernel = kernel, .stride = stride, .padding = padding, .extra = extra};
  };
  auto const around = [](int z, int y, int x, nn::border b = nn::border::zero) {
    return nn::around({z, y, x}, b);
  };
  auto dilated = conv(3, {1, 3, 3}, around(0, 2, 2));
  dilated.dilation = {1, 2, 2};
  auto grouped = conv(6, {1, 3, 3}, around(0, 1, 1));
  grouped.groups = 2;
  auto plain = conv(2, {1, 3, 3}, around(0, 1, 1));
  plain.bias = false;
  auto causal = conv(4, {1, 3, 3}, nn::causal_3x3());
  causal.act = nn::leaky_relu(0.1);
  auto causal_without = causal;
  causal_without.bias = false;
  auto noise_level = causal_without;
  noise_level.padding = around(0, 1, 1, nn::border::replicate);

  std::vector<std::pair<char const*, nn::operation>> const table{
      {"conv2d_k3_p1", conv(5, {1, 3, 3}, around(0, 1, 1))},
      {"conv2d_k3_valid", conv(4, {1, 3, 3}, {})},
      {"conv2d_k3_p1_nobias", plain},
      {"conv2d_k3_replicate", conv(4, {1, 3, 3}, around(0, 1, 1, nn::border::replicate))},
      {"conv2d_k3_reflect", conv(4, {1, 3, 3}, around(0, 1, 1, nn::border::reflect))},
      {"conv2d_k1", conv(3, {1, 1, 1}, {})},
      {"conv2d_k2_s2", conv(4, {1, 2, 2}, {}, {1, 2, 2})},
      {"conv2d_k3_s2_p1", conv(4, {1, 3, 3}, around(0, 1, 1), {1, 2, 2})},
      {"conv2d_k3_d2_p2", dilated},
      {"conv2d_k3_groups", grouped},
      {"conv2d_k5_p2", conv(2, {1, 5, 5}, around(0, 2, 2))},
      {"conv3d_k3_p1", conv(3, {3, 3, 3}, around(1, 1, 1))},
      {"conv3d_k3_s2_p1", conv(3, {3, 3, 3}, around(1, 1, 1), {2, 2, 2})},
      {"conv3d_k3_s211_p1", conv(3, {3, 3, 3}, around(1, 1, 1), {2, 1, 1})},
      {"conv3d_k311", conv(3, {3, 1, 1}, {})},
      {"conv3d_k3_replicate", conv(2, {3, 3, 3}, around(1, 1, 1, nn::border::replicate))},
      {"tconv2d_k2_s2", tconv(3, {1, 2, 2}, {1, 2, 2}, {}, {})},
      {"tconv2d_k3_s2_p1_op1", tconv(2, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {0, 1, 1})},
      {"tconv2d_k4_s2_p1", tconv(2, {1, 4, 4}, {1, 2, 2}, {0, 1, 1}, {})},
      {"tconv3d_k2_s2", tconv(2, {2, 2, 2}, {2, 2, 2}, {}, {})},
      {"tconv3d_k4_s2_p1", tconv(2, {4, 4, 4}, {2, 2, 2}, {1, 1, 1}, {})},
      {"tconv3d_k3_s2_p1_op1", tconv(2, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1})},
      {"tconv3d_k433_s211_p1", tconv(2, {4, 3, 3}, {2, 1, 1}, {1, 1, 1}, {})},
      {"maxpool2d_2_even", nn::max_pool{}},
      {"maxpool2d_2_odd", nn::max_pool{}},
      {"maxpool2d_2_ties", nn::max_pool{}},
      {"maxpool3d_2", nn::max_pool{{2, 2, 2}}},
      {"avgpool2d_2_odd", nn::average_pool{}},
      {"upsample_nearest2d_2", nn::nearest_upsample{}},
      {"upsample_bilinear2d_2", nn::linear_upsample{}},
      {"upsample_bilinear2d_2_align", nn::linear_upsample{.aligned = true}},
      {"upsample_trilinear3d_2", nn::linear_upsample{{2, 2, 2}}},
      {"act_relu", nn::activate{}},
      {"act_leaky_relu_0.1", nn::activate{nn::leaky_relu(0.1)}},
      {"act_leaky_relu_0.01", nn::activate{nn::leaky_relu(0.01)}},
      {"act_elu", nn::activate{curve(nn::curve::elu)}},
      {"act_selu", nn::activate{curve(nn::curve::selu)}},
      {"act_gelu", nn::activate{curve(nn::curve::gelu)}},
      {"act_sigmoid", nn::activate{curve(nn::curve::sigmoid)}},
      {"act_softplus", nn::activate{curve(nn::curve::softplus)}},
      {"act_tanh", nn::activate{curve(nn::curve::tanh)}},
      {"batchnorm2d_eval", nn::batch_norm{}},
      {"udvd_blind_conv", causal_without},
      {"udvd_blind_conv_bias", causal},
      {"udvd_plain_conv", noise_level},
      {"udvd_shift1", nn::pad{{{0, 1, 0}, {0, -1, 0}, {}}}},
      {"udvd_shift2", nn::pad{{{0, 2, 0}, {0, -2, 0}, {}}}},
      {"udvd_square_6x10", nn::pad{nn::around({0, 2, 0}, nn::border::reflect)}},
      {"udvd_square_11x6", nn::pad{{{0, 0, 2}, {0, 0, 3}, around(0, 0, 0, nn::border::reflect).borders}}}};

  // networks (network.test.cpp), and what is no layer of the table
  std::set<std::string> seen{"udvd_blind_pool_6x8", "udvd_blind_pool_7x5", "udvd_dec_odd", "udvd_rotate",
                             "udvd_unrotate"};
  for (char const* prefix :
       {"loss_", "optim_", "groupnorm", "instancenorm", "batchnorm2d_train", "batchnorm2d_running"})
    for (auto const& file : std::filesystem::directory_iterator(folder))
      if (file.path().stem().string().starts_with(prefix)) seen.insert(file.path().stem().string());

  for (auto const& [name, op] : table) {
    CAPTURE(name);
    auto file = tomoedx::io::read_safetensors(folder / (std::string(name) + ".safetensors"));
    named_tensors weights;
    for (auto const& [key, t] : file.tensors) weights.tensors.emplace("op." + key, t);
    auto const expected = activations_of(file.tensors.at("output"));
    auto const out = evaluate(op, "op", {activations_of(file.tensors.at("input"))}, weights);
    CHECK(difference(out, expected) < 1e-12);
    seen.insert(name);
  }
  for (auto const& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".safetensors") {
      CAPTURE(file.path().stem().string());
      CHECK(seen.contains(file.path().stem().string()));
    }
}
#endif
