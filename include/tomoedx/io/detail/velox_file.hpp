// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_VELOX_FILE_HPP
#define TOMOEDX_IO_DETAIL_VELOX_FILE_HPP
// IWYU pragma: private, include "tomoedx/io/velox.hpp"

#include <tomoedx/io/detail/hdf5_read.hpp>
#include <tomoedx/io/detail/velox_json.hpp>
#include <tomoedx/io/detail/velox_metadata.hpp>
#include <tomoedx/io/detail/velox_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

inline constexpr std::size_t velox_most_text = std::size_t(1) << 22;  // of a JSON text

/// A Velox file, opened.
class velox_file {
 public:
  explicit velox_file(std::filesystem::path const& path) : path_(path) {
    checked_size(path);
    input{path};  // for the system's own words when it may not be read
    expects<file_error>(H5Fis_hdf5(path.c_str()) > 0, "{}: is not an HDF5 file", name());
    file_ = handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    expects<file_error>(bool(file_), "{}: HDF5 cannot open it: {}", name(), hdf5_reason());
    expects<file_error>(has(file_, "Data"), "{}: is not a file of Velox (no group /Data)", name());
  }

  std::string name() const { return path_.string(); }
  std::filesystem::path const& path() const { return path_; }
  bool holds(std::string const& group) const { return has(file_, "Data") && has(file_, "Data/" + group); }

  /// Groups below /Data/<kind>, by the alphabet.
  std::vector<std::string> groups(std::string const& kind) const {
    std::vector<std::string> all;
    if (!holds(kind)) return all;
    handle const group(H5Oopen(file_, ("Data/" + kind).c_str(), H5P_DEFAULT), H5Oclose);
    H5G_info_t g{};
    if (!group || H5Iget_type(group) != H5I_GROUP || H5Gget_info(group, &g) < 0) return all;
    for (hsize_t i = 0; i < g.nlinks && i < 10000; ++i) {
      std::string const one = link_name(group, i);
      if (one.empty() || !has(group, one)) continue;
      handle const object(H5Oopen(group, one.c_str(), H5P_DEFAULT), H5Oclose);
      if (object && H5Iget_type(object) == H5I_GROUP) all.push_back("/Data/" + kind + "/" + one);
    }
    return all;
  }

  bool has_dataset(std::string const& group, char const* what) const {
    return has(file_, group + "/" + what);
  }

