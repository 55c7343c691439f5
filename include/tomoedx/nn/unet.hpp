// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_UNET_HPP
#define TOMOEDX_NN_UNET_HPP

#include <tomoedx/nn/detail/framing.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace tomoedx::nn {

/// The two ways the parameters of a U-net are named in weight files, after a word of each; what else the two
/// families do differently (see below) follows from it.
enum class unet_keys { down_path, double_conv };

/// What comes first when a decoder joins its two inputs. It cannot be seen in the weights.
enum class concat_order { upsampled_first, skip_first };

enum class unet_upsampling { transposed, bilinear };

/// What happens to extents that the poolings do not divide.
enum class odd_sizes {
  mirror,  ///< the image is mirrored at its far ends to a multiple, the result cut back
  fill,  ///< decoders fill with zeros up to the skip's size; an image below one multiple is mirrored up to it
  crop   ///< decoders cut the skip; the result is smaller than the image
};

/// A U-net with padded 3x3 convolutions, each followed by ReLU: one image in, one of the same extents out (except for
/// odd_sizes::crop). The defaults are the original network.
///
///                  down_path                                 double_conv (see double_conv_unet)
///     batch norm   after the ReLU                            before the ReLU
///     bilinear     cell corners aligned, then a 1x1 layer    sample corners aligned, narrower layers below
///
/// source   Ronneberger et al. 2015; Skorikov et al. 2021 for elemental maps
struct unet {
  int inputs = 1;
  int outputs = 1;
  int base = 64;  ///< channels at full size, doubled with each pooling
  int depth = 5;  ///< levels, one more than poolings
  unet_upsampling up = unet_upsampling::transposed;
  bool batch_norm = false;
  bool bias = true;  ///< of the 3x3 convolutions; all others have one
  concat_order order = concat_order::upsampled_first;
  odd_sizes odd = odd_sizes::mirror;
  unet_keys keys = unet_keys::down_path;
  friend bool operator==(unet const&, unet const&) = default;
};

/// The defaults of the double_conv family.
constexpr unet double_conv_unet() {
  return {.batch_norm = true,
          .bias = false,
          .order = concat_order::skip_first,
          .odd = odd_sizes::fill,
          .keys = unet_keys::double_conv};
}

namespace detail {

inline void check(unet const& u) {
  check_channels("unet", "inputs", u.inputs);
  check_channels("unet", "outputs", u.outputs);
  expects<value_error>(u.depth >= 1 && u.depth <= 12, "unet: a depth of {} asked for; 1 to 12 are possible",
                       u.depth);
  check_channels("unet", "channels at full size", u.base);
  expects<value_error>(u.base <= (most_channels >> (u.depth - 1)),
                       "unet: {} channels doubled {} times are too many; {} are the most", u.base,
                       u.depth - 1, most_channels);
  expects<value_error>(
      u.up == unet_upsampling::transposed || u.keys == unet_keys::down_path || u.base % 2 == 0,
      "unet: with bilinear upsampling the {} channels at full size must be an even number", u.base);
}

/// Convolution, ReLU, twice, with batch norm where each family has it.
inline value double_convolution(network& net, unet const& u, std::string const& stem, value v,
                                std::initializer_list<int> outputs) {
  bool const norm_first = u.batch_norm && u.keys == unet_keys::double_conv;
  int place = 0;
  for (int const n : outputs) {
    convolution c{.outputs = n, .padding = around({0, 1, 1}), .bias = u.bias};
    if (!norm_first) c.act = relu;
    v = net.add(stem + std::to_string(place), c, {v});
    if (norm_first)
      v = net.add(stem + std::to_string(place + 1), batch_norm{.act = relu}, {v});
    else if (u.batch_norm)
      v = net.add(stem + std::to_string(place + 2), batch_norm{}, {v});
    place += u.batch_norm ? 3 : 2;
  }
  return v;
}

inline std::string down_stem(unet const& u, int level) {
  if (u.keys == unet_keys::down_path) return fmt::format("down_path.{}.block.", level);
  return level == 0 ? "inc.double_conv." : fmt::format("down{}.maxpool_conv.1.double_conv.", level);
}

/// To `channels` at twice the size.
inline value unet_upsample(network& net, unet const& u, int step, value v, int channels) {
  bool const path = u.keys == unet_keys::down_path;
  auto const stem = path ? fmt::format("up_path.{}.up", step) : fmt::format("up{}.up", step + 1);
  if (u.up == unet_upsampling::transposed)
    return net.add(stem, transposed_convolution{.outputs = channels}, {v});
  v = net.add(linear_upsample{.aligned = !path}, {v});
  return path ? net.add(stem + ".1", convolution{.outputs = channels, .kernel = {1, 1, 1}}, {v}) : v;
}

}  // namespace detail

