// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_LINE_SHAPE_HPP
#define TOMOEDX_SPECTRA_LINE_SHAPE_HPP

#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/absorption.hpp>
#include <tomoedx/physics/element.hpp>
#include <tomoedx/physics/lines.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/resolution.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace tomoedx {

/// What a detector makes of a line besides a Gaussian.
struct peak_shape {
  double tail = 0;        ///< share of the counts whose charge was collected in part
  double tail_kev = 0.1;  ///< decay of that tail towards low energies
  bool escape = true;     ///< escape peaks, Si Ka below every line above the K edge of silicon
  bool operator==(peak_shape const&) const = default;
};

/// Share of the counts of a line that a silicon detector shows 1.740 keV too low, because a Si Ka photon left through
/// the front: with f = mu(Si Ka) / mu(E) it is yield (1 - 1 / jump) / 2 (1 - f ln(1 + 1/f)).
///
/// source   Reed and Ware, J. Phys. E 5 (1972) 582; jump of the K edge of silicon 10.8
inline double escape_share(double kev) {
  static physics::element const silicon(14);
  static double const yield = physics::line(silicon, "Ka").yield,
                      mu = physics::mass_absorption_cm2_g(silicon, kiloelectronvolt(1.740));
  if (!(kev > 1.839)) return 0;
  double const f = mu / physics::mass_absorption_cm2_g(silicon, kiloelectronvolt(std::min(kev, 150.0)));
  return 0.5 * yield * (1 - 1 / 10.8) * (1 - f * std::log1p(1 / f));
}

namespace detail {

/// Integral from -inf to x of an exponential tail of decay `b` below 0, blurred by a Gaussian of deviation `s`.
inline double tail_integral(double x, double s, double b) {
  double const z = x / s, q = s / b;
  double const gauss = 0.5 * std::erfc(-z / std::numbers::sqrt2);
  // exp(x/b + q^2/2) erfc((z + q)/sqrt2)/2 without overflow: both factors in one exponent for large arguments
  double const u = (z + q) / std::numbers::sqrt2;
  double const rest = u < 20 ? std::exp(x / b + 0.5 * q * q) * 0.5 * std::erfc(u)
                             : std::exp(-0.5 * z * z) / (2 * u * std::sqrt(std::numbers::pi));
  return gauss + rest;
}

/// Add to the channels [range.begin, range.end), channel range.begin at into[0], the integrals of `cumulative` (a
/// distribution around 0) moved to `kev`, times weight, where it differs from 0 and 1: between below and above.
template <class Cumulative>
void add_integrals(std::span<double> into, energy_axis const& axis, channel_range range, double kev,
                   double weight, double below, double above, Cumulative const& cumulative) {
  auto const reach = channels_between(axis, kev - below - axis.width_kev, kev + above + axis.width_kev);
  std::size_t const begin = std::max(reach.begin, range.begin), end = std::min(reach.end, range.end);
  if (begin >= end) return;
  double left = cumulative(axis.energy(static_cast<double>(begin) - 0.5) - kev);
  for (std::size_t c = begin; c < end; ++c) {
    double const right = cumulative(axis.energy(static_cast<double>(c) + 0.5) - kev);
    into[c - range.begin] += weight * (right - left);
    left = right;
  }
}

}  // namespace detail

/// Add the counts of one line to a spectrum: the integral of its shape over each channel.
///
/// shapes   into (range.size()): channel range.begin is its first
/// units    weight counts in all, the tail and the escape peak among them
inline void add_line(std::span<double> into, energy_axis const& axis, channel_range range,
                     detector_resolution const& resolution, double kev, double weight,
                     peak_shape const& shape = {}) {
  auto const peak = [&](double at, double counts) {
    double const s = resolution.sigma_kev(at);
    detail::add_integrals(into, axis, range, at, counts * (1 - shape.tail), 7 * s, 7 * s,
                          [&](double x) { return 0.5 * std::erfc(-x / (s * std::numbers::sqrt2)); });
    if (shape.tail > 0)
      detail::add_integrals(into, axis, range, at, counts * shape.tail, 7 * s + 20 * shape.tail_kev, 7 * s,
                            [&](double x) { return detail::tail_integral(x, s, shape.tail_kev); });
  };
  double const lost = shape.escape ? escape_share(kev) : 0;
  peak(kev, weight * (1 - lost));
  if (lost > 0) peak(kev - 1.740, weight * lost);
}

}  // namespace tomoedx

#endif
