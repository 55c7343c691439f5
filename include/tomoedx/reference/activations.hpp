// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_ACTIVATIONS_HPP
#define TOMOEDX_REFERENCE_ACTIVATIONS_HPP

#include <tomoedx/nn/sizes.hpp>

#include <cstddef>
#include <limits>
#include <vector>

namespace tomoedx::reference {

/// What goes into a layer and comes out of it.
///
/// shapes   values (item, channel, z, y, x), row-major
struct activations {
  nn::size size;
  std::size_t items = 1;
  std::vector<double> values;

  /// The positions x = 0, 1, ... of one row.
  double* row(std::size_t item, int channel, int z, int y) {
    return values.data() + start(item, channel, z, y);
  }
  double const* row(std::size_t item, int channel, int z, int y) const {
    return values.data() + start(item, channel, z, y);
  }

  friend bool operator==(activations const&, activations const&) = default;

 private:
  std::size_t start(std::size_t item, int channel, int z, int y) const {
    auto const& [nz, ny, nx] = size.extent;
    return (((item * size.channels + channel) * nz + z) * ny + y) * nx;
  }
};

/// The number of values of so many items of a size.
///
/// throws   tomoedx::shape_error when memory cannot hold them
inline std::size_t count(nn::size const& s, std::size_t items) {
  std::size_t n = items;
  for (int const extent : {s.channels, s.extent[0], s.extent[1], s.extent[2]}) {
    expects<shape_error>(extent >= 0, "reference: an extent of {}", extent);
    expects<shape_error>(extent == 0 || n <= std::numeric_limits<std::size_t>::max() / 16 / extent,
                         "reference: {} items of {} channels of {} x {} x {} are more than memory can hold",
                         items, s.channels, s.extent[0], s.extent[1], s.extent[2]);
    n *= extent;
  }
  return n;
}

/// As many zeros as that takes.
inline activations blank(nn::size const& s, std::size_t items) {
  return {s, items, std::vector<double>(count(s, items))};
}

/// Check that there is something in each tensor, as much as its size says, and that all have the same items.
///
/// throws   tomoedx::shape_error
inline void validate(std::vector<activations> const& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto const& a = all[i];
    expects<shape_error>(a.items >= 1, "reference: input {} has no items", i);
    expects<shape_error>(a.items == all[0].items, "reference: input {} has {} items, the first has {}", i,
                         a.items, all[0].items);
    expects<shape_error>(a.values.size() == count(a.size, a.items),
                         "reference: input {} has {} values, its size asks for {}", i, a.values.size(),
                         count(a.size, a.items));
  }
}

}  // namespace tomoedx::reference

#endif
