// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_CALIBRATE_HPP
#define TOMOEDX_QUANTIFY_CALIBRATE_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/absorption_table.hpp>
#include <tomoedx/quantify/factors.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// A measurement of a specimen whose composition is known. All lists are one for each line, in the same order.
///
/// units    counts of all pixels together or of one, `dose` in electrons for the same; mass thickness in kg/m2
struct standard {
  std::vector<double> counts;
  std::vector<double> sigma = {};  ///< of counts; none: they are Poisson numbers
  std::vector<double> weight_fractions;
  std::vector<double> fraction_sigma = {};  ///< none: the composition is exact
  // what only absolute factors need
  double mass_thickness = 0, mass_thickness_sigma = 0;
  double dose = 0, dose_sigma = 0;
};

/// A factor with its standard uncertainty, in the unit of the factor.
template <class Factor>
struct calibrated {
  Factor factor;
  double sigma = 0;
  double chi2 =
      0;  ///< reduced; above 1 the standards contradict each other, and sigma is widened by its root
  std::size_t standards = 0;
};

namespace detail {

/// The weighted mean of logarithms: what least squares makes of ratios that each are known to so many per cent.
class log_mean {
 public:
  void add(double ratio, double relative_variance) {
    logs_.push_back(std::log(ratio));
    weights_.push_back(1 / relative_variance);
  }
  std::size_t size() const { return logs_.size(); }

  struct result {
    double value, relative_sigma, chi2;
  };
  result solve() const {
    double weight = 0, mean = 0, chi2 = 0;
    for (std::size_t i = 0; i < size(); ++i) weight += weights_[i], mean += weights_[i] * logs_[i];
    mean /= weight;
    for (std::size_t i = 0; i < size(); ++i) chi2 += weights_[i] * (logs_[i] - mean) * (logs_[i] - mean);
    if (size() > 1) chi2 /= static_cast<double>(size() - 1);
    return {std::exp(mean), std::sqrt(std::max(chi2, 1.0) / weight), chi2};
  }

 private:
  std::vector<double> logs_, weights_;
};

inline double squared(double x) {
  return x * x;
}

/// (relative sigma)^2 of the counts and of the fraction of a line.
inline double count_variance(standard const& s, std::size_t e) {
  return s.sigma.empty() ? 1 / s.counts[e] : squared(s.sigma[e] / s.counts[e]);
}
inline double composition_variance(standard const& s, std::size_t e) {
  return s.fraction_sigma.empty() ? 0 : squared(s.fraction_sigma[e] / s.weight_fractions[e]);
}
/// Whether a standard says anything of an element.
inline bool holds(standard const& s, std::size_t e) {
  return s.weight_fractions[e] > 0;
}

inline std::size_t check_standards(std::span<standard const> standards, bool absolute, char const* who) {
  expects<shape_error>(!standards.empty(), "{}: there are no standards", who);
  std::size_t const k = standards[0].counts.size();
  expects<shape_error>(k > 0, "{}: the first standard has no lines", who);
  for (std::size_t i = 0; i < standards.size(); ++i) {
    standard const& s = standards[i];
    expects<shape_error>(
        s.counts.size() == k && s.weight_fractions.size() == k && (s.sigma.empty() || s.sigma.size() == k) &&
            (s.fraction_sigma.empty() || s.fraction_sigma.size() == k),
        "{}: standard {} has {} counts and {} weight fractions, the first has {} lines; all lists have "
        "the same length",
        who, i, s.counts.size(), s.weight_fractions.size(), k);
    double sum = 0;
    for (std::size_t e = 0; e < k; ++e) {
      double const c = s.weight_fractions[e];
      expects<value_error>(c >= 0 && c <= 1,
                           "{}: weight fraction {} of standard {} is {}; fractions are 0 to 1", who, e, i, c);
      expects<value_error>(
          c == 0 || (s.counts[e] > 0 && std::isfinite(s.counts[e])),
          "{}: standard {} holds {} of element {} but {} counts of it; a factor needs counts", who, i, c, e,
          s.counts[e]);
      expects<value_error>(s.sigma.empty() || (s.sigma[e] > 0 && std::isfinite(s.sigma[e])) || c == 0,
                           "{}: the sigma of line {} of standard {} must be above 0", who, e, i);
      expects<value_error>(
          s.fraction_sigma.empty() || (s.fraction_sigma[e] >= 0 && std::isfinite(s.fraction_sigma[e])),
          "{}: the sigma of fraction {} of standard {} must be 0 or more", who, e, i);
      sum += c;
    }
    expects<value_error>(sum > 0 && sum <= 1 + 1e-6,
                         "{}: the weight fractions of standard {} add to {}; at most to 1", who, i, sum);
    if (!absolute) continue;
    positive(s.mass_thickness, "the mass thickness of a standard [kg/m2]");
    positive(s.dose, "the dose of a standard [electrons]");
    expects<value_error>(s.mass_thickness_sigma >= 0 && s.dose_sigma >= 0 &&
                             std::isfinite(s.mass_thickness_sigma) && std::isfinite(s.dose_sigma),
                         "{}: sigmas of dose and mass thickness of standard {} must be finite, 0 or more",
                         who, i);
  }
  return k;
}

}  // namespace detail

