// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_EVENT_GATHERER_HPP
#define TOMOEDX_IO_DETAIL_EVENT_GATHERER_HPP
// IWYU pragma: private, include "tomoedx/io/event_list.hpp"

#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// Events as a list has them, some at a time: entry i is `count` photons at row y, column x and channel.
struct event_block {
  std::span<std::uint32_t const> y, x, channel, count;
};

/// Makes an image of events in any order. Events of the same pixel and channel are added, those of no photons left out.
class event_gatherer {
 public:
  /// An image may have so many pixels with so few events, no more: their beginnings take memory.
  static bool plausible(std::size_t rows, std::size_t columns, std::size_t events) {
    return rows * columns <= (std::size_t(1) << 22) + 1024 * events;
  }

  event_gatherer(std::size_t rows, std::size_t columns, energy_axis const& energy, std::string name)
      : name_(std::move(name)) {
    image_.rows = rows;
    image_.columns = columns;
    image_.energy = energy;
  }

  /// throws   file_error for an event outside the image
  void add(event_block const& b) {
    image_.channel.reserve(image_.channel.size() + b.y.size());
    image_.count.reserve(image_.channel.capacity());
    pixel_.reserve(image_.channel.capacity());
    for (std::size_t i = 0; i < b.y.size(); ++i, ++read_) {
      if (b.y[i] >= image_.rows || b.x[i] >= image_.columns || b.channel[i] >= image_.energy.channels)
        fail<file_error>(
            "{}: event {} lies at row {}, column {}, channel {}, outside the image of {} x {} x {}", name_,
            read_, b.y[i], b.x[i], b.channel[i], image_.rows, image_.columns, image_.energy.channels);
      if (b.count[i] == 0) continue;
      auto const pixel = static_cast<std::uint32_t>(b.y[i] * image_.columns + b.x[i]);
      auto const channel = static_cast<std::uint16_t>(b.channel[i]);
      sorted_ = sorted_ && (pixel_.empty() || pixel_.back() < pixel ||
                            (pixel_.back() == pixel && image_.channel.back() < channel));
      pixel_.push_back(pixel);
      image_.channel.push_back(channel);
      image_.count.push_back(b.count[i]);
    }
  }

  /// The image; the gatherer is empty afterwards.
  spectrum_image finish() {
    if (!sorted_) sort();
    image_.begin.assign(image_.pixels() + 1, 0);
    for (std::uint32_t const p : pixel_) ++image_.begin[p + 1];
    std::partial_sum(image_.begin.begin(), image_.begin.end(), image_.begin.begin());
    return std::move(image_);
  }

 private:
  void sort() {
    std::vector<std::size_t> order(pixel_.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::sort(order, {}, [this](std::size_t i) { return std::pair(pixel_[i], image_.channel[i]); });
    std::vector<std::uint32_t> pixel, count;
    std::vector<std::uint16_t> channel;
    for (std::size_t const i : order) {
      if (!pixel.empty() && pixel.back() == pixel_[i] && channel.back() == image_.channel[i]) {
        expects<file_error>(image_.count[i] <= std::numeric_limits<std::uint32_t>::max() - count.back(),
                            "{}: pixel {} has more than 4294967295 counts in channel {}", name_, pixel.back(),
                            channel.back());
        count.back() += image_.count[i];
        continue;
      }
      pixel.push_back(pixel_[i]);
      channel.push_back(image_.channel[i]);
      count.push_back(image_.count[i]);
    }
    pixel_ = std::move(pixel);
    image_.channel = std::move(channel);
    image_.count = std::move(count);
  }

  std::string name_;
  spectrum_image image_;
  std::vector<std::uint32_t> pixel_;
  std::size_t read_ = 0;
  bool sorted_ = true;
};

/// What an event list says of the tilts: where the events of each begin, and where the last ones end.
///
/// throws   file_error: not increasing, or beyond the events there are
inline void check_offsets(std::span<std::int64_t const> offsets, std::size_t events,
                          std::string const& name) {
  expects<file_error>(offsets.size() >= 2, "{}: has {} offsets; one more than images is wanted", name,
                      offsets.size());
  expects<file_error>(offsets.front() == 0 && static_cast<std::size_t>(offsets.back()) == events,
                      "{}: its offsets go from {} to {}, its events from 0 to {}", name, offsets.front(),
                      offsets.back(), events);
  for (std::size_t i = 1; i < offsets.size(); ++i)
    expects<file_error>(offsets[i - 1] <= offsets[i], "{}: offset {} ({}) is behind the next ({})", name,
                        i - 1, offsets[i - 1], offsets[i]);
}

}  // namespace tomoedx::io::detail

#endif
