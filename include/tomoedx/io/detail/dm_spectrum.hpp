// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_DM_SPECTRUM_HPP
#define TOMOEDX_IO_DETAIL_DM_SPECTRUM_HPP
// IWYU pragma: private, include "tomoedx/io/dm.hpp"

#include <tomoedx/io/detail/dense_counts.hpp>
#include <tomoedx/io/detail/dm_images.hpp>
#include <tomoedx/io/detail/values.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tomoedx::io::detail {

/// Which indices of a DM image are row, column and channel. The slower one of two is the row.
///
/// throws   file_error
inline spectrum_indices dm_spectrum_indices(dm_image const& image, std::string const& name) {
  spectrum_indices at;
  for (std::size_t i = 0; i < image.axes.size(); ++i)
    if (at.channel == at.none && kiloelectronvolts_in(image.axes[i].units)) at.channel = i;
  expects<file_error>(at.channel != at.none, "{}: is no spectrum image: none of its {} axes is in eV or keV",
                      name, image.axes.size());
  expects<file_error>(image.shape.size() <= 3,
                      "{}: is {} with spectra; two indices beside the energy are read", name,
                      text_of(image.shape));
  for (std::size_t i = image.shape.size(); i-- > 0;)
    if (i != at.channel) (at.column == at.none ? at.column : at.row) = i;
  return at;
}

/// What the tags of an image tell of the microscope.
inline acquisition dm_acquisition(dm_tags const& tags, dm_image const& image, spectrum_indices const& at) {
  auto const number = [&](std::string_view path, double least, double most) -> std::optional<double> {
    auto const v = tags.number_at(image.tag, fmt::format("ImageTags/{}", path));
    return v && *v > least && *v < most ? v : std::nullopt;
  };
  auto const text = [&](std::string_view path) {
    return tags.text_at(image.tag, fmt::format("ImageTags/{}", path));
  };
  acquisition how;
  auto const along = [&](std::size_t i) { return i == at.none ? nullptr : &image.axes[i]; };
  how.pixel_nm = pixel_of(along(at.row), along(at.column));
  if (auto const volt = number("Microscope Info/Voltage", 0, 1e8)) how.beam_kev = *volt / 1000;
  how.beam_na = number("Microscope Info/Probe Current (nA)", 0, 1e6);
  how.tilt_deg = number("Microscope Info/Stage Position/Stage Alpha", -360, 360);
  how.live_time_s = number("EDS/Live time", 0, 1e9);
  how.real_time_s = number("EDS/Real time", 0, 1e9);
  how.elevation_deg = number("EDS/Detector Info/Elevation angle", -90, 90);
  how.azimuth_deg = number("EDS/Detector Info/Azimuthal angle", -360, 360);
  how.solid_angle_sr = number("EDS/Solid angle", 0, 12.6);
  how.title = image.name;
  how.instrument = text("Microscope Info/Name");
  if (how.instrument.empty()) how.instrument = text("Microscope Info/Microscope");
  how.date = text("DataBar/Acquisition Date");
  if (std::string const time = text("DataBar/Acquisition Time"); !time.empty()) how.date += " " + time;
  return how;
}

inline spectrum_info dm_spectrum_info(dm_tags const& tags, dm_image const& image, info const& what,
                                      std::string const& name) {
  spectrum_info s;
  spectrum_indices const at = dm_spectrum_indices(image, name);
  s.format = what.format;
  s.rows = at.row == at.none ? 1 : image.shape[at.row];
  s.columns = at.column == at.none ? 1 : image.shape[at.column];
  s.energy = energies_of(image.axes[at.channel], image.shape[at.channel], name);
  check_image(s, name);
  s.how = dm_acquisition(tags, image, at);
  return s;
}

/// Read the counts: the bytes of some rows at a time, wherever the file has them.
inline spectrum_image read_dm_counts(input& in, dm_tags const& tags, dm_image const& image,
                                     info const& what) {
  spectrum_info const known = dm_spectrum_info(tags, image, what, in.name());
  spectrum_image s{known.rows, known.columns, known.energy, {}, {}, {}, known.how};
  spectrum_indices const at = dm_spectrum_indices(image, in.name());
  std::size_t const rank = image.shape.size();
  std::size_t const width = size_of(image.type);
  auto const extent = [&](std::size_t i) { return image.shape[i]; };
  // As the file lies: `outer` pieces, each with a run of (rows, inner) values.
  std::size_t const row = at.row == at.none ? 0 : at.row;
  std::size_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < rank; ++i)
    if (at.row == at.none || i > row) inner *= extent(i);
  for (std::size_t i = 0; at.row != at.none && i < row; ++i) outer *= extent(i);
  auto const steps = [&](std::size_t rows) {
    std::array<std::size_t, 3> step{0, 0, 0};
    std::size_t now = 1;
    for (std::size_t i = rank; i-- > 0;) {
      (i == at.channel ? step[2] : i == at.column ? step[1] : step[0]) = now;
      now *= i == at.row ? rows : extent(i);
    }
    return step;
  };
  with_type(image.type, [&]<class From>() {
    if constexpr (!std::same_as<From, half>)
      read_events<From>(
          s, rows_in_piece(s, width), in.name(), steps, [&](std::size_t first, std::size_t rows, From* to) {
            for (std::size_t o = 0; o < outer; ++o) {
              in.seek(image.begin + (o * s.rows + first) * inner * width);
              read_run(in, {image.type, tags.bytes(), {}, {}}, rows * inner, to + o * rows * inner, 0);
            }
          });
  });
  return s;
}

}  // namespace tomoedx::io::detail

#endif
