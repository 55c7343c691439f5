// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_HAADF_MASK_HPP
#define TOMOEDX_BIMODAL_HAADF_MASK_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

/// The two ways of using HAADF as a mask that HEBT is compared with: a binary HAADF volume as `mask` of SIRT, and
/// binary HAADF images laid over the element maps before SIRT.
///
/// source   Zhong et al. 2017, section 4.2 and figure 9
namespace tomoedx {

/// The threshold that splits values into the two groups of least variance within, of 256 steps from least to
/// largest value.
///
/// throws   tomoedx::value_error for NaN, infinity or values that are all the same, shape_error for none
/// source   Otsu, IEEE Trans. Systems, Man and Cybernetics 9, 1979
inline double otsu_threshold(std::span<float const> values) {
  expects<shape_error>(!values.empty(), "otsu_threshold: there are no values");
  double least = values[0], most = values[0];
  for (std::size_t i = 0; i < values.size(); ++i) {
    expects<value_error>(std::isfinite(values[i]), "otsu_threshold: value {} is {}", i, values[i]);
    least = std::min(least, static_cast<double>(values[i]));
    most = std::max(most, static_cast<double>(values[i]));
  }
  expects<value_error>(most > least, "otsu_threshold: all values are {}; there is nothing to split", least);

  constexpr std::size_t steps = 256;
  std::array<double, steps> count{}, sum{};
  for (float const v : values) {
    auto const bin = std::min(steps - 1, static_cast<std::size_t>((v - least) / (most - least) * steps));
    count[bin] += 1;
    sum[bin] += v;
  }
  double all = 0, total = 0;
  for (std::size_t b = 0; b < steps; ++b) all += count[b], total += sum[b];
  double below = 0, below_sum = 0, best = -1;
  std::size_t first = 0, last = 0;
  for (std::size_t b = 0; b + 1 < steps; ++b) {
    below += count[b];
    below_sum += sum[b];
    if (below == 0 || below == all) continue;
    double const apart = below_sum / below - (total - below_sum) / (all - below);
    double const between = below * (all - below) * apart * apart;
    if (between > best) best = between, first = b;
    if (between == best) last = b;  // an empty gap scores the same all along: the middle of it is taken
  }
  return least + (most - least) * (0.5 * static_cast<double>(first + last) + 1) / static_cast<double>(steps);
}

/// One where a value exceeds the threshold, zero elsewhere: a mask for SIRT, or for maps.
inline std::vector<float> binary_mask(std::span<float const> values, double threshold) {
  std::vector<float> mask(values.size());
  std::transform(values.begin(), values.end(), mask.begin(),
                 [=](float v) { return v > threshold ? 1.0f : 0.0f; });
  return mask;
}

/// Set a series to zero where its mask is zero, in place.
///
/// throws   tomoedx::shape_error when the sizes differ
inline void mask_series(std::span<float> series, std::span<float const> mask) {
  expects<shape_error>(series.size() == mask.size(), "mask_series: {} pixels, a mask of {}", series.size(),
                       mask.size());
  for (std::size_t i = 0; i < series.size(); ++i)
    if (mask[i] == 0) series[i] = 0;
}

}  // namespace tomoedx

#endif
