// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_GATHER_EVENTS_HPP
#define TOMOEDX_SPECTRA_DETAIL_GATHER_EVENTS_HPP

// IWYU pragma: private, include <tomoedx/spectra/rebin.hpp>

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// An image whose pixels are sums: `sources(pixel, add)` calls add(channel, count) for whatever goes into a pixel, in
/// any order and as often as it likes.
///
/// throws   value_error when a sum does not fit
template <class Sources>
spectrum_image gather_events(std::size_t rows, std::size_t columns, energy_axis const& energy,
                             acquisition how, char const* who, Sources const& sources) {
  spectrum_image s{rows, columns, energy, {0}, {}, {}, std::move(how)};
  s.begin.reserve(s.pixels() + 1);
  std::vector<std::uint64_t> sum(energy.channels);
  std::vector<std::uint16_t> touched;
  for (std::size_t p = 0; p < s.pixels(); ++p) {
    sources(p, [&](std::size_t channel, std::uint32_t count) {
      if (count == 0) return;
      if (sum[channel] == 0) touched.push_back(static_cast<std::uint16_t>(channel));
      sum[channel] += count;
    });
    if (!std::is_sorted(touched.begin(), touched.end())) std::sort(touched.begin(), touched.end());
    for (std::uint16_t const c : touched) {
      expects<value_error>(sum[c] <= 0xffffffff, "{}: {} counts in channel {} of pixel {} are too many", who,
                           sum[c], c, p);
      s.channel.push_back(c);
      s.count.push_back(static_cast<std::uint32_t>(sum[c]));
      sum[c] = 0;
    }
    touched.clear();
    s.begin.push_back(s.events());
  }
  return s;
}

}  // namespace tomoedx::detail

#endif
