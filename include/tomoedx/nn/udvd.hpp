// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_UDVD_HPP
#define TOMOEDX_NN_UDVD_HPP

#include <tomoedx/nn/detail/blind_unet.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace tomoedx::nn {

/// The rectangle around a pixel that a blind-spot network does not look at; odd numbers.
struct blind_spot {
  int rows = 1;
  int columns = 1;
  friend bool operator==(blind_spot const&, blind_spot const&) = default;
};

enum class blind_borders {
  exact,   ///< every branch runs on its own turned image; the blind spot holds for any extents
  reflect  ///< images are mirrored to a square first, as published; then not: a pixel's mirror image is seen
};

/// The video denoiser UDVD: four copies of each frame, turned by quarters of a circle, go through U-nets that look up
/// only, so that the result at a pixel is made of its surroundings in all `frames`, never of the pixel itself.
///
/// Frames enter as one input each, of `channels` channels, in the order of time or, for nine, of a 3 x 3 scan; the
/// result belongs to the one in the middle. A sequence's ends are for the caller to repeat. The blind spot and the
/// final ReLU cannot be seen in weights and have no default.
/// source   Laine et al. 2019; Sheth et al. 2021 (5 frames); Wang et al. 2025 (9 frames, 3x3 blind spot)
struct udvd {
  /// A U-net: channels at its narrow layers (the wide ones have twice as many) and of its result.
  struct stage {
    int width = 48;
    int outputs = 96;
    friend bool operator==(stage const&, stage const&) = default;
  };
  int frames = 5;        ///< 1, 3, 5 or 9
  int channels = 1;      ///< of each frame
  int outputs = 1;       ///< as many as channels, or with the likelihood head of nn/likelihood.hpp
  stage first{48, 32};   ///< reads groups of three frames; of one for a single frame
  stage second{48, 96};  ///< joins the groups; not there for 1 and 3 frames
  std::array<int, 2> head{384, 96};  ///< channels after nin_A and nin_B
  bool bias = false;
  int sigma_net = 0;  ///< width of a U-net for a second result, the noise level (one pixel); 0: there is none
  blind_borders borders = blind_borders::exact;
  std::optional<blind_spot> blind{};  ///< 1 x 1 or 3 x 3 in published networks
  std::optional<bool> final_relu{};
  friend bool operator==(udvd const&, udvd const&) = default;
};

/// The published widths for so many frames.
inline udvd published_udvd(int frames, int channels = 1) {
  udvd u{.frames = frames, .channels = channels, .outputs = channels};
  u.first.outputs = frames == 9 ? 24 : frames == 5 ? 32 : 96;
  return u;
}

/// Whether it gives a distribution for each pixel instead of a value: means and covariances, for posterior_mean of
/// nn/likelihood.hpp.
constexpr bool has_likelihood_head(udvd const& u) {
  long long const c = u.channels;
  return u.outputs == c + c * (c + 1) / 2;
}

/// The frames that go through the first stage together; a sequence shares groups between neighbouring frames.
inline std::vector<std::vector<int>> groups_of(udvd const& u) {
  switch (u.frames) {
    case 1:
      return {{0}};
    case 3:
      return {{0, 1, 2}};
    case 5:
      return {{0, 1, 2}, {1, 2, 3}, {2, 3, 4}};
    case 9:
      return {{0, 4, 8}, {1, 4, 7}, {2, 4, 6}, {3, 4, 5}};
    default:
      fail<value_error>("udvd: {} frames asked for; there are networks for 1, 3, 5 and 9", u.frames);
  }
}

