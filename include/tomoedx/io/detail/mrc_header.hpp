// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_MRC_HEADER_HPP
#define TOMOEDX_IO_DETAIL_MRC_HEADER_HPP
// IWYU pragma: private, include "tomoedx/io/mrc.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/input.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

inline constexpr std::size_t mrc_header_size = 1024;
inline constexpr std::int32_t imod_stamp = 1146047817;

/// A number at a byte offset, in the given byte order.
template <class T>
T field(unsigned char const* bytes, std::size_t offset, std::endian order) {
  T v;
  std::memcpy(&v, bytes + offset, sizeof v);
  if (order != std::endian::native) swap_bytes(&v, 1, sizeof v);
  return v;
}

/// The 1024 bytes at the start of an MRC file.
///
/// source   Cheng et al., "MRC2014: Extensions to the MRC format header", J. Struct. Biol. 192 (2015) 146;
///          the IMOD documentation of the same format for bytes 128 to 160
struct mrc_header {
  std::endian bytes = std::endian::little;
  std::array<std::int32_t, 3> extents{};  ///< columns, rows, sections
  std::int32_t mode = 0;
  std::array<std::int32_t, 3> intervals{};  ///< samples along the cell's x, y, z
  std::array<float, 3> cell{};              ///< [angstrom] size along x, y, z
  std::array<std::int32_t, 3> axes{};       ///< which of x, y, z (1, 2, 3) columns, rows, sections are
  std::int32_t extended = 0;                ///< bytes of the extended header
  std::string extended_type;
  std::int16_t nint = 0, nreal = 0;  ///< how the extended header is cut into records
  bool imod = false;
  std::int32_t imod_flags = 0;
  std::array<float, 3> origin{};  ///< [angstrom] along x, y, z
  bool has_map = false;
  std::vector<std::string> labels;

  mrc_header(unsigned char const* h, std::endian order) : bytes(order) {
    for (std::size_t i = 0; i < 3; ++i) {
      extents[i] = field<std::int32_t>(h, 4 * i, order);
      intervals[i] = field<std::int32_t>(h, 28 + 4 * i, order);
      cell[i] = field<float>(h, 40 + 4 * i, order);
      axes[i] = field<std::int32_t>(h, 64 + 4 * i, order);
      origin[i] = field<float>(h, 196 + 4 * i, order);
    }
    mode = field<std::int32_t>(h, 12, order);
    extended = field<std::int32_t>(h, 92, order);
    extended_type.assign(reinterpret_cast<char const*>(h) + 104, 4);
    nint = field<std::int16_t>(h, 128, order);
    nreal = field<std::int16_t>(h, 130, order);
    imod = field<std::int32_t>(h, 152, order) == imod_stamp;
    imod_flags = field<std::int32_t>(h, 156, order);
    has_map = std::memcmp(h + 208, "MAP", 3) == 0;
    auto const count = std::clamp(field<std::int32_t>(h, 220, order), 0, 10);
    for (int i = 0; i < count; ++i) {
      std::string text(reinterpret_cast<char const*>(h) + 224 + 80 * i, 80);
      for (char& c : text)
        if (static_cast<unsigned char>(c) < 32 || c == 127) c = ' ';
      text.erase(text.find_last_not_of(' ') + 1);
      if (!text.empty()) labels.push_back(text);
    }
    if (axes == std::array<std::int32_t, 3>{}) axes = {1, 2, 3};  // old writers left them zero
  }

  /// The type of a value, or nothing for modes that are no real numbers.
  std::optional<scalar_type> type() const {
    switch (mode) {
      case 0:
        return imod && (imod_flags & 1) == 0 ? scalar_type::u8 : scalar_type::i8;
      case 1:
        return scalar_type::i16;
      case 2:
        return scalar_type::f32;
      case 6:
        return scalar_type::u16;
      case 12:
        return scalar_type::f16;
      default:
        return std::nullopt;
    }
  }

  bool plausible() const {
    static constexpr std::int32_t modes[] = {0, 1, 2, 3, 4, 6, 12, 16, 101};
    return std::find(std::begin(modes), std::end(modes), mode) != std::end(modes) &&
           std::ranges::all_of(extents, [](auto n) { return n > 0; }) && extended >= 0;
  }

  /// Sections, rows, columns as extents.
  std::vector<std::size_t> file_shape() const {
    return {std::size_t(extents[2]), std::size_t(extents[1]), std::size_t(extents[0])};
  }

  bool fits(std::uint64_t file_size) const {
    auto const count = plausible() ? count_of(file_shape(), 8) : std::nullopt;
    std::uint64_t const before = mrc_header_size + std::uint64_t(std::max(extended, 0));
    return count && before <= file_size &&
           *count <= (file_size - before) / size_of(type().value_or(scalar_type::i8));
  }
};

/// The header in its byte order: the machine stamp decides, unless only the other order makes sense.
inline mrc_header parse_mrc_header(unsigned char const* h, input const& in) {
  bool const says_big = h[212] == 0x11 && h[213] == 0x11;
  bool const says_little = h[212] == 0x44 && (h[213] == 0x44 || h[213] == 0x41);
  mrc_header const first(h, says_big ? std::endian::big : std::endian::little);
  mrc_header const second(h, says_big ? std::endian::little : std::endian::big);
  if (first.fits(in.size())) return first;
  if (second.fits(in.size())) return second;
  if (first.plausible()) return first;
  if (second.plausible()) return second;
  expects<file_error>(first.has_map || says_big || says_little,
                      "{}: is not an MRC file (no 'MAP ' at byte 208, no plausible size or mode)", in.name());
  expects<file_error>(first.extended >= 0, "{}: MRC extended header of {} bytes; the file is damaged",
                      in.name(), first.extended);
  expects<file_error>(std::ranges::all_of(first.extents, [](auto n) { return n > 0; }),
                      "{}: MRC header says {} columns, {} rows, {} sections; the file is damaged", in.name(),
                      first.extents[0], first.extents[1], first.extents[2]);
  fail<file_error>("{}: MRC mode {} is unknown; 0, 1, 2, 6 and 12 are read", in.name(), first.mode);
}

}  // namespace tomoedx::io::detail

#endif