/// The counts that a standard would give if it did not absorb: times chi / (1 - exp(-chi)) of its known slab.
///
/// throws   shape_error, value_error
inline standard without_absorption(standard s, absorption_table const& table, degree take_off) {
  detail::positive(s.mass_thickness, "the mass thickness of a standard [kg/m2]");
  expects<shape_error>(
      s.weight_fractions.size() == s.counts.size() && (s.sigma.empty() || s.sigma.size() == s.counts.size()),
      "without_absorption: {} counts, {} weight fractions and {} sigmas; all lists have the same length",
      s.counts.size(), s.weight_fractions.size(), s.sigma.size());
  if (s.sigma.empty())
    for (double const c : s.counts) s.sigma.push_back(std::sqrt(std::max(c, 1.0)));
  for (std::size_t e = 0; e < s.counts.size(); ++e) {
    double const by = slab_correction(slab_depth(table, e, s.weight_fractions, s.mass_thickness, take_off));
    s.counts[e] *= by;
    s.sigma[e] *= by;
  }
  return s;
}

/// Zeta factors from standards of known composition, mass thickness and dose: zeta = C rho t dose / I. An element may be
/// missing in some of them. Several standards are weighed by their uncertainties; the ones of composition, thickness and
/// dose are taken as independent between standards.
///
/// throws   shape_error, value_error; also for an element that no standard holds
inline std::vector<calibrated<zeta_factor>> calibrate_zeta(std::span<standard const> standards) {
  std::size_t const k = detail::check_standards(standards, true, "calibrate_zeta");
  std::vector<calibrated<zeta_factor>> factors;
  for (std::size_t e = 0; e < k; ++e) {
    detail::log_mean mean;
    for (standard const& s : standards)
      if (detail::holds(s, e))
        mean.add(s.weight_fractions[e] * s.mass_thickness * s.dose / s.counts[e],
                 detail::count_variance(s, e) + detail::composition_variance(s, e) +
                     detail::squared(s.mass_thickness_sigma / s.mass_thickness) +
                     detail::squared(s.dose_sigma / s.dose));
    expects<value_error>(mean.size() > 0, "calibrate_zeta: no standard holds element {}; leave it out", e);
    auto const r = mean.solve();
    factors.push_back({zeta_factor(r.value), r.value * r.relative_sigma, r.chi2, mean.size()});
  }
  return factors;
}

/// Partial cross sections from the same.
inline std::vector<calibrated<partial_cross_section>> calibrate_cross_sections(
    std::span<standard const> standards, std::span<physics::element const> of) {
  auto const zeta = calibrate_zeta(standards);
  expects<shape_error>(of.size() == zeta.size(), "calibrate_cross_sections: {} elements for {} lines",
                       of.size(), zeta.size());
  std::vector<calibrated<partial_cross_section>> factors;
  for (std::size_t e = 0; e < of.size(); ++e) {
    auto const sigma = to_cross_section(zeta[e].factor, of[e]);
    factors.push_back(
        {sigma, sigma.value * zeta[e].sigma / zeta[e].factor.value, zeta[e].chi2, zeta[e].standards});
  }
  return factors;
}

/// k factors by weight, relative to element `reference`, from standards of known composition alone:
/// k = (C / I) / (C_ref / I_ref). The reference's own is 1, without uncertainty.
///
/// throws   as calibrate_zeta; value_error where an element never comes together with the reference
inline std::vector<calibrated<k_factor<fraction::weight>>> calibrate_k(std::span<standard const> standards,
                                                                       std::span<physics::element const> of,
                                                                       std::size_t reference) {
  std::size_t const k = detail::check_standards(standards, false, "calibrate_k");
  expects<shape_error>(of.size() == k && reference < k,
                       "calibrate_k: {} elements and reference {} for {} lines", of.size(), reference, k);
  std::vector<calibrated<k_factor<fraction::weight>>> factors;
  for (std::size_t e = 0; e < k; ++e) {
    detail::log_mean mean;
    for (standard const& s : standards)
      if (detail::holds(s, e) && detail::holds(s, reference))
        mean.add(s.weight_fractions[e] / s.counts[e] / (s.weight_fractions[reference] / s.counts[reference]),
                 detail::count_variance(s, e) + detail::composition_variance(s, e) +
                     detail::count_variance(s, reference) + detail::composition_variance(s, reference));
    expects<value_error>(mean.size() > 0,
                         "calibrate_k: no standard holds both {} and the reference {}; measure one",
                         of[e].symbol(), of[reference].symbol());
    auto const r = mean.solve();
    if (e == reference)
      factors.push_back({{1, of[reference]}, 0, 0, mean.size()});
    else
      factors.push_back({{r.value, of[reference]}, r.value * r.relative_sigma, r.chi2, mean.size()});
  }
  return factors;
}

}  // namespace tomoedx

#endif
