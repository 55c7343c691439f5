// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_LINES_HPP
#define TOMOEDX_PHYSICS_LINES_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/detail/line_table.hpp>
#include <tomoedx/physics/element.hpp>
#include <tomoedx/physics/shell.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::physics {

/// An X-ray line: its vacancy, its energy and how often that vacancy ends in it.
///
/// "Ka", "Kb", "La" and "Ma" are sums of transitions at their mean energy; "Ka1", "Lb3", ... are single ones.
/// A yield or share of 0 means that the source has none.
///
/// source   xraylib 4.0.0; the fields ending in _eadl: EADL (Perkins et al. 1991), from carbon up
struct xray_line {
  element of;
  std::string_view name;
  shell vacancy;
  double edge_kev, energy_kev;
  double yield, share;             ///< fluorescence yield of the subshell; share of the line in its photons
  double yield_eadl, share_eadl;   ///< the same by EADL
  std::array<double, 5> transfer;  ///< vacancies here per primary one in subshell 1, 2, ... of the main shell
};

/// "Fe Ka".
inline std::string to_string(xray_line const& line) {
  return fmt::format("{} {}", line.of.symbol(), line.name);
}

namespace detail {

struct line_index {
  std::vector<xray_line> lines;
  std::array<std::size_t, element_count + 1> begin{};

  line_index() {
    lines.reserve(std::size(line_rows));
    std::size_t next = 0;
    for (subshell_row const& s : subshell_rows) {
      for (int i = 0; i < s.lines; ++i, ++next) {
        line_row const& l = line_rows[next];
        lines.push_back({element(s.z), l.name, s.vacancy, s.edge_kev, l.energy_kev, s.yield, l.share,
                         s.yield_eadl, l.share_eadl, std::to_array(s.transfer)});
      }
      begin[static_cast<std::size_t>(s.z - first_z + 1)] = next;
    }
  }
};

inline line_index const& all_lines() {
  static line_index const index;
  return index;
}

}  // namespace detail

/// All lines of an element, K first.
inline std::span<xray_line const> lines(element e) {
  auto const& all = detail::all_lines();
  auto const i = static_cast<std::size_t>(e.z() - detail::first_z);
  return std::span(all.lines).subspan(all.begin[i], all.begin[i + 1] - all.begin[i]);
}

/// The line of that name, or nothing.
inline xray_line const* find_line(element e, std::string_view name) {
  for (xray_line const& l : lines(e))
    if (l.name == name) return &l;
  return nullptr;
}

/// The line of that name: "Ka", "Lb1", "Ma", ...
///
/// throws   value_error with the names there are
inline xray_line const& line(element e, std::string_view name) {
  if (xray_line const* const found = find_line(e, name)) return *found;
  std::string known;
  for (xray_line const& l : lines(e)) known += (known.empty() ? "" : ", ") + std::string(l.name);
  fail<value_error>("line: {} has no line '{}'; it has {}", e.symbol(), name, known);
}

/// A line by one text: "Fe_Ka", "Fe Ka" or "Fe-Ka".
///
/// throws   value_error if there is no such element or line
inline xray_line const& line_named(std::string_view text) {
  auto const cut = text.find_first_of("_ -");
  expects<value_error>(cut != text.npos, "line_named: '{}' is not an element and a line; write it like Fe_Ka",
                       text);
  return line(element_named(text.substr(0, cut)), text.substr(cut + 1));
}

/// The lines within `tolerance` of an energy, nearest first: what a peak might be.
///
/// A component ("Ka1") is left out where its sum ("Ka") is also that near, and so is a line without intensity.
/// throws   value_error for an energy or tolerance that is not a positive number
inline std::vector<xray_line> lines_near(kiloelectronvolt energy, kiloelectronvolt tolerance) {
  double const e = energy.value, t = tolerance.value;
  expects<value_error>(e > 0 && t > 0 && std::isfinite(e) && std::isfinite(t),
                       "lines_near: {} +- {} keV is no range of energies; give two positive numbers", e, t);
  auto const near = [&](xray_line const& l) { return std::abs(l.energy_kev - e) <= t; };
  std::vector<xray_line> found;
  for (xray_line const& l : detail::all_lines().lines) {
    if (!near(l) || l.yield * l.share + l.yield_eadl * l.share_eadl <= 0) continue;
    if (l.name.size() == 3) {
      xray_line const* const sum = find_line(l.of, l.name.substr(0, 2));
      if (sum && sum->vacancy == l.vacancy && near(*sum)) continue;
    }
    found.push_back(l);
  }
  std::ranges::stable_sort(found, {}, [&](xray_line const& l) { return std::abs(l.energy_kev - e); });
  return found;
}

}  // namespace tomoedx::physics

#endif
