// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_FLAT_HPP
#define TOMOEDX_SOLVERS_DETAIL_FLAT_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or "tomoedx/solvers/em.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/repeated_values.hpp>

#include <cstddef>

/// Element-wise work on operands as flat arrays. A functor offers `row(r)`, what the elements of row
/// r = i / lanes share, and f(i, shared). On the host a thread takes whole rows, so that the lanes of a row
/// are one vector loop.
namespace tomoedx::detail {

/// Rows as long as this are for functors whose elements share nothing, or all the same.
inline constexpr std::size_t whole_parts = 4096;

/// Hands rows to `f`, lane by lane.
template <class F, bool ByRow>
struct lane_loop {
  F f;
  std::size_t lanes, count;

  KOKKOS_FUNCTION void operator()(std::size_t n) const {
    if constexpr (ByRow) {
      auto const shared = f.row(n);
      std::size_t const end = Kokkos::min(count, (n + 1) * lanes);
      for (std::size_t i = n * lanes; i < end; ++i) f(i, shared);
    } else {
      f(n, f.row(n / lanes));
    }
  }
};

/// f(i, f.row(i / lanes)) for every i below `count`.
template <class Space, class F>
void for_each_value(Space const& space, char const* label, std::size_t count, std::size_t lanes, F const& f) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  constexpr bool by_row = runs_on_host<Space>;
  Kokkos::parallel_for(label, policy(space, 0, by_row ? (count + lanes - 1) / lanes : count),
                       lane_loop<F, by_row>{f, lanes, count});
}

/// 1 / v, and 0 where v is no more than rounding beside the largest value. A few values: made on the host.
template <class Space, class V>
auto inverted(Space const& space, V const& from) {
  using T = typename V::non_const_value_type;
  using values = Kokkos::View<T*, Kokkos::LayoutRight, typename V::memory_space>;
  values to(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::inverse"),
            from.extent(0));
  auto const host = Kokkos::create_mirror_view(to);
  Kokkos::deep_copy(space, host, from);
  space.fence("tomoedx::solvers: sums on the host");
  T largest = 0;
  for (std::size_t i = 0; i < host.extent(0); ++i) largest = host(i) > largest ? host(i) : largest;
  T const tiny = static_cast<T>(1e-8) * largest;
  for (std::size_t i = 0; i < host.extent(0); ++i) host(i) = host(i) > tiny ? 1 / host(i) : T(0);
  Kokkos::deep_copy(space, to, host);
  space.fence("tomoedx::solvers: inverse sums are in place");
  return to;
}

/// 1 / v for every value of a repeated array, 0 where v is zero.
///
/// throws   tomoedx::shape_error when the array does not repeat over `count` elements
template <class Space, class T, class Memory>
repeated_values<T, Memory> inverted(Space const& space, repeated_values<T, Memory> const& from,
                                    std::size_t count) {
  expects<shape_error>(
      from.lanes > 0 && from.values.extent(0) > 0 && count % (from.lanes * from.values.extent(0)) == 0,
      "solver: sums of {} values in rows of {} do not repeat over {} elements", from.values.extent(0),
      from.lanes, count);
  expects<shape_error>(
      from.scale.extent(0) == 0 ||
          (from.stride > 0 && from.stride % from.lanes == 0 && from.scale.extent(0) * from.stride >= count),
      "solver: {} factors of sums, each for {} elements in rows of {}, do not cover {} elements",
      from.scale.extent(0), from.stride, from.lanes, count);
  return {inverted(space, from.values), from.lanes, inverted(space, from.scale), from.stride};
}

/// A whole operand as repeated values that do not repeat.
template <class Space, class V>
auto as_repeated(Space const& space, V const& v) {
  using T = typename V::non_const_value_type;
  using values = Kokkos::View<T*, Kokkos::LayoutRight, typename V::memory_space>;
  values flat(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::flat"), v.size());
  Kokkos::deep_copy(space, flat, values(v.data(), v.size()));
  return repeated_values<T, typename V::memory_space>{.values = flat};
}

/// The sum of an operand, the same for any number of threads, and its least value or 0 if that is above.
/// Waits for the device.
struct sum_and_least_value {
  double sum = 0, least = 0;
};
template <class Space, class V>
sum_and_least_value sum_and_least(Space const& space, V const& v) {
  constexpr bool on_host = runs_on_host<Space>;
  std::size_t const count = v.size();
  std::size_t const parts = on_host ? (count + whole_parts - 1) / whole_parts : 16384;
  Kokkos::View<double**, Kokkos::LayoutRight, typename V::memory_space> found(
      Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::look"), parts, 2);
  auto const* const data = v.data();
  Kokkos::parallel_for(
      "tomoedx::solvers::look_at_data",
      Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, parts),
      KOKKOS_LAMBDA(std::size_t part) {
        // neighbours in memory go to one thread of a host, to neighbouring threads of a device
        std::size_t const first = on_host ? part * whole_parts : part, stride = on_host ? 1 : parts;
        std::size_t const end = on_host ? Kokkos::min(count, first + whole_parts) : count;
        double sum = 0, least = 0;
        for (std::size_t i = first; i < end; i += stride) {
          double const value = static_cast<double>(data[i]);
          sum += value;
          least = value < least ? value : least;
        }
        found(part, 0) = sum;
        found(part, 1) = least;
      });
  Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace> const host(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::solvers::look"), parts, 2);
  Kokkos::deep_copy(space, host, found);
  space.fence("tomoedx::solvers: look at the data");
  sum_and_least_value result;
  for (std::size_t part = 0; part < parts; ++part) {
    result.sum += host(part, 0);
    result.least = host(part, 1) < result.least ? host(part, 1) : result.least;
  }
  return result;
}

/// Keep an operand only where a mask is not zero.
template <class T>
struct keep_masked {
  T const* mask;
  T* x;

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, std::size_t) const { x[i] = mask[i] == T(0) ? T(0) : x[i]; }
};
template <class Space, class V>
void apply_mask(Space const& space, V const& mask, V const& x) {
  using T = typename V::non_const_value_type;
  if (mask.data() != nullptr)
    for_each_value(space, "tomoedx::solvers::mask", x.size(), whole_parts,
                   keep_masked<T>{mask.data(), x.data()});
}

}  // namespace tomoedx::detail

#endif
