// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_RESIDUAL_CNN_HPP
#define TOMOEDX_NN_RESIDUAL_CNN_HPP

#include <tomoedx/io/tensor.hpp>
#include <tomoedx/nn/detail/framing.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tomoedx::nn {

/// A chain of padded convolutions with ReLU between them, in which batch norm may follow all but the first and the
/// last: DnCNN and the small networks like it. Parameters are named STEM and a number, counting every layer of the
/// chain, those without parameters too.
///
/// Whether the chain gives the clean image or the noise to be taken from the input cannot be seen in the weights.
/// source   Zhang et al. 2017
struct residual_cnn {
  int inputs = 1;
  int outputs = 1;
  int width = 64;  ///< channels between the layers
  int depth = 17;  ///< convolutions, two at least
  int kernel = 3;  ///< odd
  bool batch_norm = false;
  double epsilon = 1e-5;  ///< of batch norm; it is not in the tensors either
  bool first_bias = true, middle_bias = true, last_bias = true;
  std::optional<bool> residual{};  ///< the result is the input minus what the chain gives
  std::string stem = "dncnn.";
  friend bool operator==(residual_cnn const&, residual_cnn const&) = default;
};

namespace detail {

/// The constant weights by which the last row of a residual table takes the noise from the input.
inline constexpr char const* difference_key = "input_minus_noise";

inline void check(residual_cnn const& r) {
  check_channels("cnn", "inputs", r.inputs);
  check_channels("cnn", "outputs", r.outputs);
  check_channels("cnn", "channels", r.width);
  expects<value_error>(r.depth >= 2 && r.depth <= 1000,
                       "cnn: {} convolutions asked for; 2 to 1000 are possible", r.depth);
  expects<value_error>(r.kernel >= 1 && r.kernel % 2 == 1 && r.kernel <= 255,
                       "cnn: a kernel of {} asked for; it must be odd, 1 to 255", r.kernel);
  expects<value_error>(r.epsilon > 0 && r.epsilon <= 1,
                       "cnn: an epsilon of {} asked for; 0 < epsilon <= 1 is possible", r.epsilon);
  expects<value_error>(
      r.residual.has_value(),
      "cnn: whether the network gives the noise or the clean image cannot be seen in the weights; say "
      "so (metadata or option 'residual': 1 for noise, 0)");
  expects<value_error>(!*r.residual || r.inputs == r.outputs,
                       "cnn: noise of {} channels cannot be taken from an image of {}; is 'residual' right?",
                       r.outputs, r.inputs);
}

/// Where in the chain convolution i is.
inline int place_of(residual_cnn const& r, int i) {
  return i == 0 ? 0 : 2 + (i - 1) * (r.batch_norm ? 3 : 2);
}

}  // namespace detail

/// What the network needs beside the weights of its file in case it gives the noise: parameters that never change.
inline void add_constants(residual_cnn const& r, io::named_tensors& weights) {
  if (r.inputs != r.outputs) return;
  auto const c = static_cast<std::size_t>(r.inputs);
  std::vector<float> difference(2 * c * c);
  for (std::size_t i = 0; i < c; ++i) difference[i * 2 * c + i] = 1, difference[i * 2 * c + c + i] = -1;
  weights.tensors.insert_or_assign(detail::difference_key + std::string(".weight"),
                                   io::tensor({c, 2 * c, 1, 1}, std::move(difference)));
}

/// The table of a small CNN for images of these extents (z, y, x), any of them; planes are independent. A residual one
/// reads the constants of add_constants too.
///
/// throws   tomoedx::value_error, shape_error for impossible options or extents, or when `residual` is not given
inline network network_of(residual_cnn const& r, triple const& extent) {
  detail::check(r);
  detail::check_extent("cnn", extent);
  network net;
  auto const image = net.input(r.inputs);
  auto v = image;
  for (int i = 0; i < r.depth; ++i) {
    bool const first = i == 0, last = i == r.depth - 1, norm = r.batch_norm && !first && !last;
    convolution c{.outputs = last ? r.outputs : r.width,
                  .kernel = {1, r.kernel, r.kernel},
                  .padding = around({0, r.kernel / 2, r.kernel / 2}),
                  .bias = first  ? r.first_bias
                          : last ? r.last_bias
                                 : r.middle_bias};
    if (!last && !norm) c.act = relu;
    int const place = detail::place_of(r, i);
    v = net.add(r.stem + std::to_string(place), c, {v});
    if (norm)
      v = net.add(r.stem + std::to_string(place + 1), batch_norm{.epsilon = r.epsilon, .act = relu}, {v});
  }
  if (*r.residual)
    v = net.add(detail::difference_key, convolution{.outputs = r.outputs, .kernel = {1, 1, 1}, .bias = false},
                {net.add(concat{}, {image, v})});
  net.output(v);
  return net;
}

}  // namespace tomoedx::nn

#endif
