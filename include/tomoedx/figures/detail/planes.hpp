// SPDX-License-Identifier: BSD-3-Clause
// IWYU pragma: private, include "tomoedx/figures/orthoslices.hpp"
#ifndef TOMOEDX_FIGURES_DETAIL_PLANES_HPP
#define TOMOEDX_FIGURES_DETAIL_PLANES_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace tomoedx::figures::detail {

/// The three central sections: the first letter runs to the right, the second down.
enum class section { xy, xz, zy };

struct plane {
  std::size_t width = 0, height = 0;
  std::vector<float> values;
};

using extents = std::array<std::size_t, 3>;  // z, y, x

inline std::size_t plane_width(section s, extents const& n) {
  return s == section::zy ? n[0] : n[2];
}
inline std::size_t plane_height(section s, extents const& n) {
  return s == section::xz ? n[0] : n[1];
}

inline plane central_plane(section s, std::span<float const> volume, extents const& n) {
  plane p{plane_width(s, n), plane_height(s, n), {}};
  p.values.resize(p.width * p.height);
  for (std::size_t j = 0; j < p.height; ++j)
    for (std::size_t i = 0; i < p.width; ++i) {
      std::size_t const z = s == section::xy ? n[0] / 2 : s == section::xz ? j : i;
      std::size_t const y = s == section::xz ? n[1] / 2 : j;
      std::size_t const x = s == section::zy ? n[2] / 2 : i;
      p.values[j * p.width + i] = volume[(z * n[1] + y) * n[2] + x];
    }
  return p;
}

/// Mean over squares of `factor` pixels, smaller ones at the far edges. A square with a value that is not
/// finite becomes NaN: a defect stays visible.
inline plane reduced(plane const& p, std::size_t factor) {
  plane small{(p.width + factor - 1) / factor, (p.height + factor - 1) / factor, {}};
  small.values.resize(small.width * small.height);
  for (std::size_t j = 0; j < small.height; ++j)
    for (std::size_t i = 0; i < small.width; ++i) {
      double sum = 0;
      std::size_t count = 0;
      for (std::size_t y = j * factor; y < std::min(p.height, (j + 1) * factor); ++y)
        for (std::size_t x = i * factor; x < std::min(p.width, (i + 1) * factor); ++x, ++count)
          sum += static_cast<double>(p.values[y * p.width + x]);
      double const mean = sum / static_cast<double>(count);
      small.values[j * small.width + i] =
          std::isfinite(mean) ? static_cast<float>(mean) : std::numeric_limits<float>::quiet_NaN();
    }
  return small;
}

}  // namespace tomoedx::figures::detail

#endif
