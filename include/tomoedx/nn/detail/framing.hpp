// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_FRAMING_HPP
#define TOMOEDX_NN_DETAIL_FRAMING_HPP

#include <tomoedx/nn/network.hpp>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

/// What all networks do to an image before and after: enlarge it to a size they can take, turn it, cut it back.
namespace tomoedx::nn::detail {

inline constexpr int most_channels = 1 << 20;  ///< of a layer; beyond it a file is damaged, not wide

inline void check_extent(std::string_view what, triple const& extent) {
  for (int a = 0; a < 3; ++a)
    expects<shape_error>(extent[a] >= 1 && extent[a] <= std::numeric_limits<int>::max() / 8,
                         "{}: an image of {} x {} x {} (z, y, x) cannot be; extents are at least 1", what,
                         extent[0], extent[1], extent[2]);
}

inline void check_channels(std::string_view what, std::string_view of, int channels) {
  expects<value_error>(channels >= 1 && channels <= most_channels,
                       "{}: {} {} asked for; 1 to {} are possible", what, channels, of, most_channels);
}

constexpr int round_up(int n, int multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// The extent with margins.
constexpr triple enlarged(triple extent, margins const& by) {
  for (int a = 0; a < 3; ++a) extent[a] += by.low[a] + by.high[a];
  return extent;
}

/// Add margins, none of them negative, of any length: an image that mirrors in one step no further than its own
/// length is mirrored again and again, and one of a single position is repeated.
inline value enlarge(network& net, value v, triple extent, margins left) {
  while (left.low != triple{} || left.high != triple{}) {
    auto step = left;
    for (int a = 0; a < 3; ++a) {
      if (left.borders[a] == border::reflect && extent[a] == 1) step.borders[a] = border::replicate;
      if (step.borders[a] != border::reflect) continue;
      step.low[a] = std::min(left.low[a], extent[a] - 1);
      step.high[a] = std::min(left.high[a], extent[a] - 1);
    }
    v = net.add(pad{step}, {v});
    extent = enlarged(extent, step);
    for (int a = 0; a < 3; ++a) left.low[a] -= step.low[a], left.high[a] -= step.high[a];
  }
  return v;
}

/// Cut the margins off again.
inline value shrink(network& net, value v, margins const& by) {
  if (by.low == triple{} && by.high == triple{}) return v;
  pad cut;
  for (int a = 0; a < 3; ++a) cut.by.low[a] = -by.low[a], cut.by.high[a] = -by.high[a];
  return net.add(cut, {v});
}

/// Turned clockwise; nothing is added for a full turn.
inline value turn(network& net, value v, int quarters) {
  return quarters % 4 == 0 ? v : net.add(quarter_turn{quarters % 4}, {v});
}

constexpr triple turned(triple extent, int quarters) {
  if (quarters % 2 != 0) std::swap(extent[1], extent[2]);
  return extent;
}

/// Moved down by so many rows; zeros enter on top.
inline value move_down(network& net, value v, int rows) {
  return net.add(pad{{{0, rows, 0}, {0, -rows, 0}, {}}}, {v});
}

/// Row y of the result is the largest of the rows 2y - 1 and 2y: a pooling that looks up only.
inline value causal_pool(network& net, value v) {
  return net.add(max_pool{}, {move_down(net, v, 1)});
}

/// The joined channels, or the only value there is.
inline value join(network& net, std::vector<value> const& parts) {
  return parts.size() == 1 ? parts.front() : net.add(concat{}, parts);
}

}  // namespace tomoedx::nn::detail

#endif
