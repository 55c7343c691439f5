// SPDX-License-Identifier: BSD-3-Clause
#include "maps.hpp"

#include "denoise.hpp"
#include "montage.hpp"
#include "pictures.hpp"
#include "pipeline.hpp"
#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/atomic_directory.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace tomoedx::cli {
namespace {

std::string tilts_text(maps_plan const& p) {
  std::string text;
  for (auto const& s : p.sources) text += fmt::format("{}\n", s.tilt_deg);
  return text;
}

tree options_of(maps_plan const& p) {
  auto const& c = p.asked;
  tree t = tree_of(settings_of(c.microscope, p.scope));
  t.set("method", c.method);
  if (c.method == "fit") t.set("estimator", c.estimator.empty() ? "local" : c.estimator);
  if (c.method == "windows") t.set("background", c.background.empty() ? "linear" : c.background);
  t.set("pca", c.pca.empty() ? tree() : tree(c.pca)).set("negative", c.negative);
  t.set("artefacts", tree(c.artefacts)).set("resolution_ev", p.resolution_ev);
  t.set("range_kev", tree(std::vector<double>{p.from_kev, p.to_kev}));
  t.set("bin", c.bin).set("drop", tree(c.drop)).set("tilts_from", p.tilts_from);
  return t;
}

double sum_of(std::vector<float> const& values) {
  double sum = 0;
  for (float const v : values) sum += static_cast<double>(v);
  return sum;
}

/// A row for each map: what it counts, how much of it there is.
tree table_of(maps_plan const& p, maps_data const& d) {
  tree rows = tree::list();
  double const pixels = static_cast<double>(count_of(p.stack()));
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    double variance = 0;
    for (float const s : d.sigma[i]) variance += static_cast<double>(s) * static_cast<double>(s);
    tree row;
    row.set("map", p.lines[i].name).set("line", p.lines[i].line_name());
    row.set("keV", p.lines[i].line->energy_kev);
    row.set("counts", sum_of(d.counts[i])).set("sigma of the sum", std::sqrt(variance));
    row.set("counts a pixel", sum_of(d.counts[i]) / pixels);
    row.set("added to what was below zero", d.excess.empty() ? 0.0 : d.excess[i]);
    rows.push(std::move(row));
  }
  return rows;
}

std::size_t nearest_to_zero(maps_plan const& p) {
  auto const nearest =
      std::ranges::min_element(p.sources, {}, [](spectrum_source const& s) { return std::abs(s.tilt_deg); });
  return static_cast<std::size_t>(nearest - p.sources.begin());
}

void draw_maps(maps_plan const& p, maps_data const& d, std::string const& file) {
  std::vector<tile> tiles;
  auto const [tilts, rows, columns] = p.stack();
  auto const t = nearest_to_zero(p);
  if (!d.haadf.empty())
    tiles.push_back({"HAADF", image_of(d.haadf, rows * columns, t), rows, columns, tone::gray});
  for (std::size_t i = 0; i < p.lines.size(); ++i)
    tiles.push_back({p.lines[i].name, image_of(d.counts[i], rows * columns, t), rows, columns, tone::heat});
  draw_montage(file, fmt::format("counts at {} degrees, {}", p.sources[t].tilt_deg, p.asked.method), tiles,
               p.pixel_nm);
}

void draw_spectrum(maps_plan const& p, maps_data const& d, std::string const& file) {
  std::vector<double> kev(p.energy.channels);
  for (std::size_t c = 0; c < kev.size(); ++c) kev[c] = p.energy.energy(static_cast<double>(c));
  auto const cut = [&](std::vector<double> const& y) {
    plotted all;
    for (std::size_t c = 0; c < y.size(); ++c)
      if (kev[c] >= p.from_kev && kev[c] <= std::min(p.to_kev, 20.0)) {
        all.x.push_back(kev[c]);
        all.y.push_back(y[c]);
      }
    return all;
  };
  std::vector<plotted> curves;
  auto const add = [&](char const* name, std::vector<double> const& y) {
    if (y.empty()) return;
    curves.push_back(cut(y));
    curves.back().name = name;
  };
  add("sum of the series", d.spectrum);
  add("model", d.model);
  add("background", d.background);
  double const top = 1.5 * std::ranges::max(curves.front().y);
  for (std::size_t i = 0; i < d.windows.size(); ++i)
    curves.push_back({p.lines[i].name, {d.windows[i].first, d.windows[i].second}, {top, top}});
  draw_plot(file, {.title = "sum spectrum", .x = "energy [keV]", .y = "counts", .log_y = true}, curves);
}

