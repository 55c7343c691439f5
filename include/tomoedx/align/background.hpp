// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_BACKGROUND_HPP
#define TOMOEDX_ALIGN_BACKGROUND_HPP

#include <tomoedx/align/select.hpp>
#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// From what the level of an image's background is told.
enum class background_from {
  mode,  ///< the most frequent value: vacuum covers more of the field than anything else of one brightness
  percentile,  ///< the value that a given share of the pixels stays below
  border,      ///< the median of a ring along the edges
};

/// Options of the background level.
struct background_options {
  background_from from = background_from::mode;
  double percentile = 2;      ///< [per cent]
  std::size_t border = 4;     ///< [pixel] width of the ring
  bool keep_positive = true;  ///< what is left below zero becomes zero
};

namespace detail {

/// The half-sample mode of sorted values: the half of them that lies closest, again and again.
///
/// source   Bickel and Fruehwirth, Computational Statistics and Data Analysis 50 (2006) 3500
inline double half_sample_mode(std::span<float const> sorted) {
  while (sorted.size() > 3) {
    std::size_t const half = (sorted.size() + 1) / 2, starts = sorted.size() - half + 1;
    float narrowest = sorted[half - 1] - sorted[0];
    for (std::size_t i = 1; i < starts; ++i)
      narrowest = std::min(narrowest, sorted[i + half - 1] - sorted[i]);
    // of several that are equally narrow, as whole numbers have many, the middle one
    std::vector<std::size_t> ties;
    for (std::size_t i = 0; i < starts; ++i)
      if (sorted[i + half - 1] - sorted[i] == narrowest) ties.push_back(i);
    sorted = sorted.subspan(ties[ties.size() / 2], half);
    if (narrowest == 0) return static_cast<double>(sorted[0]);
  }
  if (sorted.size() == 3) {
    double const low = static_cast<double>(sorted[1]) - static_cast<double>(sorted[0]);
    double const high = static_cast<double>(sorted[2]) - static_cast<double>(sorted[1]);
    if (low == high) return static_cast<double>(sorted[1]);
    sorted = low < high ? sorted.first(2) : sorted.last(2);
  }
  double sum = 0;
  for (float const v : sorted) sum += static_cast<double>(v) / static_cast<double>(sorted.size());
  return sum;
}

}  // namespace detail

/// The level of the background of one image.
///
/// shapes   image (y, x)
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN and options out of range
inline double background_level(std::span<float const> image, std::size_t rows, std::size_t columns,
                               background_options const& options = {}) {
  expects<shape_error>(image.size() == rows * columns && !image.empty(),
                       "background_level: {} values for an image of {} x {}", image.size(), rows, columns);
  for (float const v : image)
    expects<value_error>(std::isfinite(v), "background_level: the image holds {}", v);
  std::vector<float> values;
  if (options.from == background_from::border) {
    expects<value_error>(options.border > 0, "background_level: a ring of 0 pixels; give its width");
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < columns; ++x)
        if (std::min({x, y, columns - 1 - x, rows - 1 - y}) < options.border)
          values.push_back(image[y * columns + x]);
    return median_of({values.begin(), values.end()});
  }
  values.assign(image.begin(), image.end());
  std::sort(values.begin(), values.end());
  if (options.from == background_from::mode) return detail::half_sample_mode(values);
  expects<value_error>(options.percentile >= 0 && options.percentile <= 100,
                       "background_level: percentile {}, give 0 to 100", options.percentile);
  double const place = options.percentile / 100 * static_cast<double>(values.size() - 1);
  auto const low = static_cast<std::size_t>(place);
  double const f = place - static_cast<double>(low);
  return (1 - f) * static_cast<double>(values[low]) +
         f * static_cast<double>(values[std::min(low + 1, values.size() - 1)]);
}

/// Take the level of each image off it, in place.
///
/// shapes   series (tilt, y, x)
/// throws   as background_level, before anything is changed
/// returns  the levels
inline std::vector<double> remove_background(std::span<float> series, std::array<std::size_t, 3> const& shape,
                                             background_options const& options = {}) {
  detail::check_series(series, shape, "remove_background");
  std::size_t const image = shape[1] * shape[2];
  std::vector<double> levels(shape[0]);
  for (std::size_t t = 0; t < shape[0]; ++t)
    levels[t] = background_level(series.subspan(t * image, image), shape[1], shape[2], options);
  for (std::size_t i = 0; i < series.size(); ++i) {
    double const v = static_cast<double>(series[i]) - levels[i / image];
    series[i] = static_cast<float>(options.keep_positive ? std::max(v, 0.0) : v);
  }
  return levels;
}

}  // namespace tomoedx

#endif
