// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_FRACTIONS_HPP
#define TOMOEDX_QUANTIFY_FRACTIONS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/quantify/mass_scale.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace tomoedx {

/// What becomes of values below zero, which noise leaves where a reconstruction allows them.
enum class negatives {
  clip,  ///< taken for 0, so that fractions stay between 0 and 1; biased where an element is hardly there
  keep   ///< kept: unbiased averages, single voxels may be below 0 or above 1
};

/// Where fractions are made, and what of.
struct fraction_options {
  double threshold = 0;  ///< voxels whose mass is above it are inside, in the unit of the sum
  std::span<std::uint8_t const> inside = {};  ///< or this mask, 1 inside; a voxel without mass stays outside
  negatives below_zero = negatives::clip;
  std::span<double const> factor_uncertainty =
      {};  ///< relative standard uncertainty of each element's factor
};

/// Fractions in every voxel.
///
/// shapes   fractions and sigma (element, voxel), mass and inside (voxel), in the order of the volumes
/// units    fractions add to 1 inside and are 0 outside; mass in g/cm3 where the scale is absolute. sigma, where sigmas
///          were given, are standard deviations
struct fraction_volumes {
  std::size_t elements = 0, voxels = 0;
  std::vector<float> fractions, sigma, mass, mass_sigma;
  std::vector<std::uint8_t> inside;
  std::size_t count_inside = 0;

  std::span<float const> of(std::size_t element) const {
    return std::span(fractions).subspan(element * voxels, voxels);
  }
  std::span<float const> sigma_of(std::size_t element) const {
    return std::span(sigma).subspan(element * voxels, voxels);
  }
};

namespace detail {

inline std::size_t check_volumes(std::span<float const> volumes, std::size_t elements, char const* who) {
  expects<shape_error>(elements > 0 && !volumes.empty() && volumes.size() % elements == 0,
                       "{}: {} values do not make equal volumes of {} elements", who, volumes.size(),
                       elements);
  for (std::size_t i = 0; i < volumes.size(); ++i)
    expects<value_error>(std::isfinite(volumes[i]), "{}: value {} of element {} is {}; volumes are finite",
                         who, i % (volumes.size() / elements), i / (volumes.size() / elements), volumes[i]);
  return volumes.size() / elements;
}

/// Calls body(first, last) for blocks of [0, n), on the host's threads.
template <class Body>
void in_blocks(char const* label, std::size_t n, Body const& body) {
  constexpr std::size_t block = 4096;
  on_host_threads(label, (n + block - 1) / block,
                  [&](std::size_t b) { body(b * block, std::min(n, (b + 1) * block)); });
}

/// The fractions of one voxel or pixel, and their standard deviations: C = m / sum m. `v` are the variances of the
/// masses, independent of each other.
inline void normalize(std::span<double> m, std::span<double> v, double& sum, double& variance) {
  sum = variance = 0;
  for (double const each : m) sum += each;
  for (double const each : v) variance += each;
  for (std::size_t e = 0; e < m.size(); ++e) {
    double const c = m[e] / sum;
    if (!v.empty()) v[e] = std::sqrt(std::max((1 - 2 * c) * v[e] + c * c * variance, 0.0)) / std::abs(sum);
    m[e] = c;
  }
}

inline fraction_volumes fractions_of(std::span<float const> volumes, mass_scale const& scale,
                                     std::span<double const> per_mass, fraction_options const& o,
                                     std::span<float const> sigma, char const* who) {
  std::size_t const k = scale.elements(), n = check_volumes(volumes, k, who);
  for (double const s : scale.per_value) positive(s, "the mass of a count");
  expects<shape_error>(o.inside.empty() || o.inside.size() == n,
                       "{}: the mask has {} voxels, the volumes have {}", who, o.inside.size(), n);
  expects<value_error>(!std::isnan(o.threshold), "{}: the threshold is not a number", who);
  expects<value_error>(
      o.threshold >= 0 || o.below_zero == negatives::clip,
      "{}: the threshold is {}; with negative values kept it must not be below 0, or sums near "
      "zero are divided by",
      who, o.threshold);
  expects<shape_error>(sigma.empty() || sigma.size() == volumes.size(),
                       "{}: {} standard deviations for {} values; give one for each, or none", who,
                       sigma.size(), volumes.size());
  for (float const s : sigma)
    expects<value_error>(s >= 0 && std::isfinite(s), "{}: a standard deviation is {}; they are 0 or more",
                         who, s);
  expects<shape_error>(o.factor_uncertainty.empty() || o.factor_uncertainty.size() == k,
                       "{}: {} uncertainties for {} factors; give one for each, or none", who,
                       o.factor_uncertainty.size(), k);
  for (double const u : o.factor_uncertainty)
    expects<value_error>(u >= 0 && u < 10, "{}: a relative uncertainty is {}; 0.1 means 10 %", who, u);

  bool const uncertain = !sigma.empty() || !o.factor_uncertainty.empty();
  fraction_volumes r{k,
                     n,
                     std::vector<float>(k * n),
                     std::vector<float>(uncertain ? k * n : 0),
                     std::vector<float>(n),
                     std::vector<float>(uncertain ? n : 0),
                     std::vector<std::uint8_t>(n)};
  in_blocks("fractions", n, [&](std::size_t first, std::size_t last) {
    std::vector<double> m(k), v(uncertain ? k : 0);
    for (std::size_t i = first; i < last; ++i) {
      double mass = 0, mass_variance = 0;
      for (std::size_t e = 0; e < k; ++e) {
        double x = static_cast<double>(volumes[e * n + i]);
        if (o.below_zero == negatives::clip) x = std::max(x, 0.0);
        mass += m[e] = x * scale.per_value[e];
        if (!uncertain) continue;
        double const s = sigma.empty() ? 0 : static_cast<double>(sigma[e * n + i]) * scale.per_value[e];
        double const f = o.factor_uncertainty.empty() ? 0 : m[e] * o.factor_uncertainty[e];
        mass_variance += v[e] = s * s + f * f;
      }
      r.mass[i] = static_cast<float>(mass);
      if (uncertain) r.mass_sigma[i] = static_cast<float>(std::sqrt(mass_variance));
      if (!(mass > 0) || !(o.inside.empty() ? mass > o.threshold : o.inside[i] != 0)) continue;
      double counted = mass;
      if (!per_mass.empty()) {
        counted = 0;
        for (std::size_t e = 0; e < k; ++e) {
          counted += m[e] *= per_mass[e];
          if (uncertain) v[e] *= per_mass[e] * per_mass[e];
        }
      }
      if (!(counted > 0)) continue;
      r.inside[i] = 1;
      double sum, variance;
      normalize(m, v, sum, variance);
      for (std::size_t e = 0; e < k; ++e) {
        r.fractions[e * n + i] = static_cast<float>(m[e]);
        if (uncertain) r.sigma[e * n + i] = static_cast<float>(v[e]);
      }
    }
  });
  r.count_inside = static_cast<std::size_t>(std::count(r.inside.begin(), r.inside.end(), 1));
  return r;
}

}  // namespace detail

