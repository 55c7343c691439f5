// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BASE64_HPP
#define TOMOEDX_IO_DETAIL_BASE64_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// Bytes out of base64, spaces and ends of lines skipped; nothing when another character is met.
///
/// source   RFC 4648, section 4
inline std::optional<std::vector<unsigned char>> from_base64(std::string_view text) {
  static constexpr auto table = [] {
    std::array<unsigned char, 256> t{};
    t.fill(255);
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < digits.size(); ++i)
      t[static_cast<unsigned char>(digits[i])] = static_cast<unsigned char>(i);
    for (unsigned char const c : {' ', '\t', '\r', '\n'}) t[c] = 254;
    return t;
  }();
  std::vector<unsigned char> bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != '='; ++i) {
    unsigned char const v = table[static_cast<unsigned char>(text[i])];
    if (v == 254) continue;
    if (v == 255) return std::nullopt;
    bits = bits << 6 | v;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<unsigned char>(bits >> held));
  }
  for (; i < text.size(); ++i)
    if (text[i] != '=' && table[static_cast<unsigned char>(text[i])] != 254) return std::nullopt;
  return bytes;
}

}  // namespace tomoedx::io::detail

#endif
