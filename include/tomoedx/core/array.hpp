// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_ARRAY_HPP
#define TOMOEDX_CORE_ARRAY_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/runtime.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <utility>

namespace tomoedx {

/// The extents of an array, slowest index first.
template <std::size_t Rank>
using extents = std::array<std::size_t, Rank>;

namespace detail {

template <class T, std::size_t Rank>
struct pointers {
  using type = typename pointers<T, Rank - 1>::type*;
};
template <class T>
struct pointers<T, 0> {
  using type = T;
};

template <std::size_t Rank, std::size_t... I>
Kokkos::LayoutRight layout_of(extents<Rank> const& e, std::index_sequence<I...>) {
  return Kokkos::LayoutRight(e[I]...);
}

}  // namespace detail

/// The type `T***` with `Rank` stars, as Kokkos names the data of a view.
template <class T, std::size_t Rank>
using pointers_t = typename detail::pointers<T, Rank>::type;

/// A row-major array that lives where `Space` computes.
template <class T, std::size_t Rank, class Space>
using array_on = Kokkos::View<pointers_t<T, Rank>, Kokkos::LayoutRight, typename Space::memory_space>;

/// A row-major array in host memory that belongs to somebody else.
template <class T, std::size_t Rank>
using borrowed = Kokkos::View<pointers_t<T, Rank>, Kokkos::LayoutRight, Kokkos::HostSpace,
                              Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// A Kokkos layout with these extents.
template <std::size_t Rank>
Kokkos::LayoutRight layout(extents<Rank> const& e) {
  return detail::layout_of(e, std::make_index_sequence<Rank>{});
}

/// The number of elements, or an error when it does not fit into memory's address range.
///
/// throws   tomoedx::shape_error
template <std::size_t Rank>
std::size_t count(extents<Rank> const& e) {
  std::size_t n = 1;
  for (auto const extent : e) {
    expects<shape_error>(extent == 0 || n <= std::numeric_limits<std::size_t>::max() / 16 / extent,
                         "count: an extent of {} makes the array larger than memory can be", extent);
    n *= extent;
  }
  return n;
}

/// View the caller's host buffer: copies nothing, owns nothing, keeps const; the last extent is the fastest.
///
/// requires `data` holds the product of the extents, and lives as long as the view
/// throws   tomoedx::error when `data` is null but the extents are not empty
template <class T, std::integral... N>
borrowed<T, sizeof...(N)> borrow(T* data, N... n) {
  extents<sizeof...(N)> const e{static_cast<std::size_t>(n)...};
  std::size_t const values = count(e);
  expects(data != nullptr || values == 0, "borrow: the pointer is null");
  return borrowed<T, sizeof...(N)>(data, layout(e));
}

/// A new array of zeros where `space` computes.
template <class T, execution_space Space, std::size_t Rank>
array_on<T, Rank, Space> zeros(Space const& space, extents<Rank> const& e) {
  require_kokkos("zeros");
  count(e);
  return array_on<T, Rank, Space>(Kokkos::view_alloc(space, "tomoedx::zeros"), layout(e));
}

/// Copy an array to where `space` computes. The result is the library's to overwrite, on every backend.
///
/// throws   tomoedx::shape_error when `from` has gaps between its rows
/// returns  once queued: `from` must live until `space` is next fenced
template <execution_space Space, class V>
requires Kokkos::is_view_v<V> && std::same_as<typename V::array_layout, Kokkos::LayoutRight>
    array_on<typename V::non_const_value_type, V::rank(), Space> upload(Space const& space, V const& from) {
  require_kokkos("upload");
  expects<shape_error>(from.span_is_contiguous(),
                       "upload: the array has gaps between its rows; copy it first");
  extents<V::rank()> e;
  for (std::size_t r = 0; r < V::rank(); ++r) e[r] = from.extent(r);
  array_on<typename V::non_const_value_type, V::rank(), Space> to(
      Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::upload"), layout(e));
  Kokkos::deep_copy(space, to, from);
  return to;
}

/// Copy an array into the caller's buffer and wait until it is there.
///
/// throws   tomoedx::shape_error when the extents differ
template <execution_space Space, class From, class To>
void download(Space const& space, From const& from, To const& to) {
  static_assert(From::rank() == To::rank(), "download: both arrays need the same rank");
  for (std::size_t r = 0; r < From::rank(); ++r)
    expects<shape_error>(from.extent(r) == to.extent(r),
                         "download: extent {} is {} here and {} in the target", r, from.extent(r),
                         to.extent(r));
  Kokkos::deep_copy(space, to, from);
  space.fence("tomoedx::download");
}

}  // namespace tomoedx

#endif
