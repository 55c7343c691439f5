// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_FONT_HPP
#define TOMOEDX_FIGURES_FONT_HPP

#include <tomoedx/figures/canvas.hpp>
#include <tomoedx/figures/detail/glyphs.hpp>

#include <string>
#include <string_view>

namespace tomoedx::figures {

namespace detail {

inline bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

inline glyph const& glyph_of(char c) {
  bool const printable = c >= ' ' && c <= '~';
  return glyphs[static_cast<std::size_t>((printable ? c : '?') - ' ')];
}

}  // namespace detail

/// Height of a line of text in pixels, the parts below the line included.
constexpr std::ptrdiff_t text_height(int scale = 1) {
  return 9 * scale;
}

/// Width of a text in pixels. What is not ASCII counts, and is drawn, as one question mark.
inline std::ptrdiff_t text_width(std::string_view text, int scale = 1) {
  std::ptrdiff_t letters = 0;
  for (char const c : text) letters += !detail::continues_a_character(c);
  return letters == 0 ? 0 : (6 * letters - 1) * scale;
}

/// Write a text with its upper left corner at (x, y); every pixel of the letters is `scale` pixels wide.
inline void draw_text(canvas& on, std::ptrdiff_t x, std::ptrdiff_t y, std::string_view text, rgb color,
                      int scale = 1) {
  for (char const c : text) {
    if (detail::continues_a_character(c)) continue;
    auto const& rows = detail::glyph_of(c);
    for (int row = 0; row < 9; ++row)
      for (int column = 0; column < 5; ++column)
        if ((rows[static_cast<std::size_t>(row)] >> (4 - column)) & 1u)
          on.fill(x + column * scale, y + row * scale, scale, scale, color);
    x += 6 * scale;
  }
}

/// The text itself, or as much of its beginning as fits into `width` pixels with two points after it.
inline std::string shortened(std::string_view text, std::ptrdiff_t width, int scale = 1) {
  if (text_width(text, scale) <= width) return std::string(text);
  while (!text.empty() && text_width(text, scale) + 12 * scale > width) text.remove_suffix(1);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80u) != 0) text.remove_suffix(1);
  return std::string(text) + "..";
}

}  // namespace tomoedx::figures

#endif