/// The table of a U-net for images of these extents (z, y, x); planes are independent.
///
/// throws   tomoedx::value_error, shape_error for impossible options or extents
inline network network_of(unet const& u, triple const& extent) {
  detail::check(u);
  detail::check_extent("unet", extent);
  int const multiple = 1 << (u.depth - 1);
  margins by;
  for (int a = 1; a < 3; ++a) {
    by.borders[a] = border::reflect;
    if (u.odd == odd_sizes::mirror) by.high[a] = detail::round_up(extent[a], multiple) - extent[a];
    if (u.odd == odd_sizes::fill) by.high[a] = std::max(0, multiple - extent[a]);
    expects<shape_error>(
        u.odd != odd_sizes::crop || extent[a] >= multiple,
        "unet: {} poolings need extents of {} and more, the image has {} x {}; mirror it instead",
        u.depth - 1, multiple, extent[1], extent[2]);
  }
  bool const narrow = u.keys == unet_keys::double_conv && u.up == unet_upsampling::bilinear;

  network net;
  auto v = detail::enlarge(net, net.input(u.inputs), extent, by);
  auto now = detail::enlarged(extent, by);
  std::vector<value> skips;
  std::vector<triple> sizes;
  for (int level = 0; level < u.depth; ++level) {
    int channels = u.base << level;
    if (narrow && level > 0 && level == u.depth - 1) channels /= 2;
    v = detail::double_convolution(net, u, detail::down_stem(u, level), v, {channels, channels});
    if (level == u.depth - 1) break;
    skips.push_back(v);
    sizes.push_back(now);
    v = net.add(max_pool{}, {v});
    now = {now[0], now[1] / 2, now[2] / 2};
  }
  for (int step = 0; step < u.depth - 1; ++step) {
    int const level = u.depth - 2 - step, channels = u.base << level;
    v = detail::unet_upsample(net, u, step, v, channels);
    now = {now[0], 2 * now[1], 2 * now[2]};
    auto skip = skips[static_cast<std::size_t>(level)];
    auto const& whole = sizes[static_cast<std::size_t>(level)];
    if (now != whole && u.odd == odd_sizes::crop) skip = net.add(fit_to{.centered = true}, {skip, v});
    if (now != whole && u.odd != odd_sizes::crop)
      v = net.add(fit_to{.centered = true}, {v, skip}), now = whole;
    v = net.add(concat{}, u.order == concat_order::skip_first ? std::vector{skip, v} : std::vector{v, skip});
    auto const stem = u.keys == unet_keys::down_path ? fmt::format("up_path.{}.conv_block.block.", step)
                                                     : fmt::format("up{}.conv.double_conv.", step + 1);
    v = detail::double_convolution(net, u, stem, v,
                                   {channels, narrow && level > 0 ? channels / 2 : channels});
  }
  v = net.add(u.keys == unet_keys::down_path ? "last" : "outc.conv",
              convolution{.outputs = u.outputs, .kernel = {1, 1, 1}}, {v});
  net.output(u.odd == odd_sizes::crop ? v : detail::shrink(net, v, by));
  return net;
}

}  // namespace tomoedx::nn

#endif
