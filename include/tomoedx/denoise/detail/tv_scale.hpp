// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_TV_SCALE_HPP
#define TOMOEDX_DENOISE_DETAIL_TV_SCALE_HPP
// IWYU pragma: private, include "tomoedx/denoise/tv_pdhg.hpp"

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tomoedx::detail {

/// Refuse what no method can stop by.
inline void check_stopping(char const* who, double tolerance, std::size_t iterations) {
  expects<value_error>(tolerance >= 0 && std::isfinite(tolerance),
                       "{}: the tolerance is {}, give 0 or a positive number", who, tolerance);
  expects<value_error>(iterations > 0, "{}: {} iterations asked for, give 1 or more", who, iterations);
}

/// How an image is moved near [-1, 1] for the work inside: value = middle + scale * inside. The scale is a power of
/// two, so only the middle costs rounding; total variation does not see the middle.
struct tv_scale {
  double middle = 0;
  double scale = 1;
  double inverse = 1;

  template <class T>
  T in(T value) const {
    return static_cast<T>((static_cast<double>(value) - middle) * inverse);
  }
  template <class T>
  T out(T inside) const {
    return static_cast<T>(middle + scale * static_cast<double>(inside));
  }
};

template <class T>
tv_scale tv_scale_of(T const* image, std::size_t count) {
  T low = image[0], high = image[0];
  for (std::size_t i = 0; i < count; ++i) {
    low = std::min(low, image[i]);
    high = std::max(high, image[i]);
  }
  double const a = static_cast<double>(low), b = static_cast<double>(high);
  double const half = b / 2 - a / 2;
  tv_scale s{a == b ? a : a / 2 + b / 2};
  if (half > 0) {
    int exponent = 0;
    std::frexp(half, &exponent);
    exponent = std::clamp(exponent, -1000, 1000);
    s.scale = std::ldexp(1.0, exponent);
    s.inverse = std::ldexp(1.0, -exponent);
  }
  return s;
}

/// Sum of squared distances from the mean, of the values inside.
template <class T>
double squared_deviation(T const* image, std::size_t count, tv_scale const& scale) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double const v = (static_cast<double>(image[i]) - scale.middle) * scale.inverse;
    sum += v;
    squares += v * v;
  }
  return std::max(squares - sum * (sum / static_cast<double>(count)), 0.0);
}

}  // namespace tomoedx::detail

#endif
