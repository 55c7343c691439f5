// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_NO_REGULARIZER_HPP
#define TOMOEDX_REGULARIZERS_NO_REGULARIZER_HPP

#include <tomoedx/core/concepts.hpp>

namespace tomoedx {

/// R(x) = 0: nothing but the data and the constraint. Models `regularizer`; solvers skip it when they compile.
template <execution_space Space, real T>
struct no_regularizer {
  using execution_space = Space;
  using value_type = T;

  Space space{};
  std::size_t values = 0;  ///< of the volume

  std::size_t size() const { return values; }
  std::size_t dual_size() const { return 0; }
  double squared_norm() const { return 0; }
  double column_sum() const { return 0; }
  double row_sum() const { return 0; }
  void value(flat_on<T, Space> const&, number_on<Space> const& f) const { Kokkos::deep_copy(space, f, 0.0); }
  void dual_step(flat_on<T, Space> const&, flat_on<T, Space> const&, T) const {}
  void add_adjoint(flat_on<T, Space> const&, flat_on<T, Space> const&) const {}
};

}  // namespace tomoedx

#endif
