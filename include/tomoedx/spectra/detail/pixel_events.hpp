// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_PIXEL_EVENTS_HPP
#define TOMOEDX_SPECTRA_DETAIL_PIXEL_EVENTS_HPP

#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tomoedx::detail {

/// Most events a pixel has.
inline std::size_t most_events(spectrum_image const& s) {
  std::size_t most = 0;
  for (std::size_t p = 0; p < s.pixels(); ++p) most = std::max(most, s.begin[p + 1] - s.begin[p]);
  return most;
}

/// The events of one pixel within a range of channels, counted from its beginning.
class pixel_events {
 public:
  pixel_events(channel_range range, std::size_t most) : range_(range) {
    channel_.reserve(most);
    as_double_.reserve(most);
  }

  void take(spectrum_image const& s, std::size_t pixel) {
    auto const all = s.channels_of(pixel);
    auto const from = std::ranges::lower_bound(all, range_.begin),
               to = std::lower_bound(from, all.end(), range_.end);
    channel_.clear();
    for (auto c = from; c != to; ++c) channel_.push_back(static_cast<std::uint16_t>(*c - range_.begin));
    count_ = s.counts_of(pixel).subspan(static_cast<std::size_t>(from - all.begin()), channel_.size());
  }

  std::span<std::uint16_t const> channels() const { return channel_; }
  std::span<std::uint32_t const> counts() const { return count_; }
  std::span<double const> counts_as_double() {
    as_double_.assign(count_.begin(), count_.end());
    return as_double_;
  }

 private:
  channel_range range_;
  std::vector<std::uint16_t> channel_;
  std::span<std::uint32_t const> count_;
  std::vector<double> as_double_;
};

/// Sums over squares of an image of several maps, and over the squares around one.
class tile_sums {
 public:
  tile_sums(std::size_t edge, std::size_t rows, std::size_t columns, std::size_t maps)
      : edge_(edge),
        rows_(rows),
        columns_(columns),
        maps_(maps),
        across_((columns + edge - 1) / edge),
        down_((rows + edge - 1) / edge),
        sums_(across_ * down_ * maps),
        pixels_(across_ * down_) {}

  /// The edge of squares of which eight hold `wanted` counts.
  static std::size_t edge_for(double wanted, double counts_in_pixel) {
    return static_cast<std::size_t>(
        std::clamp(std::ceil(std::sqrt(wanted / (8 * std::max(counts_in_pixel, 0.1)))), 2.0, 16.0));
  }

  std::size_t edge() const { return edge_; }

  std::size_t tiles() const { return pixels_.size(); }
  std::size_t across() const { return across_; }

  template <class Visit>
  void pixels_of(std::size_t tile, Visit const& visit) const {
    std::size_t const y0 = tile / across_ * edge_, x0 = tile % across_ * edge_;
    for (std::size_t y = y0; y < std::min(y0 + edge_, rows_); ++y)
      for (std::size_t x = x0; x < std::min(x0 + edge_, columns_); ++x) visit(y * columns_ + x);
  }

  /// The sums of one tile, to be filled.
  std::span<double> of(std::size_t tile, std::size_t pixels) {
    pixels_[tile] = static_cast<double>(pixels);
    return std::span(sums_).subspan(tile * maps_, maps_);
  }

  /// Sum over the eight tiles around one, and itself where asked for; returns how many pixels these are.
  double around(std::size_t tile, bool itself, std::span<double> sum) const {
    std::ranges::fill(sum, 0.0);
    double pixels = 0;
    std::size_t const ty = tile / across_, tx = tile % across_;
    for (std::size_t y = ty - std::min<std::size_t>(ty, 1); y < std::min(ty + 2, down_); ++y)
      for (std::size_t x = tx - std::min<std::size_t>(tx, 1); x < std::min(tx + 2, across_); ++x) {
        std::size_t const at = y * across_ + x;
        if (at == tile && !itself) continue;
        for (std::size_t j = 0; j < maps_; ++j) sum[j] += sums_[at * maps_ + j];
        pixels += pixels_[at];
      }
    return pixels;
  }

 private:
  std::size_t edge_, rows_, columns_, maps_, across_, down_;
  std::vector<double> sums_, pixels_;
};

}  // namespace tomoedx::detail

#endif
