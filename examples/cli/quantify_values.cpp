// SPDX-License-Identifier: BSD-3-Clause
#include "progress.hpp"
#include "quantify.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/cliff_lorimer.hpp>
#include <tomoedx/quantify/correct_volumes.hpp>
#include <tomoedx/quantify/cross_section_method.hpp>
#include <tomoedx/quantify/fractions.hpp>
#include <tomoedx/quantify/zeta_method.hpp>

#include <fmt/format.h>

#include <algorithm>

// Fractions from values, by the methods of the library.
namespace tomoedx::cli {
namespace {

std::vector<double> uncertainties(quantification_plan const& p) {
  std::vector<double> all;
  for (auto const& c : p.channels) all.push_back(c.uncertainty);
  return std::ranges::any_of(all, [](double u) { return u > 0; }) ? all : std::vector<double>();
}

/// The other kind of fraction, pixel by pixel: by weight from atoms, or by atoms from weight.
std::vector<float> converted(std::vector<float> const& from, std::vector<physics::element> const& of,
                             bool to_atoms) {
  std::size_t const k = of.size(), n = from.size() / k;
  std::vector<float> to(from.size());
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    auto const part = [&](std::size_t e) {
      double const v = static_cast<double>(from[e * n + i]);
      return to_atoms ? v / of[e].weight() : v * of[e].weight();
    };
    for (std::size_t e = 0; e < k; ++e) sum += part(e);
    if (!(sum > 0)) continue;
    for (std::size_t e = 0; e < k; ++e) to[e * n + i] = static_cast<float>(part(e) / sum);
  }
  return to;
}

/// Weight k factors from whatever the factors are: only ratios count.
std::vector<k_factor<fraction::weight>> as_k(quantification_plan const& p) {
  auto const scale = scale_of(p);
  std::vector<k_factor<fraction::weight>> k;
  for (double const s : scale.per_value)
    k.push_back({s / scale.per_value.front(), p.channels.front().of.line->of});
  return k;
}

absorption_table table_of(quantification_plan const& p) {
  std::vector<physics::xray_line> lines;
  for (auto const& c : p.channels) lines.push_back(*c.of.line);
  return absorption_of(lines);
}

/// What the specimen absorbs of its own X-rays on the way to each segment, undone until it stays.
void undo_absorption(quantification_plan const& p, mass_scale const& scale, quantification_data& d) {
  absorption_setup setup;
  setup.table = table_of(p);
  // What reaches the detector changes slowly with the tilt, and its mean hardly with the number of tilts.
  std::size_t const tilts = std::min<std::size_t>(p.tilts.size(), 8);
  for (std::size_t t = 0; t < tilts; ++t)
    setup.tilts_deg.push_back(p.tilts[(2 * t + 1) * p.tilts.size() / (2 * tilts)]);
  setup.segments = p.scope.detector.segments;
  setup.voxel = nanometre(p.pixel_nm);
  setup.side = p.asked.side == "low-z" ? beam_side::low_z : beam_side::high_z;
  if (!scale.absolute) setup.density = p.asked.density;
  progress_display display("absorption", p.asked.quiet);
  auto const r = correct_volumes(d.values, {p.shape[0], p.shape[1], p.shape[2]}, scale, setup,
                                 {.threshold = d.threshold, .iterations = 12, .tolerance = 8e-3},
                                 [&](progress const& now) { return display(now); });
  std::string parts;
  d.absorption = tree::empty_object();
  for (std::size_t e = 0; e < p.channels.size(); ++e) {
    d.absorption.set(p.channels[e].name, r.through[e]);
    parts += fmt::format("{}{} {:.3f}", parts.empty() ? "" : ", ", p.channels[e].name, r.through[e]);
  }
  d.steps.push_back(fmt::format(
      "absorption in the specimen undone in {} iterations, by the mean over {} tilts and {} segments of the "
      "detector; the part of the X-rays that came through: {}",
      r.iterations, tilts, setup.segments.size(), parts));
  if (r.beyond > 0)
    d.warnings.push_back(
        fmt::format("{} values are more than any specimen of this composition could send to the detector; is "
                    "the density right?",
                    r.beyond));
  else if (!r.converged)
    d.warnings.push_back(
        fmt::format("the absorption correction moved by {:.2g} in its last iteration; is the density "
                    "right?",
                    r.changes.back()));
}

}  // namespace

