// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_DETAIL_SAMPLING_HPP
#define TOMOEDX_REFERENCE_DETAIL_SAMPLING_HPP

#include <tomoedx/reference/detail/task.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

/// Coarser and finer grids.
namespace tomoedx::reference::detail {

/// Visit every value of the window that position (z, y, x) of the result is made of.
template <class Visit>
void for_each_in_window(activations const& in, nn::triple const& window, std::size_t item, int c, int z,
                        int y, int x, Visit&& visit) {
  for (int k = 0; k < window[0]; ++k)
    for (int l = 0; l < window[1]; ++l)
      for (int m = 0; m < window[2]; ++m)
        visit(in.row(item, c, z * window[0] + k, y * window[1] + l)[x * window[2] + m]);
}

inline void compute(nn::max_pool const& op, task const& t) {
  for_each_position(t.out, [&](std::size_t item, int c, int z, int y, int x) {
    double most = -std::numeric_limits<double>::infinity();
    for_each_in_window(t.in[0], op.window, item, c, z, y, x, [&](double v) {
      if (v > most || std::isnan(v)) most = v;
    });
    t.out.row(item, c, z, y)[x] = most;
  });
}

inline void compute(nn::average_pool const& op, task const& t) {
  double const number = static_cast<double>(op.window[0]) * op.window[1] * op.window[2];
  for_each_position(t.out, [&](std::size_t item, int c, int z, int y, int x) {
    double sum = 0;
    for_each_in_window(t.in[0], op.window, item, c, z, y, x, [&](double v) { sum += v; });
    t.out.row(item, c, z, y)[x] = sum / number;
  });
}

inline void compute(nn::nearest_upsample const& op, task const& t) {
  for_each_position(t.out, [&](std::size_t item, int c, int z, int y, int x) {
    t.out.row(item, c, z, y)[x] = t.in[0].row(item, c, z / op.factor[0], y / op.factor[1])[x / op.factor[2]];
  });
}

/// Between which two samples a position lies, and how far towards the second.
struct between {
  std::array<int, 2> sample;
  std::array<double, 2> share;
};

inline between neighbours(int i, int factor, int n, bool aligned) {
  int const last = n * factor - 1;
  double const at = aligned ? (last == 0 ? 0.0 : static_cast<double>(i) * (n - 1) / last)
                            : std::clamp((i + 0.5) / factor - 0.5, 0.0, n - 1.0);
  int const below = static_cast<int>(at), above = std::min(below + 1, n - 1);
  return {{below, above}, {1 - (at - below), at - below}};
}

inline void compute(nn::linear_upsample const& op, task const& t) {
  auto const& n = t.in[0].size.extent;
  for_each_position(t.out, [&](std::size_t item, int c, int z, int y, int x) {
    between const bz = neighbours(z, op.factor[0], n[0], op.aligned);
    between const by = neighbours(y, op.factor[1], n[1], op.aligned);
    between const bx = neighbours(x, op.factor[2], n[2], op.aligned);
    double sum = 0;
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        for (int k = 0; k < 2; ++k)
          sum += bz.share[i] * by.share[j] * bx.share[k] *
                 t.in[0].row(item, c, bz.sample[i], by.sample[j])[bx.sample[k]];
    t.out.row(item, c, z, y)[x] = sum;
  });
}

}  // namespace tomoedx::reference::detail

#endif
