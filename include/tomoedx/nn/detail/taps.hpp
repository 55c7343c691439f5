// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_TAPS_HPP
#define TOMOEDX_NN_DETAIL_TAPS_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/nn/layers.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

/// Convolutions of every kind as sums over taps.
namespace tomoedx::nn::detail {

/// A sum over taps before its weights are packed: positions of the image, and taps of the filter.
struct tap_plan {
  std::vector<triple> positions, filter;
  triple first_out{}, number{};
};

/// The same taps give the same text.
inline std::string text_of(std::vector<triple> const& taps) {
  std::string text;
  for (auto const& t : taps)
    for (int const k : t) text += fmt::format("{},", k);
  return text;
}

/// The taps of a convolution.
inline std::vector<tap_plan> taps_of(nn::convolution const& k, triple const& out) {
  tap_plan s;
  s.number = out;
  for (int z = 0; z < k.kernel[0]; ++z)
    for (int y = 0; y < k.kernel[1]; ++y)
      for (int x = 0; x < k.kernel[2]; ++x) {
        s.filter.push_back({z, y, x});
        s.positions.push_back({z * k.dilation[0], y * k.dilation[1], x * k.dilation[2]});
      }
  return {s};
}

/// The taps of every phase of a transposed convolution, for an image with `low` positions added below.
///
/// Result o of an axis is the sum over taps k and positions i with i stride + k - padding = o.
struct phase {
  std::vector<int> taps, positions;
  int first, number;
};
inline std::vector<phase> phases_of(int kernel, int stride, int padding, int out, int& low, int& high,
                                    int in) {
  std::vector<phase> all;
  low = high = 0;
  for (int first = 0; first < std::min(stride, out); ++first) {
    phase p{{}, {}, first, (out - first + stride - 1) / stride};
    for (int k = 0; k < kernel; ++k)
      if ((first + padding - k) % stride == 0) {
        int const shift = (first + padding - k) / stride;
        p.taps.push_back(k), p.positions.push_back(shift);
        low = std::max(low, -shift), high = std::max(high, p.number - 1 + shift - (in - 1));
      }
    all.push_back(std::move(p));
  }
  for (auto& p : all)
    for (auto& i : p.positions) i += low;
  return all;
}

inline std::vector<tap_plan> taps_of(nn::transposed_convolution const& k, triple const& in, triple const& out,
                                     margins& around) {
  std::array<std::vector<phase>, 3> axis;
  for (std::size_t a = 0; a < 3; ++a)
    axis[a] = phases_of(k.kernel[a], k.stride[a], k.padding[a], out[a], around.low[a], around.high[a], in[a]);
  std::vector<tap_plan> all;
  for (auto const& z : axis[0])
    for (auto const& y : axis[1])
      for (auto const& x : axis[2]) {
        tap_plan s;
        s.first_out = {z.first, y.first, x.first}, s.number = {z.number, y.number, x.number};
        for (std::size_t c = 0; c < z.taps.size(); ++c)
          for (std::size_t b = 0; b < y.taps.size(); ++b)
            for (std::size_t a = 0; a < x.taps.size(); ++a) {
              s.filter.push_back({z.taps[c], y.taps[b], x.taps[a]});
              s.positions.push_back({z.positions[c], y.positions[b], x.positions[a]});
            }
        all.push_back(std::move(s));
      }
  return all;
}

}  // namespace tomoedx::nn::detail

#endif