  /// Whether a dataset holds records, as complex numbers are.
  bool is_complex(std::string const& dataset) const {
    handle const d(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
    handle const type(H5Dget_type(d), H5Tclose);
    return H5Tget_class(type) == H5T_COMPOUND;
  }

  hdf5_dataset open(std::string const& dataset) const { return open_hdf5(path_, dataset); }

  /// A JSON text: a string, or its bytes in the first column of a table that has one for each frame.
  velox_json json(std::string const& dataset) const {
    std::string const shown = name() + ":" + dataset;
    expects<file_error>(has(file_, dataset), "{}: there is no {} in this file", shown, dataset);
    handle const d(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
    expects<file_error>(bool(d), "{}: HDF5 cannot open it: {}", shown, hdf5_reason());
    handle const type(H5Dget_type(d), H5Tclose);
    if (H5Tget_class(type) == H5T_STRING) return {string_of(d, type, shown), shown};
    hdf5_dataset const bytes = open(dataset);
    auto const& shape = bytes.what.shape;
    expects<file_error>(size_of(bytes.what.type) == 1 && (shape.size() == 1 || shape.size() == 2) &&
                            shape[0] > 0 && shape[0] <= velox_most_text && shape.back() > 0,
                        "{}: {} of shape {}; a text is wanted", shown, name_of(bytes.what.type),
                        text_of(shape));
    std::string text(shape[0], '\0');
    if (shape.size() == 2)
      read_layers(bytes, H5T_NATIVE_UCHAR, 1, 0, 1, text.data());
    else
      read_layers(bytes, H5T_NATIVE_UCHAR, 0, 0, shape[0], text.data());
    return {text, shown};
  }

 private:
  static std::string string_of(hid_t d, hid_t type, std::string const& shown) {
    handle const space(H5Dget_space(d), H5Sclose);
    expects<file_error>(H5Sget_simple_extent_npoints(space) == 1, "{}: holds {} texts, one is wanted", shown,
                        static_cast<long long>(H5Sget_simple_extent_npoints(space)));
    handle const memory(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_cset(memory, H5Tget_cset(type));
    std::string text;
    bool good = false;
    if (H5Tis_variable_str(type) > 0) {
      H5Tset_size(memory, H5T_VARIABLE);
      char* found = nullptr;
      good = H5Dread(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, &found) >= 0 && found != nullptr;
      if (good) text = found;
      if (found != nullptr) H5free_memory(found);
    } else {
      std::size_t const size = H5Tget_size(type);
      expects<file_error>(size > 0 && size <= velox_most_text, "{}: a text of {} bytes", shown, size);
      text.resize(size + 1);
      H5Tset_size(memory, size + 1);
      good = H5Dread(d, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()) >= 0;
    }
    expects<file_error>(good, "{}: HDF5 cannot read it: {}", shown, hdf5_reason());
    return text;
  }

  std::filesystem::path path_;
  handle file_;
};

/// A detector's stream and what is said of it.
struct velox_detector_stream {
  std::string group, detector;
  velox_scan scan;
  energy_axis energy;
  acquisition how;
};

/// The streams of all detectors, in the order of the detectors' names.
inline std::vector<velox_detector_stream> velox_streams(velox_file const& file) {
  std::vector<velox_detector_stream> all;
  for (std::string const& group : file.groups("SpectrumStream")) {
    velox_json const metadata = file.json(group + "/Metadata");
    velox_detector_stream s;
    s.group = group;
    s.detector = metadata.text({"BinaryResult", "Detector"});
    s.scan = velox_scan_of(file.json(group + "/AcquisitionSettings"));
    s.energy = velox_energy(metadata, s.scan.channels);
    s.how = velox_acquisition(metadata);
    all.push_back(std::move(s));
  }
  expects<file_error>(
      !all.empty() || !file.holds("SpectrumImage"),
      "{}: was pruned: what is left of its spectra only Velox can read; save it there unpruned", file.name());
  expects<file_error>(!all.empty(), "{}: holds no spectra (nothing in /Data/SpectrumStream)", file.name());
  std::ranges::stable_sort(all, {}, &velox_detector_stream::detector);
  return all;
}

/// Open the counts of a stream.
inline velox_stream open_stream(velox_file const& file, velox_detector_stream const& s) {
  auto const data = std::make_shared<hdf5_dataset>(file.open(s.group + "/Data"));
  auto const& shape = data->what.shape;
  expects<file_error>(data->what.type == scalar_type::u16 && !shape.empty() && count_of(shape) == shape[0],
                      "{}: {} of shape {}; one column of u16 is wanted", data->name, name_of(data->what.type),
                      text_of(shape));
  std::uint64_t const stored = H5Dget_storage_size(data->dataset);
  expects<file_error>(shape[0] <= (1u << 25) + stored * 64,
                      "{}: {} values are packed in {} bytes; no stream is so empty", data->name, shape[0],
                      stored);
  std::uint64_t const pixels = std::uint64_t(s.scan.rows) * s.scan.columns;
  expects<file_error>(
      pixels <= (1u << 20) + shape[0] * 16 && pixels <= (1u << 22) + stored * 256,
      "{}: {} values for {} x {} pixels, in {} bytes; each pixel needs one, the file is damaged", data->name,
      shape[0], s.scan.rows, s.scan.columns, stored);
  velox_stream out{
      data->name, shape[0], {}, [data](std::uint64_t first, std::size_t count, std::uint16_t* to) {
        read_layers(*data, H5T_NATIVE_UINT16, 0, static_cast<std::size_t>(first), count, to);
      }};
  if (file.has_dataset(s.group, "FrameLocationTable")) {
    hdf5_dataset const table = file.open(s.group + "/FrameLocationTable");
    auto const frames = count_of(table.what.shape);
    expects<file_error>(frames && *frames <= (1u << 20), "{}: {} frames; 1048576 are possible", table.name,
                        frames.value_or(0));
    out.frames.resize(*frames);
    read_dataset(table, out.frames.data());
  }
  return out;
}

}  // namespace tomoedx::io::detail

#endif
