// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_REBIN_HPP
#define TOMOEDX_SPECTRA_REBIN_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/detail/gather_events.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// How many are added to one.
struct rebin_factors {
  std::size_t rows = 1, columns = 1, channels = 1;
};

/// Add neighbouring pixels and channels. Not one count is lost.
///
/// throws   shape_error, value_error for factors that do not divide the image: crop it first
inline spectrum_image rebin(spectrum_image const& image, rebin_factors const& by) {
  validate(image, "rebin");
  auto const divides = [](std::size_t factor, std::size_t size, char const* what) {
    expects<value_error>(factor > 0 && size % factor == 0,
                         "rebin: {} {} cannot be added {} by {}; crop them to a multiple", size, what, factor,
                         factor);
    return size / factor;
  };
  std::size_t const rows = divides(by.rows, image.rows, "rows"),
                    columns = divides(by.columns, image.columns, "columns");
  energy_axis const energy{image.energy.energy(static_cast<double>(by.channels - 1) / 2),
                           image.energy.width_kev * static_cast<double>(by.channels),
                           divides(by.channels, image.energy.channels, "channels")};
  acquisition how = image.how;
  if (how.pixel_nm && by.rows == by.columns) *how.pixel_nm *= static_cast<double>(by.rows);
  if (by.rows != by.columns) how.pixel_nm.reset();
  return detail::gather_events(
      rows, columns, energy, std::move(how), "rebin", [&](std::size_t p, auto const& add) {
        for (std::size_t y = 0; y < by.rows; ++y)
          for (std::size_t x = 0; x < by.columns; ++x) {
            std::size_t const from =
                (p / columns * by.rows + y) * image.columns + p % columns * by.columns + x;
            for (std::size_t i = image.begin[from]; i < image.begin[from + 1]; ++i)
              add(image.channel[i] / by.channels, image.count[i]);
          }
      });
}

/// Pixels [begin, end) of each axis; an end of 0 is the last.
struct crop_window {
  std::size_t row_begin = 0, row_end = 0, column_begin = 0, column_end = 0;
  channel_range channels = {};
};

/// Cut a part out of an image.
///
/// throws   shape_error, value_error for a part that is empty or not within the image
inline spectrum_image crop(spectrum_image const& image, crop_window window) {
  validate(image, "crop");
  auto const within = [](std::size_t begin, std::size_t& end, std::size_t size, char const* what) {
    if (end == 0) end = size;
    expects<value_error>(begin < end && end <= size, "crop: {} {} to {} of {}", what, begin, end, size);
    return end - begin;
  };
  std::size_t const rows = within(window.row_begin, window.row_end, image.rows, "rows"),
                    columns = within(window.column_begin, window.column_end, image.columns, "columns"),
                    channels =
                        within(window.channels.begin, window.channels.end, image.energy.channels, "channels");
  std::size_t const first = window.channels.begin;
  energy_axis const energy{image.energy.energy(static_cast<double>(first)), image.energy.width_kev, channels};
  return detail::gather_events(rows, columns, energy, image.how, "crop", [&](std::size_t p, auto const& add) {
    std::size_t const from =
        (window.row_begin + p / columns) * image.columns + window.column_begin + p % columns;
    for (std::size_t i = image.begin[from]; i < image.begin[from + 1]; ++i)
      if (image.channel[i] >= first && image.channel[i] - first < channels)
        add(image.channel[i] - first, image.count[i]);
  });
}

/// Add images of one size on one energy axis: frames of a scan, detectors. Times add up where all images have them.
///
/// throws   shape_error, value_error
inline spectrum_image sum_images(std::span<spectrum_image const> images) {
  expects<shape_error>(!images.empty(), "sum_images: there is no image");
  auto const& first = images.front();
  acquisition how = first.how;
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto const& s = images[i];
    validate(s, "sum_images");
    expects<shape_error>(
        s.rows == first.rows && s.columns == first.columns && s.energy == first.energy,
        "sum_images: image {} has {} x {} pixels and {} channels from {} keV, the first {} x {} and "
        "{} from {}",
        i, s.rows, s.columns, s.energy.channels, s.energy.first_kev, first.rows, first.columns,
        first.energy.channels, first.energy.first_kev);
    if (i == 0) continue;
    for (auto const time : {&acquisition::live_time_s, &acquisition::real_time_s}) {
      if (how.*time && s.how.*time)
        *(how.*time) += *(s.how.*time);
      else
        (how.*time).reset();
    }
  }
  return detail::gather_events(first.rows, first.columns, first.energy, std::move(how), "sum_images",
                               [&](std::size_t p, auto const& add) {
                                 for (auto const& s : images)
                                   for (std::size_t i = s.begin[p]; i < s.begin[p + 1]; ++i)
                                     add(s.channel[i], s.count[i]);
                               });
}

}  // namespace tomoedx

#endif
