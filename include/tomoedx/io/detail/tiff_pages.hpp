// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_TIFF_PAGES_HPP
#define TOMOEDX_IO_DETAIL_TIFF_PAGES_HPP
// IWYU pragma: private, include "tomoedx/io/tiff.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/tiff_description.hpp>
#include <tomoedx/io/detail/tiff_handle.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// One page as its directory describes it.
struct tiff_page {
  std::uint32_t rows = 0, columns = 0;
  scalar_type type = scalar_type::u8;
  bool operator==(tiff_page const&) const = default;
};

/// What so many bytes can unpack to at most: deflate packs 1032 to 1, LZW to a table of 4096 entries.
inline std::uint64_t most_bytes(tiff_handle const& t, std::uint64_t file_bytes) {
  auto const packing = t.field<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  std::uint64_t const ratio = packing == COMPRESSION_NONE ? 1 : packing == COMPRESSION_PACKBITS ? 128 : 4096;
  return std::min<std::uint64_t>(file_bytes, UINT64_MAX / 4096) * ratio;
}

/// throws   file_error for colours, palettes of less than 8 bits, complex numbers, and what the file has no bytes for
inline tiff_page page_of(tiff_handle const& t, std::size_t page, std::uint64_t file_bytes) {
  tiff_page p;
  p.rows = t.field<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  p.columns = t.field<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  auto const samples = t.field<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  auto const bits = t.field<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  auto const format = t.field<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  expects<file_error>(samples == 1, "{}: page {} has {} values in a pixel (colours); convert it to grey",
                      t.name(), page, samples);
  bool const real = format == SAMPLEFORMAT_IEEEFP,
             whole = format == SAMPLEFORMAT_INT || format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID;
  bool const plus = format != SAMPLEFORMAT_INT;
  expects<file_error>(
      (real && (bits == 16 || bits == 32 || bits == 64)) ||
          (whole && (bits == 8 || bits == 16 || bits == 32 || bits == 64)),
      "{}: page {} has {} bits in a value of format {}; integers of 8 to 64 bits and floats are read",
      t.name(), page, bits, format);
  if (real)
    p.type = bits == 16 ? scalar_type::f16 : bits == 32 ? scalar_type::f32 : scalar_type::f64;
  else if (bits <= 16)
    p.type = bits == 8 ? (plus ? scalar_type::u8 : scalar_type::i8)
             : plus    ? scalar_type::u16
                       : scalar_type::i16;
  else
    p.type = bits == 32 ? (plus ? scalar_type::u32 : scalar_type::i32)
             : plus     ? scalar_type::u64
                        : scalar_type::i64;
  expects<file_error>(p.rows > 0 && p.columns > 0, "{}: page {} is {} x {} pixels", t.name(), page, p.rows,
                      p.columns);
  expects<file_error>(std::uint64_t(p.rows) * p.columns <= most_bytes(t, file_bytes) / size_of(p.type),
                      "{}: page {} claims {} x {} values of {}, the file has {} bytes", t.name(), page,
                      p.rows, p.columns, name_of(p.type), file_bytes);
  return p;
}

/// A TIFF that was opened, its pages counted and compared.
struct tiff_file {
  std::uint64_t bytes;
  tiff_handle tiff;
  tiff_page page;
  std::vector<std::uint64_t> pages;  ///< where the directories of images in full size are
  std::uint64_t plain_images =
      0;  ///< of an ImageJ file with one directory, whose images follow each other plainly
  std::uint64_t plain_begin = 0;
  info what;

  explicit tiff_file(std::filesystem::path const& path)
      : bytes(checked_size(path)),
        tiff((input(path), path), "rO", bytes + (std::uint64_t(64) << 20), path.string()) {
    std::string const& name = tiff.name();
    std::uint32_t smaller = 0, directory = 0;
    do {
      expects<file_error>(directory < 65535, "{}: has more than 65535 pages", name);
      if ((tiff.field<std::uint32_t>(TIFFTAG_SUBFILETYPE, 0) & FILETYPE_REDUCEDIMAGE) != 0 &&
          !pages.empty()) {
        ++smaller;
        continue;
      }
      tiff_page const p = page_of(tiff, directory, bytes);
      if (pages.empty()) page = p;
      expects<file_error>(
          p == page, "{}: page {} is {} x {} {}, the first {} x {} {}; save stacks of one size", name,
          directory, p.rows, p.columns, name_of(p.type), page.rows, page.columns, name_of(page.type));
      pages.push_back(TIFFCurrentDirOffset(tiff));
    } while (++directory, TIFFReadDirectory(tiff) == 1);
    expects<file_error>(!tiff.complained(), "{}: page {} is damaged: {}", name, directory, tiff.reason());
    select(0);
    describe();
    if (smaller > 0) what.notes.push_back(fmt::format("{} smaller copies were left out", smaller));
  }

  void select(std::size_t page_index) {
    expects<file_error>(TIFFSetSubDirectory(tiff, pages[page_index]) == 1,
                        "{}: libtiff cannot find page {}: {}", tiff.name(), page_index, tiff.reason());
  }

