// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_SPECTRUM_MASK_HPP
#define TOMOEDX_DENOISE_SPECTRUM_MASK_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tomoedx {

/// Disjoint random masks of a spectrum image: every voxel belongs to one of them, drawn by the voxel's own random
/// stream.
///
/// source   Batson and Royer 2019
class spectrum_masks {
 public:
  spectrum_masks() = default;
  /// Of each mask about the fraction `masked` of the voxels: 1 / masked masks, rounded.
  ///
  /// throws   tomoedx::value_error for fractions outside 0.01 to 0.5
  spectrum_masks(extents<3> const& shape, double masked, std::uint64_t seed) : shape_(shape) {
    expects<value_error>(masked >= 0.01 && masked <= 0.5,
                         "spectrum_masks: a masked fraction of {} asked for; 0.01 to 0.5 are possible",
                         masked);
    masks_ = static_cast<std::size_t>(std::lround(1 / masked));
    mask_.resize(tomoedx::count(shape));
    auto* const to = mask_.data();
    auto const masks = static_cast<double>(masks_);
    Kokkos::DefaultHostExecutionSpace const host{};
    Kokkos::parallel_for(
        "tomoedx::spectrum_masks",
        Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(host, 0, mask_.size()),
        [=](std::size_t i) { to[i] = static_cast<std::uint8_t>(random_stream(seed, i).uniform() * masks); });
    host.fence("tomoedx::spectrum_masks");
  }

  extents<3> const& shape() const { return shape_; }  ///< (energy, y, x)
  std::size_t number() const { return masks_; }
  std::size_t bytes() const { return mask_.size(); }
  /// The mask a voxel belongs to.
  std::uint8_t operator[](std::size_t voxel) const { return mask_[voxel]; }

 private:
  extents<3> shape_{};
  std::size_t masks_ = 0;
  std::vector<std::uint8_t> mask_;
};

/// What a voxel of a mask is replaced by: the weighted mean of those of its neighbours that are not in the mask, 1 for
/// the nearest in the plane and the two energies beside it, 1/2 across corners; 0 where none is left. `masked(i)` says
/// whether voxel i is in the mask, `value(i)` what it holds.
template <class Masked, class Value>
double mean_of_neighbours(extents<3> const& shape, std::size_t e, std::size_t y, std::size_t x,
                          Masked&& masked, Value&& value) {
  double sum = 0, weights = 0;
  std::size_t const plane = shape[1] * shape[2], here = e * plane + y * shape[2] + x;
  auto const take = [&](std::size_t i, double weight) {
    if (masked(i)) return;
    sum += weight * value(i);
    weights += weight;
  };
  if (e > 0) take(here - plane, 1);
  if (e + 1 < shape[0]) take(here + plane, 1);
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx) {
      if ((dy == 0 && dx == 0) || (dy < 0 && y == 0) || (dy > 0 && y + 1 == shape[1]) || (dx < 0 && x == 0) ||
          (dx > 0 && x + 1 == shape[2]))
        continue;
      std::ptrdiff_t const by = dy * static_cast<std::ptrdiff_t>(shape[2]) + dx;
      take(here + static_cast<std::size_t>(by), dy == 0 || dx == 0 ? 1 : 0.5);
    }
  return weights > 0 ? sum / weights : 0.0;
}

/// The share s of the noisy pass that makes (1 - s) blind + s noisy the least wrong, for Poisson counts x: the squared
/// error is known up to a constant from `leak`, the sum of x times the derivative of the noisy result at a voxel by the
/// count there. Between 0 and 1.
///
/// source   Luisier et al. 2011 for the risk of Poisson counts
template <class T>
double calibrated_share(std::size_t n, T const* counts, T const* blind, T const* noisy, double leak) {
  double gain = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const d = static_cast<double>(noisy[i]) - static_cast<double>(blind[i]);
    gain += d * (static_cast<double>(counts[i]) - static_cast<double>(blind[i]));
    squares += d * d;
  }
  return squares > 0 ? std::clamp((gain - leak) / squares, 0.0, 1.0) : 0.0;
}

}  // namespace tomoedx

#endif
