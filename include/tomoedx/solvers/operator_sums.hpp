// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_OPERATOR_SUMS_HPP
#define TOMOEDX_SOLVERS_OPERATOR_SUMS_HPP

#include <tomoedx/core/operand.hpp>
#include <tomoedx/solvers/detail/flat.hpp>

namespace tomoedx {

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

/// A 1, asked of a projector or found by applying any other operator to ones.
template <linear_operator Op>
auto row_sums_of(Op const& op) {
  if constexpr (projector<Op>) {
    return op.row_sums();
  } else {
    auto const ones = make_domain(op);
    auto const sums = make_range(op);
    Kokkos::deep_copy(op.space(), ones, typename Op::domain_view::value_type(1));
    op.forward(ones, sums);
    return detail::as_repeated(op.space(), sums);
  }
}

/// A' 1, asked of a projector or found by applying any other operator's adjoint to ones.
template <linear_operator Op>
auto column_sums_of(Op const& op) {
  if constexpr (projector<Op>) {
    return op.column_sums();
  } else {
    auto const ones = make_range(op);
    auto const sums = make_domain(op);
    Kokkos::deep_copy(op.space(), ones, typename Op::range_view::value_type(1));
    op.adjoint(ones, sums);
    return detail::as_repeated(op.space(), sums);
  }
}

}  // namespace tomoedx

#endif
