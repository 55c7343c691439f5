// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_CALIBRATE_SPECTRUM_HPP
#define TOMOEDX_SPECTRA_CALIBRATE_SPECTRUM_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/detail/weighted_gram.hpp>
#include <tomoedx/spectra/fit_spectrum.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace tomoedx {

/// How far each quantity of a calibration may be from where the model has it: standard deviations of what is known
/// beforehand, so that a spectrum of few counts moves little. 0 keeps a quantity.
struct calibration_priors {
  double shift_ev = 50;  ///< of the energies, at either end of the lines
  double bend_ev = 5;    ///< of the bend of the energies between the ends
  double mn_ka_ev = 20;  ///< of the resolution
  double fano = 0.02;
  double tail = 0.02;                 ///< of the share of incomplete charge
  double tail_kev = 0.5;              ///< of the logarithm of its decay
  double ratios = 1;                  ///< times each part's own spread
  std::size_t pixel_backgrounds = 2;  ///< what the background is frozen into: smooth pieces along the energy
};

/// A model made to fit one rich spectrum.
struct spectral_calibration {
  spectral_model model;  ///< calibrated, its background frozen: for the pixels
  spectral_model full;   ///< calibrated, its background free: for other rich spectra
  spectral_fit fit;      ///< of `full` to the spectrum
  double start_deviance = 0;
  std::size_t iterations = 0;
};

namespace detail {

/// The quantities a calibration moves, as numbers that are 0 at the start and of order 1.
class calibration_quantities {
 public:
  calibration_quantities(spectral_model const& m, calibration_priors const& p) : start_(m), priors_(p) {
    for (std::size_t j = 0; j < m.components.size(); ++j)
      for (std::size_t i = 0; i < m.components[j].parts.size(); ++i)
        if (double const s = p.ratios * m.components[j].parts[i].spread; s > 0) ratios_.push_back({j, i, s});
    scale_ = {p.shift_ev / 1000, p.shift_ev / 1000, p.mn_ka_ev, p.fano, p.tail, p.tail_kev, p.bend_ev};
  }

  static constexpr std::size_t shapes = 7;
  std::size_t size() const { return shapes + ratios_.size(); }
  bool moves(std::size_t i) const { return i >= shapes || scale_[i] > 0; }

  /// The model at these values, the shape of lines only; false where no detector is like that.
  bool place(std::span<double const> q, spectral_model& m) const {
    // two energies of the range well apart, 0.3 and 10 keV where it holds these
    double const low = std::max(std::min(0.3, end_kev() / 2), start_.how.from_kev),
                 high = std::min(std::max(10.0, 2 * low), end_kev());
    double const a = q[0] * scale_[0], b = q[1] * scale_[1], slope = (b - a) / (high - low);
    // an energy E of the start becomes E + a + slope (E - low)
    m.axis.first_kev = start_.axis.first_kev + a + slope * (start_.axis.first_kev - low);
    m.axis.width_kev = start_.axis.width_kev * (1 + slope);
    m.how.resolution.mn_ka_ev = start_.how.resolution.mn_ka_ev + q[2] * scale_[2];
    m.how.resolution.fano = start_.how.resolution.fano + q[3] * scale_[3];
    m.how.shape.tail = std::max(0.0, start_.how.shape.tail + q[4] * scale_[4]);
    m.how.shape.tail_kev = start_.how.shape.tail_kev * std::exp(q[5] * scale_[5]);
    m.bend_ev = start_.bend_ev + q[6] * scale_[6];
    for (std::size_t i = 0; i < ratios_.size(); ++i)
      m.components[ratios_[i].component].parts[ratios_[i].part].ratio = ratio(q, i);
    return m.axis.width_kev > 0 && m.how.resolution.fano >= 0 && m.how.resolution.mn_ka_ev > 0 &&
           m.how.shape.tail <= 0.5 && m.how.resolution.fwhm2_ev2(0) > 0 &&
           m.axis.energy(static_cast<double>(m.range.begin)) > 0;
  }
  double ratio(std::span<double const> q, std::size_t i) const {
    auto const& r = ratios_[i];
    return start_.components[r.component].parts[r.part].ratio * std::exp(r.spread * q[shapes + i]);
  }
  std::size_t component(std::size_t i) const { return ratios_[i].component; }
  double spread(std::size_t i) const { return ratios_[i].spread; }
  family_part const& part(spectral_model const& m, std::size_t i) const {
    return m.components[ratios_[i].component].parts[ratios_[i].part];
  }

 private:
  double end_kev() const { return start_.axis.energy(static_cast<double>(start_.range.end)); }

