// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_MASKED_HPP
#define TOMOEDX_REGULARIZERS_MASKED_HPP

#include <tomoedx/core/operand.hpp>

namespace tomoedx {

/// A constraint where a mask is not 0, and the value 0 elsewhere. Models `constraint`; make_masked checks the mask.
///
/// requires the mask to live as long as what uses this
template <constraint C>
struct masked {
  using value_type = typename C::value_type;

  C inside;
  value_type const* mask;

  KOKKOS_FUNCTION value_type lower(std::size_t i) const {
    return mask[i] == value_type(0) ? value_type(0) : inside.lower(i);
  }
  KOKKOS_FUNCTION value_type upper(std::size_t i) const {
    return mask[i] == value_type(0) ? value_type(0) : inside.upper(i);
  }
};

/// Keep `inside` where `mask`, of the shape of the operator's domain, is not 0, and 0 elsewhere.
///
/// throws   tomoedx::shape_error when the mask is not of that shape
template <linear_operator Op, constraint C>
masked<C> make_masked(Op const& op, C const& inside, typename Op::domain_view const& mask) {
  static_assert(std::same_as<typename C::value_type, typename Op::domain_view::value_type>,
                "make_masked: the constraint is of another value type than the operator");
  expect_operand(mask, op.domain_layout(), "make_masked", "mask");
  return {inside, mask.data()};
}

}  // namespace tomoedx

#endif
