// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_PRIMAL_DUAL_PASSES_HPP
#define TOMOEDX_SOLVERS_DETAIL_PRIMAL_DUAL_PASSES_HPP
// IWYU pragma: private, include "tomoedx/solvers/pdhg.hpp" or "tomoedx/solvers/fista.hpp"

#include <tomoedx/solvers/detail/flat.hpp>
#include <tomoedx/solvers/detail/ordered_sums.hpp>

/// Element-wise passes of PDHG and FISTA over flat operands (solvers/detail/flat.hpp).
namespace tomoedx::detail {

/// The nearest value that a constraint allows at i.
template <class C, class T>
KOKKOS_FUNCTION T clipped(C const& bounds, std::size_t i, T value) {
  T const lower = bounds.lower(i), upper = bounds.upper(i);
  value = value < lower ? lower : value;
  return value > upper ? upper : value;
}

/// x <- P(x).
template <class C, class T>
struct clip_pass {
  C bounds;
  T* x;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { x[i] = clipped(bounds, i, x[i]); }
};

/// y <- a x + b y.
template <class T>
struct combine_pass {
  T a, b;
  T const* x;
  T* y;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { y[i] = a * x[i] + b * y[i]; }
};

/// x <- P(x - tau g), and ahead <- 2 x - its value before, where it is wanted. `each` is tau voxel by voxel, or null
/// for the repeated values.
template <class C, class T, class Memory>
struct primal_pass {
  C bounds;
  repeated_values<T, Memory> tau;
  T const* each;
  T const* g;
  T* x;
  T* ahead;

  KOKKOS_FUNCTION T row(std::size_t r) const { return each != nullptr ? T(0) : tau.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T step) const {
    T const before = x[i];
    T const now = clipped(bounds, i, before - (each != nullptr ? each[i] : step) * g[i]);
    x[i] = now;
    if (ahead != nullptr) ahead[i] = now + (now - before);
  }
};

/// The largest absolute value.
template <class T>
struct largest_value {
  T const* x;

  KOKKOS_FUNCTION void operator()(std::size_t i, double& most) const {
    double const a = Kokkos::abs(static_cast<double>(x[i]));
    most = a > most ? a : most;
  }
};

/// The support function of the box of a constraint, cut at +-limit, at -g.
template <class C, class T>
struct box_support {
  C bounds;
  T const* g;
  double limit;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const {
    double const lower = Kokkos::max(static_cast<double>(bounds.lower(i)), -limit);
    double const upper = Kokkos::min(static_cast<double>(bounds.upper(i)), limit);
    double const slope = static_cast<double>(g[i]);
    return slope > 0 ? -slope * lower : -slope * upper;
  }
};

/// How many voxels have bounds that allow nothing, and how many are not allowed to be 0.
template <class C>
struct look_at_bounds {
  C bounds;

  KOKKOS_FUNCTION void operator()(std::size_t i, std::size_t& wrong, std::size_t& lifted) const {
    auto const lower = bounds.lower(i), upper = bounds.upper(i);
    wrong += lower <= upper && lower < Kokkos::Experimental::infinity_v<decltype(lower)> &&
                     upper > -Kokkos::Experimental::infinity_v<decltype(lower)>
                 ? 0
                 : 1;
    lifted += lower > 0 || upper < 0 ? 1 : 0;
  }
};

template <class Space>
using flat_policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;

/// Refuse a constraint that allows nothing somewhere. Waits.
///
/// returns  whether it lifts zeros, and so what pads the slices
template <class Space, class C>
bool lifts_zeros(Space const& space, C const& bounds, std::size_t count, char const* who) {
  std::size_t wrong = 0, lifted = 0;
  Kokkos::parallel_reduce("tomoedx::solvers::look_at_bounds", flat_policy<Space>(space, 0, count),
                          look_at_bounds<C>{bounds}, wrong, lifted);
  expects<value_error>(wrong == 0,
                       "{}: at {} of {} voxels the constraint leaves no finite value; make lower <= upper",
                       who, wrong, count);
  return lifted > 0;
}

}  // namespace tomoedx::detail

#endif
