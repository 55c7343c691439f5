// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NOISE_DETAIL_SEPARABLE_HPP
#define TOMOEDX_NOISE_DETAIL_SEPARABLE_HPP
// IWYU pragma: private, include "tomoedx/noise/gaussian.hpp" or "tomoedx/noise/poisson.hpp"

#include <tomoedx/core/operand.hpp>
#include <tomoedx/solvers/detail/flat.hpp>
#include <tomoedx/solvers/detail/ordered_sums.hpp>

#include <cmath>
#include <memory>
#include <vector>

namespace tomoedx {

/// The channels of an operator's range that a noise model describes: all, or `count` from `first` on.
struct channel_span {
  std::size_t first = 0;
  std::size_t count = 0;  ///< 0 for all that follow
};

}  // namespace tomoedx

/// A law is what one datum i contributes: value(i, m), gradient(i, m, value), dual(i, z, sigma), conjugate(i, q) and
/// residual(i, m). These hand a law to the loops.
namespace tomoedx::detail {

template <class Law, class T>
struct law_value {
  Law law;
  T const* m;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const { return law.value(i, m[i]); }
};

template <class Law, class T>
struct law_gradient {
  Law law;
  T* m;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const {
    double value = 0;
    m[i] = law.gradient(i, m[i], value);
    return value;
  }
};

template <class Law, class T, class Memory>
struct law_dual {
  Law law;
  T const* m;
  T* q;
  repeated_values<T, Memory> sigma;

  KOKKOS_FUNCTION T row(std::size_t r) const { return sigma.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T step) const {
    q[i] = law.dual(i, q[i] + step * m[i], step);
  }
};

template <class Law, class T>
struct law_conjugate {
  Law law;
  T const* q;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const { return law.conjugate(i, q[i]); }
};

template <class Law, class T>
struct law_residual {
  Law law;
  T const* m;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const {
    double const r = law.residual(i, m[i]);
    return r * r;
  }
};

/// Puts the one sum there is where it is wanted.
template <class Number>
struct to_number {
  Number f;

  KOKKOS_FUNCTION void operator()(std::size_t, double sum) const { f() = sum; }
};

/// Adds the sum of each channel.
template <class Numbers>
struct add_to_channel {
  Numbers r;

  KOKKOS_FUNCTION void operator()(std::size_t c, double sum) const { r(c) += sum; }
};

/// The largest curvature of the data, and how many of them take part.
template <class Law, class T>
struct law_extent {
  Law law;
  T const* real;

  KOKKOS_FUNCTION void operator()(std::size_t i, double& largest, std::size_t& taking_part) const {
    double const c = law.curvature(i);
    largest = c > largest ? c : largest;
    taking_part += (real == nullptr || real[i] != T(0)) && law.takes_part(i) ? 1 : 0;
  }
};

/// 1 where a datum is real, 0 where an operator pads its range.
template <linear_operator Op>
typename Op::range_view ones_of_range(Op const& op) {
  using T = typename Op::range_view::value_type;
  auto const ones = make_range(op);
  Kokkos::deep_copy(op.space(), ones, T(1));
  clear_padding(op, ones);
  return ones;
}

/// The flat part of a range that holds some channels.
///
/// throws   tomoedx::shape_error when there are not so many
template <linear_operator Op>
flat_on<typename Op::range_view::value_type, typename Op::execution_space> channels_of(
    Op const& op, typename Op::range_view const& range, channel_span& span, char const* who,
    char const* what) {
  expect_operand(range, op.range_layout(), who, what);
  std::size_t const channels = range_channels(op), each = range.size() / channels;
  expects<shape_error>(span.first < channels && span.count <= channels - span.first,
                       "{}: channels {} to {} of {}", who, span.first, span.first + span.count, channels);
  if (span.count == 0) span.count = channels - span.first;
  return flat_on<typename Op::range_view::value_type, typename Op::execution_space>(
      range.data() + span.first * each, span.count * each);
}

/// to <- repeated values, written out.
template <class T, class Memory>
struct write_repeated {
  repeated_values<T, Memory> from;
  T* to;

