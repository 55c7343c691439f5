// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_TOTAL_VARIATION_HPP
#define TOMOEDX_REGULARIZERS_TOTAL_VARIATION_HPP

#include <tomoedx/regularizers/detail/variation.hpp>

namespace tomoedx {

/// Isotropic total variation of each channel, lambda sum |grad x|: the length of the forward differences along z and x, and
/// along y unless `in_plane`, summed over voxels and channels. Differences across far borders are 0. Models `regularizer`.
///
///     total_variation<float, Space> const tv(space, op.domain_grid(), {.lambda = 0.02});
///
/// requires padding lanes of volumes and duals hold zeros, and stay so
/// source   Rudin, Osher and Fatemi, Physica D 60 (1992) 259; Chambolle and Pock, J. Math. Imaging Vis. 40 (2011) 120
template <real T = float, execution_space Space = Kokkos::DefaultExecutionSpace>
class total_variation : public detail::variation<T, Space, detail::euclidean_norm, false> {
 public:
  /// throws   tomoedx::shape_error, tomoedx::value_error for a grid or options that mean nothing
  total_variation(Space const& space, grid const& at, variation_options const& options = {})
      : detail::variation<T, Space, detail::euclidean_norm, false>(space, at, options, "total_variation") {}
};

}  // namespace tomoedx

#endif