  struct place_of_ratio {
    std::size_t component, part;
    double spread;
  };
  spectral_model const& start_;
  calibration_priors priors_;
  std::vector<place_of_ratio> ratios_;
  std::array<double, shapes> scale_{};
};

/// The state of a calibration: the model at q with the amplitudes that are best there.
struct calibration_state {
  std::vector<double> q, amplitude;
  spectral_model model;
  Eigen::MatrixXd spectra;
  double objective = 0, deviance = 0;
};

/// Fit the amplitudes of a state; its objective is the deviance over `dispersion` and the squares of q.
inline void fit_amplitudes(calibration_state& s, counted_channels const& data,
                           std::span<double const> in_range, double dispersion) {
  s.spectra = spectra_of(s.model);
  auto const rows = rows_of(s.spectra);
  auto const even = even_start(rows, data.total);
  if (s.amplitude.empty()) s.amplitude = even;
  for (std::size_t j = 0; j < even.size(); ++j) s.amplitude[j] = std::max(s.amplitude[j], 1e-6 * even[j]);
  poisson_regression(rows).fit(data.channel, data.count, s.amplitude);
  Eigen::VectorXd const mu =
      s.spectra * Eigen::Map<Eigen::VectorXd const>(s.amplitude.data(), s.spectra.cols());
  s.deviance = deviance(in_range, {mu.data(), static_cast<std::size_t>(mu.size())});
  s.objective = s.deviance / dispersion;
  for (double const x : s.q) s.objective += x * x;
}

/// One step of Gauss-Newton in q and the amplitudes together; the new q.
inline std::vector<double> calibration_step(calibration_state const& s, calibration_quantities const& what,
                                            std::span<double const> in_range, double dispersion,
                                            double damping) {
  auto const channels = s.spectra.rows(), k = s.spectra.cols();
  auto const n = static_cast<Eigen::Index>(what.size());
  Eigen::Map<Eigen::VectorXd const> const a(s.amplitude.data(), k);
  Eigen::VectorXd const mu = (s.spectra * a).cwiseMax(1e-12);
  Eigen::MatrixXd j = Eigen::MatrixXd::Zero(channels, n + k);
  for (Eigen::Index i = 0; i < n; ++i) {
    auto const at = static_cast<std::size_t>(i);
    if (!what.moves(at)) continue;
    if (at < calibration_quantities::shapes) {
      double const h = 1e-3;
      auto moved = s.model;
      auto q = s.q;
      q[at] += h;
      if (!what.place(q, moved)) continue;
      j.col(i) = (spectra_of(moved) * a - mu) / h;
    } else {
      std::size_t const r = at - calibration_quantities::shapes;
      double const amplitude = s.amplitude[what.component(r)];
      if (amplitude > 0)
        j.col(i) = amplitude * what.spread(r) * part_spectrum(s.model, what.part(s.model, r));
    }
  }
  j.rightCols(k) = s.spectra;
  for (Eigen::Index c = 0; c < k; ++c)
    if (a[c] <= 0) j.col(n + c).setZero();
  Eigen::VectorXd const w = mu.cwiseInverse() / dispersion;
  std::vector<double> step(what.size() + s.amplitude.size());
  for (std::size_t i = 0; i < step.size(); ++i) {
    double const* const column = j.col(static_cast<Eigen::Index>(i)).data();
    for (Eigen::Index c = 0; c < channels; ++c)
      step[i] += column[c] * w[c] * (in_range[static_cast<std::size_t>(c)] - mu[c]);
    if (i < what.size()) step[i] -= s.q[i];
  }
  std::vector<double> const prior(what.size(), 1.0);
  weighted_gram const curvature(j, w, prior, damping + 1e-9);
  if (!curvature.good()) return s.q;
  curvature.solve(step);
  auto q = s.q;
  for (std::size_t i = 0; i < q.size(); ++i)
    if (what.moves(i)) q[i] += std::clamp(step[i], -1.0, 1.0);
  return q;
}

/// The background of a fit, cut into smooth pieces that sum to it.
inline Eigen::MatrixXd frozen_background(spectral_model const& m, spectral_fit const& f, std::size_t pieces) {
  auto const n = static_cast<Eigen::Index>(m.range.size());
  Eigen::MatrixXd b = Eigen::MatrixXd::Zero(n, static_cast<Eigen::Index>(pieces));
  double const from = m.axis.energy(static_cast<double>(m.range.begin)),
               to = m.axis.energy(static_cast<double>(m.range.end) - 1);
  double total = 0;
  for (double const x : f.background) total += x;
  for (Eigen::Index c = 0; c < n; ++c) {
    // never quite 0, so that any count has a background it may belong to
    double const here = f.background[static_cast<std::size_t>(c)] + 1e-6 * total / static_cast<double>(n);
    double const kev = m.axis.energy(static_cast<double>(m.range.begin) + static_cast<double>(c));
    double const x = std::log(kev / from) / std::log(to / from) * static_cast<double>(pieces - 1);
    for (std::size_t p = 0; p < pieces; ++p)
      b(c, static_cast<Eigen::Index>(p)) =
          here * (pieces == 1 ? 1.0 : std::max(0.0, 1 - std::abs(x - static_cast<double>(p))));
  }
  b.array().rowwise() /= b.colwise().sum().array().max(1e-300);
  return b;
}

}  // namespace detail

