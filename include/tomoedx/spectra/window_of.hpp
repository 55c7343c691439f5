// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_WINDOW_OF_HPP
#define TOMOEDX_SPECTRA_WINDOW_OF_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/lines.hpp>
#include <tomoedx/spectra/line_window.hpp>
#include <tomoedx/spectra/resolution.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// How `window_of` chooses. Widths and distances are in full widths at half maximum of the line.
struct window_options {
  window_background background = window_background::linear;
  double width = 2;             ///< of the signal window
  double background_width = 1;  ///< of each background window; where there is less room, down to half of it
  double gap = 1.5;             ///< from any line to the background windows
  double reach = 8;             ///< to the far end of the background windows
  double lowest_kev = 0.1, highest_kev = std::numeric_limits<double>::infinity();  ///< of energies that count
  bool whole_line = true;  ///< make up for the part of the line outside the signal window
};

namespace detail {

/// The place nearest to `line` on one side (direction +1 or -1) for a background window, where no blocked interval is.
inline energy_range free_range(double line, double direction, double nearest, double farthest, double width,
                               std::vector<energy_range> const& blocked) {
  // In distances from the line, growing away from it.
  std::vector<std::pair<double, double>> taken;
  for (energy_range const& b : blocked) {
    double const u = (b.from_kev - line) * direction, v = (b.to_kev - line) * direction;
    taken.emplace_back(std::min(u, v), std::max(u, v));
  }
  std::ranges::sort(taken);
  taken.emplace_back(farthest, farthest);
  double begin = nearest, best_begin = 0, best = 0;
  for (auto const& [from, to] : taken) {
    double const room = std::min({from, farthest, begin + width}) - begin;
    if (room > best * (1 + 1e-9)) {
      best = room;
      best_begin = begin;
    }
    if (best >= width * (1 - 1e-9)) break;
    begin = std::max(begin, to);
  }
  if (best < width / 2) return {};
  double const near = line + direction * best_begin, far = line + direction * (best_begin + best);
  return {std::min(near, far), std::max(near, far)};
}

}  // namespace detail

/// The window of a line and of the background beside it, clear of other lines: the signal window ends halfway to a
/// neighbour that is near, background windows keep their distance from all of them.
///
/// throws   value_error when a neighbour is nearer than half the resolution, which only a fit can tell apart, or
///          when a background is wanted and there is no room for its windows
inline line_window window_of(std::string name, kiloelectronvolt line, detector_resolution const& resolution,
                             std::span<double const> neighbours_kev = {},
                             window_options const& options = {}) {
  validate(resolution, "window_of");
  double const e = line.value;
  auto const width_at = [&](double kev) { return resolution.fwhm_ev(kev) / 1000; };
  expects<value_error>(e > 0 && std::isfinite(e), "window_of: {}: a line at {} keV", name, e);
  for (double const o : {options.width, options.background_width, options.gap, options.reach})
    expects<value_error>(o > 0 && std::isfinite(o), "window_of: widths and distances are positive, not {}",
                         o);
  expects<value_error>(e > options.lowest_kev && e < options.highest_kev,
                       "window_of: {} at {} keV is outside the energies that count, {} to {} keV", name, e,
                       options.lowest_kev, options.highest_kev);
  double const w = width_at(e);
  line_window window{std::move(name), {e - options.width * w / 2, e + options.width * w / 2}, {}, {}, {}};
  std::vector<energy_range> blocked;
  for (double const other : neighbours_kev) {
    expects<value_error>(std::isfinite(other), "window_of: {}: a neighbour at {} keV", window.name, other);
    if (other <= 0 || std::abs(other - e) > (options.reach + options.gap) * w + 1) continue;
    expects<value_error>(std::abs(other - e) >= w / 2,
                         "window_of: {} at {} keV has a neighbour at {} keV, nearer than half the "
                         "resolution of {} keV: windows cannot tell them apart, fit the lines",
                         window.name, e, other, w);
    double const keep_off = options.gap * width_at(other), middle = (e + other) / 2;
    blocked.push_back({other - keep_off, other + keep_off});
    if (other < e) window.signal.from_kev = std::max(window.signal.from_kev, middle);
    if (other > e) window.signal.to_kev = std::min(window.signal.to_kev, middle);
  }
  window.signal.from_kev = std::max(window.signal.from_kev, options.lowest_kev);
  window.signal.to_kev = std::min(window.signal.to_kev, options.highest_kev);
  if (options.whole_line) {
    window.line_kev = e;
    window.fwhm_kev = w;
  }
  window.background = options.background;
  if (options.background == window_background::none) return window;

  double const nearest = std::max(options.gap, options.width / 2) * w, farthest = options.reach * w;
  auto const side = [&](double direction, double end) {
    return detail::free_range(e, direction, nearest, std::min(farthest, end), options.background_width * w,
                              blocked);
  };
  window.left = side(-1, e - options.lowest_kev);
  window.right = side(+1, options.highest_kev - e);
  bool const both = !window.left.empty() && !window.right.empty();
  bool const any = !window.left.empty() || !window.right.empty();
  expects<value_error>(options.background == window_background::power_law ? both : any,
                       "window_of: {} at {} keV: other lines leave no room for background windows within {} "
                       "keV; take a wider reach, no background, or fit the lines",
                       window.name, e, farthest);
  return window;
}

/// The window of a line among the lines of the elements that are there: those from subshells K, L2, L3, M4 and M5 that
/// make up a twentieth or more of the subshell's photons. Lines of its own element nearer than the gap count with it.
///
/// throws   value_error as above
inline line_window window_of(physics::xray_line const& line, detector_resolution const& resolution,
                             std::span<physics::element const> present, window_options const& options = {}) {
  validate(resolution, "window_of");
  double const near = options.gap * resolution.fwhm_ev(line.energy_kev) / 1000;
  std::vector<double> neighbours;
  auto const matters = [](physics::xray_line const& l) {
    using enum physics::shell;
    return l.share >= 0.05 &&
           (l.vacancy == K || l.vacancy == L2 || l.vacancy == L3 || l.vacancy == M4 || l.vacancy == M5);
  };
  auto const add = [&](physics::element e, bool own) {
    for (physics::xray_line const& l : physics::lines(e))
      if (matters(l) && !(own && std::abs(l.energy_kev - line.energy_kev) < near))
        neighbours.push_back(l.energy_kev);
  };
  add(line.of, true);
  for (physics::element const e : present)
    if (e.z() != line.of.z()) add(e, false);
  return window_of(std::string(line.of.symbol()) + "_" + std::string(line.name),
                   kiloelectronvolt(line.energy_kev), resolution, neighbours, options);
}

}  // namespace tomoedx

#endif
