// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_ENERGY_AXIS_HPP
#define TOMOEDX_SPECTRA_ENERGY_AXIS_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tomoedx {

/// The channels of a spectrometer: the middle of channel c is at `first_kev + c * width_kev`.
struct energy_axis {
  double first_kev = 0;     ///< middle of channel 0; spectrometers with a zero peak begin below 0
  double width_kev = 0.01;  ///< of a channel
  std::size_t channels = 0;

  double energy(double channel) const { return first_kev + channel * width_kev; }  ///< [keV]
  double channel(double kev) const { return (kev - first_kev) / width_kev; }       ///< not rounded

  bool operator==(energy_axis const&) const = default;
};

/// Channels [begin, end).
struct channel_range {
  std::size_t begin = 0, end = 0;

  std::size_t size() const { return end - begin; }
  bool empty() const { return end <= begin; }
  bool operator==(channel_range const&) const = default;
};

/// The channels whose middle lies in [from_kev, to_kev], none where the axis does not reach.
inline channel_range channels_between(energy_axis const& e, double from_kev, double to_kev) {
  double const last = static_cast<double>(e.channels);
  double const begin = std::clamp(std::ceil(e.channel(from_kev) - 1e-9), 0.0, last);
  double const end = std::clamp(std::floor(e.channel(to_kev) + 1e-9) + 1, 0.0, last);
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(std::max(begin, end))};
}

/// Refuse an axis that means nothing.
///
/// throws   shape_error for no channel or more than 65536, value_error for energies that are not finite or a width
///          that is not positive
inline void validate(energy_axis const& e, char const* who) {
  expects<shape_error>(e.channels > 0 && e.channels <= 65536,
                       "{}: {} energy channels; 1 to 65536 are possible", who, e.channels);
  expects<value_error>(std::isfinite(e.first_kev) && std::abs(e.first_kev) <= 1e4,
                       "{}: the first channel is at {} keV; it is a finite energy, in keV", who, e.first_kev);
  expects<value_error>(e.width_kev > 0 && e.width_kev <= 100,
                       "{}: channels are {} keV wide; their width is positive, in keV", who, e.width_kev);
}

}  // namespace tomoedx

#endif
