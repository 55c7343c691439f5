// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_INTERPOLATION_HPP
#define TOMOEDX_NN_DETAIL_INTERPOLATION_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tomoedx::nn::detail {

/// Two positions of an axis and the weight of the second: linear interpolation.
template <class T>
struct between {
  std::int32_t low, high;
  T weight;
};

/// Linear interpolation from `n` positions to `n factor`.
template <class T>
std::vector<between<T>> interpolation(int n, int factor, bool aligned) {
  std::vector<between<T>> axis;
  int const out = n * factor;
  for (int i = 0; i < out; ++i) {
    double const at = aligned ? (out > 1 ? double(i) * (n - 1) / (out - 1) : 0.0)
                              : std::clamp((i + 0.5) / factor - 0.5, 0.0, double(n - 1));
    int const low = std::min(static_cast<int>(at), n - 1);
    axis.push_back({low, std::min(low + 1, n - 1), static_cast<T>(at - low)});
  }
  return axis;
}

}  // namespace tomoedx::nn::detail

#endif
