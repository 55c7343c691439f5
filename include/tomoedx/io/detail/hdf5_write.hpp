// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_WRITE_HPP
#define TOMOEDX_IO_DETAIL_HDF5_WRITE_HPP
// IWYU pragma: private, include "tomoedx/io/hdf5.hpp"

#include <tomoedx/io/detail/hdf5_open.hpp>
#include <tomoedx/version.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// Throw unless an HDF5 call of the writer went well.
template <class Id>
Id written(Id id, std::string const& file) {
  expects<file_error>(id >= 0, "{}: HDF5 cannot write it: {}", file, hdf5_reason());
  return id;
}

inline void put_text(hid_t object, char const* name, std::string const& text, std::string const& file) {
  handle const type(written(H5Tcopy(H5T_C_S1), file), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  handle const space(written(H5Screate(H5S_SCALAR), file), H5Sclose);
  handle const at(written(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), file), H5Aclose);
  char const* const pointer = text.c_str();
  written(H5Awrite(at, type, &pointer), file);
}

template <scalar T>
void put_number(hid_t object, char const* name, T value, std::string const& file) {
  handle const space(written(H5Screate(H5S_SCALAR), file), H5Sclose);
  handle const at(written(H5Acreate2(object, name, native<T>(), space, H5P_DEFAULT, H5P_DEFAULT), file),
                  H5Aclose);
  written(H5Awrite(at, native<T>(), &value), file);
}

/// The units as EMD files write them.
inline std::string emd_units(std::string const& units) {
  if (units == "nm" || units == "pm" || units == "um" || units == "mm")
    return fmt::format("[{}_{}]", units[0], units[1]);
  return units.empty() ? "" : "[" + units + "]";
}

/// A dataset, packed slice by slice when `gzip` is not 0. Without values it only gets its room in the file.
/// returns  where its bytes begin; 0 when it is packed or has none
inline haddr_t put_values(hid_t group, char const* name, hid_t type, std::vector<hsize_t> const& shape,
                          int gzip, void const* values, std::string const& file) {
  handle const space(written(H5Screate_simple(int(shape.size()), shape.data(), nullptr), file), H5Sclose);
  handle const plan(written(H5Pcreate(H5P_DATASET_CREATE), file), H5Pclose);
  bool const any = std::ranges::all_of(shape, [](hsize_t n) { return n > 0; });
  if (gzip > 0 && any) {
    std::vector<hsize_t> chunk(shape.size(), 1);
    hsize_t room = hsize_t(1) << 20;  // values in a chunk
    for (std::size_t i = shape.size(); i-- > 0 && i + 2 >= shape.size();) {
      chunk[i] = std::clamp<hsize_t>(room, 1, shape[i]);
      room /= chunk[i];
    }
    written(H5Pset_chunk(plan, int(chunk.size()), chunk.data()), file);
    written(H5Pset_shuffle(plan), file);
    written(H5Pset_deflate(plan, unsigned(gzip)), file);
  } else {
    written(H5Pset_alloc_time(plan, H5D_ALLOC_TIME_EARLY), file);
    written(H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER), file);
  }
  handle dataset(written(H5Dcreate2(group, name, type, space, H5P_DEFAULT, plan, H5P_DEFAULT), file),
                 H5Dclose);
  if (any && values != nullptr) written(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), file);
  haddr_t const begin = any && gzip == 0 ? H5Dget_offset(dataset) : 0;
  expects<file_error>(dataset.close() && begin != HADDR_UNDEF, "{}: HDF5 cannot write it: {}", file,
                      hdf5_reason());
  return begin;
}

/// Write one array as an EMD group of a new file at `path`; `file` is its name in messages.
/// returns  where the values belong; without gzip they are left to the caller
inline haddr_t write_emd(std::filesystem::path const& path, std::string const& file, std::string const& name,
                         int gzip, hid_t type, std::vector<std::size_t> const& shape,
                         std::vector<axis> const& axes, void const* values) {
  haddr_t begin = 0;
  handle root(written(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), file), H5Fclose);
  put_number(root, "version_major", std::int32_t(0), file);
  put_number(root, "version_minor", std::int32_t(2), file);
  put_text(root, "authoring_program", std::string("tomoedx ") + version, file);
  {
    handle const data(written(H5Gcreate2(root, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), file),
                      H5Gclose);
    handle const group(written(H5Gcreate2(data, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), file),
                       H5Gclose);
    put_number(group, "emd_group_type", std::int32_t(1), file);
    begin = put_values(group, "data", type, {shape.begin(), shape.end()}, gzip, gzip > 0 ? values : nullptr,
                       file);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      axis const a = axes.empty() ? axis{} : axes[i];
      std::vector<double> at(shape[i]);
      for (std::size_t k = 0; k < at.size(); ++k) at[k] = a.offset + double(k) * a.scale;
      std::string const dim = fmt::format("dim{}", i + 1);
      put_values(group, dim.c_str(), H5T_NATIVE_DOUBLE, {shape[i]}, 0, at.data(), file);
      handle const object(written(H5Oopen(group, dim.c_str(), H5P_DEFAULT), file), H5Oclose);
      put_text(object, "name", a.name, file);
      put_text(object, "units", emd_units(a.units), file);
      put_number(object, "scale", a.scale, file);  // a vector of one position cannot say it
    }
  }
  expects<file_error>(root.close(), "{}: HDF5 cannot write it: {}", file, hdf5_reason());
  return begin;
}

}  // namespace tomoedx::io::detail

#endif
