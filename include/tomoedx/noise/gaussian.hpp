// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NOISE_GAUSSIAN_HPP
#define TOMOEDX_NOISE_GAUSSIAN_HPP

#include <tomoedx/noise/detail/separable.hpp>

#include <limits>

namespace tomoedx {

/// How much each datum counts; `View` is flat for a part of the data, the operator's range_view for all of them.
template <class View>
struct gaussian_noise_options {
  double weight = 1;  ///< [1 / data^2] of every datum: 1 over its variance
  View weights = {};  ///< factors of it, datum by datum; 0 leaves one out; empty for 1
};

namespace detail {

/// Half a weighted square, w (m - b)^2 / 2.
template <class T>
struct gaussian_law {
  using value_type = T;
  T const* b;
  T const* each;  ///< null for 1
  T all;

  KOKKOS_FUNCTION T weight(std::size_t i) const { return each != nullptr ? all * each[i] : all; }
  KOKKOS_FUNCTION bool takes_part(std::size_t i) const { return weight(i) != T(0); }
  KOKKOS_FUNCTION double curvature(std::size_t i) const { return static_cast<double>(weight(i)); }
  KOKKOS_FUNCTION double residual(std::size_t i, T m) const {
    return weight(i) == T(0) ? 0 : static_cast<double>(b[i]) - static_cast<double>(m);
  }
  KOKKOS_FUNCTION double value(std::size_t i, T m) const {
    double const r = residual(i, m);
    return static_cast<double>(weight(i)) * r * r / 2;
  }
  KOKKOS_FUNCTION T gradient(std::size_t i, T m, double& f) const {
    f = value(i, m);
    return weight(i) * (m - b[i]);
  }
  KOKKOS_FUNCTION T dual(std::size_t i, T z, T sigma) const {
    T const w = weight(i);
    return w > T(0) ? w / (w + sigma) * (z - sigma * b[i]) : T(0);
  }
  KOKKOS_FUNCTION double conjugate(std::size_t i, T q) const {
    double const w = static_cast<double>(weight(i)), p = static_cast<double>(q);
    if (w == 0) return p == 0 ? 0 : std::numeric_limits<double>::infinity();
    return p * static_cast<double>(b[i]) + p * p / (2 * w);
  }
};

}  // namespace detail

/// Data b with Gaussian noise: F(m) = 1/2 sum w (m - b)^2, w one over the variance. Models `noise_model`.
template <execution_space Space, real T>
class gaussian : public detail::separable_noise<Space, detail::gaussian_law<T>> {
  using base = detail::separable_noise<Space, detail::gaussian_law<T>>;

 public:
  using flat = typename base::flat;
  using options = gaussian_noise_options<flat>;

  /// Flat data of so many channels one after the other, kept by reference with the weights. `real` is 0 where an
  /// operator pads its range, and empty for nowhere; it is read here only.
  ///
  /// throws   tomoedx::shape_error or value_error
  gaussian(Space const& space, flat const& data, std::size_t channels = 1, options const& o = {},
           flat const& real = {})
      : base(space, data.size(), channels, "gaussian"), data_(data), weights_(o.weights) {
    constexpr double most = static_cast<double>(std::numeric_limits<T>::max());
    expects<value_error>(std::isfinite(detail::sum_and_least(space, data).sum),
                         "gaussian: the data hold NaN or infinity");
    expects<value_error>(o.weight > 0 && o.weight < most,
                         "gaussian: the weight is {}; it is one over a variance, positive and finite",
                         o.weight);
    if (weights_.data() != nullptr)
      detail::expect_per_datum(space, weights_, data.size(), "gaussian", "the array of weights");
    this->set_law({data_.data(), weights_.data(), static_cast<T>(o.weight)}, real);
  }

 private:
  flat data_, weights_;
};

/// The Gaussian model of an operator's data, or of some of their channels; what the operator pads does not count.
///
/// throws   tomoedx::shape_error or value_error
template <linear_operator Op>
gaussian<typename Op::execution_space, typename Op::range_view::value_type> make_gaussian(
    Op const& op, typename Op::range_view const& data,
    gaussian_noise_options<typename Op::range_view> const& options = {}, channel_span span = {}) {
  using noise = gaussian<typename Op::execution_space, typename Op::range_view::value_type>;
  auto const part = [&](typename Op::range_view const& v, char const* what) {
    return v.data() == nullptr ? typename noise::flat{}
                               : detail::channels_of(op, v, span, "make_gaussian", what);
  };
  auto const b = part(data, "data");
  auto const ones = detail::ones_of_range(op);
  noise model(op.space(), b, span.count,
              {.weight = options.weight, .weights = part(options.weights, "weights")}, part(ones, "range"));
  model.keep(data), model.keep(options.weights);
  return model;
}

/// Repeated values, as weights for each tilt or channel, written out for every datum of an operator.
///
/// throws   tomoedx::shape_error when they do not repeat over the range
template <linear_operator Op, real T>
typename Op::range_view spread_over_range(
    Op const& op, repeated_values<T, typename Op::execution_space::memory_space> const& v) {
  auto const to = make_range(op);
  detail::expect_repeats(v, to.size(), "spread_over_range");
  detail::for_each_value(op.space(), "tomoedx::noise::spread", to.size(), v.lanes,
                         detail::write_repeated<T, typename Op::execution_space::memory_space>{v, to.data()});
  clear_padding(op, to);
  return to;
}

}  // namespace tomoedx

#endif
