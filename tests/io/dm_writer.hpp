// SPDX-License-Identifier: BSD-3-Clause
// DM3 and DM4 files put together tag by tag, for the tests and the fuzzing of the reader.
#ifndef TOMOEDX_TESTS_IO_DM_WRITER_HPP
#define TOMOEDX_TESTS_IO_DM_WRITER_HPP

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace dm_writer {

/// The bytes of a number.
template <class T>
std::string bytes_of(T value, std::endian order) {
  std::string b(sizeof(T), '\0');
  std::memcpy(b.data(), &value, sizeof(T));
  if (order != std::endian::native) std::ranges::reverse(b);
  return b;
}

/// How DM writes numbers of this type.
template <class T>
constexpr std::uint64_t code_of() {
  if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? 6 : 7;
  constexpr bool plus = std::unsigned_integral<T>;
  return sizeof(T) == 1   ? (plus ? 10 : 9)
         : sizeof(T) == 2 ? (plus ? 4 : 2)
         : sizeof(T) == 4 ? (plus ? 5 : 3)
                          : (plus ? 12 : 11);
}

/// How DM calls images of this type.
template <class T>
constexpr std::uint32_t data_type_of() {
  if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? 2 : 12;
  constexpr bool plus = std::unsigned_integral<T>;
  return sizeof(T) == 1   ? (plus ? 6 : 9)
         : sizeof(T) == 2 ? (plus ? 10 : 1)
         : sizeof(T) == 4 ? (plus ? 11 : 7)
                          : (plus ? 40 : 39);
}

/// A tag: a group of tags, or a value with the numbers that describe its type.
struct tag {
  std::string label;
  bool group = true;
  std::vector<tag> inside;
  std::vector<std::uint64_t> type;
  std::vector<std::string> parts;  ///< of the value, each a number, least significant byte first
};

inline tag group(std::string label, std::vector<tag> inside) {
  return {std::move(label), true, std::move(inside), {}, {}};
}
template <class T>
tag number(std::string label, T value) {
  return {std::move(label), false, {}, {code_of<T>()}, {bytes_of(value, std::endian::little)}};
}
template <class T>
tag list(std::string label, std::vector<T> const& values) {
  tag t{std::move(label), false, {}, {20, code_of<T>(), values.size()}, {}};
  for (T const v : values) t.parts.push_back(bytes_of(v, std::endian::little));
  return t;
}
inline tag text(std::string label, std::u16string const& letters) {
  return list(std::move(label), std::vector<std::uint16_t>(letters.begin(), letters.end()));
}
/// A record of two numbers, as DM writes sizes of windows.
inline tag record(std::string label, std::int16_t a, float b) {
  return {std::move(label),
          false,
          {},
          {15, 0, 2, 0, 2, 0, 6},
          {bytes_of(a, std::endian::little), bytes_of(b, std::endian::little)}};
}

struct calibration {
  float origin = 0, scale = 1;
  std::u16string units;
};

/// An image as DM keeps it; dimensions and calibrations fastest first.
template <class T>
tag image(std::u16string const& name, std::vector<std::uint32_t> const& dimensions,
          std::vector<T> const& values, std::vector<calibration> const& axes = {}, std::vector<tag> tags = {},
          std::uint32_t data_type = data_type_of<T>()) {
  std::vector<tag> extents, calibrations;
  for (auto const n : dimensions) extents.push_back(number("", n));
  for (auto const& a : axes)
    calibrations.push_back(
        group("", {number("Origin", a.origin), number("Scale", a.scale), text("Units", a.units)}));
  return group(
      "", {group("ImageData", {group("Calibrations", {group("Dimension", calibrations)}),
                               list("Data", values), number("DataType", data_type),
                               group("Dimensions", extents), number("PixelDepth", std::uint32_t(sizeof(T)))}),
           group("ImageTags", std::move(tags)), text("Name", name)});
}

/// The tags of a file with these images, the first `thumbnails` of them small pictures.
inline std::vector<tag> document(std::vector<tag> images, unsigned thumbnails = 0) {
  std::vector<tag> small;
  for (unsigned i = 0; i < thumbnails; ++i)
    small.push_back(group("", {number("ImageIndex", std::uint32_t(i)), record("SourceSize_Pixels", 4, 4)}));
  return {record("ApplicationBounds", 1, 2.5f), group("ImageList", std::move(images)),
          number("InImageMode", std::uint8_t(1)), group("Thumbnails", std::move(small))};
}

/// The bytes of a file of version 3 or 4.
inline std::string file(std::vector<tag> const& root, int version, std::endian order) {
  auto const wide = [&](std::uint64_t n) {
    return version == 4 ? bytes_of(n, std::endian::big) : bytes_of(std::uint32_t(n), std::endian::big);
  };
  auto const write = [&](auto const& self, std::vector<tag> const& tags) -> std::string {
    std::string out("\1\0", 2);
    out += wide(tags.size());
    for (tag const& t : tags) {
      std::string body;
      if (t.group) {
        body = self(self, t.inside);
      } else {
        body = "%%%%" + wide(t.type.size());
        for (auto const n : t.type) body += wide(n);
        for (std::string part : t.parts) {
          if (order == std::endian::big) std::ranges::reverse(part);
          body += part;
        }
      }
      out += t.group ? '\x14' : '\x15';
      out += bytes_of(std::uint16_t(t.label.size()), std::endian::big) + t.label;
      if (version == 4) out += bytes_of(std::uint64_t(body.size()), std::endian::big);
      out += body;
    }
    return out;
  };
  std::string const body = write(write, root);
  return bytes_of(std::uint32_t(version), std::endian::big) + wide(body.size() + 4) +
         bytes_of(std::uint32_t(order == std::endian::little), std::endian::big) + body +
         std::string(8, '\0');
}

}  // namespace dm_writer

#endif
