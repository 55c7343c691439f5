// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_VELOX_HPP
#define TOMOEDX_IO_VELOX_HPP

// Thermo Fisher's Velox files (.emd): streams of X-ray counts, and images. Needs the options TOMOEDX_HDF5 and
// TOMOEDX_JSON; without them this header is empty.
#if defined(TOMOEDX_HDF5) && defined(TOMOEDX_JSON)

#include <tomoedx/io/detail/velox_file.hpp>
#include <tomoedx/io/named_image.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io {

/// What of a Velox file is read.
struct velox_options {
  std::vector<std::size_t> detectors = {};  ///< as velox_detectors() counts them from 0; all when empty
  std::size_t first_frame = 0;
  std::size_t frames = 0;  ///< how many; 0 for all that follow
};

namespace detail {

/// The streams that are meant, which fit each other.
inline std::vector<velox_detector_stream> chosen_streams(velox_file const& file,
                                                         std::vector<std::size_t> detectors) {
  auto const all = velox_streams(file);
  if (detectors.empty())
    for (std::size_t i = 0; i < all.size(); ++i) detectors.push_back(i);
  std::vector<velox_detector_stream> some;
  for (std::size_t i = 0; i < detectors.size(); ++i) {
    expects<value_error>(detectors[i] < all.size(), "{}: detector {} is wanted, there are {}, counted from 0",
                         file.name(), detectors[i], all.size());
    expects<value_error>(std::count(detectors.begin(), detectors.end(), detectors[i]) == 1,
                         "{}: detector {} is wanted twice", file.name(), detectors[i]);
    auto const& s = some.emplace_back(all[detectors[i]]);
    velox_scan const &a = some[0].scan, &b = s.scan;
    expects<file_error>(
        a == b, "{}: detectors {} and {} have {} x {} pixels of {} channels and {} x {} of {}; choose one",
        file.name(), detectors[0], detectors[i], a.rows, a.columns, a.channels, b.rows, b.columns,
        b.channels);
    auto const last = static_cast<double>(a.channels);
    bool const close =
        std::abs(s.energy.first_kev - some[0].energy.first_kev) <= 0.5 * s.energy.width_kev &&
        std::abs(s.energy.energy(last) - some[0].energy.energy(last)) <= 0.5 * s.energy.width_kev;
    expects<file_error>(
        close,
        "{}: channel 0 of detectors {} and {} is at {} and {} keV, channels {} and {} keV wide; choose one",
        file.name(), detectors[0], detectors[i], some[0].energy.first_kev, s.energy.first_kev,
        some[0].energy.width_kev, s.energy.width_kev);
  }
  return some;
}

inline spectrum_info velox_info(std::vector<velox_detector_stream> const& streams) {
  spectrum_info s;
  s.format = "velox";
  s.rows = streams[0].scan.rows;
  s.columns = streams[0].scan.columns;
  s.energy = streams[0].energy;
  s.how = streams[0].how;
  for (std::size_t i = 1; i < streams.size();
       ++i)  // the detectors' solid angles add up, their directions do not
    if (s.how.solid_angle_sr && streams[i].how.solid_angle_sr)
      *s.how.solid_angle_sr += *streams[i].how.solid_angle_sr;
  if (streams.size() > 1) s.how.azimuth_deg.reset();
  return s;
}

/// An image whose frames are its last index, as one with frames first.
template <scalar T>
array<T> frames_first(array<T> a) {
  if (a.shape.size() != 3) return a;
  std::size_t const pixels = a.shape[0] * a.shape[1], frames = a.shape[2];
  if (frames == 1) {
    a.shape.pop_back();
    return a;
  }
  array<T> out{{frames, a.shape[0], a.shape[1]}, std::vector<T>(a.values.size()), {}};
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t f = 0; f < frames; ++f) out.values[f * pixels + p] = a.values[p * frames + f];
  return out;
}

}  // namespace detail

/// Whether a file is one of Velox: HDF5 with its groups of streams, spectra or images.
///
/// throws   file_error when it cannot be read
inline bool is_velox(std::filesystem::path const& path) {
  detail::quiet const no_printing;
  detail::checked_size(path);
  if (H5Fis_hdf5(path.c_str()) <= 0) return false;
  detail::handle const file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file || !detail::has(file, "Data")) return false;
  detail::handle const data(H5Gopen2(file, "Data", H5P_DEFAULT), H5Gclose);
  return data && (detail::has(data, "SpectrumStream") || detail::has(data, "SpectrumImage") ||
                  detail::has(data, "Image"));
}

/// Names of the detectors whose streams a Velox file has, by the alphabet.
///
/// throws   file_error
inline std::vector<std::string> velox_detectors(std::filesystem::path const& path) {
  detail::quiet const no_printing;
  std::vector<std::string> names;
  for (auto const& s : detail::velox_streams(detail::velox_file(path))) names.push_back(s.detector);
  return names;
}

/// What a Velox file holds.
///
/// throws   file_error, value_error
inline spectrum_info inspect_velox(std::filesystem::path const& path, velox_options const& options = {}) {
  detail::quiet const no_printing;
  return detail::velox_info(detail::chosen_streams(detail::velox_file(path), options.detectors));
}

/// Read the spectra of a Velox file, the sum over detectors and frames.
///
/// units    of `how`: times are those of the first detector, the solid angle is of all that were chosen
/// throws   file_error; value_error when detectors or frames are wanted that are not there
inline spectrum_image read_velox(std::filesystem::path const& path, velox_options const& options = {}) {
  detail::quiet const no_printing;
  detail::velox_file const file(path);
  auto const chosen = detail::chosen_streams(file, options.detectors);
  spectrum_info what = detail::velox_info(chosen);
  std::vector<detail::velox_stream> streams;
  for (auto const& s : chosen) streams.push_back(detail::open_stream(file, s));
  spectrum_image s{what.rows, what.columns, what.energy, {}, {}, {}, std::move(what.how)};
  detail::gather(std::move(streams), {options.first_frame, options.frames}, s);
  return s;
}

/// Read the images of a Velox file; values become T. Complex ones, such as Fourier transforms, are left out.
///
/// shapes   (y, x) each, or (frame, y, x)
/// units    axes in nm where the file knows the pixel
/// throws   file_error; value_error when a number does not fit T
template <scalar T = float>
std::vector<named_image<T>> read_velox_images(std::filesystem::path const& path) {
  detail::quiet const no_printing;
  detail::velox_file const file(path);
  std::vector<named_image<T>> all;
  for (std::string const& group : file.groups("Image")) {
    if (!file.has_dataset(group, "Data") || file.is_complex(group + "/Data")) continue;
    detail::hdf5_dataset const data = file.open(group + "/Data");
    auto const& shape = data.what.shape;
    expects<file_error>(shape.size() == 2 || shape.size() == 3,
                        "{}: the shape {}; (y, x) or (y, x, frame) is wanted", data.name, text_of(shape));
    detail::velox_json const metadata = file.json(group + "/Metadata");
    named_image<T> one{metadata.text({"BinaryResult", "Detector"}), {shape, {}, {}}};
    if (one.name.empty()) one.name = "image";
    one.image.values.resize(count_of(shape).value());
    detail::read_dataset(data, one.image.values.data());
    one.image = detail::frames_first(std::move(one.image));
    if (auto const nm = detail::velox_pixel_nm(metadata)) {
      if (one.image.shape.size() == 3) one.image.axes.push_back({"frame", "", 1, 0});
      one.image.axes.push_back({"y", "nm", *nm, 0});
      one.image.axes.push_back({"x", "nm", *nm, 0});
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tomoedx::io

#endif
#endif
