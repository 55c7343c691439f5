// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_WINDOW_TABLE_HPP
#define TOMOEDX_SPECTRA_DETAIL_WINDOW_TABLE_HPP

// IWYU pragma: private, include <tomoedx/spectra/windows.hpp>

#include <tomoedx/core/error.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/line_window.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tomoedx::detail {

inline channel_range channels_of(line_window const& w, energy_range const& r, energy_axis const& e) {
  expects<value_error>(std::isfinite(r.from_kev) && std::isfinite(r.to_kev),
                       "integrate_windows: {} reaches from {} to {} keV", w.name, r.from_kev, r.to_kev);
  double const half = e.width_kev / 2 * (1 + 1e-6);
  expects<value_error>(
      r.from_kev >= e.energy(0) - half && r.to_kev <= e.energy(static_cast<double>(e.channels - 1)) + half,
      "integrate_windows: {} has a window from {} to {} keV, the spectra have {} to {} keV; make it narrower",
      w.name, r.from_kev, r.to_kev, e.energy(0), e.energy(static_cast<double>(e.channels - 1)));
  channel_range const c = channels_between(e, r.from_kev, r.to_kev);
  expects<value_error>(!c.empty(),
                       "integrate_windows: {} has a window from {} to {} keV, which holds no channel of "
                       "{} keV; make it wider",
                       w.name, r.from_kev, r.to_kev, e.width_kev);
  return c;
}

/// The share of the line inside its signal channels.
inline double captured(line_window const& w, channel_range s, energy_axis const& e) {
  if (!(w.fwhm_kev > 0)) return 1;
  double const scale = 2 * std::sqrt(std::log(2.0)) / w.fwhm_kev;
  double const from = e.energy(static_cast<double>(s.begin) - 0.5),
               to = e.energy(static_cast<double>(s.end) - 0.5);
  double const share = (std::erf((to - w.line_kev) * scale) - std::erf((from - w.line_kev) * scale)) / 2;
  expects<value_error>(share > 0.01,
                       "integrate_windows: {}: {} of a line at {} keV lies in its window from {} to {} keV",
                       w.name, share, w.line_kev, w.signal.from_kev, w.signal.to_kev);
  return share;
}

/// Sums of E^-r over channels, and of ln(E) E^-r / that, with E in units of `unit`.
struct power_sum {
  double sum = 0, mean_log = 0;
};
inline power_sum power_of(channel_range c, energy_axis const& e, double unit, double r) {
  power_sum p;
  for (std::size_t i = c.begin; i < c.end; ++i) {
    double const log = std::log(e.energy(static_cast<double>(i)) / unit), value = std::exp(-r * log);
    p.sum += value;
    p.mean_log += value * log;
  }
  p.mean_log /= p.sum;
  return p;
}

/// Net counts of windows are sums of weight times count over channels, so their variance is the sum of the squared
/// weights times the counts. What pixels have in common, the uncertain exponent, is the sum of `common` times count.
class window_table {
 public:
  struct entry {
    std::uint32_t window;
    double weight, common;
  };

  /// `all` is the sum of all spectra: power laws are found in it, the others do not look.
  window_table(std::span<line_window const> windows, energy_axis const& energy, std::span<double const> all)
      : windows_(windows.size()), begin_(energy.channels + 1) {
    expects<value_error>(!windows.empty(), "integrate_windows: there is no window; give one for each line");
    std::vector<std::vector<entry>> of(energy.channels);
    for (std::size_t w = 0; w < windows.size(); ++w)
      add(windows[w], static_cast<std::uint32_t>(w), energy, all, of);
    for (std::size_t c = 0; c < energy.channels; ++c) {
      entries_.insert(entries_.end(), of[c].begin(), of[c].end());
      begin_[c + 1] = entries_.size();
      if (!of[c].empty()) used_.push_back(static_cast<std::uint32_t>(c));
    }
  }

  std::size_t windows() const { return windows_; }
  std::span<std::uint32_t const> used() const { return used_; }  ///< channels that any window looks at
  std::span<entry const> of(std::size_t channel) const {
    return std::span(entries_).subspan(begin_[channel], begin_[channel + 1] - begin_[channel]);
  }

