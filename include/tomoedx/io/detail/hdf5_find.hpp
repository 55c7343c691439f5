// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_FIND_HPP
#define TOMOEDX_IO_DETAIL_HDF5_FIND_HPP
// IWYU pragma: private, include "tomoedx/io/hdf5.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/hdf5_handle.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// Whether `name` is a link inside the group, so that asking for it is no error.
inline bool has(hid_t group, std::string const& name) {
  return H5Lexists(group, name.c_str(), H5P_DEFAULT) > 0 &&
         H5Oexists_by_name(group, name.c_str(), H5P_DEFAULT) > 0;
}

/// Extents of a dataset or attribute, slowest first.
inline std::vector<std::size_t> extents_of(hid_t space) {
  int const rank = H5Sget_simple_extent_ndims(space);
  if (rank <= 0) return {};
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

/// The name of the i-th link of a group, by the alphabet; empty when HDF5 cannot tell.
inline std::string link_name(hid_t group, hsize_t i) {
  auto const ask = [&](char* to, std::size_t room) {
    return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, to, room, H5P_DEFAULT);
  };
  auto const length = ask(nullptr, 0);
  if (length <= 0 || length > 4096) return {};
  std::string name(static_cast<std::size_t>(length) + 1, ' ');
  ask(name.data(), name.size());
  name.pop_back();
  return name;
}

/// A dataset of numbers met on the walk.
struct found {
  std::string path;
  std::vector<std::size_t> shape;
  bool emd = false;  ///< named data, beside dim1, in a group marked as EMD
};

/// All datasets of real numbers below a group, dimension vectors left out. Follows hard links only, each
/// object once (a file may hold rings), and ends after 10000 links and 32 levels.
class walker {
 public:
  explicit walker(hid_t file) {
    handle const root(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose);
    if (root) walk(root, "", 0);
  }
  std::vector<found> const& datasets() const { return datasets_; }

 private:
  void walk(hid_t group, std::string const& path, int depth) {
    H5G_info_t g{};
    if (depth > 32 || H5Gget_info(group, &g) < 0) return;
    bool const emd = has(group, "data") && (has(group, "dim1") || H5Aexists(group, "emd_group_type") > 0);
    for (hsize_t i = 0; i < g.nlinks && seen_ < 10000; ++i, ++seen_) {
      std::string const name = link_name(group, i);
      if (name.empty()) continue;
      H5L_info_t link{};
      if (H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) continue;
      std::string const address(reinterpret_cast<char const*>(&link.u), sizeof link.u);
      if (!met_.insert(address).second) continue;
      handle const object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
      if (!object) continue;
      std::string const inner = path + "/" + name;
      H5I_type_t const kind = H5Iget_type(object);
      if (kind == H5I_GROUP) walk(object, inner, depth + 1);
      if (kind == H5I_DATASET && !(emd && name.starts_with("dim")) && is_numeric(object)) {
        handle const space(H5Dget_space(object), H5Sclose);
        datasets_.push_back({inner, extents_of(space), emd && name == "data"});
      }
    }
  }

  static bool is_numeric(hid_t dataset) {
    handle const type(H5Dget_type(dataset), H5Tclose);
    auto const kind = H5Tget_class(type);
    return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
  }

  std::vector<found> datasets_;
  std::set<std::string> met_;
  std::size_t seen_ = 0;
};

/// The data of the first HyperSpy experiment, or nothing.
inline std::string hyperspy_data(hid_t file) {
  if (!has(file, "Experiments")) return {};
  handle const all(H5Gopen2(file, "Experiments", H5P_DEFAULT), H5Gclose);
  H5G_info_t g{};
  if (!all || H5Gget_info(all, &g) < 0) return {};
  for (hsize_t i = 0; i < g.nlinks && i < 1000; ++i) {
    std::string const name = link_name(all, i);
    if (name.empty()) continue;
    handle const one(H5Oopen(all, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (one && H5Iget_type(one) == H5I_GROUP && has(one, "data")) return "/Experiments/" + name + "/data";
  }
  return {};
}

/// The dataset meant when none was named.
///
/// throws   file_error: none, or several (listed)
inline std::string the_dataset(hid_t file, std::string const& name) {
  if (std::string const data = hyperspy_data(file); !data.empty()) return data;
  walker const all(file);
  std::vector<found> const& datasets = all.datasets();
  expects<file_error>(!datasets.empty(), "{}: holds no dataset of numbers", name);
  std::vector<found> emd;
  for (found const& d : datasets)
    if (d.emd) emd.push_back(d);
  if (emd.size() == 1) return emd[0].path;
  if (datasets.size() == 1) return datasets[0].path;
  std::vector<found> const& several = emd.empty() ? datasets : emd;
  std::string list;
  for (std::size_t i = 0; i < several.size() && i < 20; ++i)
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", several[i].path, text_of(several[i].shape));
  if (several.size() > 20) list += fmt::format(" and {} more", several.size() - 20);
  fail<file_error>("{}: holds {} datasets, choose one as {}:/path: {}", name, several.size(), name, list);
}

}  // namespace tomoedx::io::detail

#endif
