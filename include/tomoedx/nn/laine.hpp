// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_LAINE_HPP
#define TOMOEDX_NN_LAINE_HPP

#include <tomoedx/nn/detail/framing.hpp>

#include <string>
#include <vector>

namespace tomoedx::nn {

/// The single-image blind-spot network of Laine et al., by the parameter names of the independent implementation in
/// PyTorch: a U-net that looks up only, run on four turned copies of the image. Zeros on all sides; the skips are
/// pooled. `outputs` beyond `inputs` hold what a noise model needs.
///
/// The origin takes squares whose sides the poolings divide; here every branch runs on its own turned image, and
/// zeros, which tell a pixel nothing about itself, fill the far ends up to a multiple. The blind spot is exact.
/// source   Laine et al. 2019
struct laine {
  int inputs = 1;
  int outputs = 1;
  int encoder = 48;  ///< channels of all encoder layers
  int decoder = 96;  ///< and of all decoder layers
  int poolings = 5;
  int blind = 1;                     ///< pixels across the blind spot; an odd number, 1 in the paper
  std::string last = "output_conv";  ///< key of the last layer: files may call it output_block.4 instead
  friend bool operator==(laine const&, laine const&) = default;
};

namespace detail {

inline void check(laine const& l) {
  check_channels("laine", "inputs", l.inputs);
  check_channels("laine", "outputs", l.outputs);
  check_channels("laine", "channels", l.encoder);
  check_channels("laine", "channels", l.decoder);
  expects<value_error>(l.decoder <= most_channels / 4,
                       "laine: {} channels in each of four branches are too many", l.decoder);
  expects<value_error>(l.poolings >= 1 && l.poolings <= 12,
                       "laine: {} poolings asked for; 1 to 12 are possible", l.poolings);
  expects<value_error>(l.blind >= 1 && l.blind % 2 == 1 && l.blind <= 1023,
                       "laine: a blind spot of {} pixels asked for; it must be odd, 1 to 1023", l.blind);
}

/// One branch, of an image that looks up; its extents are multiples.
inline value laine_branch(network& net, laine const& l, value image) {
  auto const layer = [&](std::string name, int channels, value v) {
    margins const above{{0, 2, 1}, {0, 0, 1}, {}};
    return net.add(std::move(name),
                   convolution{.outputs = channels, .padding = above, .act = leaky_relu(0.1)}, {v});
  };
  std::vector<value> skips{image};  // the image, then what each pooling gives
  auto v = image;
  for (int i = 1; i <= l.poolings + 1; ++i) {
    auto const stem = fmt::format("encode_block_{}", i);
    v = layer(stem + ".0", l.encoder, v);
    if (i == 1) v = layer(stem + ".2", l.encoder, v);
    if (i <= l.poolings) skips.push_back(v = causal_pool(net, v));
  }
  for (int i = l.poolings; i >= 1; --i) {
    auto const stem = fmt::format("decode_block_{}", i);
    v = net.add(nearest_upsample{}, {v});
    v = net.add(concat{}, {v, skips[static_cast<std::size_t>(i - 1)]});
    v = layer(stem + ".0", l.decoder, v);
    v = layer(stem + ".2", l.decoder, v);
  }
  return v;
}

}  // namespace detail

/// The table of Laine's network for images of these extents (z, y, x); planes are independent.
///
/// throws   tomoedx::value_error, shape_error for impossible options or extents
inline network network_of(laine const& l, triple const& extent) {
  detail::check(l);
  detail::check_extent("laine", extent);
  int const rows = (l.blind + 1) / 2;
  margins by;
  for (int a = 1; a < 3; ++a)
    by.high[a] = detail::round_up(std::max(extent[a], rows), 1 << l.poolings) - extent[a];

  network net;
  auto const image = detail::enlarge(net, net.input(l.inputs), extent, by);
  std::vector<value> branches;
  for (int const quarters : {0, 3, 2, 1}) {  // looking above, right, below, left
    auto v = detail::laine_branch(net, l, detail::turn(net, image, quarters));
    v = detail::turn(net, detail::move_down(net, v, rows), 4 - quarters);
    branches.push_back(detail::shrink(net, v, by));
  }
  convolution c{.outputs = 4 * l.decoder, .kernel = {1, 1, 1}, .act = leaky_relu(0.1)};
  auto v = net.add("output_block.0", c, {net.add(concat{}, branches)});
  c.outputs = l.decoder;
  v = net.add("output_block.2", c, {v});
  net.output(net.add(l.last, convolution{.outputs = l.outputs, .kernel = {1, 1, 1}}, {v}));
  return net;
}

}  // namespace tomoedx::nn

#endif
