// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_OPEN_HPP
#define TOMOEDX_IO_DETAIL_HDF5_OPEN_HPP
// IWYU pragma: private, include "tomoedx/io/hdf5.hpp"

#include <tomoedx/io/detail/hdf5_axes.hpp>
#include <tomoedx/io/detail/input.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// An opened dataset and what is known of it; closes in the right order.
struct hdf5_dataset {
  handle file, dataset;
  info what;
  std::string name;
};

/// Which of our types the numbers of a dataset are.
///
/// throws   file_error: text, records, complex numbers and what else is no real number
inline scalar_type hdf5_type(hid_t type, std::string const& name) {
  auto const kind = H5Tget_class(type);
  std::size_t const size = H5Tget_size(type);
  expects<file_error>(kind != H5T_STRING, "{}: holds text, not numbers", name);
  if (kind == H5T_COMPOUND) {
    bool const complex = H5Tget_nmembers(type) == 2 && H5Tget_member_class(type, 0) == H5T_FLOAT;
    expects<file_error>(!complex, "{}: holds complex numbers; save real and imaginary part apart", name);
    fail<file_error>("{}: holds records (a compound type); save one field of them alone", name);
  }
  if (kind == H5T_ENUM) {
    handle const base(H5Tget_super(type), H5Tclose);
    return hdf5_type(base, name);
  }
  expects<file_error>(kind == H5T_INTEGER || kind == H5T_FLOAT, "{}: holds neither integers nor floats",
                      name);
  expects<file_error>(std::has_single_bit(size) && size <= 8 && (kind == H5T_INTEGER || size > 1),
                      "{}: holds {} of {} bytes; 1, 2, 4 and 8 are read", name,
                      kind == H5T_FLOAT ? "floats" : "integers", size);
  if (kind == H5T_FLOAT)
    return size == 2 ? scalar_type::f16 : size == 4 ? scalar_type::f32 : scalar_type::f64;
  bool const plus = H5Tget_sign(type) == H5T_SGN_NONE;
  if (size == 1) return plus ? scalar_type::u8 : scalar_type::i8;
  if (size == 2) return plus ? scalar_type::u16 : scalar_type::i16;
  if (size == 4) return plus ? scalar_type::u32 : scalar_type::i32;
  return plus ? scalar_type::u64 : scalar_type::i64;
}

/// Throw when the dataset claims more values than what is stored of it can ever unpack to.
inline void check_storage(hdf5_dataset const& d, hid_t type) {
  std::string const& name = d.name;
  handle const plan(H5Dget_create_plist(d.dataset), H5Pclose);
  auto const layout = H5Pget_layout(plan);
  expects<file_error>(plan && layout >= 0 && layout != H5D_VIRTUAL && H5Pget_external_count(plan) <= 0,
                      "{}: keeps its values in other files; copy it into one file first", name);
  auto const count = count_of(d.what.shape, 8);
  expects<file_error>(count.has_value(), "{}: the shape {} overflows; the file is damaged", name,
                      text_of(d.what.shape));
  std::uint64_t const stored = H5Dget_storage_size(d.dataset);
  expects<file_error>(*count == 0 || stored > 0, "{}: has the shape {} but its values were never written",
                      name, text_of(d.what.shape));
  bool tight = true;  // deflate, the strongest of the usual filters, packs 1032 to 1
  int const filters = layout == H5D_CHUNKED ? std::max(H5Pget_nfilters(plan), 0) : 0;
  for (unsigned i = 0; i < unsigned(filters); ++i) {
    unsigned flags = 0, config = 0;
    std::size_t none = 0;
    auto const filter = H5Pget_filter2(plan, i, &flags, &none, nullptr, 0, nullptr, &config);
    tight = tight && filter >= 0 && filter <= H5Z_FILTER_SCALEOFFSET;
    expects<file_error>(H5Zfilter_avail(filter) > 0,
                        "{}: is packed with filter {}, which this HDF5 lacks; repack it with gzip", name,
                        int(filter));
  }
  std::uint64_t const ratio = layout != H5D_CHUNKED ? 1 : tight ? 1100 : 65536;
  std::uint64_t const most =
      std::min<std::uint64_t>(stored, UINT64_MAX / 131072) * ratio + (layout == H5D_CHUNKED ? 64u << 20 : 0u);
  std::size_t const width = H5Tget_size(type);
  expects<file_error>(*count <= most / width, "{}: claims {} values ({}), but only {} bytes are stored", name,
                      *count, text_of(d.what.shape), stored);
  if (layout != H5D_CHUNKED) return;
  std::vector<hsize_t> chunk(d.what.shape.size());
  H5Pget_chunk(plan, int(chunk.size()), chunk.data());
  auto const each = count_of({chunk.begin(), chunk.end()}, 8);
  expects<file_error>(each && *each <= most / width,
                      "{}: its chunks of {} values are larger than the file allows", name, each.value_or(0));
}

