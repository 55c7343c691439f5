// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BCF_PIXEL_HPP
#define TOMOEDX_IO_DETAIL_BCF_PIXEL_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/byte_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// Counts of a line of pixels, each one number that sorts by pixel, then channel: x << 48 | channel << 32 |
/// count.
struct bcf_line {
  std::vector<std::uint64_t> counts;
  std::size_t channels = 0;   ///< those beyond are not kept
  std::uint64_t dropped = 0;  ///< counts in them

  void add(std::uint64_t x, std::size_t channel, std::uint64_t count) {
    if (channel < channels)
      counts.push_back(x << 48 | std::uint64_t(channel) << 32 | count);
    else
      dropped += count;
  }
};

/// Pulses of 12 bits, highest bit first in words of 16 bits whose bytes stand lowest first.
inline void add_pulses12(unsigned char const* from, std::size_t pulses, std::uint64_t x, bcf_line& to) {
  for (std::size_t i = 0; i < pulses; ++i) {
    std::size_t const bit = 12 * i, word = bit / 16 * 2, inside = bit % 16;
    std::uint32_t two = std::uint32_t(little<std::uint16_t>(from + word)) << 16;
    if (inside > 4) two |= little<std::uint16_t>(from + word + 2);
    to.add(x, (two >> (20 - inside)) & 0xFFF, 1);
  }
}

/// Pulses of 16 bits.
inline void add_pulses16(unsigned char const* from, std::size_t pulses, std::uint64_t x, bcf_line& to) {
  for (std::size_t i = 0; i < pulses; ++i) to.add(x, little<std::uint16_t>(from + 2 * i), 1);
}

/// Runs of channels, beginning with the first: each run has its width in half bytes and its length, a byte
/// each, then, unless its width is 0 (nothing counted), an offset of twice that width and the counts above
/// it. Half bytes stand lower half first.
inline void add_runs(byte_reader& in, std::size_t end, std::uint64_t x, bcf_line& to) {
  std::size_t channel = 0;
  while (in.position() + 2 <= end) {
    std::size_t const where = in.position();
    unsigned const width = in.number<unsigned char>(), length = in.number<unsigned char>();
    if (width == 0) {
      channel += length;
      continue;
    }
    expects<file_error>(width == 1 || width == 2 || width == 4 || width == 8,
                        "{}: a run of counts of {} half bytes at byte {}; 0, 1, 2, 4 and 8 are known",
                        in.name(), width, where);
    std::size_t const bytes = width + (std::size_t(width) * length + 1) / 2;
    expects<file_error>(bytes <= end - in.position(),
                        "{}: a run of {} counts at byte {} goes beyond its pixel, which ends at byte {}",
                        in.name(), length, where, end);
    unsigned char const* at = in.take(bytes);
    std::uint64_t const offset = width == 1   ? *at
                                 : width == 2 ? little<std::uint16_t>(at)
                                 : width == 4 ? little<std::uint32_t>(at)
                                              : little<std::uint64_t>(at);
    at += width;
    for (unsigned i = 0; i < length; ++i, ++channel) {
      std::uint64_t const above = width == 1   ? (at[i / 2] >> (i % 2 * 4)) & 15u
                                  : width == 2 ? at[i]
                                  : width == 4 ? little<std::uint16_t>(at + 2 * std::size_t(i))
                                               : little<std::uint32_t>(at + 4 * std::size_t(i));
      std::uint64_t const count = offset + above;
      expects<file_error>(count >= above && count <= std::numeric_limits<std::uint32_t>::max(),
                          "{}: a count of {} + {} in the run at byte {}; 32 bits hold it", in.name(), offset,
                          above, where);
      if (count > 0) to.add(x, channel, count);
    }
  }
}

/// Take one pixel: 22 bytes that say how its counts are packed, then these.
inline void add_pixel(byte_reader& in, std::size_t columns, bcf_line& to) {
  std::size_t const where = in.position();
  unsigned char const* const head = in.take(22);
  std::uint32_t const x = little<std::uint32_t>(head);
  unsigned const packing = little<std::uint16_t>(head + 12);
  std::size_t const pulses = little<std::uint16_t>(head + 16), bytes = little<std::uint16_t>(head + 18);
  expects<file_error>(x < columns, "{}: a pixel of column {} at byte {}; the image has {} columns", in.name(),
                      x, where, columns);
  if (packing < 2) {
    std::size_t const needed = packing == 0 ? 2 * pulses : (12 * pulses + 15) / 16 * 2;
    expects<file_error>(needed <= bytes, "{}: {} pulses in {} bytes at byte {}; they need {}", in.name(),
                        pulses, bytes, where, needed);
    (packing == 0 ? add_pulses16 : add_pulses12)(in.take(bytes), pulses, x, to);
    return;
  }
  expects<file_error>(packing < 16, "{}: packing {} of the pixel at byte {} is unknown; 0 to 15 are known",
                      in.name(), packing, where);
  if (bytes == 0) return;
  expects<file_error>(bytes >= 4 && bytes <= in.left(), "{}: the pixel at byte {} has {} bytes, {} are left",
                      in.name(), where, bytes, in.left());
  std::size_t const end = in.position() + bytes - 4;
  add_runs(in, end, x, to);
  if (in.position() < end) in.take(end - in.position());
  std::uint32_t const more = in.number<std::uint32_t>();  // bytes of pulses, of 16 bits each
  expects<file_error>(more == 2 * pulses, "{}: the pixel at byte {} has {} pulses in {} bytes; they need {}",
                      in.name(), where, pulses, more, 2 * pulses);
  add_pulses16(in.take(more), pulses, x, to);
}

}  // namespace tomoedx::io::detail

#endif
