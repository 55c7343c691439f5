// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_FLAT_HPP
#define TOMOEDX_SOLVERS_DETAIL_FLAT_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or "tomoedx/solvers/em.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/repeated_values.hpp>

#include <type_traits>

/// Element-wise work on operands as flat arrays. A functor is called as f(row, i) with row = i / lanes; on
/// the host a thread takes whole rows, so that the lanes of a row are one vector loop.
namespace tomoedx::detail {

template <class Space>
inline constexpr bool runs_on_host =
    bool(Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible) &&
    bool(Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Space::memory_space>::accessible);

/// Hands rows to `f`, lane by lane.
template <class F, bool ByRow>
struct lane_loop {
  F f;
  std::size_t lanes;

  KOKKOS_FUNCTION void operator()(std::size_t n) const {
    if constexpr (ByRow) {
      for (std::size_t l = 0; l < lanes; ++l) f(n, n * lanes + l);
    } else {
      f(n / lanes, n);
    }
  }
  KOKKOS_FUNCTION void operator()(std::size_t n, double& sum) const {
    if constexpr (ByRow) {
      double row = 0;
      for (std::size_t l = 0; l < lanes; ++l) row += f(n, n * lanes + l);
      sum += row;
    } else {
      sum += f(n / lanes, n);
    }
  }
};

/// f(row, i) for every i below `count`.
template <class Space, class F>
void for_each_value(Space const& space, char const* label, std::size_t count, std::size_t lanes, F const& f) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  Kokkos::parallel_for(label, policy(space, 0, runs_on_host<Space> ? count / lanes : count),
                       lane_loop<F, runs_on_host<Space>>{f, lanes});
}

/// *sum = the sum of f(row, i) over every i below `count`; `sum` is a rank-0 view, so nothing waits.
template <class Space, class F, class Sum>
void sum_each_value(Space const& space, char const* label, std::size_t count, std::size_t lanes, F const& f,
                    Sum const& sum) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  Kokkos::parallel_reduce(label, policy(space, 0, runs_on_host<Space> ? count / lanes : count),
                          lane_loop<F, runs_on_host<Space>>{f, lanes}, sum);
}

/// 1 / v, and 0 where v is no more than rounding beside the largest value.
template <class V>
struct invert_values {
  V from, to;
  typename V::non_const_value_type tiny;

  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    to(i) = from(i) > tiny ? 1 / from(i) : typename V::non_const_value_type(0);
  }
};

template <class Space, class V>
auto inverted(Space const& space, V const& from) {
  using T = typename V::non_const_value_type;
  using values = Kokkos::View<T*, Kokkos::LayoutRight, typename V::memory_space>;
  values copy(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::sums"),
              from.extent(0));
  values to(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::inverse"),
            from.extent(0));
  Kokkos::deep_copy(space, copy, from);
  auto const host = Kokkos::create_mirror_view(copy);
  Kokkos::deep_copy(space, host, copy);
  space.fence("tomoedx::solvers: sums on the host");
  T largest = 0;
  for (std::size_t i = 0; i < host.extent(0); ++i) largest = host(i) > largest ? host(i) : largest;
  Kokkos::parallel_for("tomoedx::solvers::invert",
                       Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, to.extent(0)),
                       invert_values<values>{copy, to, static_cast<T>(1e-8) * largest});
  space.fence("tomoedx::solvers: inverse sums are in place");
  return to;
}

/// 1 / v for every value of a repeated array, 0 where v is zero.
template <class Space, class T, class Memory>
repeated_values<T, Memory> inverted(Space const& space, repeated_values<T, Memory> const& from) {
  return {inverted(space, from.values), from.lanes, inverted(space, from.scale), from.stride};
}

/// A whole operand as repeated values that do not repeat.
template <class Space, class V>
auto as_repeated(Space const& space, V const& v) {
  using T = typename V::non_const_value_type;
  using values = Kokkos::View<T*, Kokkos::LayoutRight, typename V::memory_space>;
  values one(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::one"), 1);
  Kokkos::deep_copy(space, one, T(1));
  values flat(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::flat"), v.size());
  Kokkos::deep_copy(space, flat, values(v.data(), v.size()));
  return repeated_values<T, typename V::memory_space>{flat, 1, one, v.size()};
}

}  // namespace tomoedx::detail

#endif
