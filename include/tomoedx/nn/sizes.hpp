// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_SIZES_HPP
#define TOMOEDX_NN_SIZES_HPP

#include <tomoedx/nn/network.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tomoedx::nn {

/// Channels and extents (z, y, x) of one item of a tensor.
struct size {
  int channels = 0;
  triple extent{};
  friend bool operator==(size const&, size const&) = default;
};

namespace detail {

/// What layers are called in error texts when their row has no name, in the order of nn::operation.
inline constexpr std::array names_of_operations{
    "convolution",      "transposed convolution", "batch norm", "activation", "max pool", "average pool",
    "nearest upsample", "linear upsample",        "concat",     "sum",        "pad",      "fit",
    "quarter turn"};
static_assert(names_of_operations.size() == std::variant_size_v<operation>);

inline std::string label_of(layer const& row, std::size_t number) {
  return row.name.empty() ? fmt::format("{} {}", names_of_operations[row.op.index()], number) : row.name;
}

/// An extent as int, or an error.
inline int checked_extent(std::int64_t n, std::string const& layer, int axis) {
  expects<shape_error>(n >= 1, "network: layer '{}' leaves {} positions on axis {}; the input is too small",
                       layer, n, axis);
  expects<shape_error>(n <= std::numeric_limits<int>::max() / 4, "network: layer '{}' makes axis {} {} long",
                       layer, axis, n);
  return static_cast<int>(n);
}

/// The size each operation gives, from the sizes it reads.
struct size_after {
  std::string layer;
  std::vector<size> const& in;

  void reads(std::size_t n) const {
    expects<value_error>(in.size() == n, "network: layer '{}' has {} inputs, it takes {}", layer, in.size(),
                         n);
  }
  template <class F>
  size axes(int channels, F&& extent_of) const {
    size out{channels, {}};
    for (int a = 0; a < 3; ++a) out.extent[a] = checked_extent(extent_of(a), layer, a);
    return out;
  }
  void usable(activation const& f) const {
    expects<value_error>(std::isfinite(f.slope), "network: layer '{}' has a slope of {}", layer, f.slope);
  }
  static void positive(triple const& t, std::string const& layer, char const* what) {
    for (int const n : t) expects<value_error>(n >= 1, "network: layer '{}' has a {} of {}", layer, what, n);
  }

  std::int64_t padded(margins const& m, int a) const {
    std::int64_t const n = in[0].extent[a];
    int const most = std::max(m.low[a], m.high[a]);
    expects<shape_error>(m.borders[a] != border::reflect || most < n,
                         "network: layer '{}' mirrors {} positions on axis {}, which has {}", layer, most, a,
                         n);
    return checked_extent(n + m.low[a] + m.high[a], layer, a);
  }

