// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_AUTOENCODER_HPP
#define TOMOEDX_NN_AUTOENCODER_HPP

#include <tomoedx/nn/detail/framing.hpp>

#include <string>

namespace tomoedx::nn {

/// A 3D convolutional autoencoder for spectrum images (energy, y, x): a residual layer and a bottleneck of a quarter
/// of the values between strided convolutions, no skips, so that noise cannot pass beside it.
///
/// Of the published network only the kinds of layers are known; widths, strides and kernels are this library's.
/// With `inputs` 2 the second input is the Z-contrast image, one plane, which all energies see.
struct autoencoder {
  int inputs = 1;  ///< 1, or 2 with the Z-contrast image
  int base = 16;   ///< channels at full size
  friend bool operator==(autoencoder const&, autoencoder const&) = default;
};

namespace detail {

inline void check(autoencoder const& a) {
  expects<value_error>(
      a.inputs == 1 || a.inputs == 2,
      "autoencoder: {} inputs asked for; it takes the spectrum image and perhaps a Z-contrast image",
      a.inputs);
  check_channels("autoencoder", "channels at full size", a.base);
  expects<value_error>(a.base <= most_channels / 4, "autoencoder: {} channels at full size are too many",
                       a.base);
}

}  // namespace detail

/// The table of the autoencoder for spectrum images of these extents (energy, y, x), any of them: edges are repeated
/// at the far ends to multiples of 8, 4 and 4, and cut off again.
///
/// throws   tomoedx::value_error, shape_error for impossible options or extents
inline network network_of(autoencoder const& a, triple const& extent) {
  detail::check(a);
  detail::check_extent("autoencoder", extent);
  margins by{{}, {}, {border::replicate, border::replicate, border::replicate}};
  triple const multiple{8, 4, 4};
  for (int i = 0; i < 3; ++i) by.high[i] = detail::round_up(extent[i], multiple[i]) - extent[i];
  int const energies = extent[0] + by.high[0];

  network net;
  auto const down = [&](std::string name, int channels, triple const& stride, value v) {
    return net.add(std::move(name),
                   convolution{.outputs = channels,
                               .kernel = {3, 3, 3},
                               .padding = around({1, 1, 1}),
                               .act = leaky_relu(0.1),
                               .stride = stride},
                   {v});
  };
  auto const up = [&](std::string name, int channels, triple const& kernel, triple const& stride, value v) {
    return net.add(std::move(name),
                   transposed_convolution{.outputs = channels,
                                          .kernel = kernel,
                                          .stride = stride,
                                          .padding = {1, 1, 1},
                                          .act = leaky_relu(0.1)},
                   {v});
  };
  convolution const plain{.kernel = {3, 3, 3}, .padding = around({1, 1, 1})};

  auto const cube = net.input(1);
  auto const image = a.inputs == 2 ? net.input(1) : cube;
  auto v = detail::enlarge(net, cube, extent, by);
  if (a.inputs == 2) {
    auto flat = by;
    flat.high[0] = 0;
    auto z = detail::enlarge(net, image, {1, extent[1], extent[2]}, flat);
    z = net.add(nearest_upsample{{energies, 1, 1}}, {z});
    v = net.add(concat{}, {v, z});
  }
  v = down("enc1", a.base, {1, 1, 1}, v);
  v = down("enc2", 2 * a.base, {2, 1, 1}, v);
  v = down("enc3", 4 * a.base, {2, 2, 2}, v);
  auto const once = down("res.conv1", 4 * a.base, {1, 1, 1}, v);
  auto twice = plain;
  twice.outputs = 4 * a.base;
  v = net.add(nn::add{leaky_relu(0.1)}, {v, net.add("res.conv2", twice, {once})});
  v = down("bott", 2 * a.base, {2, 2, 2}, v);
  v = up("dec3", 4 * a.base, {4, 4, 4}, {2, 2, 2}, v);
  v = up("dec2", 2 * a.base, {4, 4, 4}, {2, 2, 2}, v);
  v = up("dec1", a.base, {4, 3, 3}, {2, 1, 1}, v);
  net.output(detail::shrink(net, net.add("out", plain, {v}), by));
  return net;
}

}  // namespace tomoedx::nn

#endif
