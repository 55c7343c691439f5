// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_DETAIL_TASK_HPP
#define TOMOEDX_REFERENCE_DETAIL_TASK_HPP

#include <tomoedx/io/tensor.hpp>
#include <tomoedx/reference/activations.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

/// What all layers are written with.
namespace tomoedx::reference {

/// A function of one value. NaN stays NaN.
inline double value_of(nn::activation const& f, double x) {
  switch (f.shape) {
    case nn::curve::identity:
      return x;
    case nn::curve::relu:
      return x < 0 ? 0 : x;
    case nn::curve::leaky_relu:
      return x < 0 ? f.slope * x : x;
    case nn::curve::softplus:
      return x > 20 ? x : std::log1p(std::exp(x));  // beyond 20 the same in single precision
    case nn::curve::sigmoid:
      return 1 / (1 + std::exp(-x));
    case nn::curve::tanh:
      return std::tanh(x);
    case nn::curve::elu:
      return x < 0 ? std::expm1(x) : x;
    // the fixed point of mean 0 and variance 1: Klambauer et al. 2017, "Self-normalizing neural networks"
    case nn::curve::selu:
      return 1.0507009873554804934193349852946 *
             (x < 0 ? 1.6732632423543772848170429916717 * std::expm1(x) : x);
    case nn::curve::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  }
  fail<value_error>("reference: curve {} is not known", static_cast<int>(f.shape));
}

/// Where position `i` of an axis with `n` samples reads: i itself, or beyond an edge what `b` says; -1 for a zero.
inline int position_within(int i, int n, nn::border b) {
  if (i >= 0 && i < n) return i;
  if (b == nn::border::zero) return -1;
  if (b == nn::border::replicate) return i < 0 ? 0 : n - 1;
  return i < 0 ? -i : 2 * (n - 1) - i;
}

namespace detail {

/// What a layer reads, where it writes, and its parameters.
struct task {
  std::vector<activations> const& in;
  activations& out;
  std::string const& name;
  io::named_tensors const& weights;

  std::vector<double> parameter(char const* part) const {
    auto const& t = weights.tensors.at(name + part);
    std::vector<double> v(t.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = t[i];
    return v;
  }
};

/// Visit every row of a tensor: visit(item, channel, z, y).
template <class Visit>
void for_each_row(activations const& a, Visit&& visit) {
  for (std::size_t item = 0; item < a.items; ++item)
    for (int c = 0; c < a.size.channels; ++c)
      for (int z = 0; z < a.size.extent[0]; ++z)
        for (int y = 0; y < a.size.extent[1]; ++y) visit(item, c, z, y);
}

/// Visit every position of a tensor: visit(item, channel, z, y, x).
template <class Visit>
void for_each_position(activations const& a, Visit&& visit) {
  for_each_row(a, [&](std::size_t item, int c, int z, int y) {
    for (int x = 0; x < a.size.extent[2]; ++x) visit(item, c, z, y, x);
  });
}

inline void apply_curve(nn::activation const& f, activations& a) {
  for (auto& v : a.values) v = value_of(f, v);
}

inline activations padded(activations const& in, nn::margins const& m) {
  nn::size s = in.size;
  for (int a = 0; a < 3; ++a) s.extent[a] += m.low[a] + m.high[a];
  activations out = blank(s, in.items);
  for_each_position(out, [&](std::size_t item, int c, int z, int y, int x) {
    int const from_z = position_within(z - m.low[0], in.size.extent[0], m.borders[0]);
    int const from_y = position_within(y - m.low[1], in.size.extent[1], m.borders[1]);
    int const from_x = position_within(x - m.low[2], in.size.extent[2], m.borders[2]);
    if (from_z >= 0 && from_y >= 0 && from_x >= 0)
      out.row(item, c, z, y)[x] = in.row(item, c, from_z, from_y)[from_x];
  });
  return out;
}

}  // namespace detail

}  // namespace tomoedx::reference

#endif
