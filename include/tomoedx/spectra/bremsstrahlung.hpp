// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_BREMSSTRAHLUNG_HPP
#define TOMOEDX_SPECTRA_BREMSSTRAHLUNG_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/line_families.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace tomoedx {
namespace detail {

/// The values at x of the n cubic B-splines (n >= 4) on equal intervals of [0, 1] whose sum is 1 there.
inline Eigen::VectorXd cubic_splines(double x, std::size_t n) {
  double const t = std::clamp(x, 0.0, 1.0) * static_cast<double>(n - 3);
  auto const i = std::min(static_cast<std::size_t>(t), n - 4);
  double const u = t - static_cast<double>(i), v = 1 - u;
  Eigen::VectorXd b = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
  auto const at = static_cast<Eigen::Index>(i);
  b[at] = v * v * v / 6;
  b[at + 1] = (3 * u * u * u - 6 * u * u + 4) / 6;
  b[at + 2] = (3 * v * v * v - 6 * v * v + 4) / 6;
  b[at + 3] = u * u * u / 6;
  return b;
}

}  // namespace detail

/// Spectrum of the bremsstrahlung of a thin specimen, up to a factor.
///
/// source   Kramers, Philos. Mag. 46 (1923) 836: (E0 - E) / E, times the detector's efficiency
inline double kramers(double kev, kiloelectronvolt beam, efficiency_curve const& efficiency = {}) {
  if (!(kev > 0) || kev >= beam.value) return 0;
  return (beam.value - kev) / kev * (efficiency ? efficiency(kiloelectronvolt(kev)) : 1.0);
}

/// Smooth backgrounds whose sums with weights >= 0 follow what absorption and thickness make of bremsstrahlung: the
/// spectrum above, cut into pieces by cubic B-splines of the logarithm of the energy.
///
/// shapes   (range.size(), terms); the columns sum to the spectrum above, itself of sum 1
/// throws   value_error for fewer than 4 terms or more than 64; for a range that begins below 0 keV; for a piece of
///          it in which the detector counts nothing
inline Eigen::MatrixXd bremsstrahlung(energy_axis const& axis, channel_range range, kiloelectronvolt beam,
                                      std::size_t terms, efficiency_curve const& efficiency = {}) {
  expects<value_error>(terms >= 4 && terms <= 64, "bremsstrahlung: {} terms; 4 to 64 are possible", terms);
  double const from = axis.energy(static_cast<double>(range.begin)),
               to = axis.energy(static_cast<double>(range.end) - 1);
  expects<value_error>(from > 0 && range.size() > terms,
                       "bremsstrahlung: {} channels from {} keV cannot hold {} terms; begin above 0 keV",
                       range.size(), from, terms);
  Eigen::MatrixXd b(static_cast<Eigen::Index>(range.size()), static_cast<Eigen::Index>(terms));
  for (Eigen::Index i = 0; i < b.rows(); ++i) {
    double const kev = axis.energy(static_cast<double>(range.begin) + static_cast<double>(i));
    b.row(i) = kramers(kev, beam, efficiency) *
               detail::cubic_splines(std::log(kev / from) / std::log(to / from), terms).transpose();
  }
  double const sum = b.sum();
  expects<value_error>(sum > 0, "bremsstrahlung: the detector counts nothing between {} and {} keV", from,
                       to);
  for (Eigen::Index k = 0; k < b.cols(); ++k) {
    auto const knot = [&](Eigen::Index i) {
      return from * std::pow(to / from,
                             std::clamp(static_cast<double>(i) / static_cast<double>(terms - 3), 0.0, 1.0));
    };
    expects<value_error>(
        b.col(k).maxCoeff() > 0,
        "bremsstrahlung: nothing is counted between {:.3f} and {:.3f} keV, term {} of {}; begin "
        "the range where the detector counts, or take fewer terms",
        knot(k - 3), knot(k + 1), k, terms);
  }
  return b / sum;
}

}  // namespace tomoedx

#endif
