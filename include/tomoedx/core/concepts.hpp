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
///   noise_model        data and how likely they are under a model: what a reconstruction fits
///   regularizer        a penalty on the volume of the form phi(K x), K a difference operator
///   constraint         the bounds of every voxel
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

/// Flat memory where `Space` computes: how noise models and regularisers see operands, whatever their rank.
template <class T, class Space>
using flat_on = Kokkos::View<T*, Kokkos::LayoutRight, typename Space::memory_space>;

/// One number where `Space` computes, that a launched reduction fills in.
template <class Space>
using number_on = Kokkos::View<double, typename Space::memory_space>;

/// Data b and their noise, as F(m) >= 0: minus the logarithm of the likelihood of b when m = A x is expected, less its
/// least value. F is convex and a sum over the values of m. It has `size()` values in `channels()` equal parts.
/// 1. `value(m, f)` sets f = F(m); `gradient(m, f)` does so too and sets m <- F'(m).
/// 2. `dual_step(q, m, sigma)` sets q <- the proximal map of sigma F* at q + sigma m, with F* the convex conjugate and
///    sigma one step for each value, stored as repeated_values; `conjugate(q, f)` sets f = F*(q).
/// 3. `residuals(m, r)` adds to r(c) the squared norm of b - m in each channel c.
/// 4. `curvature()` is a bound on F'' for m >= 0, infinity where there is none.
/// All but `curvature` only launch work.
template <class N>
concept noise_model = std::copy_constructible<N> && execution_space<typename N::execution_space> &&
    real<typename N::value_type> &&
    requires(N const& n, flat_on<typename N::value_type, typename N::execution_space> m,
             repeated_values<typename N::value_type, typename N::execution_space::memory_space> sigma,
             number_on<typename N::execution_space> f,
             Kokkos::View<double*, Kokkos::LayoutRight, typename N::execution_space::memory_space> r) {
  { n.size() } -> std::convertible_to<std::size_t>;
  { n.channels() } -> std::convertible_to<std::size_t>;
  { n.curvature() } -> std::convertible_to<double>;
  n.value(m, f);
  n.gradient(m, f);
  n.dual_step(m, m, sigma);
  n.conjugate(m, f);
  n.residuals(m, r);
};

/// A penalty R(x) = phi(K x) with K linear and phi a norm: R* is 0 in a ball of dual values and infinite outside.
/// 1. `value(x, f)` sets f = R(x).
/// 2. `dual_step(p, x, sigma)` sets p <- the nearest point of the ball to p + sigma K x; `dual_size()` is the length of p.
/// 3. `add_adjoint(p, g)` sets g <- g + K' p.
/// 4. `squared_norm()` bounds |K|^2, `column_sum()` the largest sum of |K| over a column, `row_sum()` over a row.
/// The first three only launch work.
template <class R>
concept regularizer = std::copy_constructible<R> && execution_space<typename R::execution_space> &&
    real<typename R::value_type> &&
    requires(R const& r, flat_on<typename R::value_type, typename R::execution_space> x,
             number_on<typename R::execution_space> f, typename R::value_type sigma) {
  { r.size() } -> std::convertible_to<std::size_t>;
  { r.dual_size() } -> std::convertible_to<std::size_t>;
  { r.squared_norm() } -> std::convertible_to<double>;
  { r.column_sum() } -> std::convertible_to<double>;
  { r.row_sum() } -> std::convertible_to<double>;
  r.value(x, f);
  r.dual_step(x, x, sigma);
  r.add_adjoint(x, x);
};

/// What values each voxel may take: `lower(i)` to `upper(i)` at place i of the flat operand, called where the work runs.
/// Infinity stands for no bound; equal bounds pin a voxel, as a mask does with 0.
template <class C>
concept constraint = std::is_trivially_copyable_v<C> && real<typename C::value_type> &&
    requires(C const& c, std::size_t i) {
  { c.lower(i) } -> std::same_as<typename C::value_type>;
  { c.upper(i) } -> std::same_as<typename C::value_type>;
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
