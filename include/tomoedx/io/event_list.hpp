// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_EVENT_LIST_HPP
#define TOMOEDX_IO_EVENT_LIST_HPP

// A tilt series of spectrum images in one small HDF5 file: tables y, x, channel and count with an entry for each event,
// `offsets` of where the events of each image begin, energies and sizes as attributes. Needs the option TOMOEDX_HDF5;
// without it this header is empty.
#ifdef TOMOEDX_HDF5

#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/event_list_file.hpp>
#include <tomoedx/io/detail/event_list_write.hpp>
#include <tomoedx/io/detail/reserve.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::io {

/// What an event list holds.
///
/// throws   file_error
inline spectrum_info inspect_event_list(std::filesystem::path const& path) {
  detail::quiet const no_printing;
  return detail::open_event_list(path).what;
}

/// Read one image of a series; its events may lie in any order.
///
/// throws   file_error
inline spectrum_image read_event_list(std::filesystem::path const& path, std::size_t index) {
  detail::quiet const no_printing;
  detail::event_list_file const f = detail::open_event_list(path);
  expects<file_error>(index < f.what.images, "{}: image {} is wanted, there are {}", f.name, index,
                      f.what.images);
  detail::event_gatherer images(f.what.rows, f.what.columns, f.what.energy, f.name);
  std::size_t const events = f.events_of(index);
  std::array<std::vector<std::uint32_t>, 4> values;
  for (std::size_t done = 0; done < events; done += detail::event_piece) {
    std::size_t const now = std::min(detail::event_piece, events - done);
    for (std::size_t c = 0; c < 4; ++c) {
      values[c].resize(now);
      detail::read_column(f.columns[c], static_cast<std::size_t>(f.offsets[index]) + done, values[c]);
    }
    images.add({values[0], values[1], values[2], values[3]});
  }
  spectrum_image s = images.finish();
  s.how = f.how[index];
  return s;
}

/// Write a series of images of the same size and energies as an event list, packed with gzip. Pixel size, detector and
/// elements are those of the first; angles and times are kept for each.
///
/// throws   shape_error, value_error: the images do not fit each other; file_error; nothing is left behind then
inline void write_event_list(std::filesystem::path const& path, std::span<spectrum_image const> images) {
  detail::check_series(images, path.string());
  detail::quiet const no_printing;
  atomic_file file(path);
  file.release();
  detail::check_room(file.target(), detail::event_list_bytes(images));
  detail::write_events(file.temporary(), images, path.string());
  detail::open_event_list(
      file.temporary());  // refuses what no reader would take, before it replaces anything
  file.commit();
}

}  // namespace tomoedx::io

#endif
#endif
