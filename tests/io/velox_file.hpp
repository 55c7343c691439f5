// SPDX-License-Identifier: BSD-3-Clause
// Velox files put together here with HDF5's C interface.
#ifndef TOMOEDX_TESTS_IO_VELOX_FILE_HPP
#define TOMOEDX_TESTS_IO_VELOX_FILE_HPP

#include <fmt/format.h>
#include <hdf5.h>

#include "velox_text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace velox_file {

/// Writes a file.
class writer {
 public:
  explicit writer(std::string const& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {
    text("/Version", R"({"format":"Velox","version":"9"})");
    for (char const* const group : {"/Data", "/Presentation/Displays/ImageDisplay", "/Operations"})
      make_group(group);
  }
  writer(writer const&) = delete;
  writer& operator=(writer const&) = delete;
  ~writer() { H5Fclose(file_); }

  void make_group(std::string const& path) {
    H5Gclose(H5Gcreate2(file_, path.c_str(), links(), H5P_DEFAULT, H5P_DEFAULT));
  }

  template <class T>
  void values(std::string const& path, hid_t type, std::vector<hsize_t> const& shape, std::vector<T> const& v,
              bool packed = false) {
    hid_t const plan = H5Pcreate(H5P_DATASET_CREATE),
                space = H5Screate_simple(int(shape.size()), shape.data(), nullptr);
    if (packed) {
      std::vector<hsize_t> chunk(shape.size(), 1);
      chunk[0] = 1000;
      H5Pset_chunk(plan, int(chunk.size()), chunk.data());
      H5Pset_deflate(plan, 4);
    }
    hid_t const d = H5Dcreate2(file_, path.c_str(), type, space, links(), plan, H5P_DEFAULT);
    if (!v.empty()) H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, v.data());
    H5Dclose(d);
    H5Sclose(space);
    H5Pclose(plan);
  }

  void text(std::string const& path, std::string const& content) {
    hid_t const type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    std::vector<char const*> const v{content.c_str()};
    values(path, type, {1}, v);
    H5Tclose(type);
  }

  /// JSON as the bytes of a column for each frame, with zeros after it.
  void metadata(std::string const& path, std::string const& content, std::size_t frames = 1) {
    std::size_t const room = 6000;
    std::vector<unsigned char> v(room * frames, 0);
    for (std::size_t i = 0; i < content.size() && i < room; ++i)
      for (std::size_t f = 0; f < frames; ++f) v[i * frames + f] = static_cast<unsigned char>(content[i]);
    values(path, H5T_NATIVE_UCHAR, {room, frames}, v);
  }

  /// A detector's stream, in a group of a name like the others'.
  std::string add(description const& d, std::string const& detector, std::vector<frame> const& frames) {
    std::string const group = fmt::format("/Data/SpectrumStream/{:032x}", 0xabcd00 - groups_++);
    std::vector<std::uint64_t> begins;
    auto const s = stream(frames, d.channels, &begins);
    values(group + "/Data", H5T_NATIVE_UINT16,
           d.column ? std::vector<hsize_t>{s.size(), 1} : std::vector<hsize_t>{s.size()}, s, d.packed);
    if (d.table) values(group + "/FrameLocationTable", H5T_NATIVE_UINT64, {begins.size(), 1}, begins);
    text(group + "/AcquisitionSettings", d.settings());
    metadata(group + "/Metadata", d.metadata(detector));
    return group;
  }

  template <class T>
  void add_image(description const& d, std::string const& detector, hid_t type,
                 std::vector<hsize_t> const& shape, std::vector<T> const& v) {
    std::string const group = fmt::format("/Data/Image/{:032x}", 0x1230 + groups_++);
    values(group + "/Data", type, shape, v);
    metadata(group + "/Metadata", d.metadata(detector), shape.size() == 3 ? std::size_t(shape[2]) : 1);
  }

 private:
  static hid_t links() {
    static hid_t const l = [] {
      hid_t const made = H5Pcreate(H5P_LINK_CREATE);
      H5Pset_create_intermediate_group(made, 1);
      return made;
    }();
    return l;
  }

  hid_t file_;
  int groups_ = 0;
};

}  // namespace velox_file

#endif
