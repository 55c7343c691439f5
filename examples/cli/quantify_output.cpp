// SPDX-License-Identifier: BSD-3-Clause
#include "montage.hpp"
#include "pictures.hpp"
#include "progress.hpp"
#include "quantify.hpp"
#include "signals.hpp"

#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/quantify/theory.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

std::string kind_text(quantified what) {
  return what == quantified::edx ? "edx" : what == quantified::hebt ? "hebt" : "maps";
}

tree options_of(quantification_plan const& p) {
  auto const& c = p.asked;
  tree t = tree_of(settings_of(c.microscope, p.scope));
  t.set("kind", kind_text(p.what)).set("by", name_of(p.by));
  t.set("factors", p.theory ? tree("theory") : tree(c.factors));
  t.set("threshold", c.mask.empty() ? tree(c.threshold) : tree()).set("shape", c.shape);
  t.set("mask", c.mask.empty() ? tree() : tree(c.mask)).set("smooth", c.smooth);
  t.set("absorption", c.absorption).set("side", c.side);
  t.set("dose", c.dose ? tree(*c.dose) : tree());
  t.set("thickness_nm", c.thickness_nm ? tree(*c.thickness_nm) : tree());
  t.set("density", c.density ? tree(*c.density) : tree());
  return t;
}

/// What voxels inside say of one element.
struct summary {
  double mean = 0, by_mass = 0, deviation = 0, low = 0, middle = 0, high = 0;
};

summary summary_of(std::span<float const> fraction, std::vector<float> const& mass,
                   std::vector<std::uint8_t> const& inside) {
  std::vector<float> values;
  double sum = 0, squares = 0, weighted = 0, masses = 0;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (!inside[i]) continue;
    double const v = static_cast<double>(fraction[i]);
    double const m = mass.empty() ? 1.0 : std::max(static_cast<double>(mass[i]), 0.0);
    values.push_back(fraction[i]);
    sum += v, squares += v * v, weighted += v * m, masses += m;
  }
  summary s;
  if (values.empty()) return s;
  double const n = static_cast<double>(values.size());
  std::ranges::sort(values);
  auto const at = [&](double part) {
    return static_cast<double>(values[static_cast<std::size_t>(part * (n - 1))]);
  };
  s.mean = sum / n;
  s.by_mass = masses > 0 ? weighted / masses : 0;
  s.deviation = std::sqrt(std::max(squares / n - s.mean * s.mean, 0.0));
  s.low = at(0.1), s.middle = at(0.5), s.high = at(0.9);
  return s;
}

std::span<float const> part(std::vector<float> const& all, std::size_t e, std::size_t n) {
  return std::span(all).subspan(e * n, n);
}

tree table_of(quantification_plan const& p, quantification_data const& d) {
  std::size_t const n = count_of(p.shape);
  tree rows = tree::list();
  for (std::size_t e = 0; e < p.channels.size(); ++e) {
    auto const& c = p.channels[e];
    auto const weight = summary_of(part(d.weight, e, n), d.mass, d.inside);
    auto const atoms = summary_of(part(d.atomic, e, n), {}, d.inside);
    tree row;
    row.set("element", c.name).set("line", c.of.line_name()).set("factor", c.factor);
    row.set("weight % by mass", 100 * weight.by_mass).set("weight % mean", 100 * weight.mean);
    row.set("deviation", 100 * weight.deviation);
    row.set("10 %", 100 * weight.low).set("median", 100 * weight.middle).set("90 %", 100 * weight.high);
    row.set("atomic % mean", 100 * atoms.mean).set("atomic % median", 100 * atoms.middle);
    rows.push(std::move(row));
  }
  return rows;
}

