// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_HDF5_HPP
#define TOMOEDX_IO_HDF5_HPP

// HDF5 files: any dataset of numbers, HyperSpy's .hspy and NCEM's EMD with their axes. Needs the option
// TOMOEDX_HDF5; without it this header is empty.
#ifdef TOMOEDX_HDF5

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/hdf5_open.hpp>
#include <tomoedx/io/detail/hdf5_read.hpp>
#include <tomoedx/io/detail/hdf5_write.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace tomoedx::io {

/// What a dataset of an HDF5 file holds. Without a path it is the only dataset, the first HyperSpy experiment
/// or the only EMD group.
///
/// throws   file_error; when there are several datasets it lists them
inline info inspect_hdf5(std::filesystem::path const& file, std::string const& dataset = "") {
  detail::quiet const no_printing;
  return detail::open_hdf5(file, dataset).what;
}

/// Read a dataset; values become T.
///
/// shapes   as in the file, slowest index first
/// units    axes as HyperSpy or EMD give them, "[n_m]" as nm
/// throws   file_error; value_error when a number does not fit T
template <scalar T>
array<T> read_hdf5(std::filesystem::path const& file, std::string const& dataset = "") {
  detail::quiet const no_printing;
  detail::hdf5_dataset d = detail::open_hdf5(file, dataset);
  array<T> a;
  a.shape = d.what.shape;
  a.axes = std::move(d.what.axes);
  a.values.resize(count_of(a.shape).value());
  detail::read_dataset(d, a.values.data());
  return a;
}

/// How write_hdf5 stores.
struct hdf5_options {
  std::string name = "";  ///< the group /data/<name>; empty: the file's own name
  int gzip = 0;           ///< 0 stores plainly, 1 to 9 packs slice by slice
};

/// Write an EMD file: /data/<name>/data with the positions dim1, dim2 ... of its axes.
///
/// throws   shape_error, value_error, file_error
/// source   the Electron Microscopy Datasets format 0.2 of NCEM
template <scalar T>
void write_hdf5(std::filesystem::path const& path, array_view<T> const& a, hdf5_options const& options = {}) {
  std::string const shown = path.string();
  check(a, shown);
  expects<value_error>(options.gzip >= 0 && options.gzip <= 9, "{}: gzip level {} is not 0 to 9", shown,
                       options.gzip);
  expects<shape_error>(!a.shape.empty() && a.shape.size() <= 32,
                       "{}: HDF5 files hold 1 to 32 indices, not {}", shown, a.shape.size());
  std::string name = options.name.empty() ? path.stem().string() : options.name;
  std::ranges::replace(name, '/', '_');
  if (name.empty() || name == "." || name == "..") name = "values";

  // HDF5 1.10 crashes at the end of the program when a disk was full as it wrote. So ask for the room first,
  // let it make the structure only, and write the values ourselves.
  atomic_file file(path);
  file.release();
  std::error_code ec;
  if (options.gzip == 0) std::filesystem::resize_file(file.temporary(), a.values.size_bytes() + 65536, ec);
  expects<file_error>(!ec, "{}: there is no room for {} bytes: {}", shown, a.values.size_bytes(),
                      ec.message());
  detail::quiet const no_printing;
  auto const begin = detail::write_emd(file.temporary(), shown, name, options.gzip, detail::native<T>(),
                                       a.shape, a.axes, a.values.data());
  if (begin > 0) {
    file.reopen(begin);
    file.write(a.values.data(), a.values.size_bytes());
  }
  file.commit();
}

template <scalar T>
void write_hdf5(std::filesystem::path const& path, array<T> const& a, hdf5_options const& options = {}) {
  write_hdf5(path, array_view<T>(a), options);
}

}  // namespace tomoedx::io

#endif
#endif
