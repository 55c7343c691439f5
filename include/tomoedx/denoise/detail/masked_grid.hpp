// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_MASKED_GRID_HPP
#define TOMOEDX_DENOISE_DETAIL_MASKED_GRID_HPP
// IWYU pragma: private, include "tomoedx/denoise/j_invariant.hpp"

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tomoedx::detail {

/// The pixels (first_y + k edge, first_x + l edge) of every image.
struct grid_phase {
  std::size_t edge, first_y, first_x;
};

inline void check_grid(char const* who, int grid, int phases) {
  expects<value_error>(grid >= 2 && grid <= 1000,
                       "{}: grid is {}; hide one pixel in 2 x 2 or more, up to 1000 x 1000", who, grid);
  expects<value_error>(phases >= 0, "{}: phases is {}; give 0 for all", who, phases);
}

/// `wanted` of the placements that hide a pixel of an image of this size, or all; spread evenly over the cell of the
/// grid, along both axes.
inline std::vector<grid_phase> grid_phases(int grid, int wanted, std::size_t height, std::size_t width) {
  auto const edge = static_cast<std::size_t>(grid);
  std::size_t const down = std::min(edge, height), across = std::min(edge, width), all = down * across;
  std::size_t const some = wanted == 0 ? all : std::min(all, static_cast<std::size_t>(wanted));
  std::vector<grid_phase> phases;
  for (std::size_t k = 0; k < some; ++k) {
    std::size_t const cell = k * all / some, y = cell / across;
    phases.push_back({edge, y, (cell + (some < all ? y : 0)) % across});  // a step aside on every line
  }
  return phases;
}

/// Call f(flat index) for every pixel of the grid.
template <class V, class F>
void for_hidden(V const& stack, grid_phase const& phase, F const& f) {
  for (std::size_t n = 0; n < stack.extent(0); ++n)
    for (std::size_t y = phase.first_y; y < stack.extent(1); y += phase.edge)
      for (std::size_t x = phase.first_x; x < stack.extent(2); x += phase.edge)
        f((n * stack.extent(1) + y) * stack.extent(2) + x);
}

/// Copy a stack, each pixel of the grid replaced by the mean of its eight neighbours, of weights 1 and 1/2; those beyond
/// the border take no part. A pixel without neighbours becomes 0.
template <class In, class Out>
void hide_pixels(In const& in, grid_phase const& phase, Out const& out) {
  using T = typename Out::value_type;
  std::copy_n(in.data(), in.size(), out.data());
  auto const height = static_cast<std::ptrdiff_t>(in.extent(1)),
             width = static_cast<std::ptrdiff_t>(in.extent(2));
  for_hidden(in, phase, [&](std::size_t i) {
    auto const pixel = static_cast<std::ptrdiff_t>(i), y = pixel / width % height, x = pixel % width;
    double sum = 0, weights = 0;
    for (std::ptrdiff_t dy = -1; dy <= 1; ++dy)
      for (std::ptrdiff_t dx = -1; dx <= 1; ++dx) {
        if ((dy == 0 && dx == 0) || y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
        double const weight = dy != 0 && dx != 0 ? 0.5 : 1;
        sum += weight * static_cast<double>(in.data()[pixel + dy * width + dx]);
        weights += weight;
      }
    out.data()[i] = weights > 0 ? static_cast<T>(sum / weights) : T(0);
  });
}

}  // namespace tomoedx::detail

#endif
