// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_CONCEPTS_HPP
#define TOMOEDX_CORE_CONCEPTS_HPP

#include <Kokkos_Core.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

static_assert(KOKKOS_VERSION >= 50000, "tomoedx needs Kokkos 5.0 or newer");

/// The concepts that everything else is written against, and so the list of what you can bring yourself:
///
///   execution_space    where work runs: any Kokkos execution space
///   view_on            an array of a given rank that a space can reach
///   footprint          how wide a voxel's shadow is and how it spreads over bins (projectors/footprints.hpp)
///   linear_operator    forward and adjoint between two kinds of array; your own projector starts here
///   projector          a linear operator of a tilt series that knows its row and column sums
///   observer           watches iterations and may end them (core/observer.hpp)
///   solver             an iterative method taken one step at a time
///   denoiser           a stack of images in, a cleaner one out: networks and classical filters alike
///
/// tests/static holds an archetype of each, the least that models it, and near misses that do not.
namespace tomoedx {

/// Any Kokkos execution space: Serial, OpenMP, Cuda, HIP.
template <class S>
concept execution_space = Kokkos::is_execution_space_v<S>;

/// The two arithmetic types of the library. Long double and half are not offered for arithmetic.
template <class T>
concept real = std::same_as<T, float> || std::same_as<T, double>;

template <real T, class MemorySpace>
struct repeated_values;
struct ignore;

namespace detail {

/// Whether work on a space runs on the host's processors in the host's memory, so that plain loops will do.
template <class Space>
inline constexpr bool runs_on_host =
    bool(Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible) &&
    bool(Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Space::memory_space>::accessible);

}  // namespace detail

/// A Kokkos view of rank `Rank` that work on `Space` can read.
template <class V, class Space, std::size_t Rank>
concept view_on = Kokkos::is_view_v<V> &&(V::rank() == Rank) &&
                  bool(Kokkos::SpaceAccessibility<Space, typename V::memory_space>::accessible);

/// A row-major view of float or double of any rank that owns a contiguous buffer reachable from `Space`: what
/// operators map between, so that solvers may walk it as a flat array.
template <class V, class Space>
concept operand_on =
    Kokkos::is_view_v<V> &&(V::rank() >= 1) &&
    real<typename V::value_type>&& std::same_as<typename V::array_layout, Kokkos::LayoutRight>&& bool(
        Kokkos::SpaceAccessibility<Space, typename V::memory_space>::accessible);

/// A linear map A with its transpose.
/// 1. It names its `execution_space`, the `domain_view` it reads and the `range_view` it writes. Both have
///    the same value type and are row-major and contiguous, so that a solver may treat them as flat arrays.
/// 2. `domain_layout()` and `range_layout()` give the extents of those views: whoever holds them
///    can allocate.
/// 3. `forward(x, y)` sets y = A x and `adjoint(y, x)` sets x = A' y. Both only launch work on `space()`,
///    neither fences nor allocates, and <A x, y> = <x, A' y> up to rounding.
/// 4. Copies are cheap and share what is expensive, scratch too: use one copy at a time.
template <class A>
concept linear_operator = std::copy_constructible<A> && execution_space<typename A::execution_space> &&
    operand_on<typename A::domain_view, typename A::execution_space> &&
    operand_on<typename A::range_view, typename A::execution_space> &&
    std::same_as<typename A::domain_view::value_type, typename A::range_view::value_type> &&
    requires(A const& a, typename A::domain_view x, typename A::range_view y) {
  { a.space() } -> std::convertible_to<typename A::execution_space>;
  { a.domain_layout() } -> std::convertible_to<Kokkos::LayoutRight>;
  { a.range_layout() } -> std::convertible_to<Kokkos::LayoutRight>;
  a.forward(x, y);
  a.adjoint(y, x);
};

/// A linear operator that can tell A 1 and A' 1 without being applied: `row_sums()` and `column_sums()`
/// return repeated_values over the flat range and the flat domain (core/repeated_values.hpp).
template <class A>
concept projector = linear_operator<A> && requires(A const& a) {
  {
    a.row_sums()
    } -> std::same_as<
        repeated_values<typename A::range_view::value_type, typename A::range_view::memory_space>>;
  {
    a.column_sums()
    } -> std::same_as<
        repeated_values<typename A::domain_view::value_type, typename A::domain_view::memory_space>>;
};

/// An iterative method taken one step at a time.
/// 1. `step()` does one iteration in place; it allocates nothing.
/// 2. `state()` is the estimate after the steps done so far; the same buffer every time.
/// 3. `residuals()` are the squared norms of data minus model, one for each step done and channel of data, in a
///    rank-2 view where the work runs.
/// 4. `iterations()` is how many steps are asked for, `iteration()` how many are done, `space()` where they run.
template <class S>
concept solver = requires(S& s, S const& c) {
  s.step();
  { c.iteration() } -> std::convertible_to<std::size_t>;
  { c.iterations() } -> std::convertible_to<std::size_t>;
  { c.space() } -> execution_space;
  c.state();
  c.residuals();
};

/// Something that makes a stack of images cleaner.
/// 1. It names its `execution_space` and the `value_type` it reads and writes, float or double.
/// 2. `d(in, out, observer)` reads the stack `in` (n, y, x) and writes every value of `out`, of the same extents,
///    both row-major and contiguous where `execution_space` reaches them, and not overlapping. It fences.
/// 3. What it cannot take (sizes, values that are not finite) it refuses with a tomoedx::error before it writes.
/// 4. Counts in, counts out: whatever scaling a method needs inside is undone.
/// 5. The observer (core/observer.hpp) is told how many of the n images are done, and may end the work, which then
///    throws tomoedx::cancelled.
template <class D>
concept denoiser = execution_space<typename D::execution_space> && real<typename D::value_type> && requires(
    D& d,
    Kokkos::View<typename D::value_type const***, Kokkos::LayoutRight,
                 typename D::execution_space::memory_space>
        in,
    Kokkos::View<typename D::value_type***, Kokkos::LayoutRight, typename D::execution_space::memory_space>
        out,
    ignore& o) {
  d(in, out, o);
};

}  // namespace tomoedx

#endif
