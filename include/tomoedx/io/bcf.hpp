// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_BCF_HPP
#define TOMOEDX_IO_BCF_HPP

// Bruker's composite files (.bcf) of Esprit 1 and 2: spectrum images, and the images taken with them. Needs
// the option TOMOEDX_XML; without it this header is empty. Packed files need TOMOEDX_ZLIB too.
#ifdef TOMOEDX_XML

#include <tomoedx/io/detail/bcf_header.hpp>
#include <tomoedx/io/detail/bcf_images.hpp>
#include <tomoedx/io/detail/bcf_spectra.hpp>
#include <tomoedx/io/detail/sfs.hpp>
#include <tomoedx/io/named_image.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io {

/// What of a composite file is read.
struct bcf_options {
  std::size_t index = 0;     ///< which of its maps; counts from 0
  std::size_t channels = 0;  ///< how many, from the first; 0 for all
};

namespace detail {

/// The header of a container.
inline bcf_header bcf_header_of(sfs& file) {
  auto const* const entry = file.find({"EDSDatabase", "HeaderData"});
  expects<file_error>(entry != nullptr, "{}: holds no spectra (no EDSDatabase/HeaderData in it)",
                      file.name());
  return {file.read(*entry), file.name() + ": HeaderData"};
}

/// A map of a container.
inline sfs::entry const& bcf_map(sfs const& file, std::size_t index) {
  auto const* const entry = file.find({"EDSDatabase", fmt::format("SpectrumData{}", index)});
  if (entry != nullptr) return *entry;
  auto const maps = std::ranges::count_if(
      file.entries(), [](sfs::entry const& e) { return !e.folder && e.name.starts_with("SpectrumData"); });
  fail<file_error>("{}: holds no map {}; it has {}, counted from 0", file.name(), index, maps);
}

}  // namespace detail

/// Whether a file is a composite file of Bruker by its first bytes.
///
/// throws   file_error when it cannot be read
inline bool is_bcf(std::filesystem::path const& path) {
  detail::input in(path);
  char start[8] = {};
  if (in.size() >= sizeof start) in.read(start, sizeof start);
  return std::string_view(start, sizeof start) == "AAMVHFSS";
}

/// What a map of a composite file holds.
///
/// throws   file_error
inline spectrum_info inspect_bcf(std::filesystem::path const& path, bcf_options const& options = {}) {
  detail::sfs file(path);
  auto const& map = detail::bcf_map(file, options.index);
  detail::bcf_header const header = detail::bcf_header_of(file);
  auto const start = file.read(map, detail::bcf_first_line);
  detail::byte_reader in(start, file.name() + ": " + map.name);
  spectrum_info s;
  s.format = "bcf";
  s.images = 1;
  while (file.find({"EDSDatabase", fmt::format("SpectrumData{}", s.images)}) != nullptr) ++s.images;
  auto const size = detail::bcf_map_size(in, detail::sfs_most_unpacked(start.size()), map.size);
  s.rows = size.rows;
  s.columns = size.columns;
  s.energy = header.energy(options.index);
  if (options.channels > 0) s.energy.channels = std::min(s.energy.channels, options.channels);
  s.how = header.how(options.index);
  return s;
}

/// Read a map of a composite file.
///
/// units    of `how`: the tilt is the header's, which many microscopes leave at 0
/// throws   file_error
inline spectrum_image read_bcf(std::filesystem::path const& path, bcf_options const& options = {}) {
  detail::sfs file(path);
  auto const& map = detail::bcf_map(file, options.index);
  spectrum_image s;
  {
    detail::bcf_header const header = detail::bcf_header_of(file);
    s.energy = header.energy(options.index);
    s.how = header.how(options.index);
  }
  if (options.channels > 0) s.energy.channels = std::min(s.energy.channels, options.channels);
  detail::unpack_bcf(file.read(map), map.size, file.name() + ": " + map.name, s);
  return s;
}

/// Read the images of a composite file, such as HAADF; values become T.
///
/// shapes   (y, x) each
/// units    axes in nm where an image has the size of the scan
/// throws   file_error; value_error when a number does not fit T
template <scalar T = float>
std::vector<named_image<T>> read_bcf_images(std::filesystem::path const& path) {
  detail::sfs file(path);
  return detail::bcf_images<T>(detail::bcf_header_of(file));
}

}  // namespace tomoedx::io

#endif
#endif
