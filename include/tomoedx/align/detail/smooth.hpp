// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_DETAIL_SMOOTH_HPP
#define TOMOEDX_ALIGN_DETAIL_SMOOTH_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

// IWYU pragma: private, include <tomoedx/align/tilt_axis.hpp>
namespace tomoedx::detail {

/// Convolve n values `stride` apart with a Gaussian; edges repeat.
inline void smooth_line(float* values, std::size_t n, std::size_t stride, std::span<double const> half_kernel,
                        std::vector<double>& line) {
  auto const reach = static_cast<std::ptrdiff_t>(half_kernel.size()) - 1,
             last = static_cast<std::ptrdiff_t>(n) - 1;
  line.resize(n);
  for (std::size_t i = 0; i < n; ++i) line[i] = static_cast<double>(values[i * stride]);
  for (std::ptrdiff_t i = 0; i <= last; ++i) {
    double sum = half_kernel[0] * line[static_cast<std::size_t>(i)];
    for (std::ptrdiff_t k = 1; k <= reach; ++k)
      sum += half_kernel[static_cast<std::size_t>(k)] *
             (line[static_cast<std::size_t>(std::max<std::ptrdiff_t>(i - k, 0))] +
              line[static_cast<std::size_t>(std::min(i + k, last))]);
    values[static_cast<std::size_t>(i) * stride] = static_cast<float>(sum);
  }
}

/// Smooth every image of a series by a Gaussian, in place.
inline void smooth_images(std::span<float> series, std::size_t rows, std::size_t columns, double sigma) {
  if (!(sigma > 0)) return;
  std::vector<double> kernel, line;
  double sum = 0;
  for (std::size_t k = 0; k <= static_cast<std::size_t>(std::ceil(4 * sigma)); ++k) {
    double const u = static_cast<double>(k) / sigma;
    kernel.push_back(std::exp(-0.5 * u * u));
    sum += (k == 0 ? 1 : 2) * kernel.back();
  }
  for (double& k : kernel) k /= sum;
  for (std::size_t first = 0; first < series.size(); first += rows * columns) {
    for (std::size_t y = 0; y < rows; ++y)
      smooth_line(&series[first + y * columns], columns, 1, kernel, line);
    for (std::size_t x = 0; x < columns; ++x) smooth_line(&series[first + x], rows, columns, kernel, line);
  }
}

}  // namespace tomoedx::detail

#endif
