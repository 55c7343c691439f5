// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_OPERATOR_SUMS_HPP
#define TOMOEDX_SOLVERS_OPERATOR_SUMS_HPP

#include <tomoedx/core/operand.hpp>
#include <tomoedx/solvers/detail/flat.hpp>

namespace tomoedx {

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
