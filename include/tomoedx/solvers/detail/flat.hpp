// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_FLAT_HPP
#define TOMOEDX_SOLVERS_DETAIL_FLAT_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or "tomoedx/solvers/em.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/repeated_values.hpp>

#include <type_traits>

/// Element-wise work on operands as flat arrays. A functor offers `row(r)`, what the elements of row
/// r = i / lanes share, and f(i, shared). On the host a thread takes whole rows, so that the lanes of a row
/// are one vector loop.
namespace tomoedx::detail {

/// Hands rows to `f`, lane by lane.
template <class F, bool ByRow>
struct lane_loop {
  F f;
  std::size_t lanes;

  KOKKOS_FUNCTION void operator()(std::size_t n) const {
    if constexpr (ByRow) {
      auto const shared = f.row(n);
      for (std::size_t l = 0; l < lanes; ++l) f(n * lanes + l, shared);
    } else {
      f(n, f.row(n / lanes));
    }
  }
  KOKKOS_FUNCTION void operator()(std::size_t n, double& sum) const {
    if constexpr (ByRow) {
      auto const shared = f.row(n);
      double row = 0;
      for (std::size_t l = 0; l < lanes; ++l) row += f(n * lanes + l, shared);
      sum += row;
    } else {
      sum += f(n, f.row(n / lanes));
    }
  }
};

/// f(i, row) for every i below `count`, which `lanes` divides.
template <class Space, class F>
void for_each_value(Space const& space, char const* label, std::size_t count, std::size_t lanes, F const& f) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  Kokkos::parallel_for(label, policy(space, 0, runs_on_host<Space> ? count / lanes : count),
                       lane_loop<F, runs_on_host<Space>>{f, lanes});
}

/// *sum = the sum of f(i, row) over every i below `count`; `sum` is a rank-0 view, so nothing waits.
template <class Space, class F, class Sum>
void sum_each_value(Space const& space, char const* label, std::size_t count, std::size_t lanes, F const& f,
                    Sum const& sum) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  Kokkos::parallel_reduce(label, policy(space, 0, runs_on_host<Space> ? count / lanes : count),
                          lane_loop<F, runs_on_host<Space>>{f, lanes}, sum);
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

/// The sum of an operand, and its least value. Waits for the device.
struct sum_and_least_value {
  double sum = 0, least = 0;
};
template <class Space, class V>
sum_and_least_value sum_and_least(Space const& space, V const& v) {
  auto const* const data = v.data();
  sum_and_least_value result;
  Kokkos::parallel_reduce(
      "tomoedx::solvers::look_at_data",
      Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, v.size()),
      KOKKOS_LAMBDA(std::size_t i, double& s, double& m) {
        double const value = static_cast<double>(data[i]);
        s += value;
        m = value < m ? value : m;
      },
      result.sum, Kokkos::Min<double>(result.least));
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
    for_each_value(space, "tomoedx::solvers::mask", x.size(), 1, keep_masked<T>{mask.data(), x.data()});
}

}  // namespace tomoedx::detail

#endif
