// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_TIFF_DESCRIPTION_HPP
#define TOMOEDX_IO_DETAIL_TIFF_DESCRIPTION_HPP
// IWYU pragma: private, include "tomoedx/io/tiff.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tomoedx::io::detail {

/// What the description of a TIFF says of its pixels, when ImageJ or OME wrote it.
struct tiff_description {
  enum class writer { unknown, imagej, ome } by = writer::unknown;
  std::uint64_t images = 0;          ///< of ImageJ, whose files above 4 GB have only one directory
  std::string units, spacing_units;  ///< of x and y; of the slowest index
  std::optional<double> x, y, spacing,
      origin;  ///< of a pixel and of a page; ImageJ keeps x and y as resolution
};

/// A finite number at the start of a text.
inline std::optional<double> leading_number(std::string_view text) {
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  double v = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), v);
  return code == std::errc() && std::isfinite(v) ? std::optional(v) : std::nullopt;
}

/// Letters as ImageJ writes them: "\u00B5m" is µm.
inline std::string plain_letters(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < 100; ++i) {
    unsigned letter = 0;
    if (text.substr(i).starts_with("\\u") && i + 6 <= text.size() &&
        std::from_chars(text.data() + i + 2, text.data() + i + 6, letter, 16).ptr == text.data() + i + 6) {
      i += 5;
      if (letter < 0x80) out += static_cast<char>(letter < 0x20 ? '?' : letter);
      if (letter >= 0x80 && letter < 0x800)
        out += {static_cast<char>(0xC0 | (letter >> 6)), static_cast<char>(0x80 | (letter & 0x3F))};
      if (letter >= 0x800 && (letter < 0xD800 || letter >= 0xE000))
        out += {static_cast<char>(0xE0 | (letter >> 12)), static_cast<char>(0x80 | ((letter >> 6) & 0x3F)),
                static_cast<char>(0x80 | (letter & 0x3F))};
    } else {
      out += static_cast<unsigned char>(text[i]) < 0x20 ? '?' : text[i];
    }
  }
  return out;
}

/// The value of key=value on a line of its own.
inline std::string_view imagej_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
      return line.substr(key.size() + 1);
  }
  return {};
}

/// The value of key="value" inside the first <Pixels ...> of OME's XML.
inline std::string_view ome_value(std::string_view text, std::string_view key) {
  auto const begin = text.find("<Pixels");
  if (begin == text.npos) return {};
  text = text.substr(begin, text.substr(begin).find('>'));
  for (auto at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    std::string_view rest = text.substr(at + key.size());
    bool const whole = at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\n' || text[at - 1] == '\t');
    if (!whole || rest.size() < 2 || rest[0] != '=' || (rest[1] != '"' && rest[1] != '\'')) continue;
    char const quote = rest[1];
    rest.remove_prefix(2);
    return rest.substr(0, rest.find(quote));
  }
  return {};
}

/// What a description says.
inline tiff_description read_description(std::string_view text) {
  using writer = tiff_description::writer;
  tiff_description d;
  auto const units_of = [](std::string_view found) {
    std::string const units = plain_letters(found);
    return units == "pixel" || units == "pixels" ? "" : units == "microns" ? "um" : units;
  };
  if (text.starts_with("ImageJ=")) {
    d.by = writer::imagej;
    d.units = units_of(imagej_value(text, "unit"));
    std::string const z = units_of(imagej_value(text, "zunit"));
    d.spacing_units = z.empty() ? d.units : z;
    d.spacing = leading_number(imagej_value(text, "spacing"));
    d.origin = leading_number(imagej_value(text, "zorigin"));
    auto const images = leading_number(imagej_value(text, "images"));
    if (images && *images >= 1 && *images <= 1e9) d.images = static_cast<std::uint64_t>(*images);
  } else if (text.find("<OME") != text.npos && text.find("<Pixels") != text.npos) {
    d.by = writer::ome;
    auto const positive = [&](std::string_view key) {
      auto const v = leading_number(ome_value(text, key));
      return v && *v > 0 ? v : std::nullopt;
    };
    d.x = positive("PhysicalSizeX");
    d.y = positive("PhysicalSizeY");
    d.spacing = positive("PhysicalSizeZ");
    auto const or_micrometre = [&](std::string_view key) {
      std::string const units = plain_letters(ome_value(text, key));
      return units.empty() ? "µm" : units;
    };
    if (d.x || d.y) d.units = or_micrometre("PhysicalSizeXUnit");
    if (d.spacing) d.spacing_units = or_micrometre("PhysicalSizeZUnit");
  }
  return d;
}

}  // namespace tomoedx::io::detail

#endif
