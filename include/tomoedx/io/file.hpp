// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_FILE_HPP
#define TOMOEDX_IO_FILE_HPP

// One call for every format. Reading goes by the content, writing by the extension:
//
//     auto stack = io::read<float>("haadf.mrc");        // or a.npy, a.dm3, a.tif, a.hspy, a.h5:/tilts/Fe
//     io::write("volume.h5", volume);

#include <tomoedx/io/detail/location.hpp>
#include <tomoedx/io/dm.hpp>
#include <tomoedx/io/hdf5.hpp>
#include <tomoedx/io/mrc.hpp>
#include <tomoedx/io/npy.hpp>
#include <tomoedx/io/tiff.hpp>

#include <string>

namespace tomoedx::io {

/// Whether HDF5 files can be used in this build.
#ifdef TOMOEDX_HDF5
inline constexpr bool has_hdf5 = true;
#else
inline constexpr bool has_hdf5 = false;
#endif

/// Whether TIFF files can be used in this build.
#ifdef TOMOEDX_TIFF
inline constexpr bool has_tiff = true;
#else
inline constexpr bool has_tiff = false;
#endif

namespace detail {

inline void check_tiff(std::string const& name) {
  expects<file_error>(
      has_tiff,
      "{}: is a TIFF image and this build has no libtiff; configure with TOMOEDX_TIFF=ON, or convert it",
      name);
}

inline void check_arrays(kind found, std::string const& name) {
  expects<file_error>(found != kind::bcf,
                      "{}: is a Bruker composite file; it holds spectra and images apart, read them "
                      "with read_spectrum_image and read_bcf_images",
                      name);
}

inline void check_hdf5(std::string const& name) {
  expects<file_error>(has_hdf5,
                      "{}: is an HDF5 file and this build has no HDF5; configure with TOMOEDX_HDF5=ON", name);
}

/// The group name meant by "/data/Fe/data", "/Fe" or "Fe".
inline std::string group_name(std::string dataset, std::string const& path) {
  if (dataset.starts_with('/')) dataset.erase(0, 1);
  if (dataset.starts_with("data/")) dataset.erase(0, 5);
  if (dataset.ends_with("/data")) dataset.resize(dataset.size() - 5);
  expects<file_error>(dataset.find('/') == std::string::npos,
                      "{}: one name is wanted after the colon; arrays are written as /data/NAME/data", path);
  return dataset;
}

}  // namespace detail

/// What a file holds, without reading its values.
///
/// throws   file_error
inline info inspect(std::string const& path) {
  detail::location const where = detail::locate(path);
  detail::kind const kind = detail::kind_of_any_file(where);
  if (kind == detail::kind::npy) return inspect_npy(where.file);
  if (kind == detail::kind::mrc) return inspect_mrc(where.file);
  if (kind == detail::kind::dm) return inspect_dm(where.file);
  detail::check_arrays(kind, path);
  if (kind == detail::kind::tiff) {
    detail::check_tiff(path);
#ifdef TOMOEDX_TIFF
    return inspect_tiff(where.file);
#endif
  }
  detail::check_hdf5(path);
#ifdef TOMOEDX_HDF5
  return inspect_hdf5(where.file, where.dataset);
#else
  return {};
#endif
}

/// Read a file of any known format; values become T.
///
/// returns  slowest index first, row-major
/// throws   file_error; value_error when a number does not fit T
template <scalar T>
array<T> read(std::string const& path) {
  detail::location const where = detail::locate(path);
  detail::kind const kind = detail::kind_of_any_file(where);
  if (kind == detail::kind::npy) return read_npy<T>(where.file);
  if (kind == detail::kind::mrc) return read_mrc<T>(where.file);
  if (kind == detail::kind::dm) return read_dm<T>(where.file);
  detail::check_arrays(kind, path);
  if (kind == detail::kind::tiff) {
    detail::check_tiff(path);
#ifdef TOMOEDX_TIFF
    return read_tiff<T>(where.file);
#endif
  }
  detail::check_hdf5(path);
#ifdef TOMOEDX_HDF5
  return read_hdf5<T>(where.file, where.dataset);
#else
  return {};
#endif
}

/// Write a file in the format of its extension: .npy; .mrc and kin as 32 bit floats; .tif as u8, u16 or else 32 bit
/// floats; .h5 and kin as EMD.
///
/// throws   shape_error, value_error, file_error; nothing is left behind then
template <scalar T>
void write(std::string const& path, array_view<T> const& a) {
  detail::location const where = detail::locate(path);
  std::string const ending = detail::ending_of(where.file);
  if (ending == ".tif" || ending == ".tiff") {
    expects<file_error>(has_tiff, "{}: TIFF is not written by this build; configure with TOMOEDX_TIFF=ON",
                        path);
#ifdef TOMOEDX_TIFF
    return write_tiff(where.file, a);
#endif
  }
  detail::kind const kind = detail::kind_of_name(where.file);
  expects<file_error>(kind != detail::kind::unknown,
                      "{}: the extension names no format we know: .tif .tiff, {}", path,
                      detail::known_extensions);
  expects<file_error>(where.dataset.empty() || kind == detail::kind::hdf5, "{}: ':{}' is for HDF5 files only",
                      path, where.dataset);
  if (kind == detail::kind::npy) return write_npy(where.file, a);
  if (kind == detail::kind::mrc) return write_mrc(where.file, a);
  detail::check_hdf5(path);
  expects<file_error>(where.file.extension() != ".hspy" && where.file.extension() != ".nxs",
                      "{}: is read but not written; write .emd or .h5", path);
#ifdef TOMOEDX_HDF5
  write_hdf5(where.file, a, {.name = detail::group_name(where.dataset, path)});
#endif
}

template <scalar T>
void write(std::string const& path, array<T> const& a) {
  write(path, array_view<T>(a));
}

}  // namespace tomoedx::io

#endif
