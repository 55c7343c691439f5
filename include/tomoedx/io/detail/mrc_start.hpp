// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_MRC_START_HPP
#define TOMOEDX_IO_DETAIL_MRC_START_HPP
// IWYU pragma: private, include "tomoedx/io/mrc.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/mrc_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

using mrc_bytes = std::array<unsigned char, mrc_header_size>;

/// What an MRC header says of its values, gathered as they come.
struct mrc_statistics {
  double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0, squares = 0, count = 0;

  template <scalar T>
  void add(T const* values, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      auto const v = static_cast<double>(values[i]);
      low = v < low ? v : low;
      high = v > high ? v : high;
      sum += v;
      squares += v * v;
    }
    count += static_cast<double>(n);
  }

  /// Into the header, or MRC2014's way to say "not known" when a value was not finite.
  void put(mrc_bytes& h) const {
    auto const store = [&h](std::size_t offset, double v) {
      constexpr double most = std::numeric_limits<float>::max();
      auto const f = static_cast<float>(std::clamp(v, -most, most));
      std::memcpy(h.data() + offset, &f, sizeof f);
    };
    bool const known = count > 0 && std::isfinite(sum);
    double const mean = known ? sum / count : -2;
    store(76, known ? low : 0), store(80, known ? high : -1), store(84, mean);
    store(216, known ? std::sqrt(std::max(0.0, squares / count - mean * mean)) : -1);
  }
};

/// The header of an MRC file of 32 bit floats (z, y, x), or (tilt, y, x) when the first axis has that name.
///
/// throws   shape_error
inline mrc_bytes mrc_start(std::vector<std::size_t> const& shape, std::vector<axis> const& axes,
                           std::string_view name) {
  mrc_bytes h{};
  auto const put = [&h](std::size_t offset, auto value) {
    std::memcpy(h.data() + offset, &value, sizeof value);
  };
  bool const stack = !axes.empty() && axes[0].name == "tilt";
  for (std::size_t i = 0; i < 3; ++i) {  // x, y, z
    std::size_t const n = shape[2 - i];
    expects<shape_error>(n > 0 && n <= std::size_t(std::numeric_limits<std::int32_t>::max()),
                         "{}: MRC files cannot have the shape {}", name, text_of(shape));
    for (std::size_t const offset : {0, 28}) put(offset + 4 * i, static_cast<std::int32_t>(n));
    put(52 + 4 * i, 90.0f);
    put(64 + 4 * i, static_cast<std::int32_t>(i + 1));
    if (axes.empty()) continue;
    bool const tilts = i == 2 && stack;  // has no pixel size of its own
    axis const& along = axes[tilts ? 2 : 2 - i];
    auto const nm = nanometres_in(along.units);
    double const pixel = nm ? along.scale * *nm * 10 : 0;
    if (!(pixel > 0 && std::isfinite(pixel * static_cast<double>(n)))) continue;
    put(40 + 4 * i, static_cast<float>(pixel * static_cast<double>(n)));
    if (!tilts) put(196 + 4 * i, static_cast<float>(along.offset * *nm * 10));
  }
  put(12, std::int32_t(2));
  put(88, static_cast<std::int32_t>(stack ? 0 : 1));
  put(108, std::int32_t(20140));
  put(152, imod_stamp);
  put(156, std::int32_t(1 | 4));  // origin as in MRC2014
  std::memcpy(h.data() + 208, "MAP ", 4);
  h[212] = h[213] = std::endian::native == std::endian::little ? 0x44 : 0x11;
  put(220, std::int32_t(1));
  std::memset(h.data() + 224, ' ', 80);
  std::memcpy(h.data() + 224, "tomoedx", 7);
  return h;
}

}  // namespace tomoedx::io::detail

#endif