void print_summary(maps_plan const& p, maps_data const& d, double seconds,
                   std::vector<std::string> const& files) {
  fmt::print("{} maps of {} tilts, {} x {} pixels, in {:.1f} s\n", p.lines.size(), p.sources.size(),
             p.stack()[1], p.stack()[2], seconds);
  for (std::size_t i = 0; i < p.lines.size(); ++i)
    fmt::print("  {:<6} {:>7.3f} keV  {:>12.0f} counts, {:.3g} a pixel\n", p.lines[i].line_name(),
               p.lines[i].line->energy_kev, sum_of(d.counts[i]),
               sum_of(d.counts[i]) / static_cast<double>(count_of(p.stack())));
  fmt::print("{}: {}\n", p.asked.output, fmt::join(files, " "));
}

}  // namespace

std::vector<std::string> write_maps(maps_plan const& p, maps_data const& d, settings const& machine,
                                    double seconds) {
  stopwatch clock;
  io::atomic_directory directory(p.asked.output,
                                 p.asked.force ? io::existing::replace : io::existing::refuse);
  auto const path = [&](std::string const& name) { return (directory.path() / name).string(); };
  auto report = begin_report("maps", options_of(p));
  auto inputs = p.files;
  for (auto const& file : {p.asked.haadf, p.asked.tilts})
    if (std::error_code ec; !file.empty() && std::filesystem::exists(file, ec)) inputs.push_back(file);
  report.set("inputs", identities_of(inputs));
  auto const axes = stack_axes(p.pixel_nm, p.pixel_nm);
  std::vector<std::string> files;
  auto const write = [&](std::string const& name, std::vector<float> const& values) {
    stop_if_asked();
    files.push_back(name + ".npy");
    save(path(files.back()), p.stack(), values, axes);
    return files.back();
  };
  tree maps = tree::list();
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    tree map;
    map.set("name", p.lines[i].name).set("line", p.lines[i].line_name());
    map.set("file", write("map_" + p.lines[i].name, d.counts[i]));
    map.set("sigma", write("sigma_" + p.lines[i].name, d.sigma[i]));
    maps.push(std::move(map));
  }
  report.set("maps", std::move(maps));
  if (!d.haadf.empty()) report.set("haadf", write("HAADF", d.haadf));
  std::vector<double> tilts;
  for (auto const& s : p.sources) tilts.push_back(s.tilt_deg);
  report.set("tilts", tree(tilts)).set("pixel_nm", p.pixel_nm > 0 ? tree(p.pixel_nm) : tree());
  report.set("table", table_of(p, d)).set("calibration", d.calibration);
  auto steps = d.steps;
  files.emplace_back("tilts.txt");
  save_text(path("tilts.txt"), tilts_text(p));
  tree pictures = tree::list();
  if (has_pictures() && !p.asked.no_figures) {
    draw_maps(p, d, path("maps.png"));
    draw_spectrum(p, d, path("spectrum.png"));
    for (char const* picture : {"maps.png", "spectrum.png"})
      pictures.push(picture), files.emplace_back(picture);
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

void run(maps_command const& c) {
  stopwatch clock;
  auto const plan = plan_maps(c);
  auto const machine = start_host(c.threads);
  auto const data = count_lines(plan);
  for (auto const& warning : data.warnings) fmt::print(stderr, "tomoedx maps: note: {}\n", warning);
  double const seconds = clock.seconds();
  auto const files = write_maps(plan, data, machine, seconds);
  if (!c.quiet) print_summary(plan, data, seconds, files);
}

void rehearse(maps_command const& c) {
  auto const p = plan_maps(c);
  auto const folder = std::filesystem::path(c.output);
  std::filesystem::create_directory(folder);
  auto const shape = p.stack();
  tree report, maps = tree::list();
  auto const stand_in = [&](std::string const& name) {
    write_stand_in((folder / (name + ".npy")).string(), {shape[0], shape[1], shape[2]});
    return name + ".npy";
  };
  for (auto const& line : p.lines) {
    tree map;
    map.set("name", line.name).set("line", line.line_name()).set("file", stand_in("map_" + line.name));
    map.set("sigma", stand_in("sigma_" + line.name));
    maps.push(std::move(map));
  }
  report.set("maps", std::move(maps)).set("pixel_nm", p.pixel_nm > 0 ? tree(p.pixel_nm) : tree());
  if (!c.haadf.empty()) report.set("haadf", stand_in("HAADF"));
  save_text((folder / "tilts.txt").string(), tilts_text(p));
  save_text((folder / "report.json").string(), to_json(report));
}

}  // namespace tomoedx::cli
