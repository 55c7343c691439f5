// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_EELS_HPP
#define TOMOEDX_SPECTRA_EELS_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/host_threads.hpp>
#include <tomoedx/spectra/dense_spectra.hpp>
#include <tomoedx/spectra/detail/power_law_fit.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/maps.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace tomoedx {

/// An ionisation edge: where the background before it is fitted, and where it is counted.
///
/// units    losses in eV; a window holds the channels whose middle is from its first energy up to, not at, its last
struct eels_edge {
  std::string name;  ///< "Ce_M45"
  double fit_from_ev = 0, fit_to_ev = 0;
  double from_ev = 0, to_ev = 0;
};

/// Counts of one edge within the window of another that are a known part of what the first has in its own window.
struct eels_overlap {
  std::string in, from;    ///< names of edges: `in` loses counts of `from` divided by `ratio`
  double ratio = 1;        ///< "Ce_M45" in its window over what of Ce lies in the window of "Gd_M45": 10.3
  double ratio_sigma = 0;  ///< of the ratio, common to all pixels
};

/// How a background A E^-r is fitted.
enum class eels_fit {
  likelihood,  ///< most likely for Poisson counts, less the bias of second order that it has where they are few
  logarithms  ///< least squares of ln(counts) against ln(E), as most programs do; biased where counts are few
};

/// How to map edges.
struct eels_options {
  eels_fit fit = eels_fit::likelihood;
  bool shared_exponent = false;  ///< one r for all pixels, from their sum; each pixel has its own A
  double gain = 1;               ///< of the detector: value per electron
  double fewest = 20;            ///< electrons in a fit window; with less there is no fit
  /// Taken off in this order: what an edge lost to another comes before what it takes from a third.
  std::vector<eels_overlap> overlaps = {};
};

/// Maps of edges and the backgrounds that were taken off.
///
/// shapes   all (edge, y, x)
/// units    counts and background in values of the spectra
struct eels_maps {
  line_maps edges;                ///< counts 0 and sigma infinite where there was no fit
  std::vector<float> background;  ///< under the edge
  std::vector<float> exponent;    ///< r of A E^-r
  std::vector<float> h;           ///< (B + var B) / B in electrons, so that S / N = S / sqrt(S + h B)
  std::size_t failed = 0;         ///< fits that were not possible

  std::span<float const> of(std::vector<float> const& maps, std::size_t edge) const {
    return std::span(maps).subspan(edge * edges.pixels(), edges.pixels());
  }
};

