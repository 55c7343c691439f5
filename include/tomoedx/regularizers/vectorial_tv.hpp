// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_VECTORIAL_TV_HPP
#define TOMOEDX_REGULARIZERS_VECTORIAL_TV_HPP

#include <tomoedx/regularizers/detail/variation.hpp>

namespace tomoedx {

/// Vectorial total variation, lambda sum (sum over channels of |w_c grad x_c|^2)^(1/2): one length for the differences of
/// all channels, so that edges which channels share cost less than edges each for itself. `weights` w bring channels of
/// unlike scales to one. Otherwise as total_variation. Models `regularizer`.
///
/// requires at most 16 channels; padding lanes of volumes and duals hold zeros, and stay so
/// source   Bresson and Chan, Inverse Problems and Imaging 2 (2008) 455
template <real T = float, execution_space Space = Kokkos::DefaultExecutionSpace>
class vectorial_tv : public detail::variation<T, Space, detail::euclidean_norm, true> {
 public:
  /// throws   tomoedx::shape_error, tomoedx::value_error for a grid or options that mean nothing
  vectorial_tv(Space const& space, grid const& at, variation_options const& options = {})
      : detail::variation<T, Space, detail::euclidean_norm, true>(space, at, options, "vectorial_tv") {}
};

}  // namespace tomoedx

#endif
