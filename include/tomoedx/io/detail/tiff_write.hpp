// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_TIFF_WRITE_HPP
#define TOMOEDX_IO_DETAIL_TIFF_WRITE_HPP
// IWYU pragma: private, include "tomoedx/io/tiff.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/tiff_handle.hpp>
#include <tomoedx/io/spectrum_info.hpp>
#include <tomoedx/version.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// What the pages of a file have in common.
struct tiff_stack {
  std::size_t pages = 1, rows = 0, columns = 0;
  double x = 0, y = 0;  ///< edge of a pixel, 0 where it is not known
  std::string description;
};

inline tiff_stack tiff_stack_of(std::vector<std::size_t> const& shape, std::vector<axis> const& axes,
                                std::string const& name) {
  std::size_t const rank = shape.size();
  expects<shape_error>(rank == 2 || rank == 3,
                       "{}: TIFF files hold (page, y, x) or (y, x), not {}; write .npy or .h5", name,
                       text_of(shape));
  tiff_stack s;
  s.pages = rank == 3 ? shape[0] : 1;
  s.rows = shape[rank - 2];
  s.columns = shape[rank - 1];
  expects<shape_error>(s.pages > 0 && s.rows > 0 && s.columns > 0 && s.pages <= 65535 &&
                           s.rows <= 0x7FFFFFFF && s.columns <= 0x7FFFFFFF,
                       "{}: TIFF files cannot have the shape {}", name, text_of(shape));
  s.description = fmt::format("ImageJ=1.53t\nimages={}\n{}", s.pages,
                              s.pages > 1 ? fmt::format("slices={}\n", s.pages) : "");
  if (axes.empty()) return s;
  axis const &y = axes[rank - 2], &x = axes[rank - 1];
  auto const along = [&](axis const& a) {
    bool const usable = a.scale > 0 && std::isfinite(a.scale) && a.units == x.units && nanometres_in(a.units);
    return usable ? a.scale : 0;
  };
  s.x = along(x);
  s.y = along(y);
  auto const letters = [](std::string const& units) {
    std::string out;
    for (std::size_t i = 0; i < units.size(); ++i)
      if (units.compare(i, 2, "µ") == 0 || units.compare(i, 2, "μ") == 0)
        out += "\\u00B5", ++i;
      else if (units.compare(i, 2, "°") == 0)
        out += "\\u00B0", ++i;
      else if (units.compare(i, 2, "Å") == 0)
        out += "\\u00C5", ++i;
      else if (units[i] >= ' ')
        out += units[i];
    return out;
  };
  if (s.x > 0) s.description += fmt::format("unit={}\n", letters(x.units));
  if (rank == 3 && s.pages > 1 && axes[0].scale != 0 && std::isfinite(axes[0].scale) &&
      !axes[0].units.empty()) {
    if (axes[0].units != x.units) s.description += fmt::format("zunit={}\n", letters(axes[0].units));
    s.description += fmt::format("spacing={}\n", axes[0].scale);
    double const origin = is_degrees(axes[0].units) ? axes[0].offset : -axes[0].offset / axes[0].scale;
    if (origin != 0 && std::isfinite(origin)) s.description += fmt::format("zorigin={}\n", origin);
  }
  return s;
}

/// Write the pages as To, converted line by line.
template <class To, scalar T>
void write_pages(std::filesystem::path const& path, tiff_stack const& s, std::span<T const> values,
                 scalar_type type, bool big, std::string const& name) {
  tiff_handle t(path, big ? "w8" : "w", std::uint64_t(1) << 40, name);
  auto const good = [&](bool worked) {
    expects<file_error>(worked && !t.complained(), "{}: libtiff cannot write it: {}", name, t.reason());
  };
  std::vector<To> line(s.columns);
  auto const u16 = [](int value) { return static_cast<std::uint16_t>(value); };
  for (std::size_t page = 0; page < s.pages; ++page) {
    good(TIFFSetField(t, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(s.columns)) == 1 &&
         TIFFSetField(t, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(s.rows)) == 1 &&
         TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, u16(8 * sizeof(To))) == 1 &&
         TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, u16(1)) == 1 &&
         TIFFSetField(t, TIFFTAG_SAMPLEFORMAT,
                      u16(std::floating_point<To> ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT)) == 1 &&
         TIFFSetField(t, TIFFTAG_PHOTOMETRIC, u16(PHOTOMETRIC_MINISBLACK)) == 1 &&
         TIFFSetField(t, TIFFTAG_COMPRESSION, u16(COMPRESSION_NONE)) == 1 &&
         TIFFSetField(t, TIFFTAG_PLANARCONFIG, u16(PLANARCONFIG_CONTIG)) == 1 &&
         TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(s.rows)) == 1);
    if (s.x > 0 && s.y > 0)
      good(TIFFSetField(t, TIFFTAG_XRESOLUTION, 1 / s.x) == 1 &&
           TIFFSetField(t, TIFFTAG_YRESOLUTION, 1 / s.y) == 1 &&
           TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, u16(RESUNIT_NONE)) == 1);
    if (page == 0) good(TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, s.description.c_str()) == 1);
    good(TIFFSetField(t, TIFFTAG_SOFTWARE, (std::string("tomoedx ") + version).c_str()) == 1);
    for (std::size_t row = 0; row < s.rows; ++row) {
      std::size_t const at = (page * s.rows + row) * s.columns;
      convert<T>(reinterpret_cast<unsigned char const*>(values.data() + at), s.columns, line.data(), name, at,
                 type);
      good(TIFFWriteScanline(t, line.data(), static_cast<std::uint32_t>(row)) == 1);
    }
    good(TIFFWriteDirectory(t) == 1);
  }
  t.close();
  good(true);
}

}  // namespace tomoedx::io::detail

#endif
