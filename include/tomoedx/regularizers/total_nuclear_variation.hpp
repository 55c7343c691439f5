// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_TOTAL_NUCLEAR_VARIATION_HPP
#define TOMOEDX_REGULARIZERS_TOTAL_NUCLEAR_VARIATION_HPP

#include <tomoedx/regularizers/detail/variation.hpp>

namespace tomoedx {

/// Total nuclear variation, lambda times the sum over voxels of the singular values of the Jacobian (channel, direction)
/// with rows w_c grad x_c: low where the gradients of all channels are parallel, so that channels share the place and the
/// direction of edges. `weights` w bring channels of unlike scales to one. Otherwise as total_variation, which it is for
/// one channel. Models `regularizer`.
///
/// requires at most 16 channels; padding lanes of volumes and duals hold zeros, and stay so
/// source   Holt, IEEE Trans. Image Process. 23 (2014) 3975; Rigie and La Riviere, Phys. Med. Biol. 60 (2015) 1741
template <real T = float, execution_space Space = Kokkos::DefaultExecutionSpace>
class total_nuclear_variation : public detail::variation<T, Space, detail::nuclear_norm, true> {
 public:
  /// throws   tomoedx::shape_error, tomoedx::value_error for a grid or options that mean nothing
  total_nuclear_variation(Space const& space, grid const& at, variation_options const& options = {})
      : detail::variation<T, Space, detail::nuclear_norm, true>(space, at, options,
                                                                "total_nuclear_variation") {}
};

}  // namespace tomoedx

#endif
