// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_OPERAND_HPP
#define TOMOEDX_CORE_OPERAND_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>

#include <cstddef>

namespace tomoedx {

/// Refuse a view that is not what an operator maps from or to.
///
///     expect_operand(x, domain_layout(), "sparse_operator", "volume");
///
/// throws   tomoedx::shape_error when an extent differs from `wanted`, or the view has gaps between its rows
template <class View>
void expect_operand(View const& v, Kokkos::LayoutRight const& wanted, char const* who, char const* what) {
  for (std::size_t r = 0; r < View::rank(); ++r)
    expects<shape_error>(v.extent(r) == wanted.dimension[r],
                         "{}: extent {} of the {} is {}, the operator needs {}", who, r, what, v.extent(r),
                         wanted.dimension[r]);
  expects<shape_error>(v.span_is_contiguous(), "{}: the {} has gaps between its rows; copy it first", who,
                       what);
}

}  // namespace tomoedx

#endif
