// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_FIT_TILES_HPP
#define TOMOEDX_DENOISE_DETAIL_FIT_TILES_HPP
// IWYU pragma: private, include "tomoedx/denoise/image_network.hpp"

#include <tomoedx/denoise/network_options.hpp>
#include <tomoedx/denoise/tiling.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

namespace tomoedx::detail {

inline double voxels_of(nn::triple const& e) {
  return double(e[0]) * e[1] * e[2];
}

/// Build for the tiles that need the least computing within `bound` bytes (0: no bound). `build(extent)` gives a
/// unique_ptr to something that knows the network_memory() it was allocated with; the smallest tiles are tried first,
/// and what larger ones need is foretold from the arena's bytes a voxel, then checked.
///
/// throws   tomoedx::value_error with the least bound that would do
template <class Build>
auto fit_tiles(char const* who, nn::triple const& frame, field_of_view const& view, std::size_t bound,
               Build&& build) {
  if (bound == 0) return build(frame);
  auto const choices = tile_choices(frame, view);
  std::size_t best = 0;
  for (std::size_t i = 1; i < choices.size(); ++i)
    if (voxels_of(choices[i]) < voxels_of(choices[best])) best = i;
  auto built = build(choices[best]);
  auto memory = built->memory();
  if (memory.total() > bound && !view.obstacle.empty())
    fail<value_error>(
        "{}: {} bytes are too few for images of {} x {} x {} (z, y, x), which need {}; this network "
        "does not work on tiles, because {}",
        who, bound, frame[0], frame[1], frame[2], memory.total(), view.obstacle);
  expects<value_error>(memory.total() <= bound,
                       "{}: {} bytes are too few even for tiles of {} x {} x {} (z, y, x); give {} at least",
                       who, bound, choices[best][0], choices[best][1], choices[best][2], memory.total());
  double too_many = std::numeric_limits<double>::infinity();
  std::size_t now = best;
  while (true) {
    double const voxels = voxels_of(choices[now]);
    double const each = static_cast<double>(memory.arena + memory.buffers) / voxels;
    double const room = (static_cast<double>(bound) - static_cast<double>(memory.weights)) / each;
    std::size_t next = 0;  // choices come in the order of what they cost
    while (next < best && (voxels_of(choices[next]) > room || voxels_of(choices[next]) >= too_many)) ++next;
    if (next == best) break;
    built.reset();
    built = build(choices[now = next]);
    memory = built->memory();
    if (memory.total() <= bound)
      best = now;
    else
      too_many = voxels_of(choices[now]);
  }
  if (now != best) {
    built.reset();
    built = build(choices[best]);
  }
  return built;
}

}  // namespace tomoedx::detail

#endif
