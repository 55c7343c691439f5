// SPDX-License-Identifier: BSD-3-Clause
#include "pictures.hpp"
#include "progress.hpp"
#include "reconstruct.hpp"
#include "records.hpp"
#include "signals.hpp"

#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/version.hpp>

#include <algorithm>

namespace tomoedx::cli {
namespace {

/// "stop_change" of --stop-change.
std::string key_of(option o) {
  std::string key = row_of(o).flag + 2;
  std::ranges::replace(key, '-', '_');
  return key;
}

setting value_of(reconstruction_plan const& p, option o) {
  if (o == option::ratios && p.how->knows(o)) return std::string(p.options.has(o) ? "given" : "estimated");
  auto const v = p.options.get(o);
  if (auto const* n = std::get_if<double>(&v)) return *n;
  if (auto const* n = std::get_if<std::size_t>(&v)) return static_cast<std::int64_t>(*n);
  if (auto const* t = std::get_if<std::string>(&v)) return *t;
  return {};
}

settings all_options(reconstruction_plan const& p) {
  auto const& c = p.asked;
  settings s;
  auto const text_or_null = [](std::string const& t) { return t.empty() ? setting{} : setting{t}; };
  auto const count = [](std::size_t n) { return setting{static_cast<std::int64_t>(n)}; };
  for (auto const& [id, otherwise] : p.how->options) s.emplace_back(key_of(id), value_of(p, id));
  s.emplace_back("normalize_haadf", c.normalize_haadf);
  s.emplace_back("link_bin", count(c.link_bin));
  s.emplace_back("projector", c.geometry.projector);
  s.emplace_back("axis_offset", p.beam.axis_offset);
  s.emplace_back("tilts", text_or_null(c.geometry.tilts));
  s.emplace_back("shifts", text_or_null(c.geometry.shifts));
  s.emplace_back("detector", count(p.beam.detector));
  s.emplace_back("width", count(p.beam.width));
  s.emplace_back("depth", count(p.beam.depth));
  s.emplace_back("first_row", count(p.rows.first));
  s.emplace_back("rows", count(p.rows.count()));
  s.emplace_back("threads", count(c.threads));
  s.emplace_back("format", c.format);
  return s;
}

std::string method_sentence(reconstruction_plan const& p, host::convex_report const& solved) {
  std::string text = p.how->title;
  for (auto const& [id, otherwise] : p.how->options) {
    auto const v = p.options.get(id);
    std::string const name = row_of(id).flag + 2;
    if (id == option::iterations || id == option::seed || id == option::every || v == option_value(0.0))
      continue;
    if (auto const* n = std::get_if<double>(&v)) text += fmt::format(", {} {:g}", name, *n);
    if (auto const* n = std::get_if<std::size_t>(&v)) text += fmt::format(", {} {}", name, *n);
    if (auto const* t = std::get_if<std::string>(&v)) text += fmt::format(", {} {}", name, *t);
  }
  text += fmt::format(", {} projector", p.asked.geometry.projector);
  if (!p.how->knows(option::iterations)) return text;
  return fmt::format("{}: {} of {} iterations (ended by: {})", text, solved.iterations,
                     p.options.whole(option::iterations), name_of(solved.ended));
}

std::vector<std::pair<std::string, std::vector<double>>> by_channel(reconstruction_plan const& p,
                                                                    host::convex_report const& solved) {
  std::vector<std::pair<std::string, std::vector<double>>> curves;
  auto const names = p.channel_names();
  for (std::size_t c = 0; c < names.size(); ++c) {
    curves.emplace_back(names[c], std::vector<double>());
    for (auto const& norms : solved.by_channel)
      if (c < norms.size()) curves.back().second.push_back(norms[c]);
  }
  return curves;
}

std::vector<drawn_volume> drawn(reconstruction_plan const& p, std::vector<std::vector<float>> const& values) {
  std::vector<drawn_volume> volumes;
  auto const names = p.volume_names();
  for (std::size_t v = 0; v < names.size(); ++v)
    volumes.push_back({names[v], values[v], names[v] != haadf_name});
  return volumes;
}

}  // namespace

void value_range::add(std::span<float const> values) {
  for (float const x : values) {
    double const v = static_cast<double>(x);
    low = std::min(low, v), high = std::max(high, v), sum += v;
  }
}

std::string units_of(reconstruction_plan const& p, std::string const& name) {
  if (p.joins_haadf()) return "HAADF signal per voxel edge: x(e) = z(e) rho(e)";
  return name == haadf_name ? "HAADF signal per voxel edge" : "counts per voxel edge";
}

reconstruction_record record_of(reconstruction_plan const& p, reconstruction_data const& d,
                                host::convex_report const& solved) {
  reconstruction_record r;
  r.method = p.asked.method;
  r.version = version;
  r.ended = name_of(solved.ended);
  r.options = all_options(p);
  if (d.link) {
    r.ratios = d.link->ratios;
    if (d.link->pixels > 0) r.r_squared = d.link->r_squared;
    for (auto const& m : p.maps) r.ratio_names.push_back(m.name);
  }
  r.residuals = solved.residuals;
  r.residuals_by_channel = by_channel(p, solved);
  r.iterations = solved.iterations;
  r.convergence = {solved.looked, solved.objective, solved.gap, solved.deviance};
  r.units = solved.units;
  r.sigmas = solved.sigmas;
  auto const machine = host::describe_machine();
  r.machine = {{"backend", std::string(machine.backend)},
               {"threads", static_cast<std::int64_t>(machine.threads)},
               {"instruction_set", std::string(machine.instruction_set)}};
  auto const input = [&](series_file const& s) {
    r.inputs.push_back({s.name, s.path, s.what.format, s.what.shape, nanometres_along(s.what.axes, 2)});
  };
  for (auto const& m : p.maps) input(m);
  if (p.haadf) input(*p.haadf);
  r.tilts = p.beam.tilts_deg;
  r.shifts_x = p.beam.shifts;
  r.shifts_y = p.dy;
  r.haadf_tilts = p.haadf_tilts;
  r.doses = p.doses;
  r.haadf_gain = d.haadf_gain;
  r.haadf_offset = d.haadf_offset;
  r.steps = d.steps;
  r.steps.push_back(method_sentence(p, solved));
  r.warnings = d.warnings;
  r.pixel_nm = p.x_nm;
  return r;
}

std::vector<std::string> write_reconstruction(reconstruction_plan const& p, reconstruction_data const& d,
                                              host::convex_report const& solved, phase_times times) {
  stopwatch clock;
  io::atomic_directory directory(p.asked.output,
                                 p.asked.force ? io::existing::replace : io::existing::refuse);
  auto const path = [&](std::string const& name) { return (directory.path() / name).string(); };
  auto record = record_of(p, d, solved);
  std::vector<std::string> files;

  auto const axes = volume_axes(p.x_nm, p.y_nm, static_cast<double>(p.rows.first) * p.y_nm);
  auto const names = p.volume_names();
  auto const shape = p.volume();
  auto const write = [&](std::string const& name, std::vector<float> const& values,
                         std::string const& units) {
    stop_if_asked();
    files.push_back(name + p.extension);
    save(path(files.back()), shape, values, axes);
    value_range r;
    r.add(values);
    record.outputs.push_back(
        {name, files.back(), units, {shape[0], shape[1], shape[2]}, r.low, r.high, r.sum});
  };
  for (std::size_t v = 0; v < names.size(); ++v) write(names[v], d.volumes[v], units_of(p, names[v]));
  for (std::size_t v = 0; v < d.sigmas.size(); ++v)
    write("sigma_" + names[v], d.sigmas[v], "standard deviation, " + units_of(p, names[v]));
  if (has_pictures() && !p.asked.no_figures) {
    stop_if_asked();
    std::string const title = p.how->knows(option::iterations)
                                  ? fmt::format("{}, {} iterations", p.asked.method, solved.iterations)
                                  : p.asked.method;
    draw_slices(path("slices.png"), title, drawn(p, d.volumes), shape, p.x_nm);
    record.pictures = {"slices.png"};
    if (!d.sigmas.empty()) {
      draw_slices(path("sigma.png"), title + ", standard deviations", drawn(p, d.sigmas), shape, p.x_nm);
      record.pictures.emplace_back("sigma.png");
    }
    if (solved.residuals.size() > 1) {
      auto curves = record.residuals_by_channel;
      if (curves.size() > 1) curves.insert(curves.begin(), {"all", solved.residuals});
      draw_residuals(path("residuals.png"), fmt::format("{}: residuals", p.asked.method), curves);
      record.pictures.emplace_back("residuals.png");
    }
    files.insert(files.end(), record.pictures.begin(), record.pictures.end());
  } else if (!p.asked.no_figures) {
    record.steps.emplace_back("no pictures: this build has no libpng");
  }
  times.write = clock.seconds();
  record.phases = {{"read", times.read}, {"iterate", times.iterate}};
  if (!d.sigmas.empty()) record.phases.emplace_back("uncertainty", times.scatter);
  record.phases.emplace_back("write", times.write);
  record.seconds = times.read + times.iterate + times.scatter + times.write;
  files.emplace_back("report.json");
  save_text(path("report.json"), to_json(record));
  stop_if_asked();
  directory.commit();
  return files;
}

}  // namespace tomoedx::cli
