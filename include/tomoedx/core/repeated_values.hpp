// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_REPEATED_VALUES_HPP
#define TOMOEDX_CORE_REPEATED_VALUES_HPP

#include <tomoedx/core/concepts.hpp>

#include <cstddef>
#include <limits>

namespace tomoedx {

/// A flat array that repeats itself, stored once:
///
///     at(i) = scale(i / stride) * values((i / lanes) % values.size())
///
/// Row and column sums of a projector are of this kind: every slice shares them (`lanes` neighbouring slices,
/// block after block), and every channel of a joint problem has its own factor (`scale`, one for each
/// `stride` elements).
template <real T, class MemorySpace>
struct repeated_values {
  using view = Kokkos::View<T const*, Kokkos::LayoutRight, MemorySpace>;

  view values;
  std::size_t lanes = 1;  ///< so many neighbours share a value; divides `stride` and the whole array
  view scale = {};        ///< a factor for each channel; empty for no factor
  std::size_t stride = std::numeric_limits<std::size_t>::max();  ///< elements of one channel

  KOKKOS_FUNCTION T operator()(std::size_t i) const { return of_row(i / lanes); }

  /// The value that the `lanes` elements of a row share.
  KOKKOS_FUNCTION T of_row(std::size_t row) const {
    T const value = values(row % values.extent(0));
    return scale.extent(0) == 0 ? value : scale(row * lanes / stride) * value;
  }
};

}  // namespace tomoedx

#endif
