// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_NON_NEGATIVE_HPP
#define TOMOEDX_REGULARIZERS_NON_NEGATIVE_HPP

#include <tomoedx/core/concepts.hpp>

#include <limits>

namespace tomoedx {

/// Every voxel is at least 0. Models `constraint`.
template <real T>
struct non_negative {
  using value_type = T;

  KOKKOS_FUNCTION T lower(std::size_t) const { return T(0); }
  KOKKOS_FUNCTION T upper(std::size_t) const { return std::numeric_limits<T>::infinity(); }
};

/// Every voxel may take any value. Models `constraint`.
template <real T>
struct unbounded {
  using value_type = T;

  KOKKOS_FUNCTION T lower(std::size_t) const { return -std::numeric_limits<T>::infinity(); }
  KOKKOS_FUNCTION T upper(std::size_t) const { return std::numeric_limits<T>::infinity(); }
};

}  // namespace tomoedx

#endif
