// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_TILING_HPP
#define TOMOEDX_DENOISE_TILING_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/denoise/field_of_view.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

/// How an image is cut into tiles that give, each by itself, exactly what the whole image gives there. All tiles have
/// the same extents, so that one plan runs them all: they begin at whole steps of the network's poolings and end as the
/// image does, modulo a step, since networks that turn images pool from the far end too. What a tile gives lies a halo
/// inside it, except at the edges of the image.
namespace tomoedx {

/// A tile on one axis: it reads `extent` positions from `start` and gives those from `first` to `end`.
struct tile_span {
  int start = 0, first = 0, end = 0;
  friend bool operator==(tile_span const&, tile_span const&) = default;
};

namespace detail {

/// Whether `tiles` tiles of an extent reach over n positions, any two of them overlapping by two halos.
inline bool tiles_reach(int n, int extent, int halo, int step, int tiles) {
  if (extent >= n) return true;
  int const steps = (n - extent) / step, between = (steps + tiles - 2) / (tiles - 1);
  return static_cast<long long>(between) * step <= static_cast<long long>(extent) - 2LL * halo;
}

}  // namespace detail

/// The extents that tiles on an axis of n positions may have: n itself, then smaller ones, each the least for its
/// number of tiles.
inline std::vector<int> tile_extents(int n, int halo, int step) {
  expects<value_error>(n >= 1 && halo >= 0 && step >= 1 && halo <= (1 << 28),
                       "tile_extents: {} positions, a halo of {} and steps of {} cannot be", n, halo, step);
  std::vector<int> all{n};
  for (int tiles = 2; tiles <= n / step + 1; ++tiles) {
    int low = 0, high = (all.back() - 1) / step;  // steps that the extent may be shorter
    while (low < high) {
      int const middle = (low + high + 1) / 2;
      if (detail::tiles_reach(n, all.back() - middle * step, halo, step, tiles))
        low = middle;
      else
        high = middle - 1;
    }
    if (low > 0) all.push_back(all.back() - low * step);
    if (all.back() < 2 * halo + 2 * step) break;
  }
  return all;
}

/// The tiles of one of these extents, the fewest that will do.
///
/// throws   tomoedx::value_error when tiles of this extent do not cover the axis
inline std::vector<tile_span> tile_spans(int n, int extent, int halo, int step) {
  if (extent == n) return {{0, 0, n}};
  int const room = extent - 2 * halo, most = room / step;  // steps from tile to tile
  expects<value_error>(extent >= 1 && extent < n && (n - extent) % step == 0 && most >= 1,
                       "tile_spans: tiles of {} do not cover {} with a halo of {} and steps of {}", extent, n,
                       halo, step);
  int const steps = (n - extent) / step, last = (steps + most - 1) / most;
  std::vector<tile_span> all;
  for (int k = 0; k <= last; ++k) {
    int const start = static_cast<int>(static_cast<long long>(k) * steps / last) * step;
    int first = 0;
    if (k > 0) {
      first = (start + all.back().start + extent) / 2;  // the middle of what both see
      all.back().end = first;
    }
    all.push_back({start, first, n});
  }
  return all;
}

/// A tile of an image: where it begins, and the part of the result it gives.
struct tile {
  nn::triple start{}, first{}, end{};
};

/// All tiles of an image, row by row.
class tiling {
 public:
  tiling() = default;
  /// throws   as tile_spans
  tiling(nn::triple const& frame, nn::triple const& extent, field_of_view const& view) : extent_(extent) {
    auto const halo = view.halo();
    for (std::size_t a = 0; a < 3; ++a) axes_[a] = tile_spans(frame[a], extent[a], halo[a], view.grid[a]);
  }
  nn::triple const& extent() const { return extent_; }  ///< of every tile
  std::size_t size() const { return axes_[0].size() * axes_[1].size() * axes_[2].size(); }
  /// Tiles along each axis.
  nn::triple counts() const {
    nn::triple n{};
    for (std::size_t a = 0; a < 3; ++a) n[a] = static_cast<int>(axes_[a].size());
    return n;
  }
  tile operator[](std::size_t i) const {
    std::array<std::size_t, 3> const at{i / axes_[2].size() / axes_[1].size(),
                                        i / axes_[2].size() % axes_[1].size(), i % axes_[2].size()};
    tile t;
    for (std::size_t a = 0; a < 3; ++a) {
      auto const& s = axes_[a][at[a]];
      t.start[a] = s.start, t.first[a] = s.first, t.end[a] = s.end;
    }
    return t;
  }

 private:
  nn::triple extent_{};
  std::array<std::vector<tile_span>, 3> axes_;
};

/// The tilings an image can have, the one with the least to compute first; none but the whole when the network's
/// result cannot be computed in parts.
inline std::vector<nn::triple> tile_choices(nn::triple const& frame, field_of_view const& view) {
  if (!view.obstacle.empty()) return {frame};
  auto const halo = view.halo();
  std::array<std::vector<std::pair<int, double>>, 3> axes;  // extents, and positions computed with them
  for (std::size_t a = 0; a < 3; ++a)
    for (int const e : tile_extents(frame[a], halo[a], view.grid[a]))
      axes[a].emplace_back(
          e, double(e) * static_cast<double>(tile_spans(frame[a], e, halo[a], view.grid[a]).size()));
  std::vector<std::pair<double, nn::triple>> all;
  for (auto const& [z, nz] : axes[0])
    for (auto const& [y, ny] : axes[1])
      for (auto const& [x, nx] : axes[2]) all.push_back({nz * ny * nx, {z, y, x}});
  std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
  std::vector<nn::triple> extents;
  for (auto const& [cost, extent] : all) extents.push_back(extent);
  return extents;
}

}  // namespace tomoedx

#endif
