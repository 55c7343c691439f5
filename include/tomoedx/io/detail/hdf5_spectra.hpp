// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_SPECTRA_HPP
#define TOMOEDX_IO_DETAIL_HDF5_SPECTRA_HPP
// IWYU pragma: private, include "tomoedx/io/hyperspy.hpp"

#include <tomoedx/io/detail/hdf5_read.hpp>
#include <tomoedx/io/detail/hyperspy_metadata.hpp>
#include <tomoedx/io/detail/spectrum_indices.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// A dataset whose values are counts at (row, column, channel), in any order and perhaps one of a series.
struct hdf5_spectra {
  hdf5_dataset data;
  spectrum_indices at;
  spectrum_info what;

  std::size_t extent(std::size_t index) const { return index == at.none ? 1 : data.what.shape[index]; }
};

/// Open it and learn all about it.
///
/// throws   file_error
inline hdf5_spectra open_spectra(std::filesystem::path const& file, std::string const& dataset) {
  hdf5_spectra s;
  s.data = open_hdf5(file, dataset);
  info const& found = s.data.what;
  std::string const& name = s.data.name;
  std::string const up = found.dataset.substr(0, found.dataset.rfind('/'));
  handle const parent(H5Oopen(s.data.file, up.empty() ? "/" : up.c_str(), H5P_DEFAULT), H5Oclose);
  expects<file_error>(!found.axes.empty() && parent,
                      "{}: has no axes, so nothing tells which index is the energy; save it as .hspy or .emd",
                      name);
  std::vector<bool> signal(found.axes.size(), false);
  for (std::size_t i = 0; i < signal.size(); ++i) {
    std::string const axis = fmt::format("axis-{}", i);
    if (!has(parent, axis)) continue;
    handle const group(H5Oopen(parent, axis.c_str(), H5P_DEFAULT), H5Oclose);
    signal[i] = flag_attribute(group, "navigate") == false;
    expects<file_error>(!has(group, "axis") || role_of(found.axes[i]) != role::channel,
                        "{}: its energies are not evenly spaced; resample it", name);
  }
  s.at = find_spectrum_indices(found.axes, signal, name);
  axis const& energies = found.axes[s.at.channel];
  s.what.format = found.format;
  s.what.rows = s.extent(s.at.row);
  s.what.columns = s.extent(s.at.column);
  s.what.images = s.extent(s.at.series);
  check_image(s.what, name);
  s.what.energy = energies_of(energies, s.extent(s.at.channel), name);
  auto const along = [&](std::size_t i) { return i == s.at.none ? nullptr : &found.axes[i]; };
  s.what.how = hyperspy_acquisition(hyperspy_metadata(parent));
  s.what.how.pixel_nm = pixel_of(along(s.at.row), along(s.at.column));
  if (axis const* series = along(s.at.series); series != nullptr && is_degrees(series->units)) {
    s.what.tilts = found.tilts;
    for (std::size_t i = s.what.tilts.size(); i < s.what.images; ++i)
      s.what.tilts.push_back(series->offset + static_cast<double>(i) * series->scale);
    s.what.how.tilt_deg = s.what.tilts.front();
  }
  return s;
}

/// Rows that are unpacked at a time: whole layers of chunks, unless those are larger than 256 MB.
inline std::size_t rows_at_once(hdf5_spectra const& s, spectrum_image const& image, std::size_t row,
                                std::size_t width) {
  std::size_t rows = rows_in_piece(image, width);
  handle const plan(H5Dget_create_plist(s.data.dataset), H5Pclose);
  if (H5Pget_layout(plan) != H5D_CHUNKED) return rows;
  std::vector<hsize_t> chunk(s.data.what.shape.size());
  H5Pget_chunk(plan, static_cast<int>(chunk.size()), chunk.data());
  std::size_t const layer = std::max<std::size_t>(chunk[row], 1);
  if (rows >= layer) return rows / layer * layer;
  return layer <= 8 * rows || rows == 1 ? std::min(layer, 8 * rows) : rows;
}

/// Read the image at `index` of the series.
inline spectrum_image read_spectra(hdf5_spectra const& h, std::size_t index) {
  std::string const& name = h.data.name;
  expects<file_error>(index < h.what.images, "{}: image {} is wanted, there are {}", name, index,
                      h.what.images);
  spectrum_image s{h.what.rows, h.what.columns, h.what.energy, {}, {}, {}, h.what.how};
  if (!h.what.tilts.empty()) s.how.tilt_deg = h.what.tilts[index];
  std::vector<std::size_t> const& shape = h.data.what.shape;
  std::size_t const rank = shape.size();
  bool const line = h.at.row == h.at.none;  // whose pixels are read like rows of one
  if (line) std::swap(s.rows, s.columns);
  std::size_t const row = line ? h.at.column : h.at.row;
  std::size_t const column = line ? h.at.none : h.at.column;

  auto const extent_of = [&](std::size_t i, std::size_t rows) {
    return i == row ? rows : i == h.at.series ? 1 : shape[i];
  };
  auto const steps = [&](std::size_t rows) {
    std::array<std::size_t, 3> step{};
    std::size_t now = 1;
    for (std::size_t i = rank; i-- > 0; now *= extent_of(i, rows))
      if (i != h.at.series) step[i == h.at.channel ? 2 : i == column ? 1 : 0] = now;
    return step;
  };
  auto const read = [&](std::size_t first, std::size_t rows, hid_t memory, void* to) {
    std::vector<hsize_t> start(rank, 0), extent(rank);
    for (std::size_t i = 0; i < rank; ++i) extent[i] = extent_of(i, rows);
    if (row != h.at.none) start[row] = first;
    if (h.at.series != h.at.none) start[h.at.series] = index;
    handle const from(H5Dget_space(h.data.dataset), H5Sclose);
    handle const space(H5Screate_simple(static_cast<int>(rank), extent.data(), nullptr), H5Sclose);
    bool const good =
        H5Sselect_hyperslab(from, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) >= 0 &&
        H5Dread(h.data.dataset, memory, space, from, H5P_DEFAULT, to) >= 0;
    expects<file_error>(good, "{}: HDF5 cannot read it: {}", name, hdf5_reason());
  };
  scalar_type const stored = h.data.what.type == scalar_type::f16 ? scalar_type::f32 : h.data.what.type;
  with_type(stored, [&]<class From>() {
    if constexpr (!std::same_as<From, half>)
      read_events<From>(
          s, row == h.at.none ? 1 : rows_at_once(h, s, row, sizeof(From)), name, steps,
          [&](std::size_t first, std::size_t rows, From* to) { read(first, rows, native<From>(), to); });
  });
  if (line) std::swap(s.rows, s.columns);
  return s;
}

}  // namespace tomoedx::io::detail

#endif
