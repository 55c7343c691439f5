// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_UPDATE_FROM_ADJOINT_HPP
#define TOMOEDX_SOLVERS_DETAIL_UPDATE_FROM_ADJOINT_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or another solver

#include <tomoedx/core/operand.hpp>
#include <tomoedx/core/row_update.hpp>
#include <tomoedx/solvers/detail/flat.hpp>

namespace tomoedx::detail {

/// How many values the domain of an operator holds.
template <linear_operator Op>
std::size_t domain_size(Op const& op) {
  Kokkos::LayoutRight const layout = op.domain_layout();
  std::size_t n = 1;
  for (std::size_t r = 0; r < Op::domain_view::rank(); ++r) n *= layout.dimension[r];
  return n;
}

/// Whether an operator hands the rows of its adjoint to an update, so that no gradient need be stored.
template <linear_operator Op>
bool updates_rows(Op const& op) {
  if constexpr (updating_operator<Op>)
    return op.update_lanes() > 0;
  else
    return false;
}

/// Memory that an update from the adjoint needs beside its operands: none where the operator takes updates.
template <linear_operator Op>
struct adjoint_buffer {
  typename Op::domain_view values;

  adjoint_buffer() = default;
  explicit adjoint_buffer(Op const& op)
      : values(updates_rows(op) ? typename Op::domain_view() : make_domain(op)) {}
};

/// An update f(i, shared, g) with its gradient in memory.
template <class F, class T>
struct with_gradient {
  F f;
  T const* gradient;

  KOKKOS_FUNCTION auto row(std::size_t r) const { return f.row(r); }
  template <class Shared>
  KOKKOS_FUNCTION void operator()(std::size_t i, Shared const& shared) const {
    f(i, shared, gradient[i]);
  }
};

/// f(i, f.row(i / lanes), g(i)) for every i of the domain, g = A' y: while a tile is in the cache where the operator takes
/// updates, else in a pass of its own. What f writes must not be y.
template <linear_operator Op, class F>
void update_from_adjoint(Op const& op, typename Op::range_view const& y, adjoint_buffer<Op> const& gradient,
                         typename Op::domain_view const& x, char const* label, std::size_t lanes,
                         F const& f) {
  using T = typename Op::domain_view::value_type;
  if constexpr (updating_operator<Op>)
    if (op.update_lanes() > 0) {
      expects<shape_error>(op.update_lanes() == lanes,
                           "{}: the operator's rows have {} values, its column sums {}", label,
                           op.update_lanes(), lanes);
      return op.adjoint(y, row_update<T>(f, lanes, x.data()));
    }
  op.adjoint(y, gradient.values);
  for_each_value(op.space(), label, x.size(), lanes, with_gradient<F, T>{f, gradient.values.data()});
}

}  // namespace tomoedx::detail

#endif