/// Open a dataset, or the one that is meant when `path` is empty, and learn all about it.
inline hdf5_dataset open_hdf5(std::filesystem::path const& file, std::string path) {
  hdf5_dataset d;
  d.name = file.string();
  checked_size(file);
  input{file};  // for the system's own words when it may not be read
  expects<file_error>(H5Fis_hdf5(file.c_str()) > 0, "{}: is not an HDF5 file", d.name);
  d.file = handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  expects<file_error>(bool(d.file), "{}: HDF5 cannot open it: {}", d.name, hdf5_reason());
  if (path.empty()) path = the_dataset(d.file, d.name);
  if (path.front() != '/') path.insert(0, "/");
  d.name += ":" + path;
  for (std::size_t end = path.find('/', 1);;
       end = path.find('/', end + 1)) {  // HDF5 wants each step to exist
    std::string const step = path.substr(0, end);
    expects<file_error>(has(d.file, step), "{}: there is no {} in this file", d.name, step);
    if (end == std::string::npos || end + 1 == path.size()) break;
  }
  handle const object(H5Oopen(d.file, path.c_str(), H5P_DEFAULT), H5Oclose);
  expects<file_error>(bool(object), "{}: HDF5 cannot open it: {}", d.name, hdf5_reason());
  expects<file_error>(H5Iget_type(object) == H5I_DATASET,
                      "{}: is a group, not a dataset; give the path of a dataset", d.name);
  d.dataset = handle(H5Dopen2(d.file, path.c_str(), H5P_DEFAULT), H5Dclose);
  expects<file_error>(bool(d.dataset), "{}: HDF5 cannot open it: {}", d.name, hdf5_reason());

  handle const type(H5Dget_type(d.dataset), H5Tclose);
  handle const space(H5Dget_space(d.dataset), H5Sclose);
  expects<file_error>(type && space, "{}: damaged: {}", d.name, hdf5_reason());
  d.what.type = hdf5_type(type, d.name);
  d.what.bytes = H5Tget_order(type) == H5T_ORDER_BE ? std::endian::big : std::endian::little;
  expects<file_error>(H5Sget_simple_extent_type(space) != H5S_NULL, "{}: is an empty dataset", d.name);
  d.what.shape = extents_of(space);
  d.what.dataset = path;
  check_storage(d, type);

  d.what.format = "hdf5";
  std::string const up = path.substr(0, path.rfind('/'));
  handle const parent(H5Oopen(d.file, up.empty() ? "/" : up.c_str(), H5P_DEFAULT), H5Oclose);
  if (parent && !d.what.shape.empty() && has(parent, "axis-0")) {
    d.what.format = "hyperspy";
    hyperspy_axes(parent, d.what);
  } else if (parent && !d.what.shape.empty() && has(parent, "dim1")) {
    d.what.format = "emd";
    emd_axes(parent, d.what);
  }
  return d;
}

}  // namespace tomoedx::io::detail

#endif
