// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_FBP_FILTERS_HPP
#define TOMOEDX_SOLVERS_FBP_FILTERS_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <vector>

namespace tomoedx {

/// What the ramp |f| of filtered back-projection is multiplied with, up to the cutoff frequency.
enum class fbp_filter {
  ram_lak,      ///< nothing: sharpest, noisiest
  shepp_logan,  ///< sin(u) / u with u = pi f / (2 cutoff)
  cosine,       ///< cos(u)
  hann          ///< cos(u)^2: smoothest
};

inline char const* name_of(fbp_filter f) {
  switch (f) {
    case fbp_filter::shepp_logan:
      return "shepp-logan";
    case fbp_filter::cosine:
      return "cosine";
    case fbp_filter::hann:
      return "hann";
    default:
      return "ram-lak";
  }
}

/// Whether tilts go all the way round. A limited range has a missing wedge, which stands for nothing.
enum class tilt_range {
  automatic,  ///< limited when the widest gap between tilts is more than 1.5 times the next one
  full,
  limited
};

namespace detail {

/// The integral of sin(a f) over 0 .. c.
inline double sine_integral(double a, double c) {
  double const s = std::sin(0.5 * a * c);
  return a == 0 ? 0 : 2 * s * s / a;
}

/// The integral of f cos(a f) over 0 .. c.
inline double ramp_integral(double a, double c) {
  double const u = a * c;
  if (std::abs(u) < 1e-3) return c * c * (0.5 - u * u / 8);
  return (c * std::sin(u) - sine_integral(a, c)) / a;
}

}  // namespace detail

/// The filter as a kernel over bins, h(0) to h(taps - 1), h(-n) = h(n): the inverse Fourier integral of its frequency
/// response, so that the mean of a long kernel is zero as it must be, and not that of a sampled ramp.
///
/// units    1 / pixels^2 for bins of one pixel; cutoff as a part of the Nyquist frequency, 1 / (2 pixels)
/// throws   tomoedx::value_error for a cutoff outside (0, 1]
/// source   Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, eq. 3.61; Shepp and Logan, IEEE
///          Trans. Nucl. Sci. 21, 1974
inline std::vector<double> fbp_kernel(fbp_filter filter, double cutoff, std::size_t taps) {
  expects<value_error>(cutoff > 0 && cutoff <= 1,
                       "fbp: the cutoff is {}; it is a part of the Nyquist frequency, above 0 and at most 1",
                       cutoff);
  constexpr double pi = std::numbers::pi;
  double const c = 0.5 * cutoff;
  auto const ramp = [c](double a) { return 2 * detail::ramp_integral(a, c); };
  std::vector<double> h(taps);
  for (std::size_t n = 0; n < taps; ++n) {
    double const a = 2 * pi * static_cast<double>(n), b = 0.5 * pi / c;
    switch (filter) {
      case fbp_filter::ram_lak:
        if (cutoff == 1 && n > 0)
          h[n] = n % 2 == 0 ? 0 : -4 / (a * a);
        else
          h[n] = ramp(a);
        break;
      case fbp_filter::shepp_logan:
        h[n] = (detail::sine_integral(b + a, c) + detail::sine_integral(b - a, c)) / b;
        break;
      case fbp_filter::cosine:
        h[n] = 0.5 * (ramp(a + b) + ramp(a - b));
        break;
      case fbp_filter::hann:
        h[n] = 0.5 * ramp(a) + 0.25 * (ramp(a + 2 * b) + ramp(a - 2 * b));
        break;
    }
  }
  return h;
}

/// The arc that each tilt stands for: half of the way to its neighbours, where tilts that differ by 180 degrees are the
/// same. The ends of a limited range reach as far outwards as inwards, not over the missing wedge.
///
/// units    degrees in, radians out; a full range sums to pi
/// throws   tomoedx::value_error for no tilts or an angle that is not finite
inline std::vector<double> tilt_arcs(std::vector<double> const& tilts_deg, tilt_range range = {}) {
  std::size_t const n = tilts_deg.size();
  expects<value_error>(n > 0, "tilt_arcs: there are no tilts");
  std::vector<double> angle(n);
  for (std::size_t t = 0; t < n; ++t) {
    expects<value_error>(std::isfinite(tilts_deg[t]), "tilt_arcs: tilt {} is {} degrees", t, tilts_deg[t]);
    double const a = std::fmod(tilts_deg[t], 180.0);
    angle[t] = a < 0 ? (a + 180 < 180 ? a + 180 : 0) : a;
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return angle[a] < angle[b]; });
  std::vector<double> gap(n);  // from the tilt at this place in the order to the next one
  for (std::size_t i = 0; i + 1 < n; ++i) gap[i] = angle[order[i + 1]] - angle[order[i]];
  gap[n - 1] = angle[order[0]] + 180 - angle[order[n - 1]];

  std::size_t const wedge = static_cast<std::size_t>(std::max_element(gap.begin(), gap.end()) - gap.begin());
  double next = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (i != wedge) next = std::max(next, gap[i]);
  bool const limited = next > 0 && (range == tilt_range::limited ||
                                    (range == tilt_range::automatic && gap[wedge] > 1.5 * next));
  std::vector<double> arc(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const before = (i + n - 1) % n;
    double left = gap[before], right = gap[i];
    if (limited && before == wedge) left = right;
    if (limited && i == wedge) right = gap[before];
    arc[order[i]] = 0.5 * (left + right) * std::numbers::pi / 180;
  }
  return arc;
}

}  // namespace tomoedx

#endif
