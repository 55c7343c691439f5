// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_LAYERS_HPP
#define TOMOEDX_NN_LAYERS_HPP

#include <array>
#include <variant>

/// The layers a network is a table of. Tensors have the shape (item, channel, z, y, x); images have z = 1, and every
/// triple below is in the order z, y, x. Each is an aggregate with defaults for the common case in 2D; what it computes
/// is written out in plain loops in reference/layers.hpp.
namespace tomoedx::nn {

using triple = std::array<int, 3>;

/// What a layer sees beyond an edge: zeros, the edge again, or the mirror image without the edge.
enum class border { zero, replicate, reflect };

/// Positions added below and above each axis; negative ones are cut off.
struct margins {
  triple low{}, high{};
  std::array<border, 3> borders{};
  friend bool operator==(margins const&, margins const&) = default;
};

/// As much on both sides of every axis.
constexpr margins around(triple const& m, border b = border::zero) {
  return {m, m, {b, b, b}};
}

/// What a 3x3 layer of a blind-spot network sees: two rows above and none below, so that row y of the result is made
/// of the rows y - 2, y - 1 and y; zeros above the image, the edge repeated on its left and right.
///
/// source   Laine et al. 2019; Sheth et al. 2021
constexpr margins causal_3x3() {
  return {{0, 2, 1}, {0, 0, 1}, {border::zero, border::zero, border::replicate}};
}

enum class curve { identity, relu, leaky_relu, softplus, sigmoid, tanh, elu, selu, gelu };

/// A function of each value; `slope` is the factor of negative values of leaky_relu.
struct activation {
  curve shape = curve::identity;
  double slope = 0;
  friend bool operator==(activation const&, activation const&) = default;
};
inline constexpr activation relu{curve::relu};
constexpr activation leaky_relu(double slope) {
  return {curve::leaky_relu, slope};
}

/// Parameters NAME.weight (output, input / groups, z, y, x) and, with `bias`, NAME.bias (output).
struct convolution {
  int outputs = 1;
  triple kernel{1, 3, 3};
  margins padding{};
  bool bias = true;
  activation act{};
  triple stride{1, 1, 1};
  triple dilation{1, 1, 1};
  int groups = 1;
  friend bool operator==(convolution const&, convolution const&) = default;
};

/// The adjoint of a strided convolution: parameters NAME.weight (input, output, z, y, x) and, with `bias`, NAME.bias.
/// An axis of n becomes (n - 1) stride - 2 padding + kernel + extra.
struct transposed_convolution {
  int outputs = 1;
  triple kernel{1, 2, 2};
  triple stride{1, 2, 2};
  triple padding{};
  triple extra{};
  bool bias = true;
  activation act{};
  friend bool operator==(transposed_convolution const&, transposed_convolution const&) = default;
};

/// (x - NAME.running_mean) / sqrt(NAME.running_var + epsilon) NAME.weight + NAME.bias, for each channel.
struct batch_norm {
  double epsilon = 1e-5;
  activation act{};
  friend bool operator==(batch_norm const&, batch_norm const&) = default;
};

/// A function of each value, by itself.
struct activate {
  activation act = relu;
  friend bool operator==(activate const&, activate const&) = default;
};

/// Windows next to each other; what does not fill a window is left out.
struct max_pool {
  triple window{1, 2, 2};
  friend bool operator==(max_pool const&, max_pool const&) = default;
};
struct average_pool {
  triple window{1, 2, 2};
  friend bool operator==(average_pool const&, average_pool const&) = default;
};

/// Every position `factor` times.
struct nearest_upsample {
  triple factor{1, 2, 2};
  friend bool operator==(nearest_upsample const&, nearest_upsample const&) = default;
};

/// Linear interpolation. `aligned` puts the corner samples of both grids on each other; otherwise the corners of their
/// cells coincide and positions beyond the samples take the edge.
struct linear_upsample {
  triple factor{1, 2, 2};
  bool aligned = false;
  friend bool operator==(linear_upsample const&, linear_upsample const&) = default;
};

/// Channels of all inputs one after another; the inputs have one size.
struct concat {
  friend bool operator==(concat const&, concat const&) = default;
};

/// The sum of all inputs, which have one shape.
struct add {
  activation act{};
  friend bool operator==(add const&, add const&) = default;
};

/// Borders added or cut off. low y = k with high y = -k moves an image down by k rows.
struct pad {
  margins by{};
  friend bool operator==(pad const&, pad const&) = default;
};

/// The first input cut or filled with zeros at the ends of its axes to the size of the second; `centered` cuts or fills
/// both ends alike, the odd position at the end.
struct fit_to {
  bool centered = false;
  friend bool operator==(fit_to const&, fit_to const&) = default;
};

/// Turn every plane clockwise by a number of quarters of a circle; an odd number exchanges y and x.
struct quarter_turn {
  int quarters = 1;
  friend bool operator==(quarter_turn const&, quarter_turn const&) = default;
};

using operation =
    std::variant<convolution, transposed_convolution, batch_norm, activate, max_pool, average_pool,
                 nearest_upsample, linear_upsample, concat, add, pad, fit_to, quarter_turn>;

}  // namespace tomoedx::nn

#endif