namespace detail {

inline void check(udvd const& u) {
  groups_of(u);
  check_channels("udvd", "channels a frame", u.channels);
  check_channels("udvd", "outputs", u.outputs);
  for (auto const& s : {u.first, u.second}) {
    check_channels("udvd", "channels", s.width);
    check_channels("udvd", "channels", s.outputs);
  }
  for (int const n : u.head) check_channels("udvd", "channels", n);
  if (u.sigma_net != 0) check_channels("udvd", "channels", u.sigma_net);
  expects<value_error>(
      u.blind.has_value(),
      "udvd: the size of the blind spot cannot be seen in the weights; give it (metadata or option "
      "'blind': 1, 3, 5 or ROWSxCOLUMNS; published networks have 1 or 3)");
  for (int const n : {u.blind->rows, u.blind->columns})
    expects<value_error>(n >= 1 && n % 2 == 1 && n <= 1023,
                         "udvd: a blind spot of {} x {} pixels asked for; both must be odd, 1 to 1023",
                         u.blind->rows, u.blind->columns);
  expects<value_error>(
      u.final_relu.has_value(),
      "udvd: whether a ReLU follows the last layer cannot be seen in the weights; say so (metadata "
      "or option 'final_relu': 0 or 1)");
}

/// How far results of the branches that look along y (even quarters) or x are moved away from the pixel.
inline int blind_rows(udvd const& u, int quarters) {
  return ((quarters % 2 == 0 ? u.blind->rows : u.blind->columns) + 1) / 2;
}

/// What is added around an image: mirrored to a square, or for images too small for two poolings, zeros, which tell
/// a pixel nothing about itself.
inline margins udvd_margins(udvd const& u, triple const& extent) {
  int const least = std::max({4, blind_rows(u, 0), blind_rows(u, 1)});
  int const side = std::max({least, extent[1], extent[2]});
  bool const square = u.borders == blind_borders::reflect;
  margins by;
  for (int a = 1; a < 3; ++a) {
    int const more = square ? side - extent[a] : std::max(0, least - extent[a]);
    by.low[a] = square ? more / 2 : 0;
    by.high[a] = more - by.low[a];
    if (square) by.borders[a] = border::reflect;
  }
  return by;
}

/// The first U-net over one group of frames, turned already.
inline value first_stage(network& net, udvd const& u, std::vector<value> const& frames,
                         triple const& extent) {
  return unet_block(net, u.frames == 1 ? "unet" : "denoiser_1", join(net, frames), extent, u.first.width,
                    u.first.outputs, u.bias, true);
}

/// From the results of all groups in one branch to that branch's share of the head, turned back.
inline value second_stage(network& net, udvd const& u, std::vector<value> const& groups, triple const& extent,
                          int quarters, margins const& by) {
  auto v = join(net, groups);
  if (groups.size() > 1)
    v = unet_block(net, "denoiser_2", v, turned(extent, quarters), u.second.width, u.second.outputs, u.bias,
                   true);
  v = move_down(net, v, blind_rows(u, quarters));
  return shrink(net, turn(net, v, 4 - quarters), by);
}

/// The 1x1 layers that make an image of the four branches.
inline value udvd_head(network& net, udvd const& u, std::vector<value> const& branches) {
  convolution c{.outputs = u.head[0], .kernel = {1, 1, 1}, .bias = u.bias, .act = leaky_relu(0.1)};
  auto v = net.add("nin_A", c, {join(net, branches)});
  c.outputs = u.head[1];
  v = net.add("nin_B", c, {v});
  c.outputs = u.outputs;
  c.act = *u.final_relu ? relu : activation{};
  return net.add("nin_C", c, {v});
}

/// The noise level: the mean over all pixels of what a U-net that looks everywhere makes of all frames.
inline value noise_level(network& net, udvd const& u, std::vector<value> const& frames,
                         triple const& extent) {
  margins by{{}, {}, {border::zero, border::replicate, border::replicate}};
  for (int a = 1; a < 3; ++a) by.high[a] = std::max(0, 4 - extent[a]);
  auto v = enlarge(net, join(net, frames), extent, by);
  v = unet_block(net, "sigma_net", v, enlarged(extent, by), u.sigma_net, 1, false, false);
  return net.add(average_pool{{1, extent[1], extent[2]}}, {shrink(net, v, by)});
}

}  // namespace detail

/// The table of the whole network for frames of these extents (z, y, x); planes are independent.
///
/// throws   tomoedx::value_error, shape_error for impossible options or extents, or when the blind spot or the final
///          ReLU is not given
inline network network_of(udvd const& u, triple const& extent) {
  detail::check(u);
  detail::check_extent("udvd", extent);
  auto const by = detail::udvd_margins(u, extent);
  auto const inside = detail::enlarged(extent, by);
  network net;
  std::vector<value> given, frames, branches;
  for (int i = 0; i < u.frames; ++i) given.push_back(net.input(u.channels));
  for (auto const f : given) frames.push_back(detail::enlarge(net, f, extent, by));
  for (int quarters = 0; quarters < 4; ++quarters) {  // one branch after another: the least memory
    std::vector<value> turned, groups;
    for (auto const f : frames) turned.push_back(detail::turn(net, f, quarters));
    for (auto const& group : groups_of(u)) {
      std::vector<value> members;
      for (int const i : group) members.push_back(turned[static_cast<std::size_t>(i)]);
      groups.push_back(detail::first_stage(net, u, members, detail::turned(inside, quarters)));
    }
    branches.push_back(detail::second_stage(net, u, groups, inside, quarters, by));
  }
  net.output(detail::udvd_head(net, u, branches));
  if (u.sigma_net) net.output(detail::noise_level(net, u, given, extent));
  return net;
}

}  // namespace tomoedx::nn

#endif
