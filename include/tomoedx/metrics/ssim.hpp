// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_SSIM_HPP
#define TOMOEDX_METRICS_SSIM_HPP

#include <tomoedx/metrics/detail/checks.hpp>

#include <array>
#include <initializer_list>
#include <optional>
#include <vector>

namespace tomoedx::metrics {

/// The constants of the windowed index, those of its authors by default.
struct ssim_options {
  double k1 = 0.01;
  double k2 = 0.03;
  std::size_t window = 11;           ///< edge of the square window in pixels
  double sigma = 1.5;                ///< of the Gaussian weights, in pixels
  std::optional<double> range = {};  ///< dynamic range L; max - min of the reference unless given
};

namespace detail {

inline std::vector<double> gaussian_window(std::size_t taps, double sigma) {
  std::vector<double> w(taps);
  double const middle = 0.5 * static_cast<double>(taps - 1);
  double sum = 0;
  for (std::size_t i = 0; i < taps; ++i) {
    double const d = (static_cast<double>(i) - middle) / sigma;
    sum += w[i] = std::exp(-0.5 * d * d);
  }
  for (double& v : w) v /= sum;
  return w;
}

/// The five weighted moments of a window: means of x, y, x^2, y^2, xy.
using window_moments = std::array<double, 5>;

/// Sum of the local index over all windows that lie inside one image. Values are taken relative to `shift`,
/// so that the variances do not drown in a large offset.
template <class R, class S>
double ssim_sum(std::span<R const> x, std::span<S const> y, std::size_t width, std::vector<double> const& w,
                double shift, double c1, double c2) {
  std::size_t const height = x.size() / width, taps = w.size();
  std::size_t const inner_width = width - taps + 1, inner_height = height - taps + 1;
  std::vector<window_moments> rows(height * inner_width);  // filtered along x only
  for (std::size_t r = 0; r < height; ++r)
    for (std::size_t c = 0; c < inner_width; ++c) {
      window_moments m{};
      for (std::size_t k = 0; k < taps; ++k) {
        double const a = static_cast<double>(x[r * width + c + k]) - shift;
        double const b = static_cast<double>(y[r * width + c + k]) - shift;
        m[0] += w[k] * a;
        m[1] += w[k] * b;
        m[2] += w[k] * a * a;
        m[3] += w[k] * b * b;
        m[4] += w[k] * a * b;
      }
      rows[r * inner_width + c] = m;
    }
  double sum = 0;
  for (std::size_t r = 0; r < inner_height; ++r)
    for (std::size_t c = 0; c < inner_width; ++c) {
      window_moments m{};
      for (std::size_t k = 0; k < taps; ++k)
        for (std::size_t q = 0; q < m.size(); ++q) m[q] += w[k] * rows[(r + k) * inner_width + c][q];
      double const variance_x = m[2] - m[0] * m[0], variance_y = m[3] - m[1] * m[1];
      double const covariance = m[4] - m[0] * m[1];
      double const mean_x = m[0] + shift, mean_y = m[1] + shift;
      sum += ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) /
             ((mean_x * mean_x + mean_y * mean_y + c1) * (variance_x + variance_y + c2));
    }
  return sum;
}

}  // namespace detail

/// The structural similarity index: Gaussian window, all three terms,
/// mean over every window inside the image.
///
/// A volume is compared slice by slice over its last two axes; the result is the mean over all slices.
/// shapes   `shape` is slowest first, (y, x) or (z, y, x) or more axes in front
/// requires both last extents >= options.window; k1, k2, sigma and the range positive
/// throws   shape_error for sizes that do not fit; value_error for a value that is not finite, an option out
///          of range, or a constant reference when no range is given
/// source   Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Process. 13 (2004) 600, equation 13
template <real_range R, real_range S>
double ssim(R const& reference, S const& result, std::span<std::size_t const> shape,
            ssim_options const& options = {}) {
  auto const x = detail::values(reference);
  auto const y = detail::values(result);
  detail::check_pair("ssim", x, y);
  expects<shape_error>(shape.size() >= 2, "ssim: the shape has {} axes, images need 2 or more", shape.size());
  std::size_t rest = x.size();
  for (std::size_t const n : shape) {
    expects<shape_error>(n > 0 && rest % n == 0, "ssim: an extent of {} does not fit arrays of {} voxels", n,
                         x.size());
    rest /= n;
  }
  expects<shape_error>(rest == 1, "ssim: the shape holds {} voxels, the arrays {}", x.size() / rest,
                       x.size());
  std::size_t const height = shape[shape.size() - 2], width = shape[shape.size() - 1];
  expects<value_error>(options.window > 0, "ssim: the window is {} pixels, it must be 1 or more",
                       options.window);
  expects<shape_error>(height >= options.window && width >= options.window,
                       "ssim: images are {} x {} pixels, the window {}; take a smaller window", height, width,
                       options.window);
  expects<value_error>(options.k1 > 0 && options.k2 > 0 && options.sigma > 0 && std::isfinite(options.sigma),
                       "ssim: k1 {}, k2 {} and sigma {} must be positive", options.k1, options.k2,
                       options.sigma);
  auto const [low, high] = std::minmax_element(x.begin(), x.end());
  double const range = options.range.value_or(static_cast<double>(*high) - static_cast<double>(*low));
  expects<value_error>(range > 0 && std::isfinite(range),
                       "ssim: the dynamic range is {}, it must be positive; the reference is constant, or "
                       "give another range",
                       range);
  auto const weights = detail::gaussian_window(options.window, options.sigma);
  double const c1 = (options.k1 * range) * (options.k1 * range);
  double const c2 = (options.k2 * range) * (options.k2 * range);
  double shift = 0;
  for (auto const v : x) shift += static_cast<double>(v) / static_cast<double>(x.size());
  std::size_t const pixels = height * width, images = x.size() / pixels;
  double sum = 0;
  for (std::size_t i = 0; i < images; ++i)
    sum += detail::ssim_sum(x.subspan(i * pixels, pixels), y.subspan(i * pixels, pixels), width, weights,
                            shift, c1, c2);
  std::size_t const windows = images * (height - options.window + 1) * (width - options.window + 1);
  return detail::finished("ssim", sum / static_cast<double>(windows));
}

/// The same with the shape written in place: ssim(a, b, {slices, rows, columns}).
template <real_range R, real_range S>
double ssim(R const& reference, S const& result, std::initializer_list<std::size_t> shape,
            ssim_options const& options = {}) {
  return ssim(reference, result, std::span<std::size_t const>(shape.begin(), shape.size()), options);
}

}  // namespace tomoedx::metrics

#endif
