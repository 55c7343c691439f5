// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NOISE_JOINED_HPP
#define TOMOEDX_NOISE_JOINED_HPP

#include <tomoedx/noise/detail/separable.hpp>

#include <algorithm>

namespace tomoedx {

namespace detail {

/// a <- a + b, one number.
template <class Number>
struct add_number {
  Number a, b;

  KOKKOS_FUNCTION void operator()(std::size_t) const { a() += b(); }
};

/// The part of a repeated array that belongs to the elements [first, first + count).
///
/// throws   tomoedx::shape_error when the part is no whole number of periods
template <class T, class Memory>
repeated_values<T, Memory> part_of(repeated_values<T, Memory> v, std::size_t first, std::size_t count) {
  if (first == 0 && v.scale.extent(0) == 0) return v;
  std::size_t const period = v.lanes * v.values.extent(0);
  bool const whole = first % period == 0;
  expects<shape_error>(
      whole || (first % v.lanes == 0 && first / v.lanes + count / v.lanes <= v.values.extent(0)),
      "joined: steps that repeat every {} data cannot be parted at datum {}", period, first);
  if (!whole)
    v.values = Kokkos::subview(v.values, Kokkos::make_pair(first / v.lanes, (first + count) / v.lanes));
  if (v.scale.extent(0) == 0) return v;
  expects<shape_error>(first % v.stride == 0,
                       "joined: factors for every {} data cannot be parted at datum {}", v.stride, first);
  v.scale = Kokkos::subview(v.scale, Kokkos::make_pair(first / v.stride, v.scale.extent(0)));
  return v;
}

}  // namespace detail

/// Two noise models one after the other over one flat range, as Poisson EDX channels before a Gaussian HAADF channel.
/// Nest it for three. Models `noise_model`.
template <noise_model First, noise_model Second>
requires std::same_as<typename First::execution_space, typename Second::execution_space> &&
    std::same_as<typename First::value_type, typename Second::value_type>
class joined {
 public:
  using execution_space = typename First::execution_space;
  using value_type = typename First::value_type;
  using memory = typename execution_space::memory_space;
  using flat = flat_on<value_type, execution_space>;
  using number = number_on<execution_space>;
  using numbers = Kokkos::View<double*, Kokkos::LayoutRight, memory>;
  using steps = repeated_values<value_type, memory>;

  joined(execution_space const& space, First first, Second second)
      : space_(space),
        first_(std::move(first)),
        second_(std::move(second)),
        other_(Kokkos::view_alloc(space, "tomoedx::joined::number")) {}

  First const& first() const { return first_; }
  Second const& second() const { return second_; }
  std::size_t size() const { return first_.size() + second_.size(); }
  std::size_t channels() const { return first_.channels() + second_.channels(); }
  double curvature() const { return std::max<double>(first_.curvature(), second_.curvature()); }
  std::size_t taking_part() const requires requires(First const& f, Second const& s) {
    f.taking_part(), s.taking_part();
  }
  { return first_.taking_part() + second_.taking_part(); }

  void value(flat const& m, number const& f) const {
    first_.value(head(m), f);
    second_.value(tail(m), other_);
    add(f);
  }
  void gradient(flat const& m, number const& f) const {
    first_.gradient(head(m), f);
    second_.gradient(tail(m), other_);
    add(f);
  }
  void conjugate(flat const& q, number const& f) const {
    first_.conjugate(head(q), f);
    second_.conjugate(tail(q), other_);
    add(f);
  }
  /// throws   tomoedx::shape_error when sigma repeats across the border between the two
  void dual_step(flat const& q, flat const& m, steps const& sigma) const {
    first_.dual_step(head(q), head(m), detail::part_of(sigma, 0, first_.size()));
    second_.dual_step(tail(q), tail(m), detail::part_of(sigma, first_.size(), second_.size()));
  }
  void residuals(flat const& m, numbers const& r) const {
    std::size_t const n = first_.channels();
    first_.residuals(head(m), Kokkos::subview(r, Kokkos::make_pair(std::size_t{0}, n)));
    second_.residuals(tail(m), Kokkos::subview(r, Kokkos::make_pair(n, channels())));
  }

 private:
  flat head(flat const& v) const {
    return Kokkos::subview(v, Kokkos::make_pair(std::size_t{0}, first_.size()));
  }
  flat tail(flat const& v) const { return Kokkos::subview(v, Kokkos::make_pair(first_.size(), size())); }
  void add(number const& f) const {
    Kokkos::parallel_for("tomoedx::joined::add",
                         Kokkos::RangePolicy<execution_space, Kokkos::IndexType<std::size_t>>(space_, 0, 1),
                         detail::add_number<number>{f, other_});
  }

  execution_space space_;
  First first_;
  Second second_;
  number other_;
};

/// The data of `first`, then those of `second`, in the range of an operator.
///
/// throws   tomoedx::shape_error when together they are not as long as the range
template <linear_operator Op, noise_model First, noise_model Second>
joined<First, Second> join(Op const& op, First const& first, Second const& second) {
  std::size_t size = 1;
  for (std::size_t r = 0; r < Op::range_view::rank(); ++r) size *= op.range_layout().dimension[r];
  expects<shape_error>(first.size() + second.size() == size, "join: {} and {} data for a range of {}",
                       first.size(), second.size(), size);
  return {op.space(), first, second};
}

}  // namespace tomoedx

#endif
