// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_EM_HPP
#define TOMOEDX_SOLVERS_EM_HPP

#include <tomoedx/solvers/iterate.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace tomoedx {

/// Options of EM; `Domain` and `Range` are the operator's views.
template <class Domain, class Range>
struct em_options {
  std::size_t iterations = 15;  ///< what Skorikov et al. 2021 run
  double background = 0;        ///< known counts in every bin that the volume did not give
  Range background_map = {};    ///< the same bin by bin, added to `background`; empty for none
  Domain mask = {};             ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;      ///< start from what x holds instead of a positive constant
  stopping_rules stop = {};
};

namespace detail {

/// y <- b / (y + s), 0 where nothing is expected, and the square of b - (y + s) for the norm.
template <class T>
struct count_ratio {
  T const* data;
  T const* background;
  T* model;
  std::size_t first;  ///< of the channel

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, std::size_t) const {
    T const b = data[first + i];
    T const expected = model[first + i] + (background != nullptr ? background[first + i] : T(0));
    model[first + i] = expected > T(0) ? b / expected : T(0);
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

/// x <- x C g.
template <class T, class Memory>
struct em_update {
  T const* gradient;
  T const* mask;
  T* x;
  repeated_values<T, Memory> inverse_columns;

  KOKKOS_FUNCTION T row(std::size_t r) const { return inverse_columns.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T c) const {
    x[i] = mask != nullptr && mask[i] == T(0) ? T(0) : x[i] * (c * gradient[i]);
  }
};

}  // namespace detail

/// EM (maximum likelihood for Poisson counts) taken one step at a time:
/// x <- x / (A' 1) * A'( b / (A x + s) ), where a ray that nothing is expected of takes no part. Models `solver`.
///
/// source   Shepp and Vardi, IEEE TMI 1, 1982; Skorikov et al. 2021, methods
template <linear_operator Op>
class em_solver {
 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using options = em_options<domain_view, range_view>;

  /// Prepare: allocates what the steps need. `data` and `x` are kept by reference, `x` is the state.
  ///
  /// requires data >= 0 and operator weights >= 0
  /// throws   tomoedx::shape_error or value_error before anything is computed
  em_solver(Op const& op, range_view const& data, domain_view const& x, options const& o)
      : op_(op), data_(data), x_(x), options_(o) {
    require_kokkos("em");
    expect_operand(data, op.range_layout(), "em", "data");
    expect_operand(x, op.domain_layout(), "em", "volume");
    if (o.mask.data() != nullptr) expect_operand(o.mask, op.domain_layout(), "em", "mask");
    if (o.background_map.data() != nullptr)
      expect_operand(o.background_map, op.range_layout(), "em", "background");
    expect_iterations(o.iterations, "em");
    expects<value_error>(o.background >= 0 && o.background < std::numeric_limits<value_type>::max(),
                         "em: the background is {}; it is a finite number of counts, not negative",
                         o.background);
    validate(o.stop, "em");
    auto const [counts, least] = detail::sum_and_least(op.space(), data);
    expects<value_error>(std::isfinite(counts), "em: the data hold NaN or infinity");
    expects<value_error>(least >= 0, "em: the data hold {}; counts are not negative", least);
    if (o.background_map.data() != nullptr) {
      auto const [content, low] = detail::sum_and_least(op.space(), o.background_map);
      expects<value_error>(std::isfinite(content) && low >= 0,
                           "em: the background map holds {}; it is finite and not negative",
                           std::isfinite(content) ? low : content);
    }
    if (o.warm_start) {
      auto const [content, low] = detail::sum_and_least(op.space(), x);
      expects<value_error>(std::isfinite(content) && low >= 0,
                           "em: the volume to start from holds {}; a warm start is finite and not negative",
                           std::isfinite(content) ? low : content);
    }
    channels_ = range_channels(op);
    model_ = make_range(op);
    gradient_ = make_domain(op);
    inverse_columns_ = detail::inverted(op.space(), column_sums_of(op), gradient_.size());
    history_ = history("tomoedx::em::residuals", o.iterations, channels_);
    if (o.background > 0)
      background_ = sum_of_backgrounds();
    else
      background_ = o.background_map;
    if (!o.warm_start)
      start(counts);
    else
      detail::apply_mask(op.space(), o.mask, x_);
  }

  /// One iteration. Only launches work.
  void step() {
    expects(iteration_ < options_.iterations, "em: all {} iterations are done", options_.iterations);
    op_.forward(x_, model_);
    std::size_t const per_channel = model_.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c)
      detail::sum_each_value(
          op_.space(), "tomoedx::em::ratio", per_channel, 1,
          detail::count_ratio<value_type>{data_.data(), background_.data(), model_.data(), c * per_channel},
          Kokkos::subview(history_, iteration_, c));
    op_.adjoint(model_, gradient_);
    detail::for_each_value(op_.space(), "tomoedx::em::update", x_.size(), inverse_columns_.lanes,
                           detail::em_update<value_type, memory>{gradient_.data(), options_.mask.data(),
                                                                 x_.data(), inverse_columns_});
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

  /// Fill x with the constant whose projection holds as many counts as the data.
  void start(double counts) {
    fill(1);
    op_.forward(x_, model_);
    double const rays = detail::sum_and_least(op_.space(), model_).sum;
    double const level = rays > 0 && counts > 0 ? counts / rays : 1;
    fill(level);
  }
  void fill(double level) const {
    Kokkos::deep_copy(op_.space(), x_, static_cast<value_type>(level));
    clear_padding(op_, x_);
    detail::apply_mask(op_.space(), options_.mask, x_);
  }

  /// The constant background and the map in one array.
  range_view sum_of_backgrounds() const {
    auto const sum = make_range(op_);
    Kokkos::deep_copy(op_.space(), sum, static_cast<value_type>(options_.background));
    clear_padding(op_, sum);
    if (auto const* const map = options_.background_map.data()) {
      auto* const to = sum.data();
      detail::for_each_value(op_.space(), "tomoedx::em::background", sum.size(), 1,
                             detail::add_values<value_type>{map, to});
    }
    return sum;
  }

  Op op_;
  range_view data_, model_, background_;
  domain_view x_, gradient_;
  options options_;
  std::size_t channels_ = 1, iteration_ = 0;
  repeated_values<value_type, memory> inverse_columns_;
  history history_;
};

/// Reconstruct x from counts by EM with any operator of non-negative weights.
///
/// shapes   data as op.range_layout(), x as op.domain_layout()
/// requires data >= 0
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Shepp and Vardi, IEEE TMI 1, 1982
template <linear_operator Op, observer Watch = ignore>
solve_report em(Op const& op, typename Op::range_view const& data, typename Op::domain_view const& x,
                em_options<typename Op::domain_view, typename Op::range_view> const& options = {},
                Watch&& watch = {}) {
  em_solver<Op> method(op, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
