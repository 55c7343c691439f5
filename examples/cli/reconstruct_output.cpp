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

settings effective_options(reconstruction_plan const& p) {
  auto const& c = p.asked;
  settings s;
  auto const text_or_null = [](std::string const& t) { return t.empty() ? setting{} : setting{t}; };
  auto const count = [](std::size_t n) { return setting{static_cast<std::int64_t>(n)}; };
  s.emplace_back("iterations", count(p.iterations));
  if (p.how == method::hebt) {
    s.emplace_back("alpha", p.alpha);
    s.emplace_back("ratios", std::string(c.ratios.empty() ? "estimated" : "given"));
  }
  if (p.how != method::em) s.emplace_back("relaxation", p.relaxation);
  if (p.how == method::sirt) {
    s.emplace_back("lower", p.lower);
    s.emplace_back("upper", p.upper);
  }
  if (p.how == method::em) s.emplace_back("background", p.background);
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
  s.emplace_back("mask", text_or_null(c.mask));
  s.emplace_back("warm_start", text_or_null(c.warm_start));
  s.emplace_back("stop_change", c.stop_change);
  s.emplace_back("stop_residual", c.stop_residual);
  s.emplace_back("threads", count(c.threads));
  s.emplace_back("format", c.format);
  return s;
}

std::string units_of(reconstruction_plan const& p, std::string const& name) {
  if (p.how == method::hebt) return "HAADF signal per voxel edge: x(e) = z(e) rho(e)";
  return name == haadf_name ? "HAADF signal per voxel edge" : "counts per voxel edge";
}

std::string method_sentence(reconstruction_plan const& p, solve_report const& solved) {
  std::string const name = p.how == method::hebt ? fmt::format("HEBT by SIRT, alpha {:g}", p.alpha)
                           : p.how == method::em ? fmt::format("EM, background {:g}", p.background)
                                                 : "SIRT";
  std::string const bounds = p.how == method::em ? ""
                                                 : fmt::format(", relaxation {:g}, values from {:g} to {:g}",
                                                               p.relaxation, p.lower, p.upper);
  return fmt::format("{}{}, {} projector: {} of {} iterations (ended by: {})", name, bounds,
                     p.asked.geometry.projector, solved.iterations, p.iterations, name_of(solved.ended));
}

std::vector<std::pair<std::string, std::vector<double>>> by_channel(reconstruction_plan const& p,
                                                                    solve_report const& solved) {
  std::vector<std::pair<std::string, std::vector<double>>> curves;
  auto const names = p.channel_names();
  for (std::size_t c = 0; c < names.size(); ++c) {
    curves.emplace_back(names[c], std::vector<double>());
    for (auto const& norms : solved.by_channel)
      if (c < norms.size()) curves.back().second.push_back(norms[c]);
  }
  return curves;
}

reconstruction_record record_of(reconstruction_plan const& p, reconstruction_data const& d,
                                solve_report const& solved) {
  reconstruction_record r;
  r.method = p.asked.method;
  r.version = version;
  r.ended = name_of(solved.ended);
  r.options = effective_options(p);
  if (d.link) {
    r.ratios = d.link->ratios;
    r.r_squared = d.link->r_squared;
    for (auto const& m : p.maps) r.ratio_names.push_back(m.name);
  }
  r.residuals = solved.residuals;
  r.residuals_by_channel = by_channel(p, solved);
  r.iterations = solved.iterations;
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
  r.haadf_gain = d.haadf_gain;
  r.haadf_offset = d.haadf_offset;
  r.steps = d.steps;
  r.steps.push_back(method_sentence(p, solved));
  r.warnings = d.warnings;
  r.pixel_nm = p.x_nm;
  return r;
}

std::vector<drawn_volume> drawn(reconstruction_plan const& p, reconstruction_data const& d) {
  std::vector<drawn_volume> volumes;
  auto const names = p.volume_names();
  for (std::size_t v = 0; v < names.size(); ++v)
    volumes.push_back({names[v], d.volumes[v], names[v] != haadf_name});
  return volumes;
}

}  // namespace

std::vector<std::string> write_reconstruction(reconstruction_plan const& p, reconstruction_data const& d,
                                              solve_report const& solved, phase_times times) {
  stopwatch clock;
  io::atomic_directory directory(p.asked.output,
                                 p.asked.force ? io::existing::replace : io::existing::refuse);
  auto const path = [&](std::string const& name) { return (directory.path() / name).string(); };
  auto record = record_of(p, d, solved);
  std::vector<std::string> files;

  auto const axes = volume_axes(p.x_nm, p.y_nm, static_cast<double>(p.rows.first) * p.y_nm);
  auto const names = p.volume_names();
  auto const shape = p.volume();
  for (std::size_t v = 0; v < names.size(); ++v) {
    stop_if_asked();
    auto const& values = d.volumes[v];
    files.push_back(names[v] + p.extension);
    save(path(files.back()), shape, values, axes);
    auto const [low, high] = std::ranges::minmax(values);
    double sum = 0;
    for (float const x : values) sum += static_cast<double>(x);
    record.outputs.push_back(
        {names[v], files.back(), units_of(p, names[v]), {shape[0], shape[1], shape[2]}, low, high, sum});
  }
  if (has_pictures() && !p.asked.no_figures) {
    stop_if_asked();
    draw_slices(path("slices.png"), fmt::format("{}, {} iterations", p.asked.method, solved.iterations),
                drawn(p, d), shape, p.x_nm);
    record.pictures = {"slices.png"};
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
  record.phases = {{"read", times.read}, {"iterate", times.iterate}, {"write", times.write}};
  record.seconds = times.read + times.iterate + times.write;
  files.emplace_back("report.json");
  save_text(path("report.json"), to_json(record));
  stop_if_asked();
  directory.commit();
  return files;
}

}  // namespace tomoedx::cli
