// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_TOTALS_HPP
#define TOMOEDX_ALIGN_TOTALS_HPP

#include <tomoedx/align/select.hpp>
#include <tomoedx/core/error.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// The sum of each image, of its pixels under a mask if there is one.
///
/// shapes   series (tilt, y, x); mask (y, x) or empty, weights that are not negative
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN and negative weights
inline std::vector<double> image_totals(std::span<float const> series,
                                        std::array<std::size_t, 3> const& shape,
                                        std::span<float const> mask = {}) {
  detail::check_series(series, shape, "image_totals");
  std::size_t const image = shape[1] * shape[2];
  expects<shape_error>(mask.empty() || mask.size() == image,
                       "image_totals: a mask of {} pixels for images of {}", mask.size(), image);
  for (float const m : mask)
    expects<value_error>(m >= 0 && std::isfinite(m), "image_totals: the mask holds {}; give 0 or more", m);
  std::vector<double> totals(shape[0]);
  for (std::size_t i = 0; i < series.size(); ++i)
    totals[i / image] +=
        static_cast<double>(series[i]) * (mask.empty() ? 1 : static_cast<double>(mask[i % image]));
  for (std::size_t t = 0; t < totals.size(); ++t)
    expects<value_error>(std::isfinite(totals[t]), "image_totals: tilt {} holds NaN or infinity", t);
  return totals;
}

/// The totals of a channel brought to one value, as where a holder shadows the detectors at some tilts.
///
/// What every projection of an isolated specimen has in common is its total; a specimen that reaches out of the
/// field needs a mask around a part that stays inside. Multiplied counts are no Poisson variables any more: hand the factors
/// to the reconstruction as doses (bimodal/calibration.hpp) where it takes them.
/// shapes   series (tilt, y, x), changed in place
/// throws   tomoedx::value_error for an image without a positive total, before anything is changed
/// returns  the factor of each tilt; their totals are now the mean of what they were
/// source   Yuan et al. 2020, methods
inline std::vector<double> normalize_totals(std::span<float> series, std::array<std::size_t, 3> const& shape,
                                            std::span<float const> mask = {}) {
  std::vector<double> factors = image_totals(series, shape, mask);
  double mean = 0;
  for (std::size_t t = 0; t < factors.size(); ++t) {
    expects<value_error>(factors[t] > 0, "normalize_totals: tilt {} has the total {}; drop that tilt", t,
                         factors[t]);
    mean += factors[t] / static_cast<double>(factors.size());
  }
  for (double& f : factors) f = mean / f;
  std::size_t const image = shape[1] * shape[2];
  for (std::size_t i = 0; i < series.size(); ++i)
    series[i] = static_cast<float>(static_cast<double>(series[i]) * factors[i / image]);
  return factors;
}

}  // namespace tomoedx

#endif
