// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_NEIGHBOURHOOD_HPP
#define TOMOEDX_DENOISE_NEIGHBOURHOOD_HPP

#include <cstddef>

namespace tomoedx {

/// What a filter takes for one piece of an array (n, y, x).
enum class neighbourhood {
  image,  ///< each (y, x) by itself: tilts, frames, slices do not mix
  volume  ///< all three axes together
};

/// How many axes take part in an array of so many.
constexpr std::size_t axes_of(neighbourhood over, std::size_t rank) {
  return over == neighbourhood::image && rank > 2 ? 2 : rank;
}

}  // namespace tomoedx

#endif
