// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_VALUES_HPP
#define TOMOEDX_NN_DETAIL_VALUES_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/reading.hpp>
#include <tomoedx/nn/sizes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

/// The values of a network while it is compiled: which stored tensors they are made of and how these are read.
namespace tomoedx::nn::detail {

/// Channels that lie in one stored tensor.
struct part {
  int tensor = 0, channels = 0;
  std::array<axis_map, 3> axis;
};

struct parts_of_value {
  std::vector<part> parts;  ///< channels one after another
  triple extent{};
};

/// What stands at each position after borders were added to or cut off an axis.
inline axis_map with_border(axis_map const& m, int low, int high, border b) {
  int const n = static_cast<int>(m.size());
  axis_map out;
  for (int i = -low; i < n + high; ++i) {
    int from = i;
    if (b == border::replicate) from = std::clamp(i, 0, n - 1);
    if (b == border::reflect) from = i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
    out.push_back(from < 0 || from >= n ? -1 : m[static_cast<std::size_t>(from)]);
  }
  return out;
}

inline axis_map repeated(axis_map const& m, int factor) {
  axis_map out;
  for (auto const i : m) out.insert(out.end(), static_cast<std::size_t>(factor), i);
  return out;
}

/// Do to every axis of every part what `change(axis map, axis)` does.
template <class F>
parts_of_value with_axes(parts_of_value v, F&& change) {
  for (auto& p : v.parts)
    for (std::size_t a = 0; a < 3; ++a) p.axis[a] = change(p.axis[a], static_cast<int>(a));
  for (std::size_t a = 0; a < 3; ++a) v.extent[a] = static_cast<int>(v.parts[0].axis[a].size());
  return v;
}
inline parts_of_value with_margins(parts_of_value v, margins const& m) {
  return with_axes(std::move(v), [&](axis_map const& axis, int a) {
    auto const i = static_cast<std::size_t>(a);
    return with_border(axis, m.low[i], m.high[i], m.borders[i]);
  });
}

/// The margins that make `n` positions `target`.
inline margins fitting(triple const& n, triple const& target, bool centered) {
  margins m;
  for (std::size_t a = 0; a < 3; ++a) {
    int const more = target[a] - n[a];
    m.low[a] = centered ? more / 2 : 0;
    m.high[a] = more - m.low[a];
  }
  return m;
}

}  // namespace tomoedx::nn::detail

#endif