  KOKKOS_FUNCTION T row(std::size_t r) const { return from.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T value) const { to[i] = value; }
};

/// Refuse repeated values that do not cover `count` elements.
template <class T, class Memory>
void expect_repeats(repeated_values<T, Memory> const& v, std::size_t count, char const* who) {
  expects<shape_error>(v.lanes > 0 && v.values.extent(0) > 0 && count % (v.lanes * v.values.extent(0)) == 0,
                       "{}: {} values in rows of {} do not repeat over {} elements", who, v.values.extent(0),
                       v.lanes, count);
  expects<shape_error>(v.scale.extent(0) == 0 || (v.stride > 0 && v.stride % v.lanes == 0 &&
                                                  v.scale.extent(0) >= (count - 1) / v.stride + 1),
                       "{}: {} factors, each for {} elements in rows of {}, do not cover {} elements", who,
                       v.scale.extent(0), v.stride, v.lanes, count);
}

/// Refuse an array of numbers for each datum that is not as long as the data, not finite or negative.
template <class Space, class V>
void expect_per_datum(Space const& space, V const& v, std::size_t size, char const* who, char const* what) {
  expects<shape_error>(v.size() == size, "{}: {} of {} values for {} data", who, what, v.size(), size);
  auto const [sum, least] = sum_and_least(space, v);
  expects<value_error>(std::isfinite(sum) && least >= 0, "{}: {} holds {}; give finite values of at least 0",
                       who, what, std::isfinite(sum) ? least : sum);
}

/// A noise model whose data are independent, each under a `Law`. Models `noise_model`.
template <execution_space Space, class Law>
class separable_noise {
 public:
  using execution_space = Space;
  using value_type = typename Law::value_type;
  using memory = typename Space::memory_space;
  using flat = flat_on<value_type, Space>;
  using number = number_on<Space>;
  using numbers = Kokkos::View<double*, Kokkos::LayoutRight, memory>;
  using steps = repeated_values<value_type, memory>;

  Space space() const { return space_; }
  std::size_t size() const { return size_; }
  std::size_t channels() const { return channels_; }
  double curvature() const { return curvature_; }
  /// How many data take part: padding and data of no weight do not.
  std::size_t taking_part() const { return taking_part_; }
  /// What one datum contributes, for kernels of your own.
  Law const& law() const { return law_; }
  /// Hold on to an array that the law reads.
  template <class View>
  void keep(View const& v) {
    kept_.push_back(std::make_shared<View>(v));
  }

  void value(flat const& m, number const& f) const {
    sum("tomoedx::noise::value", law_value<Law, value_type>{law_, m.data()}, f);
  }
  void gradient(flat const& m, number const& f) const {
    sum("tomoedx::noise::gradient", law_gradient<Law, value_type>{law_, m.data()}, f);
  }
  void dual_step(flat const& q, flat const& m, steps const& sigma) const {
    for_each_value(space_, "tomoedx::noise::dual_step", size_, sigma.lanes,
                   law_dual<Law, value_type, memory>{law_, m.data(), q.data(), sigma});
  }
  void conjugate(flat const& q, number const& f) const {
    sum("tomoedx::noise::conjugate", law_conjugate<Law, value_type>{law_, q.data()}, f);
  }
  void residuals(flat const& m, numbers const& r) const {
    sum_channels(space_, "tomoedx::noise::residuals", by_channel(), scratch_,
                 law_residual<Law, value_type>{law_, m.data()}, add_to_channel<numbers>{r});
  }

 protected:
  separable_noise(Space const& space, std::size_t size, std::size_t channels, char const* who)
      : space_(space), size_(size), channels_(channels) {
    require_kokkos(who);
    expects<shape_error>(size > 0 && channels > 0 && size % channels == 0, "{}: {} data in {} channels", who,
                         size, channels);
    scratch_ = make_sum_scratch(space, by_channel().scratch());
  }
  /// To be called once the law's arrays stand. `real` is 1 where a datum is no padding, empty for everywhere.
  void set_law(Law const& law, flat const& real) {
    law_ = law;
    Kokkos::parallel_reduce("tomoedx::noise::extent",
                            Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space_, 0, size_),
                            law_extent<Law, value_type>{law_, real.data()}, Kokkos::Max<double>(curvature_),
                            taking_part_);
  }

  sum_parts by_channel() const { return {channels_, size_ / channels_, whole_parts}; }
  template <class F>
  void sum(char const* label, F const& f, number const& to) const {
    sum_channels(space_, label, sum_parts(1, size_, whole_parts), scratch_, f, to_number<number>{to});
  }

  Space space_;
  std::size_t size_, channels_, taking_part_ = 0;
  double curvature_ = 0;
  sum_scratch<Space> scratch_;
  Law law_{};
  std::vector<std::shared_ptr<void>> kept_;
};

}  // namespace tomoedx::detail

#endif
