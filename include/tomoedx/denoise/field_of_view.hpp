// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_FIELD_OF_VIEW_HPP
#define TOMOEDX_DENOISE_FIELD_OF_VIEW_HPP

#include <tomoedx/nn/detail/cost.hpp>
#include <tomoedx/nn/sizes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tomoedx {

/// What the first output of a network sees of its inputs: how far around each position, and after how many positions
/// its pattern repeats.
struct field_of_view {
  nn::triple low{},
      high{};  ///< positions before and after, (z, y, x); an upper bound, tight for usual networks
  nn::triple step{1, 1, 1};  ///< all strides and poolings together
  nn::triple grid{1, 1, 1};  ///< where parts may begin: where whole steps and the kernels' blocks do
  std::string obstacle{};    ///< why a part cannot be computed by itself; empty when it can

  /// Positions around a part that its result depends on, in whole steps. A block of a kernel rounds all its positions
  /// together: what differs within one block at the far end of the view would still be seen in the last digits.
  nn::triple halo() const {
    nn::triple h{};
    for (std::size_t a = 0; a < 3; ++a) {
      int const reach = std::max({0, low[a], high[a]}), seen = reach == 0 ? 0 : reach + grid[a] - step[a];
      h[a] = (seen + step[a] - 1) / step[a] * step[a];
    }
    return h;
  }
};

namespace detail {

/// Position i of a value sees stride * i - low ... stride * i + high of the inputs. A stride of zero: it sees a single
/// position, whatever i is.
struct seen_axis {
  double stride = 0, low = 0, high = 0;
};
using seen_axes = std::array<seen_axis, 3>;

/// What each operation does to what is seen.
struct seen_after {
  std::vector<seen_axes const*> in;
  std::string& obstacle;

  /// Position i of the result reads from `scale * i - low` to `scale * i + high` of an axis.
  static seen_axis reads(seen_axis const& s, double scale, double low, double high) {
    return {s.stride * scale, s.low + s.stride * low, s.high + s.stride * high};
  }
  template <class F>
  seen_axes axes(F&& change) const {
    seen_axes out{};
    for (std::size_t a = 0; a < 3; ++a) out[a] = change((*in[0])[a], a);
    return out;
  }

  seen_axes operator()(nn::convolution const& c) const {
    return axes([&](seen_axis const& s, std::size_t a) {
      double const low = c.padding.low[a], reach = c.dilation[a] * (c.kernel[a] - 1);
      return reads(s, c.stride[a], low, reach - low);
    });
  }
  seen_axes operator()(nn::transposed_convolution const& c) const {
    return axes([&](seen_axis const& s, std::size_t a) {
      double const n = c.stride[a];
      return reads(s, 1 / n, (c.kernel[a] - 1 - c.padding[a]) / n, c.padding[a] / n);
    });
  }
  seen_axes windows(nn::triple const& window) const {
    return axes([&](seen_axis const& s, std::size_t a) { return reads(s, window[a], 0, window[a] - 1); });
  }
  seen_axes operator()(nn::max_pool const& p) const { return windows(p.window); }
  seen_axes operator()(nn::average_pool const& p) const { return windows(p.window); }
  seen_axes operator()(nn::nearest_upsample const& u) const {
    return axes([&](seen_axis const& s, std::size_t a) {
      double const f = u.factor[a];
      return reads(s, 1 / f, (f - 1) / f, 0);
    });
  }
  seen_axes operator()(nn::linear_upsample const& u) const {
    return axes([&](seen_axis const& s, std::size_t a) {
      double const f = u.factor[a];
      if (f == 1) return s;
      if (u.aligned && s.stride != 0) obstacle = "its upsampling stretches the image from corner to corner";
      return reads(s, 1 / f, 1 + (f - 1) / (2 * f), 1);
    });
  }
  seen_axes operator()(nn::pad const& p) const {
    return axes([&](seen_axis const& s, std::size_t a) { return reads(s, 1, p.by.low[a], -p.by.low[a]); });
  }
  seen_axes operator()(nn::quarter_turn const& q) const {
    auto out = *in[0];
    for (int i = 0; i < ((q.quarters % 4) + 4) % 4; ++i) {  // clockwise: rows become columns from the right
      std::swap(out[1], out[2]);
      std::swap(out[2].low, out[2].high);
    }
    return out;
  }
  /// All inputs at the same place.
  seen_axes together() const {
    auto out = *in[0];
    for (auto const* other : in)
      for (std::size_t a = 0; a < 3; ++a) {
        auto const& s = (*other)[a];
        if (s.stride == 0) continue;
        if (out[a].stride == 0) out[a] = s;
        if (out[a].stride != s.stride) obstacle = "it joins values of different strides";
        out[a].low = std::max(out[a].low, s.low);
        out[a].high = std::max(out[a].high, s.high);
      }
    return out;
  }
  seen_axes operator()(nn::concat const&) const { return together(); }
  seen_axes operator()(nn::add const&) const { return together(); }
  template <class Other>  // values one by one, and fits to a size
  seen_axes operator()(Other const&) const {
    static_assert(std::is_same_v<Other, nn::batch_norm> || std::is_same_v<Other, nn::activate> ||
                  std::is_same_v<Other, nn::fit_to>);
    return *in[0];
  }
};

}  // namespace detail

/// The field of view of a network's first output for inputs of these extents. Axes on which an input has a single
/// position count as seen whole. 3 x 3 convolutions are computed in blocks of 4 or 2 positions unless exactly, each a
/// little differently rounded.
///
/// throws   as nn::sizes_of
inline field_of_view field_of_view_of(nn::network const& net, std::vector<nn::triple> const& inputs,
                                      nn::algorithm use = nn::algorithm::exact) {
  nn::sizes_of(net, inputs);
  field_of_view f;
  std::vector<detail::seen_axes> all;
  for (auto const& extent : inputs) {
    auto& s = all.emplace_back();
    for (std::size_t a = 0; a < 3; ++a) s[a].stride = extent[a] == 1 ? 0 : 1;
  }
  int block = 1;
  for (auto const& row : net.layers()) {
    auto const* c = std::get_if<nn::convolution>(&row.op);
    if (c != nullptr && c->kernel == nn::triple{1, 3, 3} && use != nn::algorithm::exact)
      block = use == nn::algorithm::fast ? 4 : 2;
    detail::seen_after next{{}, f.obstacle};
    for (auto const v : row.inputs) next.in.push_back(&all[static_cast<std::size_t>(v)]);
    auto const seen = std::visit(next, row.op);
    for (std::size_t a = 0; a < 3; ++a)
      if (double const stride = std::ceil(seen[a].stride); stride > 1)
        f.step[a] = std::lcm(f.step[a], static_cast<int>(stride));
    all.push_back(seen);
  }
  f.grid = {f.step[0], block * f.step[1], block * f.step[2]};
  auto const& out = all[static_cast<std::size_t>(net.outputs().at(0))];
  for (std::size_t a = 0; a < 3; ++a) {
    f.low[a] = static_cast<int>(std::ceil(out[a].low));
    f.high[a] = static_cast<int>(std::ceil(out[a].high));
    if (out[a].stride != 0 && out[a].stride != 1) f.obstacle = "its result has another size than the image";
  }
  return f;
}

}  // namespace tomoedx

#endif