 private:
  void describe() {
    std::string const text = tiff.text(TIFFTAG_IMAGEDESCRIPTION);
    tiff_description const d = read_description(text);
    std::size_t count = pages.size();
    bool const plain = tiff.field<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_NONE;
    if (count == 1 && d.images > 1 && plain && TIFFIsTiled(tiff) == 0) {
      plain_begin = TIFFGetStrileOffset(tiff, 0);
      std::uint64_t const each = std::uint64_t(page.rows) * page.columns * size_of(page.type);
      expects<file_error>(plain_begin <= bytes && d.images <= (bytes - plain_begin) / each,
                          "{}: truncated: {} images of {} bytes from byte {}, the file has {}", tiff.name(),
                          d.images, each, plain_begin, bytes);
      plain_images = d.images;
      count = d.images;
    }
    expects<file_error>(count <= most_bytes(tiff, bytes) / size_of(page.type) / page.rows / page.columns,
                        "{}: claims {} pages of {} x {}, the file has {} bytes", tiff.name(), count,
                        page.rows, page.columns, bytes);
    what.format = "tiff";
    what.type = page.type;
    what.bytes = TIFFIsBigEndian(tiff) != 0 ? std::endian::big : std::endian::little;
    if (count > 1) what.shape.push_back(count);
    what.shape.insert(what.shape.end(), {page.rows, page.columns});
    if (tiff.field<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == PHOTOMETRIC_MINISWHITE)
      what.notes.push_back("is shown inverted (white is 0); its values are as stored");
    axis y{"y", d.units, 1, 0}, x{"x", d.units, 1, 0}, z{"z", d.spacing_units, d.spacing.value_or(1), 0};
    auto const edge = [&](std::uint32_t tag) {
      double const each = tiff.field<float>(tag, 0);
      return d.by == tiff_description::writer::imagej && each > 0 && std::isfinite(1 / each) ? 1 / each : 1;
    };
    x.scale = d.x.value_or(edge(TIFFTAG_XRESOLUTION));
    y.scale = d.y.value_or(edge(TIFFTAG_YRESOLUTION));
    if (is_degrees(z.units)) z.name = "tilt";
    if (d.origin && d.spacing) z.offset = z.name == "tilt" ? *d.origin : -*d.origin * *d.spacing;
    if (count > 1) what.axes.push_back(z);
    what.axes.insert(what.axes.end(), {y, x});
    if (z.name == "tilt" && count > 1)
      for (std::size_t i = 0; i < count; ++i)
        what.tilts.push_back(z.offset + static_cast<double>(i) * z.scale);
  }
};

/// Read the page that is selected, stored as From, strip by strip or tile by tile.
template <class From, scalar T>
void read_page(tiff_file const& f, T* to, std::size_t first_index) {
  tiff_handle const& t = f.tiff;
  auto const put = [&](From const* from, std::size_t row, std::size_t column, std::size_t count) {
    std::size_t const at = row * f.page.columns + column;
    convert<From>(reinterpret_cast<unsigned char const*>(from), count, to + at, t.name(), first_index + at,
                  scalar_type_of<T>());
  };
  bool const tiled = TIFFIsTiled(t) != 0;
  std::uint32_t const high =
      tiled ? t.field<std::uint32_t>(TIFFTAG_TILELENGTH, 0)
            : std::min(t.field<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, 0xFFFFFFFFu), f.page.rows);
  std::uint32_t const wide = tiled ? t.field<std::uint32_t>(TIFFTAG_TILEWIDTH, 0) : f.page.columns;
  auto const room = count_of({high, wide}, sizeof(From));
  expects<file_error>(
      high > 0 && wide > 0 && room && *room <= most_bytes(t, f.bytes) / sizeof(From),
      "{}: has tiles or strips of {} x {} pixels, more than its {} bytes hold; the file is damaged", t.name(),
      high, wide, f.bytes);
  std::vector<From> buffer(*room);
  auto const size = static_cast<tmsize_t>(*room * sizeof(From));
  std::uint32_t part = 0;
  for (std::size_t y = 0; y < f.page.rows; y += high)
    for (std::size_t x = 0; x < f.page.columns; x += wide, ++part) {
      std::size_t const rows = std::min<std::size_t>(high, f.page.rows - y),
                        columns = std::min<std::size_t>(wide, f.page.columns - x);
      auto const wanted = static_cast<tmsize_t>((tiled ? *room : rows * wide) * sizeof(From));
      tmsize_t const got = tiled ? TIFFReadEncodedTile(t, part, buffer.data(), size)
                                 : TIFFReadEncodedStrip(t, part, buffer.data(), wanted);
      expects<file_error>(got == wanted, "{}: {} {} holds {} bytes of {}: {}", t.name(),
                          tiled ? "tile" : "strip", part, got, wanted, t.reason());
      for (std::size_t r = 0; r < rows; ++r) put(buffer.data() + r * wide, y + r, x, columns);
    }
}

}  // namespace tomoedx::io::detail

#endif
