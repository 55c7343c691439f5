// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BCF_SPECTRA_HPP
#define TOMOEDX_IO_DETAIL_BCF_SPECTRA_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/bcf_pixel.hpp>
#include <tomoedx/io/detail/byte_reader.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace tomoedx::io::detail {

inline constexpr std::size_t bcf_first_line = 0x1A0;

/// Rows and columns of a map.
struct bcf_size {
  std::size_t rows = 0, columns = 0;
};

/// Take the first 416 bytes of a map that has so many `bytes`, `stored` of them in the file before it was unpacked.
/// Pixels without counts need no byte, so more of them are believed than there are bytes stored.
inline bcf_size bcf_map_size(byte_reader& in, std::uint64_t bytes, std::uint64_t stored) {
  unsigned char const* const head = in.take(bcf_first_line);
  bcf_size const s{little<std::uint32_t>(head), little<std::uint32_t>(head + 4)};
  expects<file_error>(s.rows > 0 && s.columns > 0 && s.rows <= 65536 && s.columns <= 65536,
                      "{}: {} x {} pixels, at byte 0; 1 to 65536 are possible along each", in.name(), s.rows,
                      s.columns);
  expects<file_error>(
      s.rows <= bytes / 4 && s.rows * s.columns <= (1u << 20) + stored * 64,
      "{}: claims {} x {} pixels, at byte 0, and holds only {} bytes of spectra, {} before they "
      "were unpacked; the file is damaged",
      in.name(), s.rows, s.columns, bytes, stored);
  return s;
}

/// Append the counts of a line to the image, those of the same pixel and channel together.
inline void append_line(bcf_line& line, spectrum_image& s, std::string const& name) {
  if (!std::ranges::is_sorted(line.counts)) std::ranges::sort(line.counts);
  std::size_t const first = s.begin.size() - 1;  // pixel of column 0
  for (std::size_t i = 0; i < line.counts.size();) {
    std::uint64_t const key = line.counts[i] >> 32;
    std::uint64_t count = 0;
    for (; i < line.counts.size() && line.counts[i] >> 32 == key; ++i) count += line.counts[i] & 0xFFFFFFFFu;
    expects<file_error>(count <= std::numeric_limits<std::uint32_t>::max(),
                        "{}: {} counts in channel {} of pixel {}; 32 bits hold them", name, count,
                        key & 0xFFFF, first);
    while (s.begin.size() <= first + (key >> 16)) s.begin.push_back(s.channel.size());
    s.channel.push_back(static_cast<std::uint16_t>(key));
    s.count.push_back(static_cast<std::uint32_t>(count));
  }
  while (s.begin.size() <= first + s.columns) s.begin.push_back(s.channel.size());
  line.counts.clear();
}

/// Unpack a map, `stored` bytes in its file, into `s`, which knows its channels: its lines, each with the number of
/// its pixels before them.
inline void unpack_bcf(std::span<unsigned char const> bytes, std::uint64_t stored, std::string const& name,
                       spectrum_image& s) {
  byte_reader in(bytes, name);
  bcf_size const size = bcf_map_size(in, bytes.size(), stored);
  s.rows = size.rows;
  s.columns = size.columns;
  s.begin.reserve(s.pixels() + 1);
  s.begin.assign(1, 0);
  bcf_line line{{}, s.energy.channels, 0};
  for (std::size_t y = 0; y < s.rows; ++y) {
    std::uint32_t const pixels = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < pixels; ++i) add_pixel(in, s.columns, line);
    append_line(line, s, name);
  }
  if (line.dropped > 0)
    s.how.notes.push_back(
        fmt::format("{} counts beyond channel {} were left out", line.dropped, s.energy.channels));
  if (in.left() > 0)
    s.how.notes.push_back(fmt::format("{} bytes after the last line were not read", in.left()));
}

}  // namespace tomoedx::io::detail

#endif
