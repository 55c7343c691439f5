// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HALF_HPP
#define TOMOEDX_IO_DETAIL_HALF_HPP
// IWYU pragma: private, include "tomoedx/io/file.hpp"

#include <bit>
#include <cstdint>

namespace tomoedx::io::detail {

/// An IEEE 754 binary16 number as it lies in a file.
struct half {
  std::uint16_t bits = 0;
};

inline constexpr float half_max = 65504;

/// The float of the same value; every half is one, NaN payloads and signs included.
inline float to_float(half h) {
  std::uint32_t const sign = std::uint32_t(h.bits & 0x8000u) << 16;
  std::uint32_t const exponent = (h.bits >> 10) & 0x1Fu;
  std::uint32_t const fraction = h.bits & 0x3FFu;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  float const small = static_cast<float>(fraction) * 0x1p-24f;  // subnormal or zero
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(small));
}

/// The nearest half, ties to even; beyond the range it is infinite.
inline half to_half(float value) {
  std::uint32_t const all = std::bit_cast<std::uint32_t>(value);
  auto const sign = static_cast<std::uint16_t>((all >> 16) & 0x8000u);
  std::uint32_t const size = all & 0x7FFFFFFFu;
  if (size > 0x7F800000u) return {static_cast<std::uint16_t>(sign | 0x7E00u)};
  if (size >= 0x477FF000u) return {static_cast<std::uint16_t>(sign | 0x7C00u)};  // rounds to 65520 or more
  if (size < 0x38800000u) {                                                      // below 2^-14: subnormal
    // adding 0.5 leaves the fraction, rounded to even by the addition, in the lowest bits
    float const shifted = std::bit_cast<float>(size) + 0.5f;
    return {static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u))};
  }
  std::uint32_t const odd = (size >> 13) & 1u;
  return {static_cast<std::uint16_t>(sign | ((size - 0x38000000u + 0xFFFu + odd) >> 13))};
}

}  // namespace tomoedx::io::detail

#endif
