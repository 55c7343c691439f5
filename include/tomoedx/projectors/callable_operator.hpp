// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_CALLABLE_OPERATOR_HPP
#define TOMOEDX_PROJECTORS_CALLABLE_OPERATOR_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/operand.hpp>

#include <concepts>
#include <utility>

namespace tomoedx {

/// Two callables as an operator: the quickest way to put a foreign projector into our solvers.
///
///     auto op = make_operator(space, extents<3>{nz, ny, nx}, extents<3>{tilts, ny, bins},
///                          [&](auto volume, auto stack) { theirs.forward(volume.data(), stack.data()); },
///                          [&](auto stack, auto volume) { theirs.back(stack.data(), volume.data()); });
///
/// The callables receive plain row-major views where `Space` computes, write the second from the first, and
/// may only launch work on `space` or finish it before they return. Models `linear_operator` when `Adjoint`
/// is the transpose of `Forward`, which tests/projectors/callable_operator.test.cpp shows how to check.
///
/// shapes   domain and range of any rank, usually volume (z, y, x) and stack (tilt, y, x)
template <execution_space Space, real T, std::size_t DomainRank, std::size_t RangeRank, class Forward,
          class Adjoint>
requires std::copy_constructible<Forward> && std::copy_constructible<Adjoint> &&
    std::invocable<Forward const&, array_on<T, DomainRank, Space>, array_on<T, RangeRank, Space>> &&
    std::invocable<Adjoint const&, array_on<T, RangeRank, Space>, array_on<T, DomainRank, Space>>
class callable_operator {
 public:
  using execution_space = Space;
  using value_type = T;
  using domain_view = array_on<T, DomainRank, Space>;
  using range_view = array_on<T, RangeRank, Space>;

  /// throws   tomoedx::shape_error for an empty extent
  callable_operator(Space const& space, extents<DomainRank> domain, extents<RangeRank> range, Forward forward,
                    Adjoint adjoint)
      : space_(space),
        domain_(domain),
        range_(range),
        forward_(std::move(forward)),
        adjoint_(std::move(adjoint)) {
    require_kokkos("callable_operator");
    expects<shape_error>(count(domain) > 0 && count(range) > 0,
                         "callable_operator: domain and range need at least one value, they have {} and {}",
                         count(domain), count(range));
  }

  Space space() const { return space_; }
  Kokkos::LayoutRight domain_layout() const { return layout(domain_); }
  Kokkos::LayoutRight range_layout() const { return layout(range_); }
  void forward(domain_view const& x, range_view const& y) const {
    check(x, y);
    forward_(x, y);
  }
  void adjoint(range_view const& y, domain_view const& x) const {
    check(x, y);
    adjoint_(y, x);
  }

 private:
  void check(domain_view const& x, range_view const& y) const {
    expect_operand(x, domain_layout(), "callable_operator", "domain");
    expect_operand(y, range_layout(), "callable_operator", "range");
  }

  Space space_;
  extents<DomainRank> domain_;
  extents<RangeRank> range_;
  Forward forward_;
  Adjoint adjoint_;
};

/// A callable_operator of float or double, `T`, with everything else deduced.
template <real T = float, execution_space Space, std::size_t D, std::size_t R, class Forward, class Adjoint>
callable_operator<Space, T, D, R, Forward, Adjoint> make_operator(Space const& space,
                                                                  extents<D> const& domain,
                                                                  extents<R> const& range, Forward forward,
                                                                  Adjoint adjoint) {
  return {space, domain, range, std::move(forward), std::move(adjoint)};
}

}  // namespace tomoedx

#endif
