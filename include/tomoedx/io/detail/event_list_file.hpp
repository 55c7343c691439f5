// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_EVENT_LIST_FILE_HPP
#define TOMOEDX_IO_DETAIL_EVENT_LIST_FILE_HPP
// IWYU pragma: private, include "tomoedx/io/event_list.hpp"

#include <tomoedx/io/detail/dense_counts.hpp>
#include <tomoedx/io/detail/event_gatherer.hpp>
#include <tomoedx/io/detail/hdf5_read.hpp>
#include <tomoedx/io/detail/hdf5_strings.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// Numbers about the acquisition that are attributes of the root, and those that are a list of one for each image.
struct acquisition_number {
  char const* name;
  std::optional<double> acquisition::*value;
};
inline constexpr acquisition_number event_attributes[] = {
    {"beam_kev", &acquisition::beam_kev},           {"beam_na", &acquisition::beam_na},
    {"resolution_ev", &acquisition::resolution_ev}, {"elevation_deg", &acquisition::elevation_deg},
    {"azimuth_deg", &acquisition::azimuth_deg},     {"solid_angle_sr", &acquisition::solid_angle_sr}};
inline constexpr acquisition_number event_lists[] = {{"angles_deg", &acquisition::tilt_deg},
                                                     {"live_time_s", &acquisition::live_time_s},
                                                     {"real_time_s", &acquisition::real_time_s}};

/// Events packed and unpacked at a time.
inline constexpr std::size_t event_piece = std::size_t(1) << 18;

/// An opened event list: the columns of its table, checked against each other.
struct event_list_file {
  std::array<hdf5_dataset, 4> columns;  ///< y, x, channel, count
  std::vector<std::int64_t> offsets;
  std::vector<acquisition> how;  ///< of each image
  spectrum_info what;
  std::string name;

  std::size_t events_of(std::size_t index) const {
    return static_cast<std::size_t>(offsets[index + 1] - offsets[index]);
  }
};

/// Whether an HDF5 file has the tables of an event list.
inline bool has_event_list(hid_t file) {
  return has(file, "y") && has(file, "x") && has(file, "channel") && has(file, "count") &&
         has(file, "offsets");
}

/// A list of numbers, one for each image: NaN, or no list, for what is not known.
inline std::vector<double> list_of(hid_t file, char const* name, std::size_t images) {
  std::vector<double> numbers;
  if (!has(file, name)) return numbers;
  handle const dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  handle const space(H5Dget_space(dataset), H5Sclose);
  if (!dataset || H5Sget_simple_extent_npoints(space) != static_cast<hssize_t>(images)) return numbers;
  numbers.resize(images);
  if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) < 0) numbers.clear();
  return numbers;
}

/// The extents (image, y, x, channel) that the file claims.
inline std::array<std::int64_t, 4> event_list_shape(hid_t root, std::string const& name) {
  std::array<std::int64_t, 4> shape{};
  handle const at(H5Aexists(root, "shape_tyxE") > 0 ? H5Aopen(root, "shape_tyxE", H5P_DEFAULT) : -1,
                  H5Aclose);
  expects<file_error>(bool(at), "{}: has no attribute shape_tyxE; it is no event list", name);
  handle const space(H5Aget_space(at), H5Sclose);
  handle const type(H5Aget_type(at), H5Tclose);
  bool const good = H5Sget_simple_extent_npoints(space) == 4 && H5Tget_class(type) == H5T_INTEGER &&
                    H5Aread(at, H5T_NATIVE_INT64, shape.data()) >= 0;
  expects<file_error>(good, "{}: its shape_tyxE is not four integers", name);
  expects<file_error>(std::ranges::all_of(shape, [](std::int64_t n) { return n >= 1 && n <= 65536; }),
                      "{}: the shape {} x {} x {} x {} is not possible; 1 to 65536 along each are", name,
                      shape[0], shape[1], shape[2], shape[3]);
  return shape;
}

