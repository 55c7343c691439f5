// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DM_HPP
#define TOMOEDX_IO_DM_HPP

// Gatan's DM3 and DM4 files: images, stacks and spectrum images of every real type of number, in both byte orders.

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/dm_images.hpp>
#include <tomoedx/io/detail/dm_spectrum.hpp>
#include <tomoedx/io/detail/values.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace tomoedx::io {

/// Which image of a DM file is meant.
struct dm_options {
  /// Counts from 0, thumbnails left out; none means the first of real numbers, or the first with spectra.
  std::optional<std::size_t> image;
};

namespace detail {

/// An opened DM file and the image that is meant.
struct dm_file {
  input in;
  dm_tags tags;
  dm_image image;
  info what;

  dm_file(std::filesystem::path const& path, dm_options const& options, bool spectra) : in(path), tags(in) {
    auto const all = dm_images(tags, in);
    std::size_t const index = options.image.value_or(dm_default_image(tags, all, spectra));
    expects<file_error>(index < all.size(), "{}: image {} is wanted, there are {}", in.name(), index,
                        all.size());
    image = dm_image_at(tags, all[index], in);
    what.format = tags.version() == 3 ? "dm3" : "dm4";
    what.shape = image.shape;
    what.type = image.type;
    what.bytes = tags.bytes();
    what.axes = image.axes;
    what.tilts = image.tilts;
    if (!image.name.empty()) what.notes.push_back(image.name);
    if (all.size() > 1) what.notes.push_back(fmt::format("image {} of {}", index, all.size()));
  }
  dm_file(dm_file const&) = delete;
  dm_file& operator=(dm_file const&) = delete;
};

}  // namespace detail

/// What an image of a DM file holds: pixel sizes with their units, tilts where an axis is in degrees.
///
/// throws   file_error
inline info inspect_dm(std::filesystem::path const& path, dm_options const& options = {}) {
  return detail::dm_file(path, options, false).what;
}

/// Read an image of a DM file; values become T.
///
/// shapes   slowest index first: (y, x), (z or tilt, y, x); a spectrum image as (energy, y, x), as it is stored
/// units    axes in those of the file
/// throws   file_error: damaged, an unknown version, colours, complex numbers; value_error when a number does not fit T
template <scalar T>
array<T> read_dm(std::filesystem::path const& path, dm_options const& options = {}) {
  detail::dm_file f(path, options, false);
  array<T> a{f.what.shape, {}, std::move(f.what.axes)};
  a.values.resize(count_of(a.shape).value());
  f.in.seek(f.image.begin);
  detail::read_values(f.in, {f.image.type, f.tags.bytes(), a.shape, detail::row_major(a.shape)},
                      a.values.data());
  return a;
}

/// What the first spectrum image of a DM file holds, or the one chosen.
///
/// throws   file_error, also when no axis is in eV or keV
inline spectrum_info inspect_dm_spectrum(std::filesystem::path const& path, dm_options const& options = {}) {
  detail::dm_file f(path, options, true);
  return detail::dm_spectrum_info(f.tags, f.image, f.what, f.in.name());
}

/// Read a spectrum image of a DM file: one with an axis in eV or keV, whose values are counts. A line of spectra becomes
/// an image of one row, a spectrum one of one pixel.
///
/// throws   file_error; value_error for a value that is no count
inline spectrum_image read_dm_spectrum(std::filesystem::path const& path, dm_options const& options = {}) {
  detail::dm_file f(path, options, true);
  return detail::read_dm_counts(f.in, f.tags, f.image, f.what);
}

}  // namespace tomoedx::io

#endif