 private:
  static void add(line_window const& w, std::uint32_t index, energy_axis const& e,
                  std::span<double const> all, std::vector<std::vector<entry>>& of) {
    channel_range const s = channels_of(w, w.signal, e);
    double const whole = 1 / captured(w, s, e);
    for (std::size_t c = s.begin; c < s.end; ++c) of[c].push_back({index, whole, 0});
    if (w.background == window_background::none) return;

    channel_range const l = w.left.empty() ? channel_range{} : channels_of(w, w.left, e);
    channel_range const r = w.right.empty() ? channel_range{} : channels_of(w, w.right, e);
    expects<value_error>(!l.empty() || !r.empty(),
                         "integrate_windows: {} has no background window; give one, or ask for none", w.name);
    expects<value_error>((l.empty() || l.end <= s.begin) && (r.empty() || r.begin >= s.end),
                         "integrate_windows: the background windows of {} are not beside its signal window",
                         w.name);
    auto const subtract = [&](channel_range b, double weight, double common) {
      for (std::size_t c = b.begin; c < b.end; ++c)
        of[c].push_back({index, -whole * weight, -whole * common});
    };
    if (w.background == window_background::power_law) {
      power_law(w, s, l, r, e, all, subtract);
    } else {
      auto const middle = [](channel_range c) { return static_cast<double>(c.begin + c.end) / 2; };
      auto const size = [](channel_range c) { return static_cast<double>(c.size()); };
      double const t = l.empty() ? 1 : r.empty() ? 0 : (middle(s) - middle(l)) / (middle(r) - middle(l));
      if (!l.empty()) subtract(l, (1 - t) * size(s) / size(l), 0);
      if (!r.empty()) subtract(r, t * size(s) / size(r), 0);
    }
  }

  /// The exponent that gives the ratio of the two windows in the sum of all spectra; source: Egerton, Electron
  /// Energy-Loss Spectroscopy in the Electron Microscope, 3rd ed. 2011, 4.4.1 (two-area method).
  template <class Subtract>
  static void power_law(line_window const& w, channel_range s, channel_range l, channel_range r,
                        energy_axis const& e, std::span<double const> all, Subtract const& subtract) {
    expects<value_error>(!l.empty() && !r.empty(),
                         "integrate_windows: {}: a power law needs a background window on either side",
                         w.name);
    expects<value_error>(e.energy(static_cast<double>(l.begin)) > 0,
                         "integrate_windows: {}: a power law needs energies above 0, its window begins at "
                         "{} keV",
                         w.name, w.left.from_kev);
    double left = 0, right = 0;
    for (std::size_t c = l.begin; c < l.end; ++c) left += all[c];
    for (std::size_t c = r.begin; c < r.end; ++c) right += all[c];
    if (!(left + right > 0)) return;
    double const unit = w.signal.from_kev;
    double low = -30, high = 30;
    for (int i = 0; i < 60; ++i) {
      double const x = (low + high) / 2;
      double const ratio = power_of(l, e, unit, x).sum / power_of(r, e, unit, x).sum;
      (ratio * right < left ? low : high) = x;
    }
    double const exponent = (low + high) / 2;
    auto const pl = power_of(l, e, unit, exponent), pr = power_of(r, e, unit, exponent),
               ps = power_of(s, e, unit, exponent);
    double const k = ps.sum / (pl.sum + pr.sum);
    double const side = (pl.sum * pl.mean_log + pr.sum * pr.mean_log) / (pl.sum + pr.sum);
    double const sigma = std::sqrt(1 / std::max(left, 1.0) + 1 / std::max(right, 1.0)) /
                         std::max(pr.mean_log - pl.mean_log, 1e-9);
    double const common = k * (side - ps.mean_log) * sigma;
    subtract(l, k, common);
    subtract(r, k, common);
  }

  std::size_t windows_;
  std::vector<std::size_t> begin_;
  std::vector<entry> entries_;
  std::vector<std::uint32_t> used_;
};

/// Sums of the windows of one pixel.
struct window_sums {
  std::vector<double> counts, variance, common;

  explicit window_sums(std::size_t windows) : counts(windows), variance(windows), common(windows) {}
  void clear() {
    for (auto* v : {&counts, &variance, &common}) std::fill(v->begin(), v->end(), 0.0);
  }
  void add(window_table::entry const& e, double count) {
    counts[e.window] += e.weight * count;
    variance[e.window] += e.weight * e.weight * std::max(count, 0.0);
    common[e.window] += e.common * count;
  }
};

}  // namespace tomoedx::detail

#endif
