// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_QUANTIFY_DETAIL_SLAB_PIXEL_HPP
#define TOMOEDX_QUANTIFY_DETAIL_SLAB_PIXEL_HPP

#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/quantify/detail/solve_dense.hpp>
#include <tomoedx/quantify/map_fractions.hpp>
#include <tomoedx/quantify/mass_scale.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// d/dchi of chi / (1 - exp(-chi)).
inline double slab_correction_slope(double chi) {
  if (std::abs(chi) < 1e-3) return 0.5 + chi / 6;
  double const left = -std::expm1(-chi);  // 1 - e^-chi
  return (left - chi * (1 - left)) / (left * left);
}

/// What turns the counts of a pixel into masses m, and masses into the depth of the slab:
/// m_e = s_e I_e A(chi_e), chi_e = sum_b a_eb m_b, or, where the thickness t is given and not the scale of m,
/// chi_e = t sum_b a_eb m_b / sum_b m_b v_b with the volumes v of a unit of mass.
struct slab_system {
  std::vector<double> mass_per_count;    ///< s; kg/m2 where the method is absolute
  std::vector<double> depth_per_mass;    ///< a (line, element); empty for a thin specimen
  std::vector<double> volume_per_mass;   ///< v [m3/kg]; empty where the method is absolute
  std::vector<double> counted_per_mass;  ///< 1 / M for fractions of atoms; ones for weight
  std::size_t iterations = 0;
  double tolerance = 0;
};

/// One pixel at a time. Keeps what it needs between calls.
class slab_pixel {
 public:
  explicit slab_pixel(slab_system const& s)
      : counts(s.mass_per_count.size()),
        variance(counts),
        mass(counts),
        fraction(counts),
        fraction_sigma(counts),
        mass_by_count(counts.size() * counts.size()),
        s_(s),
        k_(counts.size()),
        thin_(k_),
        depth_(k_),
        next_(k_),
        left_(k_ * k_) {}

  std::vector<double> counts, variance;  ///< in
  double thickness = 0;                  ///< in, [m]
  std::vector<double> mass, fraction, fraction_sigma;
  std::vector<double> mass_by_count;  ///< (mass, counts): d mass / d counts
  double total = 0, total_sigma = 0;
  std::size_t iterations = 0;
  bool converged = true;

  void solve() {
    for (std::size_t e = 0; e < k_; ++e) thin_[e] = s_.mass_per_count[e] * counts[e];
    mass = thin_;
    shares(fraction);
    iterations = 0;
    converged = true;
    bool const thick = !s_.depth_per_mass.empty() && iterate();
    std::fill(mass_by_count.begin(), mass_by_count.end(), 0.0);
    for (std::size_t e = 0; e < k_; ++e)
      mass_by_count[e * k_ + e] = s_.mass_per_count[e] * (thick ? slab_correction(depth_[e]) : 1);
    if (thick) {  // m depends on itself: (1 - dG/dm) dm = dG/dI dI
      for (std::size_t e = 0; e < k_; ++e) {
        double const gain = thin_[e] * slab_correction_slope(depth_[e]);
        for (std::size_t c = 0; c < k_; ++c) left_[e * k_ + c] = (e == c ? 1 : 0) - gain * depth_slope(e, c);
      }
      if (!solve_dense(left_, mass_by_count, k_)) converged = false;
    }
    uncertainties();
  }

 private:
  void shares(std::vector<double>& c) const {
    double sum = 0;
    for (std::size_t e = 0; e < k_; ++e) sum += c[e] = mass[e] * s_.counted_per_mass[e];
    for (std::size_t e = 0; e < k_; ++e) c[e] /= sum;
  }
  double volume() const {
    double v = 0;
    for (std::size_t e = 0; e < k_; ++e) v += s_.volume_per_mass[e] * mass[e];
    return v;
  }
  void find_depth() {
    double const scale = s_.volume_per_mass.empty() ? 1 : thickness / volume();
    for (std::size_t l = 0; l < k_; ++l) {
      depth_[l] = 0;
      for (std::size_t e = 0; e < k_; ++e) depth_[l] += s_.depth_per_mass[l * k_ + e] * mass[e];
      depth_[l] *= scale;
    }
  }
  double depth_slope(std::size_t l, std::size_t e) const {
    double const a = s_.depth_per_mass[l * k_ + e];
    return s_.volume_per_mass.empty() ? a : (thickness * a - depth_[l] * s_.volume_per_mass[e]) / volume();
  }

  /// Masses that agree with the absorption they cause; false where there are none.
  bool iterate() {
    bool const absolute = s_.volume_per_mass.empty();
    double sum = std::accumulate(mass.begin(), mass.end(), 0.0);
    converged = false;
    while (iterations < s_.iterations && !converged) {
      find_depth();
      double now = 0, moved = 0;
      for (std::size_t e = 0; e < k_; ++e) now += mass[e] = thin_[e] * slab_correction(depth_[e]);
      ++iterations;
      shares(next_);
      for (std::size_t e = 0; e < k_; ++e) moved = std::max(moved, std::abs(next_[e] - fraction[e]));
      if (!std::isfinite(now) || *std::max_element(depth_.begin(), depth_.end()) > 500) {
        mass = thin_;  // more counts than the thickest slab could give
        shares(fraction);
        return false;
      }
      if (absolute) moved = std::max(moved, std::abs(now / sum - 1));
      converged = moved <= s_.tolerance;
      sum = now;
      std::swap(fraction, next_);
    }
    find_depth();
    return true;
  }

