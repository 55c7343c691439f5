// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_SIRT_PASS_HPP
#define TOMOEDX_SOLVERS_DETAIL_SIRT_PASS_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or "tomoedx/solvers/os_sirt.hpp"

#include <tomoedx/solvers/detail/ordered_sums.hpp>
#include <tomoedx/solvers/detail/update_from_adjoint.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tomoedx::detail {

/// r <- R (b - r), and the square of b - r for the norm.
template <class T, class Memory>
struct weigh_residual {
  T const* data;
  T* model;
  repeated_values<T, Memory> inverse_rows;

  KOKKOS_FUNCTION T row(std::size_t r) const { return inverse_rows.of_row(r); }
  KOKKOS_FUNCTION double operator()(std::size_t i, T weight) const {
    T const difference = data[i] - model[i];
    model[i] = difference * weight;
    return static_cast<double>(difference) * static_cast<double>(difference);
  }
};

/// What a value is kept to: bounds, and zero outside a mask.
template <class T>
struct clipping {
  T const* mask;
  T lower, upper;

  KOKKOS_FUNCTION T operator()(std::size_t i, T value) const {
    value = value < lower ? lower : value;
    value = value > upper ? upper : value;
    return mask != nullptr && mask[i] == T(0) ? T(0) : value;
  }
};

/// The same from options, with bounds that T holds.
template <class Options>
auto clipping_of(Options const& o) {
  using T = typename decltype(o.mask)::non_const_value_type;
  constexpr double most = static_cast<double>(std::numeric_limits<T>::max());
  auto const bound = [&](double b) { return static_cast<T>(std::max(-most, std::min(most, b))); };
  return clipping<T>{o.mask.data(), bound(o.lower), bound(o.upper)};
}

/// x <- P(x + relaxation C g).
template <class T, class Memory>
struct sirt_update {
  T* x;
  repeated_values<T, Memory> inverse_columns;
  T relaxation;
  clipping<T> keep;

  KOKKOS_FUNCTION T row(std::size_t r) const { return relaxation * inverse_columns.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T step, T gradient) const {
    x[i] = keep(i, x[i] + step * gradient);
  }
};

/// What SIRT keeps of an operator and its data, and its update x <- P(x + relaxation C A' R (b - A x)).
template <linear_operator Op>
struct sirt_pass {
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using memory = typename domain_view::memory_space;
  using space_type = typename Op::execution_space;

  Op op;
  range_view data;
  sum_parts parts;
  repeated_values<value_type, memory> inverse_rows, inverse_columns;

  /// throws   tomoedx::shape_error or value_error before anything is computed
  sirt_pass(Op const& a, range_view const& b, char const* who)
      : op(a), data(checked(a, b, who)), parts(1, 1, 1) {
    std::size_t const channels = range_channels(op);
    inverse_rows = inverted(op.space(), row_sums_of(op), data.size());
    expects<shape_error>(data.size() / channels % inverse_rows.lanes == 0,
                         "{}: a channel of {} rays does not hold whole rows of {}", who,
                         data.size() / channels, inverse_rows.lanes);
    parts = sum_parts(channels, data.size() / channels, inverse_rows.lanes);
    inverse_columns = inverted(op.space(), column_sums_of(op), domain_size(op));
  }

  static range_view const& checked(Op const& op, range_view const& data, char const* who) {
    expect_operand(data, op.range_layout(), who, "data");
    expects<value_error>(std::isfinite(sum_and_least(op.space(), data).sum),
                         "{}: the data hold NaN or infinity", who);
    return data;
  }

  /// One update of x; the squared norm of b - A x goes to `norms`. Only launches work.
  template <class Norms>
  void apply(domain_view const& x, range_view const& model, adjoint_buffer<Op> const& gradient,
             sum_scratch<space_type> const& scratch, Norms const& norms, value_type relaxation,
             clipping<value_type> const& keep) const {
    op.forward(x, model);
    sum_channels(op.space(), "tomoedx::sirt::residual", parts, scratch,
                 weigh_residual<value_type, memory>{data.data(), model.data(), inverse_rows}, norms);
    update_from_adjoint(op, model, gradient, x, "tomoedx::sirt::update", inverse_columns.lanes,
                        sirt_update<value_type, memory>{x.data(), inverse_columns, relaxation, keep});
    if (keep.lower > 0 || keep.upper < 0) clear_padding(op, x);  // bounds lift what pads the slices
  }
};

/// Refuse options of SIRT that mean nothing, and a mask or volume that does not fit.
template <linear_operator Op, class Options>
void expect_sirt(Op const& op, typename Op::domain_view const& x, Options const& o, char const* who) {
  expect_operand(x, op.domain_layout(), who, "volume");
  if (o.mask.data() != nullptr) expect_operand(o.mask, op.domain_layout(), who, "mask");
  expects<value_error>(o.relaxation > 0 && o.relaxation < 2,
                       "{}: relaxation is {}; it must lie between 0 and 2", who, o.relaxation);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  expects<value_error>(o.lower <= o.upper && infinity > o.lower && o.upper > -infinity,
                       "{}: no finite value lies between the bounds {} and {}; give lower <= upper", who,
                       o.lower, o.upper);
  validate(o.stop, who);
  expects<value_error>(!o.warm_start || std::isfinite(sum_and_least(op.space(), x).sum),
                       "{}: the volume to start from holds NaN or infinity", who);
}

}  // namespace tomoedx::detail

#endif
