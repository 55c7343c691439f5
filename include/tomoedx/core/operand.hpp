// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_OPERAND_HPP
#define TOMOEDX_CORE_OPERAND_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>

#include <cstddef>

namespace tomoedx {

/// Refuse a view that is not what an operator maps from or to.
///
///     expect_operand(x, domain_layout(), "sparse_operator", "volume");
///
/// throws   tomoedx::shape_error when an extent differs from `wanted`, or the view has gaps between its rows
template <class View>
void expect_operand(View const& v, Kokkos::LayoutRight const& wanted, char const* who, char const* what) {
  for (std::size_t r = 0; r < View::rank(); ++r)
    expects<shape_error>(v.extent(r) == wanted.dimension[r],
                         "{}: extent {} of the {} is {}, the operator needs {}", who, r, what, v.extent(r),
                         wanted.dimension[r]);
  expects<shape_error>(v.span_is_contiguous(), "{}: the {} has gaps between its rows; copy it first", who,
                       what);
}

/// Memory for what an operator reads, zero.
template <linear_operator Op>
typename Op::domain_view make_domain(Op const& op) {
  return typename Op::domain_view(Kokkos::view_alloc(op.space(), "tomoedx::domain"), op.domain_layout());
}

/// Memory for what an operator writes, zero.
template <linear_operator Op>
typename Op::range_view make_range(Op const& op) {
  return typename Op::range_view(Kokkos::view_alloc(op.space(), "tomoedx::range"), op.range_layout());
}

/// How many channels (element maps, HAADF) the range of an operator holds one after the other:
/// `op.channels()`, or one where an operator does not say.
template <linear_operator Op>
std::size_t range_channels(Op const& op) {
  if constexpr (requires { op.channels(); })
    return op.channels();
  else
    return 1;
}

/// Set to zero what an operand of `op` holds beyond the user's data, where the operator pads it.
template <linear_operator Op, class View>
void clear_padding(Op const& op, View const& v) {
  if constexpr (requires { op.clear_padding(v); }) op.clear_padding(v);
}

}  // namespace tomoedx

#endif
