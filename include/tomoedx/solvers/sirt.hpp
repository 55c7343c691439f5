// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_SIRT_HPP
#define TOMOEDX_SOLVERS_SIRT_HPP

#include <tomoedx/solvers/iterate.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tomoedx {

/// Options of SIRT; `Domain` is the operator's domain_view.
template <class Domain>
struct sirt_options {
  std::size_t iterations = 100;
  double relaxation = 1;                                   ///< in (0, 2)
  double lower = 0;                                        ///< values are clipped at it; -infinity for none
  double upper = std::numeric_limits<double>::infinity();  ///< values are clipped at it
  Domain mask = {};                                        ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;                                 ///< start from what x holds instead of zero
  stopping_rules stop = {};
};

namespace detail {

/// r <- R (b - r), and the square of b - r for the norm.
template <class T, class Memory>
struct weigh_residual {
  T const* data;
  T* model;
  repeated_values<T, Memory> inverse_rows;
  std::size_t first;  ///< of the channel

  KOKKOS_FUNCTION T row(std::size_t r) const { return inverse_rows.of_row(first / inverse_rows.lanes + r); }
  KOKKOS_FUNCTION double operator()(std::size_t i, T weight) const {
    T const difference = data[first + i] - model[first + i];
    model[first + i] = difference * weight;
    return static_cast<double>(difference) * static_cast<double>(difference);
  }
};

/// x <- P(x + relaxation C g).
template <class T, class Memory>
struct sirt_update {
  T const* gradient;
  T const* mask;
  T* x;
  repeated_values<T, Memory> inverse_columns;
  T relaxation, lower, upper;

  KOKKOS_FUNCTION T row(std::size_t r) const { return relaxation * inverse_columns.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T step) const {
    T value = x[i] + step * gradient[i];
    value = value < lower ? lower : value;
    value = value > upper ? upper : value;
    x[i] = mask != nullptr && mask[i] == T(0) ? T(0) : value;
  }
};

}  // namespace detail

/// SIRT taken one step at a time: x <- P(x + C A' R (b - A x)) with R and C the inverse row and column sums
/// and P the clipping at the bounds and the mask. Rays and voxels with a zero sum take no part.
/// Models `solver`.
///
/// source   Gregor and Benson, IEEE TMI 27, 2008; Zhong et al. 2017, section 2.3
template <linear_operator Op>
class sirt_solver {
 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;

  /// Prepare: allocates what the steps need. `data` and `x` are kept by reference, `x` is the state.
  ///
  /// throws   tomoedx::shape_error or value_error before anything is computed
  sirt_solver(Op const& op, range_view const& data, domain_view const& x,
              sirt_options<domain_view> const& options)
      : op_(op), data_(data), x_(x), options_(options) {
    require_kokkos("sirt");
    expect_operand(data, op.range_layout(), "sirt", "data");
    expect_operand(x, op.domain_layout(), "sirt", "volume");
    if (options.mask.data() != nullptr) expect_operand(options.mask, op.domain_layout(), "sirt", "mask");
    expect_iterations(options.iterations, "sirt");
    expects<value_error>(options.relaxation > 0 && options.relaxation < 2,
                         "sirt: relaxation is {}; it must lie between 0 and 2", options.relaxation);
    expects<value_error>(options.lower <= options.upper, "sirt: the lower bound {} is above the upper {}",
                         options.lower, options.upper);
    validate(options.stop, "sirt");
    auto const space = op.space();
    expects<value_error>(std::isfinite(detail::sum_and_least(space, data).sum),
                         "sirt: the data hold NaN or infinity");
    expects<value_error>(!options.warm_start || std::isfinite(detail::sum_and_least(space, x).sum),
                         "sirt: the volume to start from holds NaN or infinity");
    channels_ = range_channels(op);
    model_ = make_range(op);
    gradient_ = make_domain(op);
    inverse_rows_ = detail::inverted(space, row_sums_of(op), model_.size());
    expects<shape_error>(model_.size() / channels_ % inverse_rows_.lanes == 0,
                         "sirt: a channel of {} rays does not hold whole rows of {}",
                         model_.size() / channels_, inverse_rows_.lanes);
    inverse_columns_ = detail::inverted(space, column_sums_of(op), gradient_.size());
    history_ = history("tomoedx::sirt::residuals", options.iterations, channels_);
    if (!options.warm_start)
      Kokkos::deep_copy(space, x_, value_type(0));
    else
      detail::apply_mask(space, options.mask, x_);
  }

  /// One iteration. Only launches work.
  void step() {
    expects(iteration_ < options_.iterations, "sirt: all {} iterations are done", options_.iterations);
    op_.forward(x_, model_);
    std::size_t const per_channel = model_.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c)
      detail::sum_each_value(op_.space(), "tomoedx::sirt::residual", per_channel, inverse_rows_.lanes,
                             detail::weigh_residual<value_type, memory>{data_.data(), model_.data(),
                                                                        inverse_rows_, c * per_channel},
                             Kokkos::subview(history_, iteration_, c));
    op_.adjoint(model_, gradient_);
    detail::for_each_value(
        op_.space(), "tomoedx::sirt::update", x_.size(), inverse_columns_.lanes,
        detail::sirt_update<value_type, memory>{
            gradient_.data(), options_.mask.data(), x_.data(), inverse_columns_,
            static_cast<value_type>(options_.relaxation), bound(options_.lower), bound(options_.upper)});
    if (options_.lower > 0 || options_.upper < 0) clear_padding(op_, x_);  // bounds lift what pads the slices
    ++iteration_;
  }

  std::size_t iteration() const { return iteration_; }
  std::size_t iterations() const { return options_.iterations; }
  auto space() const { return op_.space(); }
  domain_view const& state() const { return x_; }
  /// Squared norms of data - model, (iteration, channel), where the space computes.
  auto const& residuals() const { return history_; }

 private:
  using memory = typename domain_view::memory_space;
  using history = Kokkos::View<double**, Kokkos::LayoutRight, memory>;

  static value_type bound(double b) {
    constexpr double most = static_cast<double>(std::numeric_limits<value_type>::max());
    return static_cast<value_type>(std::max(-most, std::min(most, b)));
  }

  Op op_;
  range_view data_, model_;
  domain_view x_, gradient_;
  sirt_options<domain_view> options_;
  std::size_t channels_ = 1, iteration_ = 0;
  repeated_values<value_type, memory> inverse_rows_, inverse_columns_;
  history history_;
};

/// Reconstruct x from data by SIRT with any operator.
///
/// shapes   data as op.range_layout(), x as op.domain_layout(); the two do not overlap
/// requires operator weights >= 0, so that their sums say how much each ray and voxel counts
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Gregor and Benson, IEEE TMI 27, 2008
template <linear_operator Op, observer Watch = ignore>
solve_report sirt(Op const& op, typename Op::range_view const& data, typename Op::domain_view const& x,
                  sirt_options<typename Op::domain_view> const& options = {}, Watch&& watch = {}) {
  sirt_solver<Op> method(op, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
