// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SPECTRUM_INDICES_HPP
#define TOMOEDX_IO_DETAIL_SPECTRUM_INDICES_HPP
// IWYU pragma: private, include "tomoedx/io/hyperspy.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/dense_counts.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// What an axis of a file counts, as far as its name and units tell.
enum class role { channel, column, row, series, unknown };

inline role role_of(axis const& a) {
  std::string name = a.name;
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  auto const is = [&name](auto... words) { return ((name == words) || ...); };
  if (kiloelectronvolts_in(a.units) || is("energy", "energy loss", "x-ray energy")) return role::channel;
  if (is("x", "width", "column", "columns", "scan_x")) return role::column;
  if (is("y", "height", "row", "rows", "scan_y")) return role::row;
  if (is_degrees(a.units) ||
      is("tilt", "tilts", "angle", "alpha", "time", "t", "frame", "series", "stack_element"))
    return role::series;
  return role::unknown;
}

/// Which index is what. Those that nothing tells of are, from the fastest to the slowest, the column, the row and the
/// series that are still missing. `signal` says of each axis whether the file calls it the signal's (empty: it does not
/// tell); such a one is the energy when no other claims to be.
///
/// throws   file_error: no energies, two axes of one kind, or more indices than that
inline spectrum_indices find_spectrum_indices(std::vector<axis> const& axes, std::vector<bool> const& signal,
                                              std::string const& name) {
  spectrum_indices at;
  expects<file_error>(!axes.empty() && axes.size() <= 4,
                      "{}: {} indices; a spectrum image has 1 to 4: series, row, column and energy", name,
                      axes.size());
  std::size_t* const places[] = {&at.channel, &at.column, &at.row, &at.series};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    role const what = role_of(axes[i]);
    if (what == role::unknown) continue;
    std::size_t& place = *places[static_cast<std::size_t>(what)];
    expects<file_error>(place == at.none, "{}: its axes {} ('{}') and {} ('{}') claim to be the same index",
                        name, place, printable(axes[place == at.none ? 0 : place].name), i,
                        printable(axes[i].name));
    place = i;
  }
  bool const one = std::ranges::count(signal, true) == 1;
  if (at.channel == at.none && one)
    at.channel = static_cast<std::size_t>(std::ranges::find(signal, true) - signal.begin());
  expects<file_error>(at.channel != at.none, "{}: is no spectrum image: none of its {} axes is in eV or keV",
                      name, axes.size());
  for (std::size_t* const place : {&at.column, &at.row, &at.series})
    if (*place == at.channel) *place = at.none;
  for (std::size_t i = axes.size(); i-- > 0;)
    if (i != at.channel && i != at.column && i != at.row && i != at.series)
      (at.column == at.none ? at.column : at.row == at.none ? at.row : at.series) = i;
  return at;
}

}  // namespace tomoedx::io::detail

#endif
