// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DENSE_SPECTRA_HPP
#define TOMOEDX_SPECTRA_DENSE_SPECTRA_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/energy_axis.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace tomoedx {

/// Borrowed spectra with a value in every channel: EELS, and EDX that was denoised.
///
/// shapes   values (y, x, channel)
/// units    energies in keV here too, also losses: channels of 1 eV are 0.001 keV wide
struct dense_spectra {
  std::size_t rows = 0, columns = 0;
  energy_axis energy;
  std::span<float const> values;

  std::size_t pixels() const { return rows * columns; }
  std::span<float const> of(std::size_t pixel) const {
    return values.subspan(pixel * energy.channels, energy.channels);
  }
};

/// Refuse spectra whose parts do not fit, and values that are no numbers.
///
/// throws   shape_error, value_error
inline void validate(dense_spectra const& s, char const* who) {
  validate(s.energy, who);
  expects<shape_error>(s.rows > 0 && s.columns > 0 && s.rows <= (std::size_t(1) << 31) &&
                           s.columns <= (std::size_t(1) << 31) / s.rows,
                       "{}: the image is {} x {} pixels", who, s.rows, s.columns);
  expects<shape_error>(s.values.size() == s.pixels() * s.energy.channels,
                       "{}: {} values for {} x {} pixels of {} channels", who, s.values.size(), s.rows,
                       s.columns, s.energy.channels);
  for (std::size_t i = 0; i < s.values.size(); ++i)
    expects<value_error>(std::isfinite(s.values[i]), "{}: value {} of channel {} in pixel {} is no number",
                         who, s.values[i], i % s.energy.channels, i / s.energy.channels);
}

}  // namespace tomoedx

#endif
