// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_MRC_TILTS_HPP
#define TOMOEDX_IO_DETAIL_MRC_TILTS_HPP
// IWYU pragma: private, include "tomoedx/io/mrc.hpp"

#include <tomoedx/io/detail/mrc_header.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tomoedx::io::detail {

/// Bytes of one section's record in a SerialEM extended header with these flags.
inline std::size_t seri_record(unsigned flags) {
  static constexpr std::size_t bytes[] = {2, 6, 4, 2, 2, 4, 2, 4, 2, 4, 2};  // bit 0: tilt, 1: piece, ...
  std::size_t sum = 0;
  for (unsigned bit = 0; bit < std::size(bytes); ++bit)
    if (flags >> bit & 1u) sum += bytes[bit];
  return sum;
}

/// Tilt angles [degree] of the sections from the extended header, or none.
///
/// Read are: SerialEM records (16 bit integers, first the angle times 100, when flag 1 is set and the flags
/// add up to the record's size); FEI1 and FEI2 records (a double at byte 100, the record's size at byte 0);
/// the older FEI records of 32 floats, angle first.
inline std::vector<double> mrc_tilts(input& in, mrc_header const& h) {
  auto const sections = std::size_t(h.extents[2]);
  auto const extended = std::size_t(h.extended);
  std::size_t record = 0;
  std::size_t offset = 0;
  std::size_t width = 0;

  auto const flags = static_cast<std::uint16_t>(h.nreal);
  bool const fei = h.extended_type == "FEI1" || h.extended_type == "FEI2";
  if (fei && extended >= 108) {
    unsigned char size[4];
    in.seek(mrc_header_size);
    in.read(size, 4);
    auto const said = field<std::int32_t>(size, 0, h.bytes);
    if (said >= 108 && said <= 65536) record = std::size_t(said), offset = 100, width = 8;
  }
  if (record == 0 && !fei && (flags & 1) != 0 && h.nint > 0 && seri_record(flags) == std::size_t(h.nint))
    record = std::size_t(h.nint), width = 2;
  if (record == 0 && h.nint == 0 && h.nreal == 32) record = 128, width = 4;
  if (record == 0 || sections > extended / record) return {};

  std::vector<double> tilts;
  std::vector<unsigned char> one(record);
  in.seek(mrc_header_size);
  for (std::size_t i = 0; i < sections; ++i) {
    in.read(one.data(), record);
    double angle = 0;
    if (width == 2) angle = field<std::int16_t>(one.data(), offset, h.bytes) / 100.0;
    if (width == 4) angle = double(field<float>(one.data(), offset, h.bytes));
    if (width == 8) angle = field<double>(one.data(), offset, h.bytes);
    if (!(std::fabs(angle) <= 360)) return {};  // not what we took it for
    tilts.push_back(angle);
  }
  return tilts;
}

}  // namespace tomoedx::io::detail

#endif
