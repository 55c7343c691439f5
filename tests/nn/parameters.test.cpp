// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/nn/parameters.hpp>

#include <doctest/doctest.h>

#include <limits>

namespace nn = tomoedx::nn;
using tomoedx::shape_error, tomoedx::value_error, tomoedx::io::named_tensors, tomoedx::io::tensor;

namespace {

nn::network small() {
  nn::network net;
  auto x = net.add("conv", nn::convolution{.outputs = 2, .kernel = {1, 3, 2}}, {net.input(3)});
  x = net.add("norm", nn::batch_norm{}, {x});
  net.output(
      net.add("up", nn::transposed_convolution{.outputs = 4, .kernel = {2, 1, 1}, .bias = false}, {x}));
  return net;
}

template <class T>
tensor ones(std::vector<std::size_t> const& shape) {
  std::size_t n = 1;
  for (auto const e : shape) n *= e;
  return {shape, std::vector<T>(n, T(1))};
}

template <class T>
named_tensors weights() {
  named_tensors w;
  for (auto const& p : nn::parameters_of(small())) w.tensors.emplace(p.key, ones<T>(p.shape));
  return w;
}

/// `key` replaced by `t`, the texts of the refusal.
template <class Error>
void refused(std::string const& key, tensor t, std::vector<char const*> const& texts) {
  auto w = weights<float>();
  w.tensors[key] = std::move(t);
  for (char const* text : texts)
    CHECK_THROWS_WITH_AS(nn::check_parameters(small(), w), doctest::Contains(text), Error);
}

}  // namespace

TEST_CASE_TEMPLATE("weights of the right shapes are taken in either precision, others beside them too", T,
                   float, double) {
  auto w = weights<T>();
  CHECK_NOTHROW(nn::check_parameters(small(), w));
  w.tensors["conv.weight"] = ones<T>({2, 3, 3, 2});  // as files keep 2D kernels
  w.tensors["norm.num_batches_tracked"] = ones<T>({});
  w.tensors["other"] = tensor({1}, std::vector<T>{std::numeric_limits<T>::quiet_NaN()});
  w.tensors["norm.running_var"] = tensor({2}, std::vector<T>{0, 3});
  CHECK_NOTHROW(nn::check_parameters(small(), w));
  CHECK_NOTHROW(nn::check_parameters(nn::network{}, {}));
}

TEST_CASE("each missing parameter is named with the shape it should have") {
  for (auto const& p : nn::parameters_of(small())) {
    auto w = weights<float>();
    w.tensors.erase(p.key);
    CHECK_THROWS_WITH_AS(nn::check_parameters(small(), w), doctest::Contains(p.key.c_str()), value_error);
  }
  CHECK_THROWS_WITH_AS(nn::check_parameters(small(), {}),
                       doctest::Contains("needs 'conv.weight' (2 x 3 x 1 x 3 x 2), it is not there"),
                       value_error);
}

TEST_CASE("parameters of another shape are refused with both shapes") {
  refused<shape_error>("conv.weight", ones<float>({2, 3, 1, 2, 3}),
                       {"'conv.weight' should be 2 x 3 x 1 x 3 x 2", "the file has 2 x 3 x 1 x 2 x 3"});
  refused<shape_error>("conv.weight", ones<float>({3, 2, 3, 2}), {"the file has 3 x 2 x 3 x 2"});
  refused<shape_error>("conv.weight", ones<float>({2, 3, 3, 5}), {"the file has 2 x 3 x 3 x 5"});
  refused<shape_error>("conv.weight", ones<float>({2, 3, 6}), {"the file has 2 x 3 x 6"});
  refused<shape_error>("conv.weight", ones<float>({36}), {"the file has 36"});
  refused<shape_error>("conv.bias", ones<float>({3}), {"'conv.bias' should be 2, the file has 3"});
  refused<shape_error>("conv.bias", ones<float>({}), {"the file has a scalar"});
  refused<shape_error>("conv.bias", ones<float>({2, 1}), {"the file has 2 x 1"});
  // a kernel that is long in z may not lose that axis
  refused<shape_error>("up.weight", ones<float>({2, 4, 1, 1}), {"'up.weight' should be 2 x 4 x 2 x 1 x 1"});
}

TEST_CASE("values that are not finite and variances below zero are refused with their place") {
  float const inf = std::numeric_limits<float>::infinity();
  refused<value_error>("conv.bias", tensor({2}, std::vector<float>{0, std::nanf("")}),
                       {"value 1 of 'conv.bias' is nan"});
  refused<value_error>("conv.bias", tensor({2}, std::vector<float>{-inf, 0}),
                       {"value 0 of 'conv.bias' is -inf"});
  refused<value_error>("norm.running_mean", tensor({2}, std::vector<double>{0, inf}),
                       {"'norm.running_mean' is inf"});
  refused<value_error>("norm.running_var", tensor({2}, std::vector<double>{1, -0.5}),
                       {"value 1 of 'norm.running_var' is -0.5, variances are not negative"});
}