namespace detail {

/// An edge in channels, with ln(E / first energy of the signal window) for each channel of its windows.
struct edge_channels {
  channel_range fit, signal;
  std::vector<double> fit_log, signal_log;
  double shared = 0, shared_variance = 0;  ///< exponent of all pixels
};

inline edge_channels channels_of(eels_edge const& e, energy_axis const& axis) {
  auto const range = [&](double from, double to, char const* which) {
    double const first = axis.energy(0) * 1000,
                 last = axis.energy(static_cast<double>(axis.channels - 1)) * 1000;
    double const half = 500 * axis.width_kev * (1 + 1e-6);
    expects<value_error>(from > 0 && to > from, "map_edges: the {} window of {} is from {} to {} eV", which,
                         e.name, from, to);
    expects<value_error>(from >= first - half && to <= last + 3 * half,
                         "map_edges: the {} window of {} is from {} to {} eV, the spectra have {} to {} eV",
                         which, e.name, from, to, first, last);
    channel_range c = channels_between(axis, from / 1000, to / 1000);
    if (!c.empty() && axis.energy(static_cast<double>(c.end - 1)) * 1000 > to - 1e-6 * half) --c.end;
    return c;
  };
  edge_channels c{range(e.fit_from_ev, e.fit_to_ev, "fit"), range(e.from_ev, e.to_ev, "signal"), {}, {}};
  expects<value_error>(!c.fit.empty() && c.fit.size() >= 3 && !c.signal.empty(),
                       "map_edges: {} has {} channels to fit and {} to count; three and one are the least",
                       e.name, c.fit.size(), c.signal.size());
  expects<value_error>(c.fit.end <= c.signal.begin,
                       "map_edges: {} is counted from {} eV, before its fit ends at {} eV", e.name, e.from_ev,
                       e.fit_to_ev);
  auto const log = [&](channel_range r) {
    std::vector<double> t;
    for (std::size_t i = r.begin; i < r.end; ++i)
      t.push_back(std::log(axis.energy(static_cast<double>(i)) * 1000 / e.from_ev));
    return t;
  };
  c.fit_log = log(c.fit);
  c.signal_log = log(c.signal);
  return c;
}

/// The edge of that name.
inline std::size_t edge_named(std::span<eels_edge const> edges, std::string const& name) {
  for (std::size_t i = 0; i < edges.size(); ++i)
    if (edges[i].name == name) return i;
  fail<value_error>("map_edges: an overlap names '{}', which is not among the edges", name);
}

/// What an edge has in one pixel; counts are the sum over channels of weight times value, to first order.
struct edge_sums {
  bool good = false;
  double counts = 0, background = 0, background_variance = 0, exponent = 0;
  double common = 0;           ///< variance that all pixels share
  std::vector<double> weight;  ///< (channel)
};

/// What the likeliest background under the edge is too large by in the mean, to second order in the noise: half its
/// variance where it is extrapolated, and the bias of the parameters; ga and gr are its derivatives by their scores.
///
/// source   Cox and Snell, J. R. Stat. Soc. B 30 (1968) 248
inline double second_order(power_law const& law, edge_channels const& e, double ga, double gr) {
  double bias = 0;
  auto const variance = [&](double t) { return law.at(t) * (law.aa - 2 * law.ar * t + law.rr * t * t); };
  for (double const t : e.signal_log) bias += variance(t);
  for (double const t : e.fit_log) bias -= variance(t) * (ga + gr * t);
  return bias / 2;
}

inline void measure(edge_channels const& e, std::span<float const> values, eels_options const& options,
                    edge_sums& s) {
  auto const x = values.subspan(e.fit.begin, e.fit.size());
  std::fill(s.weight.begin(), s.weight.end(), 0.0);
  s.good = false;
  s.counts = s.background = s.background_variance = s.exponent = s.common = 0;
  double electrons = 0;
  for (float const v : x) electrons += v / options.gain;
  if (!(electrons >= options.fewest)) return;

  power_law law;
  if (options.shared_exponent) {
    double sum = 0;
    for (double const t : e.fit_log) sum += std::exp(-e.shared * t);
    law = {true, std::log(electrons * options.gain / sum), e.shared};
  } else {
    law = options.fit == eels_fit::likelihood ? fit_counts(x, e.fit_log) : fit_logarithms(x, e.fit_log);
  }
  if (!law.good) return;
  double b = 0, bt = 0;  // the background and its derivative by minus the exponent
  for (double const t : e.signal_log) {
    double const v = law.at(t);
    b += v;
    bt += v * t;
  }
  if (!std::isfinite(b) || !std::isfinite(bt)) return;
  double ga = law.aa * b - law.ar * bt, gr = law.rr * bt - law.ar * b;
  if (!options.shared_exponent && options.fit == eels_fit::likelihood) {
    double const less = std::exp(-second_order(law, e, ga, gr) * options.gain / b);
    b *= less;
    ga *= less;
    gr *= less;
  }
  if (!std::isfinite(b)) return;
  s.good = true;
  s.background = b;
  s.exponent = law.exponent;
  if (options.shared_exponent) {
    double mean = 0, sum = 0;
    for (double const t : e.fit_log) {
      mean += t * std::exp(-e.shared * t);
      sum += std::exp(-e.shared * t);
    }
    double const slope = bt - b * mean / sum;
    s.common = slope * slope * e.shared_variance;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    double w;
    if (options.shared_exponent)
      w = b / (electrons * options.gain);
    else if (options.fit == eels_fit::likelihood)
      w = ga + gr * e.fit_log[i];
    else
      w = x[i] > 0 ? (ga + gr * e.fit_log[i]) / x[i] : 0;
    s.weight[e.fit.begin + i] = -w;
    s.background_variance += w * w * options.gain * std::max(static_cast<double>(x[i]), 0.0);
  }
  s.background_variance += s.common;
  for (std::size_t c = e.signal.begin; c < e.signal.end; ++c) {
    s.counts += values[c];
    s.weight[c] += 1;
  }
  s.counts -= b;
}

}  // namespace detail

