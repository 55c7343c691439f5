// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_AXES_HPP
#define TOMOEDX_IO_DETAIL_HDF5_AXES_HPP
// IWYU pragma: private, include "tomoedx/io/hdf5.hpp"

#include <tomoedx/io/detail/hdf5_find.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// A text attribute, empty when it is missing or something else.
inline std::string text_attribute(hid_t object, char const* name) {
  if (H5Aexists(object, name) <= 0) return {};
  handle const attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  if (!attribute) return {};
  handle const type(H5Aget_type(attribute), H5Tclose);
  handle const space(H5Aget_space(attribute), H5Sclose);
  if (!type || !space || H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
    return {};
  handle const memory(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_cset(memory, H5Tget_cset(type));
  std::string text;
  if (H5Tis_variable_str(type) > 0) {
    H5Tset_size(memory, H5T_VARIABLE);
    char* found = nullptr;
    if (H5Aread(attribute, memory, &found) >= 0 && found != nullptr) text = found;
    if (found != nullptr) H5free_memory(found);
  } else {
    std::size_t const size = H5Tget_size(type);
    if (size == 0 || size > 65536) return {};
    text.resize(size + 1);
    H5Tset_size(memory, size + 1);
    if (H5Aread(attribute, memory, text.data()) < 0) return {};
    text.resize(std::min(text.find('\0'), text.size()));
    text.erase(text.find_last_not_of(' ') + 1);
  }
  return text.substr(0, 200);
}

/// A finite number attribute, or nothing.
inline std::optional<double> number_attribute(hid_t object, char const* name) {
  if (H5Aexists(object, name) <= 0) return std::nullopt;
  handle const attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  if (!attribute) return std::nullopt;
  handle const type(H5Aget_type(attribute), H5Tclose);
  handle const space(H5Aget_space(attribute), H5Sclose);
  auto const kind = H5Tget_class(type);
  double value = 0;
  bool const good = (kind == H5T_INTEGER || kind == H5T_FLOAT) && H5Sget_simple_extent_npoints(space) == 1 &&
                    H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0 && std::isfinite(value);
  return good ? std::optional(value) : std::nullopt;
}

/// Units as people write them: EMD's "[n_m]" is nm, HyperSpy's "<undefined>" nothing.
inline std::string plain_units(std::string text) {
  std::erase_if(text, [](char c) { return c == '[' || c == ']' || c == '_'; });
  return text.starts_with('<') || text == "t.Undefined" || text == "None" ? "" : text;
}

/// Axes from the groups axis-0, axis-1 ... HyperSpy keeps beside the data.
inline void hyperspy_axes(hid_t parent, info& what) {
  std::string navigation;
  for (std::size_t i = 0; i < what.shape.size(); ++i) {
    std::string const name = fmt::format("axis-{}", i);
    axis a;
    if (has(parent, name)) {
      handle const group(H5Oopen(parent, name.c_str(), H5P_DEFAULT), H5Oclose);
      a = {plain_units(text_attribute(group, "name")), plain_units(text_attribute(group, "units")),
           number_attribute(group, "scale").value_or(1), number_attribute(group, "offset").value_or(0)};
      if (has(group, "axis"))
        what.notes.push_back(fmt::format("axis {} is not uniform; its scale is not kept", i));
    }
    what.axes.push_back(a);
  }
  if (!has(parent, "metadata/General")) return;
  handle const general(H5Oopen(parent, "metadata/General", H5P_DEFAULT), H5Oclose);
  std::string const title = text_attribute(general, "title");
  if (!title.empty()) what.notes.push_back(title);
}

/// A vector of at most `most` numbers, or nothing.
inline std::vector<double> small_vector(hid_t parent, std::string const& name, std::size_t most) {
  handle const dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset) return {};
  handle const space(H5Dget_space(dataset), H5Sclose);
  auto const n = H5Sget_simple_extent_npoints(space);
  if (n <= 0 || static_cast<std::size_t>(n) > most) return {};
  std::vector<double> values(static_cast<std::size_t>(n));
  bool const good = H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0;
  return good && std::ranges::all_of(values, [](double v) { return std::isfinite(v); })
             ? values
             : std::vector<double>{};
}

/// Axes from the vectors dim1, dim2 ... of an EMD group; a first one in degrees gives the tilts.
inline void emd_axes(hid_t parent, info& what) {
  std::size_t const first = has(parent, "dim0") ? 0 : 1;
  for (std::size_t i = 0; i < what.shape.size(); ++i) {
    std::string const name = fmt::format("dim{}", i + first);
    axis a;
    std::size_t const n = what.shape[i];
    if (has(parent, name)) {
      handle const object(H5Oopen(parent, name.c_str(), H5P_DEFAULT), H5Oclose);
      a.name = text_attribute(object, "name");
      a.units = plain_units(text_attribute(object, "units"));
      auto const at = small_vector(parent, name, std::max<std::size_t>(n, 2));
      if (!at.empty()) a.offset = at[0];
      if (at.size() > 1) a.scale = (at.back() - at[0]) / static_cast<double>(at.size() - 1);
      if (auto const kept = number_attribute(object, "scale")) a.scale = *kept;
      bool even = true;
      for (std::size_t k = 0; k < at.size(); ++k)
        even = even && std::fabs(at[0] + double(k) * a.scale - at[k]) <= 1e-3 * std::fabs(a.scale);
      bool const angle = a.units == "deg" || a.units == "degree" || a.units == "degrees" || a.units == "°";
      if (i == 0 && angle && at.size() == n &&
          std::ranges::all_of(at, [](double v) { return std::fabs(v) <= 360; }))
        what.tilts = at;
      else if (!even)
        what.notes.push_back(fmt::format("axis {} ({}) is not uniform; its mean step is kept", i, a.name));
    }
    what.axes.push_back(a);
  }
}

}  // namespace tomoedx::io::detail

#endif
