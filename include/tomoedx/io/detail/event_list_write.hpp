// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_EVENT_LIST_WRITE_HPP
#define TOMOEDX_IO_DETAIL_EVENT_LIST_WRITE_HPP
// IWYU pragma: private, include "tomoedx/io/event_list.hpp"

#include <tomoedx/io/detail/event_list_file.hpp>
#include <tomoedx/io/detail/hdf5_write.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// throws   shape_error, value_error unless the images are of one size, of the same energies and pixels
inline void check_series(std::span<spectrum_image const> images, std::string const& name) {
  expects<shape_error>(!images.empty() && images.size() <= 65536, "{}: {} images; 1 to 65536 make a series",
                       name, images.size());
  spectrum_image const& first = images[0];
  for (std::size_t i = 0; i < images.size(); ++i) {
    spectrum_image const& s = images[i];
    validate(s, name.c_str());
    expects<shape_error>(s.rows == first.rows && s.columns == first.columns,
                         "{}: image {} has {} x {} pixels, the first {} x {}", name, i, s.rows, s.columns,
                         first.rows, first.columns);
    expects<value_error>(s.energy == first.energy,
                         "{}: image {} has {} channels of {} keV from {} keV, the first {} of {} from {}",
                         name, i, s.energy.channels, s.energy.width_kev, s.energy.first_kev,
                         first.energy.channels, first.energy.width_kev, first.energy.first_kev);
    double const pixel = s.how.pixel_nm.value_or(0), wanted = first.how.pixel_nm.value_or(0);
    expects<value_error>(std::fabs(pixel - wanted) <= 1e-6 * std::fabs(wanted),
                         "{}: image {} has pixels of {} nm, the first of {} nm", name, i, pixel, wanted);
    expects<value_error>(event_gatherer::plausible(s.rows, s.columns, s.events()),
                         "{}: image {} has {} events in {} x {} pixels, too few to be read again", name, i,
                         s.events(), s.rows, s.columns);
  }
}

/// Bytes of a series unpacked.
inline std::uint64_t event_list_bytes(std::span<spectrum_image const> images) {
  std::uint64_t events = 0;
  for (spectrum_image const& s : images) events += s.events();
  return 10 * events + 65536;
}

/// Write one column of the table, packed; `fill(image, first event, to)` gives its entries.
template <scalar T, class Fill>
void write_column(hid_t file, char const* column, std::span<spectrum_image const> images,
                  std::string const& name, Fill const& fill) {
  hsize_t all = 0;
  for (spectrum_image const& s : images) all += s.events();
  handle const space(written(H5Screate_simple(1, &all, nullptr), name), H5Sclose);
  handle const plan(written(H5Pcreate(H5P_DATASET_CREATE), name), H5Pclose);
  if (all > 0) {
    hsize_t const chunk = std::min<hsize_t>(all, event_piece);
    written(H5Pset_chunk(plan, 1, &chunk), name);
    written(H5Pset_shuffle(plan), name);
    written(H5Pset_deflate(plan, 4), name);
  }
  handle dataset(written(H5Dcreate2(file, column, native<T>(), space, H5P_DEFAULT, plan, H5P_DEFAULT), name),
                 H5Dclose);
  std::vector<T> buffer;
  hsize_t done = 0;
  auto const flush = [&] {
    hsize_t const count = buffer.size();
    if (count == 0) return;
    handle const memory(written(H5Screate_simple(1, &count, nullptr), name), H5Sclose);
    written(H5Sselect_hyperslab(space, H5S_SELECT_SET, &done, nullptr, &count, nullptr), name);
    written(H5Dwrite(dataset, native<T>(), memory, space, H5P_DEFAULT, buffer.data()), name);
    done += count;
    buffer.clear();
  };
  buffer.reserve(event_piece);
  for (spectrum_image const& s : images)
    for (std::size_t p = 0; p < s.pixels(); ++p)
      for (std::size_t i = s.begin[p]; i < s.begin[p + 1]; ++i) {
        buffer.push_back(static_cast<T>(fill(s, p, i)));
        if (buffer.size() == event_piece) flush();
      }
  flush();
  expects<file_error>(dataset.close(), "{}: HDF5 cannot write it: {}", name, hdf5_reason());
}