  void uncertainties() {
    double counted = 0, total_variance = 0;
    total = 0;
    for (std::size_t e = 0; e < k_; ++e) {
      total += mass[e];
      counted += mass[e] * s_.counted_per_mass[e];
      next_[e] = 0;  // the variance of fraction e
    }
    // dC_e/dI_i = (o_e dm_e/dI_i - C_e sum_c o_c dm_c/dI_i) / sum o m
    for (std::size_t i = 0; i < k_; ++i) {
      double by = 0, all = 0;
      for (std::size_t c = 0; c < k_; ++c) {
        by += mass_by_count[c * k_ + i];
        all += mass_by_count[c * k_ + i] * s_.counted_per_mass[c];
      }
      total_variance += by * by * variance[i];
      for (std::size_t e = 0; e < k_; ++e) {
        double const d = (s_.counted_per_mass[e] * mass_by_count[e * k_ + i] - fraction[e] * all) / counted;
        next_[e] += d * d * variance[i];
      }
    }
    total_sigma = std::sqrt(total_variance);
    for (std::size_t e = 0; e < k_; ++e) fraction_sigma[e] = std::sqrt(next_[e]);
  }

  slab_system const& s_;
  std::size_t k_;
  std::vector<double> thin_, depth_, next_, left_;
};

/// Run a system over all pixels. `thickness_of(pixel)` in m; `each(pixel, solved)` takes more from a solved pixel.
template <class Thickness, class Each>
map_fractions solve_maps(std::span<float const> counts, std::span<float const> sigma, slab_system const& s,
                         map_options const& o, Thickness const& thickness_of, Each const& each) {
  std::size_t const k = s.mass_per_count.size();
  std::size_t const n = counts.size() / k;
  map_fractions r;
  r.elements = k;
  r.pixels = n;
  r.fractions.resize(k * n);
  r.sigma.resize(k * n);
  r.inside.resize(n);
  r.converged.assign(n, 1);
  std::atomic<std::size_t> most{0};
  in_blocks("map_fractions", n, [&](std::size_t first, std::size_t last) {
    slab_pixel p(s);
    std::size_t slowest = 0;
    for (std::size_t i = first; i < last; ++i) {
      double sum = 0, mass = 0, counted = 0;
      for (std::size_t e = 0; e < k; ++e) {
        double c = static_cast<double>(counts[e * n + i]);
        if (o.below_zero == negatives::clip) c = std::max(c, 0.0);
        double const noise =
            sigma.empty() ? std::sqrt(std::max(c, 1.0)) : static_cast<double>(sigma[e * n + i]);
        double const factor = o.factor_uncertainty.empty() ? 0 : c * o.factor_uncertainty[e];
        p.counts[e] = c;
        p.variance[e] = noise * noise + factor * factor;
        sum += c;
        mass += c * s.mass_per_count[e];
        counted += c * s.mass_per_count[e] * s.counted_per_mass[e];
      }
      bool const there = o.inside.empty() ? sum >= o.least_counts : o.inside[i] != 0;
      if (!there || !(mass > 0) || !(counted > 0)) continue;
      p.thickness = thickness_of(i);
      p.solve();
      r.inside[i] = 1;
      r.converged[i] = p.converged;
      slowest = std::max(slowest, p.iterations);
      for (std::size_t e = 0; e < k; ++e) {
        r.fractions[e * n + i] = static_cast<float>(p.fraction[e]);
        r.sigma[e * n + i] = static_cast<float>(p.fraction_sigma[e]);
      }
      each(i, p, r);
    }
    for (std::size_t seen = most; seen < slowest && !most.compare_exchange_weak(seen, slowest);) {
    }
  });
  r.iterations = most;
  r.count_inside = static_cast<std::size_t>(std::count(r.inside.begin(), r.inside.end(), 1));
  r.unconverged = static_cast<std::size_t>(std::count(r.converged.begin(), r.converged.end(), 0));
  return r;
}

/// The parts of a system that all methods share.
inline slab_system common_system(mass_scale const& scale, map_options const& o) {
  std::size_t const k = scale.elements();
  slab_system s;
  s.mass_per_count = scale.per_value;
  s.counted_per_mass.assign(k, 1.0);
  s.iterations = o.iterations;
  s.tolerance = o.tolerance;
  if (o.absorption)
    for (double const mu : o.absorption->table.mu)  // 0.1: cm2/g to m2/kg
      s.depth_per_mass.push_back(0.1 * mu / std::sin(to_radian(o.absorption->take_off).value));
  return s;
}

}  // namespace tomoedx::detail

#endif
