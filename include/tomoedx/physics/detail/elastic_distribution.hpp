// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_ELASTIC_DISTRIBUTION_HPP
#define TOMOEDX_PHYSICS_DETAIL_ELASTIC_DISTRIBUTION_HPP

#include <tomoedx/physics/detail/elastic_formulas.hpp>
#include <tomoedx/physics/detail/elastic_table.hpp>
#include <tomoedx/physics/detail/kinematics.hpp>

#include <cmath>

namespace tomoedx::physics::detail {

/// The fit of elastic scattering at one energy, mu = (1 - cos theta) / 2:
///
///     p(mu) ~ (1 - beta^2 mu) sum of weight K(mu)
///
/// with three terms K ~ (mu+A)^-2, seven ~ (mu+A)^-4 and a constant, each normalised on 0..1.
struct elastic_distribution {
  double total_barn;
  double beta2;
  double four_k2;  ///< (2 k a0)^2, so that A = alpha^2 / four_k2
  double weight[elastic_terms];

  double screening(int term) const {
    constexpr double alpha[] = {4, 12, 50, 0.9, 1.5, 2.5, 4.2, 7, 12, 20};  // per Bohr radius
    return alpha[term] * alpha[term] / four_k2;
  }

  /// The integral of sum of weight K times (1 - beta^2 mu) from a to b.
  double integral(double a, double b) const {
    double sum = weight[10] * (b - a) * (1 - 0.5 * beta2 * (a + b));
    for (int i = 0; i < 3; ++i) {
      double const A = screening(i);
      sum += weight[i] * (wentzel_share(A, a, b) - beta2 * wentzel_moment(A, a, b));
    }
    for (int i = 3; i < 10; ++i) {
      double const A = screening(i);
      sum += weight[i] * (quartic_share(A, a, b) - beta2 * quartic_moment(A, a, b));
    }
    return sum;
  }

  /// What part of all scattering lies between a and b.
  double share(double a, double b) const { return integral(a, b) / integral(0, 1); }

  /// p(mu), 1 in all.
  double density(double mu) const {
    double sum = weight[10];
    for (int i = 0; i < 10; ++i) {
      double const A = screening(i), q = A / (mu + A), z = A / (1 + A);
      sum += weight[i] * (i < 3 ? (1 + A) / A * q * q : 3 * q * q * q * q / (A * (1 - z * z * z)));
    }
    return sum * (1 - beta2 * mu) / integral(0, 1);
  }
};

/// `rows` are those of one element. beta^2 sigma and the weights are linear in ln E between its energies.
inline elastic_distribution interpolate_elastic(elastic_row const* rows, double kev) {
  int i = 0;
  while (i + 2 < elastic_energy_count && kev >= elastic_energies_kev[i + 1]) ++i;
  double const low = elastic_energies_kev[i], high = elastic_energies_kev[i + 1];
  double const t = std::log(kev / low) / std::log(high / low);
  elastic_distribution d;
  d.beta2 = beta_squared(kev);
  d.four_k2 = 4 * momentum_squared(kev) * electron_rest_kev * electron_rest_kev /
              (hbar_c_per_bohr_kev * hbar_c_per_bohr_kev);
  d.total_barn =
      ((1 - t) * beta_squared(low) * rows[i].total_barn + t * beta_squared(high) * rows[i + 1].total_barn) /
      d.beta2;
  for (int k = 0; k < elastic_terms; ++k)
    d.weight[k] = (1 - t) * rows[i].weight[k] + t * rows[i + 1].weight[k];
  return d;
}

}  // namespace tomoedx::physics::detail

#endif
