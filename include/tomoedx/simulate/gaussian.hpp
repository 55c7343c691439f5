// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_GAUSSIAN_HPP
#define TOMOEDX_SIMULATE_GAUSSIAN_HPP

#include <tomoedx/simulate/detail/reals.hpp>

#include <algorithm>
#include <vector>

namespace tomoedx::simulate {

/// Standard deviation of a Gaussian from its full width at half maximum.
inline double sigma_of_fwhm(double fwhm) {
  return fwhm / 2.3548200450309493;
}

/// The filter of Zhong et al. on EDS sinograms, "an 8-pixel 1D Gaussian filter" (section 3.1), as sigma.
///
/// The paper gives no sigma. For its measured maps it names "a 12 x 12 pixel Gaussian kernel" (section 3.2),
/// which is the edge of a window; so we read 8 pixels as the length of the window as well, and take the
/// Gaussian that fills it with two standard deviations to each side: sigma 2, FWHM 4.7 pixels.
inline constexpr double zhong_filter_sigma = 2.0;

namespace detail {

inline std::vector<double> half_gaussian(double sigma) {
  std::vector<double> half(static_cast<std::size_t>(4 * sigma + 0.5) + 1);
  double sum = 0;
  for (std::size_t k = 0; k < half.size(); ++k) {
    double const d = static_cast<double>(k) / sigma;
    half[k] = std::exp(-0.5 * d * d);
    sum += k == 0 ? half[k] : 2 * half[k];
  }
  for (double& v : half) v /= sum;
  return half;
}

/// Index of a row continued by reflection at its ends: c b a | a b c | c b a.
inline std::size_t reflected(std::ptrdiff_t i, std::ptrdiff_t width) {
  std::ptrdiff_t const period = 2 * width;
  i = ((i % period) + period) % period;
  return static_cast<std::size_t>(i < width ? i : period - 1 - i);
}

}  // namespace detail

/// Smooth every row of a series along x, in place; the tilts and the tilt axis are left alone.
///
/// The Gaussian is cut at four standard deviations and normalised, rows are reflected at their ends, so the
/// sum of each row stays.
/// shapes   (..., x): rows of `width` values
/// units    sigma in pixels; 0 changes nothing
/// throws   shape_error if the values do not divide into rows; value_error for a sigma that is negative or
///          above 1e6, or a value that is not finite; the series is then untouched
template <writable_real_range W>
void gaussian_along_x(W&& series, std::size_t width, double sigma) {
  auto const all = detail::span_of(series);
  expects<shape_error>(width > 0 && all.size() % width == 0,
                       "gaussian_along_x: {} values cannot be rows of {}", all.size(), width);
  expects<value_error>(sigma >= 0 && sigma <= 1e6, "gaussian_along_x: sigma is {}, give 0 to 1e6 pixels",
                       sigma);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!std::isfinite(all[i]))
      fail<value_error>("gaussian_along_x: value {} is {}, all values must be finite", i,
                        static_cast<double>(all[i]));
  if (sigma == 0) return;
  auto const half = detail::half_gaussian(sigma);
  using value = typename decltype(all)::value_type;
  std::vector<value> row(width);
  auto const extent = static_cast<std::ptrdiff_t>(width);
  for (std::size_t start = 0; start < all.size(); start += width) {
    auto const here = all.subspan(start, width);
    std::copy(here.begin(), here.end(), row.begin());
    for (std::ptrdiff_t x = 0; x < extent; ++x) {
      double sum = half[0] * static_cast<double>(row[static_cast<std::size_t>(x)]);
      for (std::size_t k = 1; k < half.size(); ++k) {
        auto const d = static_cast<std::ptrdiff_t>(k);
        sum += half[k] * (static_cast<double>(row[detail::reflected(x - d, extent)]) +
                          static_cast<double>(row[detail::reflected(x + d, extent)]));
      }
      here[static_cast<std::size_t>(x)] = static_cast<value>(sum);
    }
  }
}

}  // namespace tomoedx::simulate

#endif
