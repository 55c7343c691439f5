// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_NOISE_LEVEL_HPP
#define TOMOEDX_DENOISE_NOISE_LEVEL_HPP

#include <tomoedx/core/array.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tomoedx {

namespace detail {

/// The median of values from 0 up, which are sorted. Values that are equal, as in images of whole numbers, stand
/// for all between the midpoints to their neighbours, so that the median does not move in steps; 0 stays 0.
inline double median_within_ties(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  std::size_t const n = values.size();
  double const median = n % 2 == 1 ? values[n / 2] : values[n / 2 - 1] / 2 + values[n / 2] / 2;
  auto const [first, last] = std::equal_range(values.begin(), values.end(), median);
  if (median == 0 || last - first < 2) return median;
  double const low = first == values.begin() ? median : median / 2 + *(first - 1) / 2;
  double const high = last == values.end() ? median : median / 2 + *last / 2;
  double const before = static_cast<double>(n) / 2 - static_cast<double>(first - values.begin());
  return low + (high - low) * before / static_cast<double>(last - first);
}

}  // namespace detail

/// Estimate the standard deviation of white Gaussian noise in an image, from the median size of the differences
/// that structure hardly reaches: Haar's finest diagonal coefficients, one for every 2 x 2 pixels; in an image
/// of one row or column the differences of neighbours. Images of whole numbers will do: equal differences are
/// spread over the step between them.
///
/// shapes   (y, x)
/// units    those of the image
/// requires an image on the host, without gaps
/// throws   shape_error for gaps, value_error for a value that is not finite
/// returns  0 for a single pixel, and where more than half of the differences are zero: sparse counts need
///          for_counts (for_counts.hpp) instead
/// source   Donoho and Johnstone, Biometrika 81 (1994) 425
template <class View>
requires view_on<View, Kokkos::DefaultHostExecutionSpace, 2> && real<typename View::non_const_value_type>
double noise_level(View const& image) {
  std::size_t const height = image.extent(0), width = image.extent(1);
  expects<shape_error>(image.span_is_contiguous(),
                       "noise_level: the image has gaps between its rows; copy it first");
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      expects<value_error>(std::isfinite(image(y, x)),
                           "noise_level: pixel ({}, {}) is {}; clean the image first", y, x,
                           static_cast<double>(image(y, x)));
  auto const at = [&](std::size_t y, std::size_t x) { return static_cast<double>(image(y, x)); };
  std::vector<double> sizes;
  sizes.reserve(height * width / 2);
  if (height > 1 && width > 1) {
    for (std::size_t y = 0; y + 1 < height; y += 2)
      for (std::size_t x = 0; x + 1 < width; x += 2)
        sizes.push_back(
            std::abs((at(y, x) / 2 - at(y, x + 1) / 2) - (at(y + 1, x) / 2 - at(y + 1, x + 1) / 2)));
  } else {
    for (std::size_t i = 0; i + 1 < height * width; i += 2) {
      auto const along = [&](std::size_t j) { return width > 1 ? at(0, j) : at(j, 0); };
      sizes.push_back(std::abs(along(i) / 2 - along(i + 1) / 2) * std::sqrt(2.0));
    }
  }
  if (sizes.empty()) return 0;
  constexpr double upper_quartile = 0.6744897501960817;  // of the standard normal distribution
  return detail::median_within_ties(sizes) / upper_quartile;
}

}  // namespace tomoedx

#endif
