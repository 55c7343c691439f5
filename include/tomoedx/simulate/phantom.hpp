// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_PHANTOM_HPP
#define TOMOEDX_SIMULATE_PHANTOM_HPP

#include <tomoedx/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::simulate {

/// The known truth of one element.
///
/// shapes   (z, y, x); y is the tilt axis
struct element_volume {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;
  std::vector<std::uint8_t> mask;  ///< 1 where the element is (for a mixture: where it is the greater part)
  double haadf_response = 1;       ///< z: HAADF signal per value and voxel edge, 1 where the source has none
  double eds_response = 1;         ///< zeta: expected X-ray counts per value and voxel edge, likewise
};

/// A specimen with known composition.
struct phantom {
  std::vector<element_volume> elements;
  double voxel_nm = 0;  ///< voxel edge in nm, 0 where the source has none
};

namespace detail {

inline constexpr std::size_t most_phantom_voxels = std::size_t{1} << 32;

/// Refuse sizes before any memory is asked for.
inline void check_phantom(std::string_view who, std::size_t size, std::size_t slices,
                          std::size_t supersample) {
  expects<value_error>(size >= 8 && size <= 16384, "{}: the size is {} voxels, give 8 to 16384", who, size);
  expects<value_error>(slices >= 1 && slices <= 16384, "{}: {} slices, give 1 to 16384", who, slices);
  expects<value_error>(size * size * slices <= most_phantom_voxels,
                       "{}: {} x {} x {} voxels are more than the {} allowed; take fewer slices", who, size,
                       slices, size, most_phantom_voxels);
  expects<value_error>(supersample >= 1 && supersample <= 16, "{}: supersampling {}, give 1 to 16", who,
                       supersample);
}

inline element_volume blank_element(std::string name, std::size_t size, std::size_t slices) {
  std::size_t const voxels = size * size * slices;
  return {.name = std::move(name),
          .shape = {size, slices, size},
          .values = std::vector<float>(voxels),
          .mask = std::vector<std::uint8_t>(voxels)};
}

/// Position of sub-sample k of `supersample` in voxel i, from the centre of `size` voxels.
inline double sample_position(std::size_t i, std::size_t k, std::size_t size, std::size_t supersample) {
  return static_cast<double>(i) + (static_cast<double>(k) + 0.5) / static_cast<double>(supersample) -
         0.5 * static_cast<double>(size);
}

}  // namespace detail
}  // namespace tomoedx::simulate

#endif
