// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_STRINGS_HPP
#define TOMOEDX_IO_DETAIL_HDF5_STRINGS_HPP
// IWYU pragma: private, include "tomoedx/io/hyperspy.hpp"

#include <tomoedx/io/detail/hdf5_axes.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// The texts of a list of at most 1000, a dataset or an attribute of `parent`; none when there is no such list.
inline std::vector<std::string> text_list(hid_t parent, char const* name) {
  bool const attribute = H5Aexists(parent, name) > 0;
  if (!attribute && !has(parent, name)) return {};
  handle const object = attribute ? handle(H5Aopen(parent, name, H5P_DEFAULT), H5Aclose)
                                  : handle(H5Dopen2(parent, name, H5P_DEFAULT), H5Dclose);
  if (!object) return {};
  handle const type(attribute ? H5Aget_type(object) : H5Dget_type(object), H5Tclose);
  handle const space(attribute ? H5Aget_space(object) : H5Dget_space(object), H5Sclose);
  auto const count = H5Sget_simple_extent_npoints(space);
  if (!type || !space || H5Tget_class(type) != H5T_STRING || count < 1 || count > 1000) return {};
  auto const n = static_cast<std::size_t>(count);
  handle const memory(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_cset(memory, H5Tget_cset(type));
  auto const read = [&](void* to) {
    return (attribute ? H5Aread(object, memory, to)
                      : H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to)) >= 0;
  };
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    H5Tset_size(memory, H5T_VARIABLE);
    std::vector<char*> found(n, nullptr);
    if (read(found.data()))
      for (char const* one : found) texts.emplace_back(one == nullptr ? "" : std::string(one).substr(0, 200));
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, found.data());
  } else {
    std::size_t const size = H5Tget_size(type) + 1;
    if (size < 2 || size > 256) return {};
    H5Tset_size(memory, size);
    std::vector<char> found(n * size, '\0');
    if (read(found.data()))
      for (std::size_t i = 0; i < n; ++i) texts.emplace_back(found.data() + i * size);
  }
  return texts;
}

/// A truth value, nothing when it is missing or something else.
inline std::optional<bool> flag_attribute(hid_t object, char const* name) {
  if (H5Aexists(object, name) <= 0) return std::nullopt;
  handle const attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  if (!attribute) return std::nullopt;
  handle const type(H5Aget_type(attribute), H5Tclose);
  handle const space(H5Aget_space(attribute), H5Sclose);
  auto const kind = H5Tget_class(type);
  signed char value = 0;
  bool const good = (kind == H5T_ENUM || kind == H5T_INTEGER) && H5Sget_simple_extent_npoints(space) == 1 &&
                    H5Aread(attribute, H5T_NATIVE_SCHAR, &value) >= 0;
  return good ? std::optional(value != 0) : std::nullopt;
}

}  // namespace tomoedx::io::detail

#endif
