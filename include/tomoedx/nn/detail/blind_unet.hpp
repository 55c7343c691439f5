// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_BLIND_UNET_HPP
#define TOMOEDX_NN_DETAIL_BLIND_UNET_HPP

#include <tomoedx/nn/detail/framing.hpp>

#include <string>

namespace tomoedx::nn::detail {

/// A U-net of two poolings and 17 convolutions whose skips are its own input and the pooled result of its first
/// encoder; with `blind` it looks up only. Images of four rows and columns at least.
inline value unet_block(network& net, std::string const& stem, value in, triple const& extent, int width,
                        int outputs, bool bias, bool blind) {
  auto const layers = [&](std::string const& block, value v, std::initializer_list<int> channels) {
    convolution c{.padding = blind ? causal_3x3() : around({0, 1, 1}, border::replicate),
                  .bias = bias,
                  .act = leaky_relu(0.1)};
    int i = 0;
    for (int const n : channels) {
      c.outputs = n;
      v = net.add(stem + "." + block + ".conv" + std::to_string(++i) + ".conv", c, {v});
    }
    return v;
  };
  auto const pool = [&](value v) { return blind ? causal_pool(net, v) : net.add(max_pool{}, {v}); };
  /// Twice the size, and where the skip is one larger, zeros at the ends.
  auto const upsample = [&](value v, value skip, int factor) {
    v = net.add(nearest_upsample{}, {v});
    bool const fits = extent[1] / factor % 2 == 0 && extent[2] / factor % 2 == 0;
    return fits ? v : net.add(fit_to{}, {v, skip});
  };

  auto const half = pool(layers("enc1", in, {width, width, width}));
  auto const quarter = pool(layers("enc2", half, {width, width, width}));
  auto v = layers("enc3", quarter, {2 * width, 2 * width, width});
  v = net.add(concat{}, {upsample(v, half, 2), half});
  v = layers("dec2", v, {2 * width, 2 * width, 2 * width, 2 * width});
  v = net.add(concat{}, {upsample(v, in, 1), in});
  return layers("dec1", v, {2 * width, 2 * width, 2 * width, outputs});
}

}  // namespace tomoedx::nn::detail

#endif
