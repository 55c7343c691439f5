// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_EM_HPP
#define TOMOEDX_SOLVERS_EM_HPP

#include <tomoedx/solvers/iterate.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

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

/// y <- b / (y + s) with 0/0 = 0, and the square of b - (y + s) for the norm.
template <class T>
struct count_ratio {
  T const* data;
  T const* background;
  T* model;
  std::size_t first;

  KOKKOS_FUNCTION double operator()(std::size_t, std::size_t i) const {
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

  KOKKOS_FUNCTION void operator()(std::size_t, std::size_t i) const { to[i] += from[i]; }
};

/// x <- x C g.
template <class T, class Memory>
struct em_update {
  T const* gradient;
  T const* mask;
  T* x;
  repeated_values<T, Memory> inverse_columns;
  std::size_t first_row, first;

  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t i) const {
    auto const& v = inverse_columns.values;
    T const c = v((first_row + row) % v.extent(0)) * inverse_columns.scale(first / inverse_columns.stride);
    x[first + i] =
        mask != nullptr && mask[first + i] == T(0) ? T(0) : x[first + i] * (c * gradient[first + i]);
  }
};

/// The sum of an operand, and its least value, NaN when it holds one.
template <class Space, class V>
std::pair<double, double> sum_and_least(Space const& space, V const& v) {
  auto const* const data = v.data();
  double sum = 0, least = 0;
  Kokkos::parallel_reduce(
      "tomoedx::em::look_at_data",
      Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, v.size()),
      KOKKOS_LAMBDA(std::size_t i, double& s, double& m) {
        double const value = static_cast<double>(data[i]);
        s += value;
        m = value < m ? value : m;
      },
      sum, Kokkos::Min<double>(least));
  return {sum, least};
}

}  // namespace detail

/// EM (maximum likelihood for Poisson counts) taken one step at a time:
/// x <- x / (A' 1) * A'( b / (A x + s) ), 0/0 = 0. Models `solver`.
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
    detail::expect_operand(data, op.range_layout(), "em", "data");
    detail::expect_operand(x, op.domain_layout(), "em", "volume");
    if (o.mask.data() != nullptr) detail::expect_operand(o.mask, op.domain_layout(), "em", "mask");
    if (o.background_map.data() != nullptr)
      detail::expect_operand(o.background_map, op.range_layout(), "em", "background");
    expects<value_error>(o.iterations > 0, "em: iterations is 0; ask for at least one");
    expects<value_error>(o.background >= 0 && std::isfinite(o.background),
                         "em: the background is {}; it is a finite number of counts, not negative",
                         o.background);
    validate(o.stop, "em");
    auto const [counts, least] = detail::sum_and_least(op.space(), data);
    expects<value_error>(std::isfinite(counts), "em: the data hold NaN or infinity");
    expects<value_error>(least >= 0, "em: the data hold {}; counts are not negative", least);
    if (o.background_map.data() != nullptr) {
      auto const [ignored, low] = detail::sum_and_least(op.space(), o.background_map);
      expects<value_error>(std::isfinite(ignored) && low >= 0, "em: the background map holds {}", low);
    }
    channels_ = range_channels(op);
    inverse_columns_ = detail::inverted(op.space(), column_sums_of(op));
    model_ = make_range(op);
    gradient_ = make_domain(op);
    history_ = history("tomoedx::em::residuals", o.iterations, channels_);
    if (o.background > 0)
      background_ = sum_of_backgrounds();
    else
      background_ = o.background_map;
    if (!o.warm_start) start(counts);
  }

  /// One iteration. Only launches work.
  void step() {
    expects(iteration_ < options_.iterations, "em: all {} iterations are done", options_.iterations);
    op_.forward(x_, model_);
    std::size_t const per_channel = model_.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c)
      detail::sum_each_value(
          op_.space(), "tomoedx::em::ratio", per_channel, inverse_columns_.lanes,
          detail::count_ratio<value_type>{data_.data(), background_.data(), model_.data(), c * per_channel},
          Kokkos::subview(history_, iteration_, c));
    op_.adjoint(model_, gradient_);
    std::size_t const stride = std::min(inverse_columns_.stride, x_.size());
    for (std::size_t first = 0; first < x_.size(); first += stride)
      detail::for_each_value(
          op_.space(), "tomoedx::em::update", stride, inverse_columns_.lanes,
          detail::em_update<value_type, memory>{gradient_.data(), options_.mask.data(), x_.data(),
                                                inverse_columns_, first / inverse_columns_.lanes, first});
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
    Kokkos::deep_copy(op_.space(), x_, value_type(1));
    clear_padding(op_, x_);
    op_.forward(x_, model_);
    double const rays = detail::sum_and_least(op_.space(), model_).first;
    double const level = rays > 0 && counts > 0 ? counts / rays : 1;
    Kokkos::deep_copy(op_.space(), x_, static_cast<value_type>(level));
    clear_padding(op_, x_);
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
