// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_NORMALIZATION_HPP
#define TOMOEDX_DENOISE_NORMALIZATION_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>
#include <tomoedx/nn/description.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

namespace tomoedx {

/// How the values of one image are scaled for a network, and back.
template <real T>
struct image_scale {
  T offset = 0;
  T scale = 1;
  bool blank = false;  ///< all zero and to be divided by its mean: the result is all zero too

  T to_network(T value) const { return (value - offset) / scale; }
  T to_image(T value) const { return blank ? T(0) : value * scale + offset; }
  friend bool operator==(image_scale const&, image_scale const&) = default;
};

/// The sum in double, in an order that depends on the number of values only.
template <real T>
double sum_of(std::span<T const> values) {
  constexpr std::size_t piece = 4096, lanes = 8;
  double all = 0;
  for (std::size_t first = 0; first < values.size(); first += piece) {
    std::size_t const end = std::min(values.size(), first + piece);
    double lane[lanes] = {};
    std::size_t i = first;
    for (; i + lanes <= end; i += lanes)
      for (std::size_t k = 0; k < lanes; ++k) lane[k] += static_cast<double>(values[i + k]);
    for (; i < end; ++i) lane[0] += static_cast<double>(values[i]);
    for (double const part : lane) all += part;
  }
  return all;
}

/// The scale that divides by this mean.
///
/// throws   tomoedx::value_error naming image `index` when the mean is negative, zero (unless `blank`) or too small to
///          divide by
template <real T>
image_scale<T> scale_by_mean(double mean, bool blank, std::size_t index) {
  if (blank) return {.blank = true};
  expects<value_error>(
      mean >= static_cast<double>(std::numeric_limits<T>::min()) &&
          mean <= static_cast<double>(std::numeric_limits<T>::max()),
      "network: image {} has a mean of {}, by which it cannot be divided; normalise by 'none' or 'model'",
      index, mean);
  return {.scale = static_cast<T>(mean)};
}

/// The scale of one image of finite values.
///
/// throws   tomoedx::value_error naming image `index` as scale_by_mean, or when offset and scale are not usable in T
template <real T>
image_scale<T> scale_of(nn::normalization const& n, std::span<T const> image, std::size_t index = 0) {
  using rule = nn::normalization::rule;
  if (n.by == rule::none) return {};
  if (n.by == rule::mean) {
    double const mean = sum_of(image) / static_cast<double>(image.size());
    bool const blank = mean == 0 && std::all_of(image.begin(), image.end(), [](T v) { return v == 0; });
    return scale_by_mean<T>(mean, blank, index);
  }
  image_scale<T> const s{.offset = static_cast<T>(n.offset), .scale = static_cast<T>(n.scale)};
  expects<value_error>(
      std::isfinite(s.offset) && s.scale >= std::numeric_limits<T>::min() &&
          s.scale <= std::numeric_limits<T>::max(),
      "network: an offset of {} and a scale of {} cannot be used; the scale must be positive", n.offset,
      n.scale);
  return s;
}

/// The normalisation of a model, or the one given instead.
///
/// throws   tomoedx::value_error when neither is there: it cannot be seen in the weights
inline nn::normalization normalization_of(std::optional<nn::normalization> const& given,
                                          nn::description const& about) {
  expects<value_error>(
      given || about.normalize,
      "network: how images were scaled in training cannot be seen in the weights; say it (metadata "
      "or option 'normalize': none, mean or model)");
  return given ? *given : *about.normalize;
}

}  // namespace tomoedx

#endif