void quantify_volumes(quantification_plan const& p, quantification_data& d) {
  auto const scale = scale_of(p);
  auto const factor_uncertainty = uncertainties(p);
  if (p.asked.absorption) {
    if (d.inside.empty()) {  // as the volumes were before: what is inside stays inside
      d.inside.resize(d.mass.size());
      for (std::size_t i = 0; i < d.mass.size(); ++i)
        d.inside[i] = static_cast<double>(d.mass[i]) > d.threshold;
    }
    undo_absorption(p, scale, d);
  }
  fraction_options const how{
      .threshold = d.threshold, .inside = d.inside, .factor_uncertainty = factor_uncertainty};
  auto r = weight_fractions(d.values, scale, how, d.sigma);
  d.weight = std::move(r.fractions);
  d.weight_sigma = std::move(r.sigma);
  d.mass = std::move(r.mass);
  d.inside = std::move(r.inside);
  d.absolute = scale.absolute;
  d.atomic = converted(d.weight, p.elements(), true);
  d.steps.push_back(
      fmt::format("weight fractions of {} elements in {} of {} voxels; values below zero were taken for zero",
                  p.channels.size(), r.count_inside, r.voxels));
}

void quantify_maps(quantification_plan const& p, quantification_data& d) {
  auto const of = p.elements();
  auto const factor_uncertainty = uncertainties(p);
  map_options how;
  how.inside = d.inside;
  how.factor_uncertainty = factor_uncertainty;
  if (p.threshold) how.least_counts = std::max(*p.threshold, 1e-6);
  if (p.asked.absorption) {
    absorbing_slab s;
    s.table = table_of(p);
    s.take_off = degree(p.asked.microscope.elevation_deg);
    if (p.asked.thickness_nm) s.thickness = nanometre(*p.asked.thickness_nm);
    s.density = p.asked.density;
    how.absorption = std::move(s);
  }
  bool const dosed = p.asked.dose.has_value();
  map_fractions r;
  if (p.by == factor_kind::cross_section && dosed) {
    std::vector<partial_cross_section> sigma;
    for (auto const& c : p.channels) sigma.emplace_back(c.factor);
    r = cross_section_method(d.values, sigma, of, *p.asked.dose, how, d.sigma);
    d.atomic = std::move(r.fractions);
    d.weight = converted(d.atomic, of, false);
  } else if ((p.by == factor_kind::zeta || p.by == factor_kind::f) && dosed) {
    std::vector<zeta_factor> zeta;
    for (auto const& c : p.channels)
      zeta.push_back(p.by == factor_kind::zeta ? zeta_factor(c.factor)
                                               : to_zeta(f_factor(c.factor), p.scope.detector.solid_angle));
    r = zeta_method(d.values, zeta, *p.asked.dose, how, d.sigma);
    d.weight = std::move(r.fractions);
    d.weight_sigma = std::move(r.sigma);
    d.atomic = converted(d.weight, of, true);
  } else {
    r = cliff_lorimer(d.values, as_k(p), how, d.sigma);
    d.weight = std::move(r.fractions);
    d.weight_sigma = std::move(r.sigma);
    d.atomic = converted(d.weight, of, true);
  }
  d.mass = std::move(r.mass_thickness);
  d.inside = std::move(r.inside);
  d.steps.push_back(fmt::format("fractions of {} elements in {} of {} pixels, {}", p.channels.size(),
                                r.count_inside, r.pixels,
                                !dosed                               ? "by Cliff-Lorimer ratios"
                                : p.by == factor_kind::cross_section ? "by partial cross sections"
                                                                     : "by the zeta method"));
  if (p.asked.absorption)
    d.steps.push_back(
        fmt::format("absorption in a slab at a take-off angle of {:g} degrees corrected in at most {} "
                    "iterations; {} pixels did not settle",
                    p.asked.microscope.elevation_deg, r.iterations, r.unconverged));
}

}  // namespace tomoedx::cli
