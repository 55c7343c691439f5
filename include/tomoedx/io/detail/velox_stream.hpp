// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_VELOX_STREAM_HPP
#define TOMOEDX_IO_DETAIL_VELOX_STREAM_HPP
// IWYU pragma: private, include "tomoedx/io/velox.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// The stream of a detector: the channel of each count, and 65535 where the beam goes on to the next pixel;
/// row by row, frame after frame.
struct velox_stream {
  std::string name;
  std::uint64_t values = 0;
  std::vector<std::uint64_t> frames;  ///< where each begins; empty when the file does not say
  std::function<void(std::uint64_t first, std::size_t count, std::uint16_t* to)> read;
};

/// Frames [first, first + count); no count means all that follow.
struct velox_frames {
  std::size_t first = 0, count = 0;
  std::size_t end() const {
    std::size_t const most = std::numeric_limits<std::size_t>::max();
    return count == 0 || count > most - first ? most : first + count;
  }
};

/// Whether the table of frames fits the stream: each begins in order, inside of it and after the end of a
/// pixel.
inline bool table_fits(velox_stream const& s) {
  for (std::size_t f = 0; f < s.frames.size(); ++f)
    if (s.frames[f] > s.values || (f > 0 && s.frames[f - 1] > s.frames[f])) return false;
  for (std::uint64_t const begin : s.frames) {
    std::uint16_t before = 65535;
    if (begin > 0) s.read(begin - 1, 1, &before);
    if (before != 65535) return false;
  }
  return true;
}

/// Call visit(pixel, channel) for each count of the wanted frames.
///
/// returns  how many of these frames lack pixels
/// throws   file_error; value_error when the stream has not all of these frames
template <class Visit>
std::size_t walk(velox_stream const& s, std::size_t pixels, std::size_t channels, velox_frames const& wanted,
                 Visit const& visit) {
  bool const known = !s.frames.empty();
  auto const check_there = [&](std::size_t frames) {
    expects<value_error>(wanted.first < frames && (wanted.count == 0 || wanted.end() <= frames),
                         "{}: {} frames from frame {} are wanted, there are {}", s.name,
                         wanted.count == 0 ? "all" : fmt::format("{}", wanted.count), wanted.first, frames);
  };
  if (known) check_there(s.frames.size());
  auto const start_of = [&](std::size_t f) { return known && f < s.frames.size() ? s.frames[f] : s.values; };
  std::size_t frame = known ? wanted.first : 0, pixel = 0, lacking = 0;
  std::uint64_t const end = wanted.end() < s.frames.size() ? s.frames[wanted.end()] : s.values;
  std::uint64_t next = known ? start_of(frame + 1) : end + 1;
  auto const finish = [&] { lacking += frame >= wanted.first && pixel < pixels ? 1 : 0; };
  std::vector<std::uint16_t> batch;
  for (std::uint64_t at = known ? s.frames[frame] : 0; at < end;) {
    batch.resize(static_cast<std::size_t>(std::min<std::uint64_t>(end - at, 1u << 20)));
    s.read(at, batch.size(), batch.data());
    for (std::uint16_t const value : batch) {
      for (; at == next && at < end; next = start_of(frame + 1)) {
        finish();
        ++frame;
        pixel = 0;
      }
      if (pixel == pixels) {
        expects<file_error>(!known, "{}: frame {} goes on at value {} after its {} pixels", s.name, frame, at,
                            pixels);
        if (++frame == wanted.end()) return lacking;
        pixel = 0;
      }
      if (value == 65535) {
        ++pixel;
      } else {
        expects<file_error>(value < channels, "{}: channel {} at value {}; there are {}", s.name, value, at,
                            channels);
        if (frame >= wanted.first) visit(pixel, value);
      }
      ++at;
    }
  }
  finish();
  if (!known) check_there(frame + (s.values > 0 ? 1 : 0));
  return lacking;
}

/// Add up the streams into `s`, which knows its pixels and channels. A table of frames that does not fit is
/// left aside: frames then follow each other without a gap. Each stream is read twice: first to know how many
/// counts each pixel has, then to put them there.
inline void gather(std::vector<velox_stream> streams, velox_frames const& wanted, spectrum_image& s) {
  for (velox_stream& one : streams) {
    if (table_fits(one)) continue;
    one.frames.clear();
    s.how.notes.push_back(
        "the table of frames does not fit its stream; frames were told apart by their pixels");
  }
  std::size_t const pixels = s.pixels(), channels = s.energy.channels;
  std::vector<std::size_t> at(pixels + 1, 0);
  std::size_t lacking = 0;
  for (velox_stream const& one : streams)
    lacking = std::max(
        lacking, walk(one, pixels, channels, wanted, [&](std::size_t p, std::uint16_t) { ++at[p + 1]; }));
  for (std::size_t p = 0; p < pixels; ++p) at[p + 1] += at[p];
  std::vector<std::size_t> const begin = at;
  std::vector<std::uint16_t> all(at.back());
  bool same = true;
  for (velox_stream const& one : streams)
    walk(one, pixels, channels, wanted, [&](std::size_t p, std::uint16_t c) {
      same = same && at[p] < begin[p + 1];
      if (same) all[at[p]++] = c;
    });
  for (std::size_t p = 0; p < pixels; ++p) same = same && at[p] == begin[p + 1];
  expects<file_error>(same, "{}: changed while it was read", streams.front().name);

  s.begin.assign(1, 0);
  s.begin.reserve(pixels + 1);
  for (std::size_t p = 0; p < pixels; ++p) {
    auto const from = all.begin();
    std::sort(from + static_cast<std::ptrdiff_t>(begin[p]), from + static_cast<std::ptrdiff_t>(begin[p + 1]));
    for (std::size_t i = begin[p]; i < begin[p + 1];) {
      std::size_t const first = i;
      while (i < begin[p + 1] && all[i] == all[first]) ++i;
      expects<file_error>(i - first <= std::numeric_limits<std::uint32_t>::max(),
                          "{}: {} counts in channel {} of pixel {}; 32 bits hold them", streams.front().name,
                          i - first, all[first], p);
      s.channel.push_back(all[first]);
      s.count.push_back(static_cast<std::uint32_t>(i - first));
    }
    s.begin.push_back(s.channel.size());
  }
  if (lacking > 0) s.how.notes.push_back(fmt::format("{} frames end before their last pixel", lacking));
}

}  // namespace tomoedx::io::detail

#endif