/// Open a list and learn all about it.
///
/// throws   file_error
inline event_list_file open_event_list(std::filesystem::path const& path) {
  event_list_file f;
  f.name = path.string();
  hdf5_dataset const offsets = open_hdf5(path, "/offsets");
  handle const root(H5Oopen(offsets.file, "/", H5P_DEFAULT), H5Oclose);
  auto const shape = event_list_shape(root, f.name);
  f.what.format = "event list";
  f.what.images = static_cast<std::size_t>(shape[0]);
  f.what.rows = static_cast<std::size_t>(shape[1]);
  f.what.columns = static_cast<std::size_t>(shape[2]);
  auto const first = number_attribute(root, "energy_offset_keV"),
             width = number_attribute(root, "energy_scale_keV");
  expects<file_error>(first && width, "{}: has no attributes energy_offset_keV and energy_scale_keV", f.name);
  f.what.energy = energies_of({"energy", "keV", *width, *first}, static_cast<std::size_t>(shape[3]), f.name);
  for (std::size_t i = 0; i < 4; ++i) {
    f.columns[i] = open_hdf5(path, (std::array{"/y", "/x", "/channel", "/count"})[i]);
    auto const type = f.columns[i].what.type;
    expects<file_error>(type != scalar_type::f16 && type != scalar_type::f32 && type != scalar_type::f64 &&
                            f.columns[i].what.shape.size() == 1 &&
                            f.columns[i].what.shape == f.columns[0].what.shape,
                        "{}: is {} of {}; lists of integers as long as /y ({}) are wanted", f.columns[i].name,
                        text_of(f.columns[i].what.shape), name_of(type), text_of(f.columns[0].what.shape));
  }
  expects<file_error>(offsets.what.shape == std::vector{f.what.images + 1},
                      "{}: has {} offsets for {} images; one more is wanted", f.name,
                      text_of(offsets.what.shape), f.what.images);
  f.offsets.resize(f.what.images + 1);
  read_dataset(offsets, f.offsets.data());
  check_offsets(f.offsets, f.columns[0].what.shape[0], f.name);
  for (std::size_t i = 0; i < f.what.images; ++i)
    expects<file_error>(event_gatherer::plausible(f.what.rows, f.what.columns, f.events_of(i)),
                        "{}: claims {} x {} pixels for the {} events of image {}; the file is damaged",
                        f.name, f.what.rows, f.what.columns, f.events_of(i), i);
  std::uint64_t stored = 0;
  for (hdf5_dataset const& c : f.columns) stored += H5Dget_storage_size(c.dataset);
  expects<file_error>(f.what.rows * f.what.columns <= (std::size_t(1) << 22) + 1024 * stored,
                      "{}: claims {} x {} pixels and has {} bytes of events; the file is damaged", f.name,
                      f.what.rows, f.what.columns, stored);

  acquisition& how = f.what.how;
  if (auto const um = number_attribute(root, "pixel_um"); um && *um > 0) how.pixel_nm = *um * 1000;
  for (auto const& a : event_attributes) how.*a.value = number_attribute(root, a.name);
  how.elements = text_list(root, "elements");
  how.title = text_attribute(root, "title");
  how.instrument = text_attribute(root, "instrument");
  how.date = text_attribute(root, "date");
  f.how.assign(f.what.images, how);
  for (auto const& a : event_lists) {
    auto const numbers = list_of(offsets.file, a.name, f.what.images);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (std::isfinite(numbers[i])) f.how[i].*a.value = numbers[i];
  }
  how = f.how.front();
  for (auto const& h : f.how)
    if (h.tilt_deg) f.what.tilts.push_back(*h.tilt_deg);
  if (f.what.tilts.size() != f.what.images) f.what.tilts.clear();
  return f;
}

/// Entries [first, first + to.size()) of a column.
///
/// throws   file_error for a negative number or one beyond 32 bits
inline void read_column(hdf5_dataset const& column, std::size_t first, std::span<std::uint32_t> to) {
  with_type(column.what.type, [&]<class From>() {
    if constexpr (std::integral<From>) {
      std::vector<From> values(to.size());
      read_layers(column, native<From>(), 0, first, values.size(), values.data());
      for (std::size_t i = 0; i < to.size(); ++i) {
        if (!std::in_range<std::uint32_t>(values[i]))
          fail<file_error>("{}: entry {} is {}; 0 to 4294967295 are possible", column.name, first + i,
                           values[i]);
        to[i] = static_cast<std::uint32_t>(values[i]);
      }
    }
  });
}

}  // namespace tomoedx::io::detail

#endif
