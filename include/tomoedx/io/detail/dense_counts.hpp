// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_DENSE_COUNTS_HPP
#define TOMOEDX_IO_DETAIL_DENSE_COUNTS_HPP
// IWYU pragma: private, include "tomoedx/io/spectrum_file.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/numbers.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// Bytes of dense values turned to events at a time; more where one layer of chunks is larger.
inline constexpr std::size_t dense_piece = std::size_t(1) << 25;

/// Which indices of an array are row, column and channel, and the entry of the others that is meant.
struct spectrum_indices {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t row = none, column = none, channel = none;  ///< none: the image has one row, or one column
  std::size_t series = none;                              ///< none: there is only one image
};

/// Whether a number is a count that an event holds.
template <class From>
bool is_count(From v) {
  return fits<std::uint32_t>(v);
}

/// Append the events of `rows` x `columns` pixels. The values step by `steps` from row to row, column to column and
/// channel to channel.
///
/// throws   value_error for the first value that is no count
template <class From>
void append_events(From const* values, std::size_t first_row, std::size_t rows,
                   std::array<std::size_t, 3> const& steps, spectrum_image& s, std::string const& name) {
  std::size_t const channels = s.energy.channels;
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < s.columns; ++x) {
      From const* at = values + y * steps[0] + x * steps[1];
      for (std::size_t c = 0; c < channels; ++c, at += steps[2]) {
        auto const v = plain(*at);
        if (v == 0) continue;
        expects<value_error>(
            is_count(v),
            "{}: the value {} at row {}, column {}, channel {} is no count; counts are whole "
            "numbers from 0 to 4294967295",
            name, v, first_row + y, x, c);
        s.channel.push_back(static_cast<std::uint16_t>(c));
        s.count.push_back(static_cast<std::uint32_t>(v));
      }
      s.begin.push_back(s.channel.size());
    }
}

/// The events of a dense array that `read_rows(first, rows, to)` hands out as From, `rows` rows of the image at a time,
/// their values stepping as `steps(rows)` says. `s` knows its size and its energies.
template <class From, class Steps, class Read>
void read_events(spectrum_image& s, std::size_t rows_each, std::string const& name, Steps const& steps,
                 Read const& read_rows) {
  s.begin.reserve(s.pixels() + 1);
  s.begin.assign(1, 0);
  rows_each = std::clamp<std::size_t>(rows_each, 1, s.rows);
  std::vector<From> buffer(rows_each * s.columns * s.energy.channels);
  for (std::size_t first = 0; first < s.rows; first += rows_each) {
    std::size_t const rows = std::min(rows_each, s.rows - first);
    read_rows(first, rows, buffer.data());
    append_events(buffer.data(), first, rows, steps(rows), s, name);
  }
}

/// Rows of an image that make a piece of dense values.
inline std::size_t rows_in_piece(spectrum_image const& s, std::size_t width) {
  return std::max<std::size_t>(1, dense_piece / width / s.columns / s.energy.channels);
}

/// An axis of energies as channels.
///
/// throws   file_error: no energies, or such as no spectrometer has
inline energy_axis energies_of(axis const& a, std::size_t channels, std::string const& name) {
  auto const kev = kiloelectronvolts_in(a.units);
  expects<file_error>(kev.has_value(), "{}: the axis '{}' is in '{}', not in eV or keV", name,
                      printable(a.name), printable(a.units));
  energy_axis const e{a.offset * *kev, a.scale * *kev, channels};
  try {
    validate(e, name.c_str());
  } catch (error const& refused) {
    fail<file_error>("{}", refused.what());
  }
  return e;
}

/// The edge of square pixels, nothing when they are not square or their size is not known.
inline std::optional<double> pixel_of(axis const* y, axis const* x) {
  auto const one = [](axis const* a) -> double {
    auto const nm = a != nullptr ? nanometres_in(a->units) : std::nullopt;
    double const size = nm ? std::fabs(a->scale * *nm) : 0;
    return size > 0 && std::isfinite(size) ? size : 0;
  };
  double const down = one(y), across = one(x);
  double const edge = across > 0 ? across : down;
  bool const square = down == 0 || across == 0 || std::fabs(down - across) <= 1e-3 * edge;
  return edge > 0 && square ? std::optional(edge) : std::nullopt;
}

/// Throw unless the image can be one, before room is made for it.
inline void check_image(spectrum_info const& i, std::string const& name) {
  expects<file_error>(i.rows > 0 && i.columns > 0 && i.rows <= 65536 && i.columns <= 65536,
                      "{}: its images are {} x {} pixels; 1 to 65536 are possible along each", name, i.rows,
                      i.columns);
}

}  // namespace tomoedx::io::detail

#endif