/// Ratios that link maps and HAADF: those of the reconstruction, and those of theory.
tree ratios_of(quantification_plan const& p) {
  tree rows = tree::list();
  if (p.what != quantified::hebt || p.channels.front().ratio <= 0) return rows;
  double measured = 0, theory = 0;
  auto const of_theory = [&](quantified_channel const& c) {
    return response_ratio(z_factor_of(c.of.line->of, p.scope.beam, p.scope.haadf, p.scope.models),
                          f_factor_of(*c.of.line, p.scope.beam, p.scope.detector, p.scope.models),
                          p.scope.detector.solid_angle, 1, 1);
  };
  for (auto const& c : p.channels)
    measured += std::log(std::max(c.ratio, 1e-300)), theory += std::log(of_theory(c));
  double const n = static_cast<double>(p.channels.size());
  for (auto const& c : p.channels) {
    tree row;
    row.set("element", c.name).set("ratio", c.ratio).set("relative", c.ratio / std::exp(measured / n));
    row.set("relative, by theory", of_theory(c) / std::exp(theory / n));
    rows.push(std::move(row));
  }
  return rows;
}

void draw_edge(quantification_data const& d, std::string const& file) {
  auto const& e = *d.edge;
  double top = 0;
  for (double const v : e.volumes) top = std::max(top, v);
  std::vector<plotted> curves{{"measured", e.thresholds, e.volumes}};
  if (e.found) curves.push_back({"edge spread function", e.thresholds, e.fitted});
  curves.push_back({"threshold", {d.threshold, d.threshold}, {0, top}});
  draw_plot(file, {.title = "volume above a threshold", .x = "threshold", .y = "voxels"}, curves);
}

/// How often each fraction is met inside.
void draw_histogram(quantification_plan const& p, quantification_data const& d, std::string const& file) {
  constexpr std::size_t bins = 100;
  std::size_t const n = count_of(p.shape);
  double const one = 100.0 / static_cast<double>(std::ranges::count(d.inside, 1));
  std::vector<plotted> curves;
  for (std::size_t e = 0; e < p.channels.size(); ++e) {
    plotted c{p.channels[e].name, {}, std::vector<double>(bins, 1e-3)};
    for (std::size_t b = 0; b < bins; ++b) c.x.push_back(static_cast<double>(b) + 0.5);
    for (std::size_t i = 0; i < n; ++i) {
      if (!d.inside[i]) continue;
      double const percent = 100 * static_cast<double>(d.weight[e * n + i]);
      c.y[static_cast<std::size_t>(std::clamp(percent, 0.0, 99.0))] += one;
    }
    curves.push_back(std::move(c));
  }
  draw_plot(file,
            {.title = "weight fractions inside", .x = "weight %", .y = "% of the voxels", .log_y = true},
            curves);
}

void draw_fractions(quantification_plan const& p, quantification_data const& d, std::string const& file) {
  std::size_t const n = count_of(p.shape);
  auto const title =
      fmt::format("weight fractions by {}, {}", name_of(p.by), p.theory ? "theory" : "given factors");
  if (p.what == quantified::maps) {
    std::vector<tile> tiles;
    std::size_t t = 0;
    for (std::size_t i = 0; i < p.tilts.size() && i < p.shape[0]; ++i)
      if (std::abs(p.tilts[i]) < std::abs(p.tilts[t])) t = i;
    std::size_t const pixels = p.shape[1] * p.shape[2];
    for (std::size_t e = 0; e < p.channels.size(); ++e)
      tiles.push_back({p.channels[e].name, image_of(part(d.weight, e, n), pixels, t), p.shape[1], p.shape[2],
                       tone::heat});
    return draw_montage(file, title, tiles, p.pixel_nm);
  }
  std::vector<drawn_volume> volumes;
  for (std::size_t e = 0; e < p.channels.size(); ++e)
    volumes.push_back({p.channels[e].name, part(d.weight, e, n)});
  draw_slices(file, title, volumes, p.shape, p.pixel_nm);
}