/// Mass of all elements in every voxel: what a threshold is put on. In g/cm3 where the scale is absolute.
///
/// shapes   volumes (element, voxel), result (voxel)
/// throws   shape_error, value_error for values that are not finite
inline std::vector<float> total_mass(std::span<float const> volumes, mass_scale const& scale,
                                     negatives below_zero = negatives::clip) {
  std::size_t const k = scale.elements(), n = detail::check_volumes(volumes, k, "total_mass");
  std::vector<float> sum(n);
  for (std::size_t i = 0; i < n; ++i) {
    double m = 0;
    for (std::size_t e = 0; e < k; ++e) {
      double const x = static_cast<double>(volumes[e * n + i]);
      m += (below_zero == negatives::clip ? std::max(x, 0.0) : x) * scale.per_value[e];
    }
    sum[i] = static_cast<float>(m);
  }
  return sum;
}

/// Weight fractions from element volumes: C_A = m_A / sum_B m_B, with m = X / f for EDX, X / z for HEBT, and so on.
/// `sigma` holds standard deviations of the volumes' values, taken as independent; errors of factors act on every voxel
/// alike, so they do not average out.
///
///     auto c = weight_fractions(volumes, masses(std::span<f_factor const>(f)), {.threshold = edge.threshold});
///
/// shapes   volumes and sigma (element, z, y, x)
/// throws   shape_error, value_error
/// source   Yuan et al. 2020, eq. 12 and 18
inline fraction_volumes weight_fractions(std::span<float const> volumes, mass_scale const& scale,
                                         fraction_options const& options = {},
                                         std::span<float const> sigma = {}) {
  return detail::fractions_of(volumes, scale, {}, options, sigma, "weight_fractions");
}

/// The same, in numbers of atoms. The threshold is still one on mass.
inline fraction_volumes atomic_fractions(std::span<float const> volumes, mass_scale const& scale,
                                         std::span<physics::element const> of,
                                         fraction_options const& options = {},
                                         std::span<float const> sigma = {}) {
  expects<shape_error>(of.size() == scale.elements(), "atomic_fractions: {} elements for {} factors",
                       of.size(), scale.elements());
  std::vector<double> per_mass;
  for (physics::element const e : of) per_mass.push_back(1 / e.weight());
  return detail::fractions_of(volumes, scale, per_mass, options, sigma, "atomic_fractions");
}

}  // namespace tomoedx

#endif
