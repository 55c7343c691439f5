// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_PARAMETERS_HPP
#define TOMOEDX_NN_PARAMETERS_HPP

#include <tomoedx/io/tensor.hpp>
#include <tomoedx/nn/sizes.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

/// Whether what a file holds is what a network needs.
namespace tomoedx::nn {

/// A parameter a network needs.
struct parameter {
  std::string key;
  std::vector<std::size_t> shape;
};

namespace detail {

inline std::string text_of(std::vector<std::size_t> const& shape) {
  std::string text;
  for (auto const n : shape) text += fmt::format("{}{}", text.empty() ? "" : " x ", n);
  return text.empty() ? "a scalar" : text;
}

inline void need(std::vector<parameter>& all, parameter p) {
  expects<value_error>(p.key.front() != '.',
                       "network: a layer with parameters needs a name ('{}' is asked for)", p.key);
  auto const same = std::find_if(all.begin(), all.end(), [&](auto const& q) { return q.key == p.key; });
  if (same == all.end()) return all.push_back(std::move(p));
  expects<value_error>(same->shape == p.shape, "network: two layers share '{}', one needs {}, the other {}",
                       p.key, text_of(same->shape), text_of(p.shape));
}

/// The channels of every value; extents play no part in them.
inline std::vector<int> channels_of(network const& net) {
  std::vector<int> all = net.inputs();
  for (auto const& row : net.layers()) {
    int channels = all[static_cast<std::size_t>(row.inputs[0])];
    if (auto const* c = std::get_if<convolution>(&row.op)) channels = c->outputs;
    if (auto const* c = std::get_if<transposed_convolution>(&row.op)) channels = c->outputs;
    if (std::holds_alternative<concat>(row.op))
      for (std::size_t i = 1; i < row.inputs.size(); ++i) {
        int const more = all[static_cast<std::size_t>(row.inputs[i])];
        expects<shape_error>(more <= std::numeric_limits<int>::max() - channels,
                             "network: layer '{}' joins {} channels and {} more", row.name, channels, more);
        channels += more;
      }
    all.push_back(channels);
  }
  return all;
}

}  // namespace detail

/// The keys and shapes of all parameters of a network, in the order of its layers, each key once.
///
/// throws   tomoedx::value_error when two layers of one name need different shapes
inline std::vector<parameter> parameters_of(network const& net) {
  auto const channels = detail::channels_of(net);
  std::vector<parameter> all;
  auto const extents = [](int a, int b, triple const& k) {
    std::vector<std::size_t> e;
    for (int const n : {a, b, k[0], k[1], k[2]}) e.push_back(static_cast<std::size_t>(n));
    return e;
  };
  for (auto const& row : net.layers()) {
    int const in = channels[static_cast<std::size_t>(row.inputs[0])];
    if (auto const* c = std::get_if<convolution>(&row.op)) {
      detail::need(all, {row.name + ".weight", extents(c->outputs, in / std::max(1, c->groups), c->kernel)});
      if (c->bias) detail::need(all, {row.name + ".bias", {static_cast<std::size_t>(c->outputs)}});
    } else if (auto const* t = std::get_if<transposed_convolution>(&row.op)) {
      detail::need(all, {row.name + ".weight", extents(in, t->outputs, t->kernel)});
      if (t->bias) detail::need(all, {row.name + ".bias", {static_cast<std::size_t>(t->outputs)}});
    } else if (std::holds_alternative<batch_norm>(row.op)) {
      for (char const* part : {".weight", ".bias", ".running_mean", ".running_var"})
        detail::need(all, {row.name + part, {static_cast<std::size_t>(in)}});
    }
  }
  return all;
}

namespace detail {

/// Extents without those of 1 that 2D weights do not have: (o, i, 1, y, x) is written (o, i, y, x) in files.
inline bool same_shape(std::vector<std::size_t> const& needed, std::vector<std::size_t> const& found) {
  if (needed == found) return true;
  return needed.size() == 5 && found.size() == 4 && needed[2] == 1 && needed[0] == found[0] &&
         needed[1] == found[1] && needed[3] == found[2] && needed[4] == found[3];
}

}  // namespace detail

/// Check that `tensors` holds every parameter of `net` in its shape, with finite values
/// and no negative variance, before anything is computed.
/// Weights of 2D layers may have four extents (output, input, y, x). Other tensors are not looked at.
///
/// throws   tomoedx::value_error or shape_error naming the key and both shapes
inline void check_parameters(network const& net, io::named_tensors const& weights) {
  for (auto const& p : parameters_of(net)) {
    auto const found = weights.tensors.find(p.key);
    expects<value_error>(found != weights.tensors.end(),
                         "weights: the network needs '{}' ({}), it is not there", p.key,
                         detail::text_of(p.shape));
    expects<shape_error>(detail::same_shape(p.shape, found->second.shape()),
                         "weights: '{}' should be {}, the file has {}", p.key, detail::text_of(p.shape),
                         detail::text_of(found->second.shape()));
    bool const variance = p.key.ends_with(".running_var");
    for (std::size_t i = 0; i < found->second.size(); ++i) {
      double const v = found->second[i];
      expects<value_error>(std::isfinite(v), "weights: value {} of '{}' is {}", i, p.key, v);
      expects<value_error>(!variance || v >= 0, "weights: value {} of '{}' is {}, variances are not negative",
                           i, p.key, v);
    }
  }
}

}  // namespace tomoedx::nn

#endif
