// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_EM_PASS_HPP
#define TOMOEDX_SOLVERS_DETAIL_EM_PASS_HPP
// IWYU pragma: private, include "tomoedx/solvers/em.hpp" or "tomoedx/solvers/osem.hpp"

#include <tomoedx/solvers/detail/ordered_sums.hpp>
#include <tomoedx/solvers/detail/update_from_adjoint.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include <cmath>
#include <limits>

namespace tomoedx::detail {

/// y <- b / (y + s), 0 where nothing is expected, and the square of b - (y + s) for the norm.
template <class T>
struct count_ratio {
  T const* data;
  T const* background;
  T* model;

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, std::size_t) const {
    T const b = data[i];
    T const expected = model[i] + (background != nullptr ? background[i] : T(0));
    model[i] = expected > T(0) ? b / expected : T(0);
    double const difference = static_cast<double>(b) - static_cast<double>(expected);
    return difference * difference;
  }
};

/// to <- to + from.
template <class T>
struct add_values {
  T const* from;
  T* to;

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, std::size_t) const { to[i] += from[i]; }
};

/// x <- x C g; what this operator does not see is 0, or left as it is for another one.
template <class T, class Memory>
struct em_update {
  T const* mask;
  T* x;
  repeated_values<T, Memory> inverse_columns;
  bool leave_unseen;

  KOKKOS_FUNCTION T row(std::size_t r) const { return inverse_columns.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T c, T gradient) const {
    T const value = leave_unseen && c == T(0) ? x[i] : x[i] * (c * gradient);
    x[i] = mask != nullptr && mask[i] == T(0) ? T(0) : value;
  }
};

/// What EM keeps of an operator, its counts and its background, and its update x <- x C A'(b / (A x + s)).
template <linear_operator Op>
struct em_pass {
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using memory = typename domain_view::memory_space;
  using space_type = typename Op::execution_space;

  Op op;
  range_view data, background;
  double counts = 0;  ///< all of the data
  sum_parts parts;
  repeated_values<value_type, memory> inverse_columns;

  /// throws   tomoedx::shape_error or value_error before anything is computed
  em_pass(Op const& a, range_view const& b, double constant, range_view const& map, char const* who)
      : op(a), data(b), background(map), parts(1, 1, 1) {
    expect_operand(data, op.range_layout(), who, "data");
    if (map.data() != nullptr) expect_operand(map, op.range_layout(), who, "background");
    expects<value_error>(constant >= 0 && constant < std::numeric_limits<value_type>::max(),
                         "{}: the background is {}; it is a finite number of counts, not negative", who,
                         constant);
    auto const [sum, least] = sum_and_least(op.space(), data);
    expects<value_error>(std::isfinite(sum), "{}: the data hold NaN or infinity", who);
    expects<value_error>(least >= 0, "{}: the data hold {}; counts are not negative", who, least);
    counts = sum;
    if (map.data() != nullptr) {
      auto const [content, low] = sum_and_least(op.space(), map);
      expects<value_error>(std::isfinite(content) && low >= 0,
                           "{}: the background map holds {}; it is finite and not negative", who,
                           std::isfinite(content) ? low : content);
    }
    std::size_t const channels = range_channels(op);
    parts = sum_parts(channels, data.size() / channels, whole_parts);
    inverse_columns = inverted(op.space(), column_sums_of(op), domain_size(op));
    if (constant > 0) background = with_constant(constant);
  }

  /// One update of x; the squared norm of b - (A x + s) goes to `norms`. Only launches work.
  template <class Norms>
  void apply(domain_view const& x, range_view const& model, adjoint_buffer<Op> const& gradient,
             sum_scratch<space_type> const& scratch, Norms const& norms, domain_view const& mask,
             bool leave_unseen) const {
    op.forward(x, model);
    sum_channels(op.space(), "tomoedx::em::ratio", parts, scratch,
                 count_ratio<value_type>{data.data(), background.data(), model.data()}, norms);
    update_from_adjoint(op, model, gradient, x, "tomoedx::em::update", inverse_columns.lanes,
                        em_update<value_type, memory>{mask.data(), x.data(), inverse_columns, leave_unseen});
  }

  /// The constant background and the map in one array.
  range_view with_constant(double constant) const {
    auto const sum = make_range(op);
    Kokkos::deep_copy(op.space(), sum, static_cast<value_type>(constant));
    clear_padding(op, sum);
    if (background.data() != nullptr)
      for_each_value(op.space(), "tomoedx::em::background", sum.size(), whole_parts,
                     add_values<value_type>{background.data(), sum.data()});
    return sum;
  }
};

/// Refuse a mask or volume that does not fit, and a start that is no estimate of counts.
template <linear_operator Op, class Options>
void expect_em(Op const& op, typename Op::domain_view const& x, Options const& o, char const* who) {
  expect_operand(x, op.domain_layout(), who, "volume");
  if (o.mask.data() != nullptr) expect_operand(o.mask, op.domain_layout(), who, "mask");
  validate(o.stop, who);
  if (!o.warm_start) return;
  auto const [content, low] = sum_and_least(op.space(), x);
  expects<value_error>(std::isfinite(content) && low >= 0,
                       "{}: the volume to start from holds {}; a warm start is finite and not negative", who,
                       std::isfinite(content) ? low : content);
}

/// Set x to a constant inside the mask.
template <linear_operator Op>
void fill_estimate(Op const& op, typename Op::domain_view const& x, double level,
                   typename Op::domain_view const& mask) {
  Kokkos::deep_copy(op.space(), x, static_cast<typename Op::domain_view::value_type>(level));
  clear_padding(op, x);
  apply_mask(op.space(), mask, x);
}

}  // namespace tomoedx::detail

#endif
