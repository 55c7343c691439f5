// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_SPECTRUM_IMAGE_HPP
#define TOMOEDX_SPECTRA_SPECTRUM_IMAGE_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/energy_axis.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// What a file says of how its spectra were taken; empty where it says nothing.
struct acquisition {
  std::optional<double> pixel_nm = {};  ///< edge of a pixel
  std::optional<double> beam_kev = {};
  std::optional<double> beam_na = {};                          ///< current
  std::optional<double> live_time_s = {}, real_time_s = {};    ///< of the whole image
  std::optional<double> tilt_deg = {};                         ///< of the stage
  std::optional<double> resolution_ev = {};                    ///< full width at half maximum at Mn Ka
  std::optional<double> elevation_deg = {}, azimuth_deg = {};  ///< of the detector
  std::optional<double> solid_angle_sr = {};
  std::vector<std::string> elements = {};  ///< that its user chose, as symbols
  std::string title = {}, instrument = {}, date = {};
  std::vector<std::string> notes = {};  ///< what was odd about the file
};

/// Counts at (y, x, channel), kept as the channels that counted, pixel by pixel. Most pixels of a map have fewer counts
/// than the spectrometer has channels, so this is small, and every pass over it is fast.
///
/// shapes   begin (rows * columns + 1); channel and count one for each event; the events of pixel p = y * columns + x
///          are [begin[p], begin[p + 1]), their channels increasing
struct spectrum_image {
  std::size_t rows = 0, columns = 0;
  energy_axis energy;
  std::vector<std::size_t> begin;
  std::vector<std::uint16_t> channel;
  std::vector<std::uint32_t> count;
  acquisition how = {};

  std::size_t pixels() const { return rows * columns; }
  std::size_t events() const { return channel.size(); }
  std::span<std::uint16_t const> channels_of(std::size_t pixel) const {
    return std::span(channel).subspan(begin[pixel], begin[pixel + 1] - begin[pixel]);
  }
  std::span<std::uint32_t const> counts_of(std::size_t pixel) const {
    return std::span(count).subspan(begin[pixel], begin[pixel + 1] - begin[pixel]);
  }
};

/// Refuse an image whose parts do not fit each other.
///
/// throws   shape_error, value_error
inline void validate(spectrum_image const& s, char const* who) {
  validate(s.energy, who);
  expects<shape_error>(s.rows > 0 && s.columns > 0 && s.rows <= 65536 && s.columns <= 65536,
                       "{}: the image is {} x {} pixels; 1 to 65536 are possible along each", who, s.rows,
                       s.columns);
  expects<shape_error>(
      s.begin.size() == s.pixels() + 1 && s.begin.front() == 0 && s.begin.back() == s.events(),
      "{}: {} beginnings for {} pixels and {} events", who, s.begin.size(), s.pixels(), s.events());
  expects<shape_error>(s.count.size() == s.events(), "{}: {} counts for {} events", who, s.count.size(),
                       s.events());
  for (std::size_t p = 0; p < s.pixels(); ++p)
    expects<shape_error>(s.begin[p] <= s.begin[p + 1], "{}: the events of pixel {} end before they begin",
                         who, p);
  for (std::size_t p = 0; p < s.pixels(); ++p)
    for (std::size_t i = s.begin[p]; i < s.begin[p + 1]; ++i)
      expects<value_error>(
          s.channel[i] < s.energy.channels && (i == s.begin[p] || s.channel[i - 1] < s.channel[i]),
          "{}: event {} of pixel {} is in channel {}; channels increase and stay below {}", who,
          i - s.begin[p], p, s.channel[i], s.energy.channels);
}

/// Counts of the whole image.
///
/// shapes   (channel)
inline std::vector<double> sum_spectrum(spectrum_image const& s) {
  std::vector<double> sum(s.energy.channels);
  for (std::size_t i = 0; i < s.events(); ++i) sum[s.channel[i]] += s.count[i];
  return sum;
}

/// A spectrum image from all its values, most of them zero.
///
/// shapes   counts (y, x, channel)
/// throws   shape_error when the sizes differ; value_error for a value that is no count: whole, 0 to 4294967295
template <class Count>
spectrum_image sparse(std::span<Count const> counts, std::size_t rows, std::size_t columns,
                      energy_axis const& energy, acquisition how = {}) {
  validate(energy, "sparse");
  expects<shape_error>(rows > 0 && columns > 0 && rows <= 65536 && columns <= 65536 &&
                           counts.size() == rows * columns * energy.channels,
                       "sparse: {} values for {} x {} pixels of {} channels", counts.size(), rows, columns,
                       energy.channels);
  spectrum_image s{rows, columns, energy, {0}, {}, {}, std::move(how)};
  s.begin.reserve(s.pixels() + 1);
  for (std::size_t p = 0; p < s.pixels(); ++p) {
    for (std::size_t c = 0; c < energy.channels; ++c)
      if (auto const n = counts[p * energy.channels + c]; n != 0) {
        auto const value = static_cast<double>(n);
        expects<value_error>(value > 0 && value <= 4294967295.0 && value == std::floor(value),
                             "sparse: {} in channel {} of pixel {} is no count; give whole numbers from 0 to "
                             "4294967295",
                             n, c, p);
        s.channel.push_back(static_cast<std::uint16_t>(c));
        s.count.push_back(static_cast<std::uint32_t>(n));
      }
    s.begin.push_back(s.channel.size());
  }
  return s;
}

}  // namespace tomoedx

#endif
