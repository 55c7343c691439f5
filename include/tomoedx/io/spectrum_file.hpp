// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_SPECTRUM_FILE_HPP
#define TOMOEDX_IO_SPECTRUM_FILE_HPP

// One call for every format of spectrum images, which go by their content:
//
//     auto image = io::read_spectrum_image("map.bcf");             // or a.emd, a.hspy, a.dm4, events.h5, a.npy
//     auto tilts = io::read_spectrum_series("events.h5");

#include <tomoedx/io/bcf.hpp>
#include <tomoedx/io/detail/dense_file.hpp>
#include <tomoedx/io/detail/location.hpp>
#include <tomoedx/io/dm.hpp>
#include <tomoedx/io/event_list.hpp>
#include <tomoedx/io/hyperspy.hpp>
#include <tomoedx/io/spectrum_info.hpp>
#include <tomoedx/io/velox.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tomoedx::io {

/// Which image of a file is read, and what the file does not say itself.
struct spectrum_options {
  std::size_t index = 0;  ///< of a series, of the maps of a .bcf file, or of the images of a DM file; from 0
  /// Energies of the channels, which .npy files need (channels 0: as many as there are). They go before those of other
  /// files too.
  std::optional<energy_axis> energy = {};
};

namespace detail {

enum class spectrum_kind { hyperspy, event_list, velox, bcf, dm, npy };

/// Which reader is the file's.
///
/// throws   file_error: no spectra, or of a format that this build lacks
inline spectrum_kind spectrum_kind_of(location const& where, std::string const& path) {
  switch (kind_of_any_file(where)) {
    case kind::npy:
      return spectrum_kind::npy;
    case kind::dm:
      return spectrum_kind::dm;
    case kind::bcf:
#ifdef TOMOEDX_XML
      return spectrum_kind::bcf;
#else
      fail<file_error>(
          "{}: is a Bruker composite file and this build has no pugixml; configure with TOMOEDX_XML=ON",
          path);
#endif
    case kind::hdf5:
      break;
    default:
      fail<file_error>(
          "{}: is an image without spectra; we read them from .bcf, .emd, .hspy, .dm3, .dm4, event lists "
          "(.h5) and .npy",
          path);
  }
#ifdef TOMOEDX_HDF5
  quiet const no_printing;
  handle const file(H5Fopen(where.file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  expects<file_error>(bool(file), "{}: HDF5 cannot open it: {}", path, hdf5_reason());
  if (!where.dataset.empty()) return spectrum_kind::hyperspy;
  if (has_event_list(file)) return spectrum_kind::event_list;
  if (!has(file, "Data/SpectrumStream")) return spectrum_kind::hyperspy;
#ifdef TOMOEDX_JSON
  return spectrum_kind::velox;
#else
  fail<file_error>("{}: is a Velox file and this build has no nlohmann-json; configure with TOMOEDX_JSON=ON",
                   path);
#endif
#else
  fail<file_error>("{}: is an HDF5 file and this build has no HDF5; configure with TOMOEDX_HDF5=ON", path);
#endif
}

/// The energies of `options` in the place of those of the file.
///
/// throws   value_error
inline void replace_energy(energy_axis& of_file, spectrum_options const& options, std::string const& path) {
  if (!options.energy) return;
  energy_axis e = *options.energy;
  if (e.channels == 0) e.channels = of_file.channels;
  expects<value_error>(e.channels == of_file.channels,
                       "{}: energies of {} channels are given, the file has {}", path, e.channels,
                       of_file.channels);
  validate(e, path.c_str());
  of_file = e;
}

inline void check_only_image(std::size_t index, std::string const& path) {
  expects<file_error>(index == 0, "{}: image {} is wanted, there is one", path, index);
}

}  // namespace detail

/// What a file of spectrum images holds. Of an HDF5 file "a.h5:/path" means one dataset.
///
/// throws   file_error
inline spectrum_info inspect_spectrum(std::string const& path, spectrum_options const& options = {}) {
  using detail::spectrum_kind;
  detail::location const where = detail::locate(path);
  spectrum_info what;
  switch (detail::spectrum_kind_of(where, path)) {
    case spectrum_kind::npy:
      what = detail::inspect_dense(where.file, options.energy);
      break;
    case spectrum_kind::dm:
      what =
          inspect_dm_spectrum(where.file, {options.index == 0 ? std::nullopt : std::optional(options.index)});
      break;
#ifdef TOMOEDX_XML
    case spectrum_kind::bcf:
      what = inspect_bcf(where.file, {.index = options.index});
      break;
#endif
#ifdef TOMOEDX_HDF5
    case spectrum_kind::event_list:
      what = inspect_event_list(where.file);
      break;
#ifdef TOMOEDX_JSON
    case spectrum_kind::velox:
      what = inspect_velox(where.file);
      break;
#endif
    case spectrum_kind::hyperspy:
      what = inspect_hyperspy(where.file, {.dataset = where.dataset});
      break;
#endif
    default:
      break;
  }
  detail::replace_energy(what.energy, options, path);
  return what;
}

/// Read a spectrum image from a file of any format we know.
///
/// throws   file_error; value_error for values that are no counts
inline spectrum_image read_spectrum_image(std::string const& path, spectrum_options const& options = {}) {
  using detail::spectrum_kind;
  detail::location const where = detail::locate(path);
  spectrum_image s;
  switch (detail::spectrum_kind_of(where, path)) {
    case spectrum_kind::npy:
      s = detail::read_dense(where.file, options.index, options.energy);
      break;
    case spectrum_kind::dm:
      s = read_dm_spectrum(where.file, {options.index == 0 ? std::nullopt : std::optional(options.index)});
      break;
#ifdef TOMOEDX_XML
    case spectrum_kind::bcf:
      s = read_bcf(where.file, {.index = options.index});
      break;
#endif
#ifdef TOMOEDX_HDF5
    case spectrum_kind::event_list:
      s = read_event_list(where.file, options.index);
      break;
#ifdef TOMOEDX_JSON
    case spectrum_kind::velox:
      detail::check_only_image(options.index, path);
      s = read_velox(where.file);
      break;
#endif
    case spectrum_kind::hyperspy:
      s = read_hyperspy(where.file, {.index = options.index, .dataset = where.dataset});
      break;
#endif
    default:
      break;
  }
  detail::replace_energy(s.energy, options, path);
  return s;
}

/// Read all images of a series. Of a DM file it is the one with spectra.
///
/// throws   as read_spectrum_image
inline std::vector<spectrum_image> read_spectrum_series(std::string const& path,
                                                        spectrum_options options = {}) {
  std::size_t const images = inspect_spectrum(path, options).images;
  std::vector<spectrum_image> all;
  for (options.index = 0; options.index != images; ++options.index)  // nvcc reads `index <` as a template
    all.push_back(read_spectrum_image(path, options));
  return all;
}

}  // namespace tomoedx::io

#endif