  size operator()(convolution const& c) const {
    reads(1);
    usable(c.act);
    positive(c.kernel, layer, "kernel");
    positive(c.stride, layer, "stride");
    positive(c.dilation, layer, "dilation");
    expects<value_error>(c.outputs >= 1, "network: layer '{}' has {} outputs", layer, c.outputs);
    expects<value_error>(c.groups >= 1 && in[0].channels % c.groups == 0 && c.outputs % c.groups == 0,
                         "network: layer '{}' cannot split {} channels and {} outputs into {} groups", layer,
                         in[0].channels, c.outputs, c.groups);
    return axes(c.outputs, [&](int a) {
      std::int64_t const room = padded(c.padding, a) - std::int64_t{c.dilation[a]} * (c.kernel[a] - 1) - 1;
      return room < 0 ? 0 : room / c.stride[a] + 1;
    });
  }
  size operator()(transposed_convolution const& c) const {
    reads(1);
    usable(c.act);
    positive(c.kernel, layer, "kernel");
    positive(c.stride, layer, "stride");
    expects<value_error>(c.outputs >= 1, "network: layer '{}' has {} outputs", layer, c.outputs);
    for (int a = 0; a < 3; ++a)
      expects<value_error>(c.padding[a] >= 0 && c.extra[a] >= 0 && c.extra[a] < c.stride[a],
                           "network: layer '{}' needs a padding >= 0 and extra positions below the stride",
                           layer);
    return axes(c.outputs, [&](int a) {
      std::int64_t const whole = std::int64_t{in[0].extent[a] - 1} * c.stride[a] + c.kernel[a] + c.extra[a];
      return checked_extent(whole, layer, a) - 2 * std::int64_t{c.padding[a]};
    });
  }
  size operator()(batch_norm const& n) const {
    reads(1);
    usable(n.act);
    expects<value_error>(n.epsilon > 0 && std::isfinite(n.epsilon),
                         "network: layer '{}' has an epsilon of {}, it must be positive", layer, n.epsilon);
    return in[0];
  }
  size operator()(activate const& f) const {
    reads(1);
    usable(f.act);
    return in[0];
  }
  size pooled(triple const& window) const {
    reads(1);
    positive(window, layer, "window");
    return axes(in[0].channels, [&](int a) { return in[0].extent[a] / window[a]; });
  }
  size operator()(max_pool const& p) const { return pooled(p.window); }
  size operator()(average_pool const& p) const { return pooled(p.window); }
  size enlarged(triple const& factor) const {
    reads(1);
    positive(factor, layer, "factor");
    return axes(in[0].channels, [&](int a) { return std::int64_t{in[0].extent[a]} * factor[a]; });
  }
  size operator()(nearest_upsample const& u) const { return enlarged(u.factor); }
  size operator()(linear_upsample const& u) const { return enlarged(u.factor); }
  size operator()(concat const&) const {
    size out = in[0];
    std::int64_t channels = 0;
    for (auto const& s : in) channels += s.channels;
    expects<shape_error>(channels <= std::numeric_limits<int>::max(), "network: layer '{}' joins {} channels",
                         layer, channels);
    out.channels = static_cast<int>(channels);
    for (std::size_t i = 1; i < in.size(); ++i) {
      expects<shape_error>(in[i].extent == in[0].extent,
                           "network: layer '{}' joins {} x {} x {} and {} x {} x {}", layer, in[0].extent[0],
                           in[0].extent[1], in[0].extent[2], in[i].extent[0], in[i].extent[1],
                           in[i].extent[2]);
    }
    return out;
  }
  size operator()(nn::add const& sum) const {
    usable(sum.act);
    for (auto const& s : in)
      expects<shape_error>(s == in[0],
                           "network: layer '{}' adds {} channels of {} x {} x {} and {} of {} x {} x {}",
                           layer, in[0].channels, in[0].extent[0], in[0].extent[1], in[0].extent[2],
                           s.channels, s.extent[0], s.extent[1], s.extent[2]);
    return in[0];
  }
  size operator()(pad const& p) const {
    reads(1);
    return axes(in[0].channels, [&](int a) { return padded(p.by, a); });
  }
  size operator()(fit_to const&) const {
    reads(2);
    return {in[0].channels, in[1].extent};
  }
  size operator()(quarter_turn const& q) const {
    reads(1);
    auto out = in[0];
    if (q.quarters % 2 != 0) std::swap(out.extent[1], out.extent[2]);
    return out;
  }
};

}  // namespace detail

/// The size of every value of a network for inputs of these extents, one (z, y, x) for each input.
///
/// throws   tomoedx::shape_error, tomoedx::value_error naming the layer that does not fit
inline std::vector<size> sizes_of(network const& net, std::vector<triple> const& inputs) {
  expects<shape_error>(inputs.size() == net.inputs().size(), "network: {} inputs are given, it has {}",
                       inputs.size(), net.inputs().size());
  std::vector<size> all;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    size s{net.inputs()[i], {}};
    for (int a = 0; a < 3; ++a) s.extent[a] = detail::checked_extent(inputs[i][a], "input", a);
    all.push_back(s);
  }
  for (std::size_t i = 0; i < net.layers().size(); ++i) {
    auto const& row = net.layers()[i];
    std::vector<size> in;
    for (auto const v : row.inputs) in.push_back(all[static_cast<std::size_t>(v)]);
    all.push_back(std::visit(detail::size_after{detail::label_of(row, i), in}, row.op));
  }
  return all;
}

}  // namespace tomoedx::nn

#endif
