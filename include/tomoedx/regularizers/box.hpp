// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_BOX_HPP
#define TOMOEDX_REGULARIZERS_BOX_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>

#include <limits>

namespace tomoedx {

/// Every voxel lies between two numbers. Models `constraint`; make_box checks them.
template <real T>
struct box {
  using value_type = T;

  T least = T(0), most = T(0);

  KOKKOS_FUNCTION T lower(std::size_t) const { return least; }
  KOKKOS_FUNCTION T upper(std::size_t) const { return most; }
};

/// The box from `lower` to `upper`; either may be infinite.
///
/// throws   tomoedx::value_error for bounds that are NaN or leave no value between them
template <real T>
box<T> make_box(T lower, T upper) {
  expects<value_error>(lower <= upper, "make_box: no value lies between {} and {}; give lower <= upper",
                       lower, upper);
  constexpr T infinity = std::numeric_limits<T>::infinity();
  expects<value_error>(lower < infinity && upper > -infinity,
                       "make_box: from {} to {} there is no finite value; give finite bounds or none", lower,
                       upper);
  return {lower, upper};
}

}  // namespace tomoedx

#endif