/// Fit energies, resolution, ratios within families and all amplitudes to one rich spectrum: the sum of an image, or of
/// all tilts of a series. The start is the model's own axis and resolution; energies that are off by up to 60 eV are
/// found by trying a few.
///
/// shapes   counts one for each channel of the model's axis
/// throws   as fit_spectrum; value_error for a spectrum without counts or priors that mean nothing
inline spectral_calibration calibrate_spectrum(spectral_model const& model, std::span<double const> counts,
                                               calibration_priors const& priors = {}) {
  detail::counted_channels const data(counts, model, "calibrate_spectrum");
  expects<value_error>(data.total >= 100, "calibrate_spectrum: {} counts in the range; a sum of 100 or more",
                       data.total);
  for (double const p : {priors.shift_ev, priors.bend_ev, priors.mn_ka_ev, priors.fano, priors.tail,
                         priors.tail_kev, priors.ratios})
    expects<value_error>(p >= 0 && p <= 1e4, "calibrate_spectrum: a prior of {}; they are not negative", p);
  expects<value_error>(priors.pixel_backgrounds >= 1 && priors.pixel_backgrounds <= 8,
                       "calibrate_spectrum: {} backgrounds in a pixel; 1 to 8 are possible",
                       priors.pixel_backgrounds);
  detail::calibration_quantities const what(model, priors);
  auto const in_range = counts.subspan(model.range.begin, model.range.size());
  double dispersion = 1;
  auto const state_at = [&](std::vector<double> q, std::vector<double> amplitude) {
    detail::calibration_state s{std::move(q), std::move(amplitude), model, {}, 0, 0};
    s.objective = std::numeric_limits<double>::infinity();
    if (what.place(s.q, s.model)) detail::fit_amplitudes(s, data, in_range, dispersion);
    return s;
  };
  // What the model cannot explain counts as noise; else the priors would mean nothing in a spectrum of many counts.
  auto const disperse = [&](detail::calibration_state& s) {
    dispersion = std::max(1.0, s.deviance / static_cast<double>(model.range.size()));
    s.objective = s.deviance / dispersion;
    for (double const x : s.q) s.objective += x * x;
  };
  auto best = state_at(std::vector<double>(what.size()), {});
  expects<value_error>(
      std::isfinite(best.objective),
      "calibrate_spectrum: the model expects no counts in some channels between {} and {} keV "
      "that have some; change its range, background or resolution",
      model.axis.energy(static_cast<double>(model.range.begin)),
      model.axis.energy(static_cast<double>(model.range.end)));
  spectral_calibration result{model, {}, {}, best.deviance, 0};
  if (priors.shift_ev > 0)
    for (double const ev : {-60.0, -30.0, 30.0, 60.0}) {
      std::vector<double> q(what.size());
      q[0] = q[1] = ev / priors.shift_ev;
      if (auto s = state_at(std::move(q), best.amplitude); s.objective < best.objective) best = std::move(s);
    }
  disperse(best);
  double damping = 1e-6;
  for (std::size_t i = 0; i < 60 && damping < 1e4; ++i) {
    auto next = state_at(detail::calibration_step(best, what, in_range, dispersion, damping), best.amplitude);
    ++result.iterations;
    if (next.objective < best.objective) {
      double const gain = best.objective - next.objective;
      best = std::move(next);
      damping = std::max(1e-9, damping / 10);
      disperse(best);
      if (gain < 1e-2) break;
    } else {
      damping *= 20;
    }
  }
  result.model = result.full = best.model;
  result.fit = detail::told(best.model, rows_of(best.spectra), counts, best.amplitude, damping < 1e4,
                            "calibrate_spectrum");
  result.model.background = detail::frozen_background(result.model, result.fit, priors.pixel_backgrounds);
  return result;
}

}  // namespace tomoedx

#endif