tree edge_of(edge_report const& e) {
  tree t;
  t.set("found", e.found).set("why_not", e.why_not).set("threshold", e.threshold).set("volume", e.volume);
  t.set("least_gradient", e.least_gradient).set("plateau", e.plateau).set("background", e.background);
  t.set("blur", e.blur).set("r_squared", e.r_squared);
  return t;
}

}  // namespace

std::vector<std::string> write_quantification(quantification_plan const& p, quantification_data const& d,
                                              settings const& machine, double seconds) {
  stopwatch clock;
  io::atomic_directory directory(p.asked.output,
                                 p.asked.force ? io::existing::replace : io::existing::refuse);
  auto const path = [&](std::string const& name) { return (directory.path() / name).string(); };
  auto report = begin_report("quantify", options_of(p));
  std::vector<std::string> inputs;
  for (auto const& c : p.channels) inputs.push_back(c.file);
  for (auto const& file : {p.asked.mask, p.asked.factors})
    if (!file.empty()) inputs.push_back(file);
  report.set("inputs", identities_of(inputs));

  std::size_t const n = count_of(p.shape);
  bool const maps = p.what == quantified::maps;
  auto const axes = maps ? stack_axes(p.pixel_nm, p.pixel_nm) : volume_axes(p.pixel_nm, p.pixel_nm);
  std::vector<std::string> files;
  tree outputs = tree::list();
  auto const write = [&](std::string const& name, std::span<float const> values, char const* units) {
    stop_if_asked();
    files.push_back(name + p.extension);
    save(path(files.back()), p.shape, values, axes);
    tree o;
    o.set("name", name).set("file", files.back()).set("units", units);
    outputs.push(std::move(o));
  };
  for (std::size_t e = 0; e < p.channels.size(); ++e) {
    write("weight_" + p.channels[e].name, part(d.weight, e, n), "weight fraction");
    write("atomic_" + p.channels[e].name, part(d.atomic, e, n), "atomic fraction");
    if (!d.weight_sigma.empty())
      write("sigma_" + p.channels[e].name, part(d.weight_sigma, e, n),
            "standard deviation of the weight fraction");
  }
  if (!d.mass.empty())
    write(maps         ? "mass_thickness"
          : d.absolute ? "density"
                       : "mass",
          d.mass,
          maps         ? "kg/m2"
          : d.absolute ? "g/cm3"
                       : "mass, relative");
  files.push_back("inside" + p.extension);
  if (p.extension == ".mrc")
    save(path(files.back()), p.shape, std::vector<float>(d.inside.begin(), d.inside.end()), axes);
  else
    save(path(files.back()), p.shape, d.inside, axes);

  report.set("outputs", std::move(outputs)).set("pixel_nm", p.pixel_nm > 0 ? tree(p.pixel_nm) : tree());
  report.set("table", table_of(p, d)).set("ratios", ratios_of(p));
  report.set("inside", std::ranges::count(d.inside, 1)).set("voxels", n).set("threshold", d.threshold);
  if (d.edge) report.set("edge", edge_of(*d.edge));
  if (!d.absorption.is_null()) report.set("absorption", d.absorption);
  auto steps = d.steps;
  tree pictures = tree::list();
  if (has_pictures() && !p.asked.no_figures) {
    auto const add = [&](char const* name) { pictures.push(name), files.emplace_back(name); };
    draw_fractions(p, d, path("slices.png")), add("slices.png");
    draw_histogram(p, d, path("histogram.png")), add("histogram.png");
    if (d.edge && !d.edge->volumes.empty()) draw_edge(d, path("edge.png")), add("edge.png");
  } else if (!p.asked.no_figures) {
    steps.emplace_back("no pictures: this build has no libpng");
  }
  report.set("steps", tree(steps)).set("warnings", tree(d.warnings)).set("pictures", std::move(pictures));
  end_report(report, machine, seconds + clock.seconds());
  files.emplace_back("report.json");
  save_text(path("report.json"), to_json(report));
  stop_if_asked();
  directory.commit();
  return files;
}

}  // namespace tomoedx::cli