/// Map ionisation edges: fit a power law before each, subtract it, count what is left, take overlaps apart.
///
/// units    `spectra` in keV like all of them; sigma is that of Poisson electrons in the signal window and in the
///          fit window, through the fit and its extrapolation, and through the overlaps with all covariances
/// throws   shape_error, value_error
inline eels_maps map_edges(dense_spectra const& spectra, std::span<eels_edge const> edges,
                           eels_options const& options = {}) {
  validate(spectra, "map_edges");
  expects<value_error>(!edges.empty(), "map_edges: there is no edge");
  expects<value_error>(options.gain > 0 && std::isfinite(options.gain), "map_edges: a gain of {}",
                       options.gain);
  expects<value_error>(options.fewest > 0, "map_edges: fits need electrons; {} are not enough",
                       options.fewest);
  std::vector<detail::edge_channels> channels;
  eels_maps maps;
  for (eels_edge const& e : edges) {
    channels.push_back(detail::channels_of(e, spectra.energy));
    maps.edges.names.push_back(e.name);
  }
  std::size_t first = spectra.energy.channels, last = 0;  // channels that any window looks at
  for (auto const& c : channels) {
    first = std::min(first, c.fit.begin);
    last = std::max(last, c.signal.end);
  }
  for (auto& c : channels)
    for (auto* r : {&c.fit, &c.signal}) *r = {r->begin - first, r->end - first};
  std::size_t const width = last - first;
  struct split {
    std::size_t in, from;
    double part, sigma;
  };
  std::vector<split> splits;
  for (eels_overlap const& o : options.overlaps) {
    expects<value_error>(
        o.ratio > 0 && std::isfinite(o.ratio) && o.ratio_sigma >= 0 && std::isfinite(o.ratio_sigma),
        "map_edges: {} in {} by a ratio of {} +- {}", o.from, o.in, o.ratio, o.ratio_sigma);
    splits.push_back({detail::edge_named(edges, o.in), detail::edge_named(edges, o.from), 1 / o.ratio,
                      o.ratio_sigma / (o.ratio * o.ratio)});
    expects<value_error>(splits.back().in != splits.back().from, "map_edges: {} overlaps itself", o.in);
    for (split const& earlier : splits)
      expects<value_error>(
          earlier.from != splits.back().in,
          "map_edges: {} is taken out of {} before {} is taken out of it; put that overlap first", o.in,
          edges[earlier.in].name, o.from);
  }
  if (options.shared_exponent) {
    std::vector<double> sum(spectra.energy.channels);
    for (std::size_t i = 0; i < spectra.values.size(); ++i) sum[i % sum.size()] += spectra.values[i];
    std::vector<float> const all(sum.begin(), sum.end());
    for (std::size_t i = 0; i < channels.size(); ++i) {
      auto& c = channels[i];
      auto const x = std::span(all).subspan(first + c.fit.begin, c.fit.size());
      auto const law = options.fit == eels_fit::likelihood ? detail::fit_counts(x, c.fit_log)
                                                           : detail::fit_logarithms(x, c.fit_log);
      expects<value_error>(law.good, "map_edges: no power law fits the sum of all spectra from {} to {} eV",
                           edges[i].fit_from_ev, edges[i].fit_to_ev);
      c.shared = law.exponent;
      double mean = 0;
      for (float const v : x) mean += v / static_cast<double>(x.size());
      c.shared_variance = law.rr * options.gain * (options.fit == eels_fit::likelihood ? 1 : 1 / mean);
    }
  }

  std::size_t const pixels = spectra.pixels();
  maps.edges.rows = spectra.rows;
  maps.edges.columns = spectra.columns;
  for (auto* m : {&maps.edges.counts, &maps.edges.sigma, &maps.background, &maps.exponent, &maps.h})
    m->resize(edges.size() * pixels);
  auto const scratch = [&] {
    std::vector<detail::edge_sums> s(edges.size());
    for (auto& e : s) e.weight.resize(width);
    return s;
  };
  on_host_threads("eels::map", pixels, scratch, [&](std::vector<detail::edge_sums>& sums, std::size_t p) {
    auto const values = spectra.of(p).subspan(first, width);
    for (std::size_t i = 0; i < edges.size(); ++i) {
      auto& s = sums[i];
      std::size_t const at = i * pixels + p;
      detail::measure(channels[i], values, options, s);
      double const b = s.background / options.gain,
                   variance = s.background_variance / (options.gain * options.gain);
      maps.background[at] = static_cast<float>(s.background);
      maps.exponent[at] = static_cast<float>(s.exponent);
      maps.h[at] = s.good ? static_cast<float>((b + variance) / b) : 0.0f;
    }
    for (split const& o : splits) {
      auto &in = sums[o.in], &from = sums[o.from];
      in.good = in.good && from.good;
      in.common += o.part * o.part * from.common + std::pow(o.sigma * from.counts, 2);
      in.counts -= o.part * from.counts;
      for (std::size_t c = 0; c < values.size(); ++c) in.weight[c] -= o.part * from.weight[c];
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
      auto const& s = sums[i];
      double variance = s.common;
      for (std::size_t c = 0; c < values.size(); ++c)
        variance += s.weight[c] * s.weight[c] * options.gain * std::max(static_cast<double>(values[c]), 0.0);
      float const counts = static_cast<float>(s.counts), sigma = static_cast<float>(std::sqrt(variance));
      bool const good = s.good && std::isfinite(counts) && std::isfinite(sigma);
      maps.edges.counts[i * pixels + p] = good ? counts : 0.0f;
      maps.edges.sigma[i * pixels + p] = good ? sigma : std::numeric_limits<float>::infinity();
    }
  });
  for (float const s : maps.edges.sigma) maps.failed += !std::isfinite(s);
  return maps;
}

}  // namespace tomoedx

#endif