/// The same as the narrowest unsigned integers that hold entries up to `most`.
template <class Fill>
void write_narrow(hid_t file, char const* column, std::uint64_t most, std::span<spectrum_image const> images,
                  std::string const& name, Fill const& fill) {
  if (most <= 0xFF) return write_column<std::uint8_t>(file, column, images, name, fill);
  if (most <= 0xFFFF) return write_column<std::uint16_t>(file, column, images, name, fill);
  write_column<std::uint32_t>(file, column, images, name, fill);
}

/// Texts of at most 64 letters as a dataset.
inline void put_texts(hid_t file, char const* name, std::vector<std::string> const& texts,
                      std::string const& shown) {
  hsize_t const n = texts.size();
  std::vector<char> letters(n * 64, '\0');
  for (std::size_t i = 0; i < n; ++i) texts[i].copy(letters.data() + 64 * i, 63);
  handle const type(written(H5Tcopy(H5T_C_S1), shown), H5Tclose);
  H5Tset_size(type, 64);
  H5Tset_cset(type, H5T_CSET_UTF8);
  handle const space(written(H5Screate_simple(1, &n, nullptr), shown), H5Sclose);
  handle const dataset(
      written(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), shown), H5Dclose);
  written(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, letters.data()), shown);
}

/// Write the series as a new file at `path`; `name` is the file in messages.
inline void write_events(std::filesystem::path const& path, std::span<spectrum_image const> images,
                         std::string const& name) {
  handle file(written(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), name), H5Fclose);
  spectrum_image const& first = images[0];
  put_text(file, "format", std::string("event list of tomoedx ") + version, name);
  put_number(file, "energy_offset_keV", first.energy.first_kev, name);
  put_number(file, "energy_scale_keV", first.energy.width_kev, name);
  if (first.how.pixel_nm) put_number(file, "pixel_um", *first.how.pixel_nm / 1000, name);
  for (auto const& a : event_attributes)
    if (first.how.*a.value) put_number(file, a.name, *(first.how.*a.value), name);
  if (!first.how.title.empty()) put_text(file, "title", first.how.title, name);
  if (!first.how.instrument.empty()) put_text(file, "instrument", first.how.instrument, name);
  if (!first.how.date.empty()) put_text(file, "date", first.how.date, name);
  if (!first.how.elements.empty() && first.how.elements.size() <= 1000)
    put_texts(file, "elements", first.how.elements, name);
  {
    std::int64_t const shape[] = {
        static_cast<std::int64_t>(images.size()), static_cast<std::int64_t>(first.rows),
        static_cast<std::int64_t>(first.columns), static_cast<std::int64_t>(first.energy.channels)};
    hsize_t const four = 4;
    handle const space(written(H5Screate_simple(1, &four, nullptr), name), H5Sclose);
    handle const at(
        written(H5Acreate2(file, "shape_tyxE", H5T_NATIVE_INT64, space, H5P_DEFAULT, H5P_DEFAULT), name),
        H5Aclose);
    written(H5Awrite(at, H5T_NATIVE_INT64, shape), name);
  }
  std::vector<std::int64_t> offsets{0};
  std::uint64_t most = 0;
  for (spectrum_image const& s : images) {
    offsets.push_back(offsets.back() + static_cast<std::int64_t>(s.events()));
    for (std::uint32_t const n : s.count) most = std::max<std::uint64_t>(most, n);
  }
  put_values(file, "offsets", H5T_NATIVE_INT64, {offsets.size()}, 0, offsets.data(), name);
  for (auto const& a : event_lists) {
    std::vector<double> numbers;
    for (spectrum_image const& s : images) numbers.push_back((s.how.*a.value).value_or(std::nan("")));
    if (std::ranges::any_of(numbers, [](double v) { return !std::isnan(v); }))
      put_values(file, a.name, H5T_NATIVE_DOUBLE, {numbers.size()}, 0, numbers.data(), name);
  }
  write_narrow(file, "y", first.rows - 1, images, name,
               [](spectrum_image const& s, std::size_t p, std::size_t) { return p / s.columns; });
  write_narrow(file, "x", first.columns - 1, images, name,
               [](spectrum_image const& s, std::size_t p, std::size_t) { return p % s.columns; });
  write_narrow(file, "channel", first.energy.channels - 1, images, name,
               [](spectrum_image const& s, std::size_t, std::size_t i) { return s.channel[i]; });
  write_narrow(file, "count", most, images, name,
               [](spectrum_image const& s, std::size_t, std::size_t i) { return s.count[i]; });
  expects<file_error>(file.close(), "{}: HDF5 cannot write it: {}", name, hdf5_reason());
}

}  // namespace tomoedx::io::detail

#endif
