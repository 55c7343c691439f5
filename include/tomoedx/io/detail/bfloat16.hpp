// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BFLOAT16_HPP
#define TOMOEDX_IO_DETAIL_BFLOAT16_HPP
// IWYU pragma: private, include "tomoedx/io/safetensors.hpp"

#include <bit>
#include <cstdint>

namespace tomoedx::io::detail {

/// The upper half of a float as it lies in a file.
struct bfloat16 {
  std::uint16_t bits = 0;
};

/// The float of the same value; every bfloat16 is one, NaN payloads and signs included.
inline float to_float(bfloat16 b) {
  return std::bit_cast<float>(std::uint32_t(b.bits) << 16);
}

}  // namespace tomoedx::io::detail

#endif
