// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_SUSPECT_LINES_HPP
#define TOMOEDX_SPECTRA_SUSPECT_LINES_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/detail/weighted_gram.hpp>
#include <tomoedx/spectra/fit_spectrum.hpp>
#include <tomoedx/spectra/poisson_regression.hpp>
#include <tomoedx/spectra/spectral_model.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tomoedx {

/// A family that a model lacks.
struct suspect_line {
  std::string name;                 ///< "Ti_Ka"
  double counts = 0;                ///< of its main line, about
  double sigmas = 0;                ///< above what noise and the misfit of the model explain
  std::vector<std::string> rivals;  ///< families that would explain nearly as much
};

/// How far suspect_lines looks.
struct suspect_options {
  std::size_t most = 8;
  double least_sigmas = 6;
};

namespace detail {

/// Every family with its main line in the range whose element is not in the model; elements without stable or
/// long-lived isotopes are left out.
inline std::vector<model_component> unmodelled(spectral_model const& m) {
  std::vector<model_component> found;
  for (int z = 4; z <= 92; ++z) {
    if (z == 43 || z == 61 || (z >= 84 && z <= 89) || z == 91) continue;
    physics::element const e(z);
    std::string const start = std::string(e.symbol()) + "_";
    if (std::ranges::any_of(m.components, [&](auto const& c) { return c.name.starts_with(start); })) continue;
    for (char const letter : letters_in_range(e, m.axis, m.range, m.how.beam)) {
      auto f = family_of(e, letter, m.how.beam, m.how.efficiency);
      found.push_back({f.name, component_role::companion, std::move(f.parts)});
    }
  }
  return found;
}

/// The score of each candidate in a fit: what it would count, and by how many deviations of the Fisher information
/// that the components of the model leave to it. Those that the model can imitate get 0.
struct scores {
  std::vector<double> counts, sigmas;

  scores(spectral_model const& m, spectral_fit const& f, std::span<double const> in_range,
         std::vector<model_component> const& candidates) {
    auto const n = static_cast<Eigen::Index>(in_range.size());
    Eigen::VectorXd w(n), excess(n);
    for (Eigen::Index c = 0; c < n; ++c) {
      auto const at = static_cast<std::size_t>(c);
      double const mu = std::max(f.expected[at], 1e-3);
      w[c] = 1 / mu;
      excess[c] = in_range[at] / mu - 1;
    }
    Eigen::MatrixXd const t = spectra_of(m);
    weighted_gram const fisher(t, w, {}, 1e-9);
    double const misfit = std::sqrt(std::max(1.0, f.reduced_deviance()));
    for (auto const& candidate : candidates) {
      Eigen::VectorXd s = Eigen::VectorXd::Zero(n);
      for (auto const& p : candidate.parts) s += part_spectrum(m, p);
      std::vector<double> shared(static_cast<std::size_t>(t.cols())), taken;
      double own = 0;
      for (Eigen::Index c = 0; c < n; ++c) own += s[c] * s[c] * w[c];
      for (Eigen::Index j = 0; j < t.cols(); ++j)
        for (Eigen::Index c = 0; c < n; ++c) shared[static_cast<std::size_t>(j)] += t(c, j) * w[c] * s[c];
      taken = shared;
      fisher.solve(taken);
      double left = own;
      for (std::size_t j = 0; j < taken.size(); ++j) left -= shared[j] * taken[j];
      bool const seen = left > 0.02 * own;
      counts.push_back(seen ? s.dot(excess) / left : 0);
      sigmas.push_back(seen ? s.dot(excess) / std::sqrt(left) / misfit : 0);
    }
  }
};

}  // namespace detail

/// Which lines a spectrum holds that its model lacks, the most significant first: the family with the best score is
/// added to the model, with the others of its element, and the spectrum is fitted again.
///
/// Give the model of a calibration (`full`) and the spectrum it was calibrated on; where a model is far from a spectrum,
/// only what stands out of that misfit is told.
/// shapes   counts one for each channel of the model's axis
/// throws   as fit_spectrum
inline std::vector<suspect_line> suspect_lines(spectral_model model, std::span<double const> counts,
                                               suspect_options const& options = {}) {
  expects<value_error>(options.least_sigmas > 0,
                       "suspect_lines: at least {} deviations; give a positive number", options.least_sigmas);
  std::vector<suspect_line> found;
  auto candidates = detail::unmodelled(model);
  while (found.size() < options.most && !candidates.empty()) {
    auto const fit = fit_spectrum(model, counts, amplitude_bounds::non_negative);
    detail::scores const s(model, fit, counts.subspan(model.range.begin, model.range.size()), candidates);
    auto const best = static_cast<std::size_t>(std::ranges::max_element(s.sigmas) - s.sigmas.begin());
    if (s.sigmas[best] < options.least_sigmas) break;
    suspect_line line{candidates[best].name, s.counts[best], s.sigmas[best], {}};
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (i != best && s.sigmas[i] > 0.9 * s.sigmas[best]) line.rivals.push_back(candidates[i].name);
    auto const start = line.name.substr(0, line.name.find('_') + 1);
    found.push_back(std::move(line));
    for (auto const& c : candidates)
      if (c.name.starts_with(start)) model.components.push_back(c);
    std::erase_if(candidates, [&](auto const& c) { return c.name.starts_with(start); });
  }
  return found;
}

}  // namespace tomoedx

#endif
