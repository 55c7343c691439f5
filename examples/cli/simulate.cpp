// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "geometry.hpp"
#include "pictures.hpp"
#include "records.hpp"
#include "signals.hpp"

#include <tomoedx/geometry/validate.hpp>
#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/simulate/dose.hpp>
#include <tomoedx/simulate/gaussian.hpp>
#include <tomoedx/simulate/phantoms.hpp>
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/version.hpp>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

/// The set-up of Zhong et al. 2017, section 3.1: pixels of its phantom, and the length of its filter window.
constexpr double paper_pixels = 512, paper_window = 8;

/// A filter window of some pixels as the Gaussian that fills it with two standard deviations to each side.
constexpr double sigma_of_window(double pixels) {
  return simulate::zhong_filter_sigma * pixels / paper_window;
}

struct setup {
  phantom_command asked;
  bool of_zhong = false;  ///< a phantom of that paper, with its dose
  std::size_t size = 0, slices = 0;
  host::projector kind = host::projector::strip;
  parallel_beam beam;
  double window = 0;  ///< [pixel]
  std::string extension;
  shape3 volume() const { return {size, slices, size}; }
  shape3 stack() const { return {beam.tilts(), slices, size}; }
};

setup check(phantom_command const& c) {
  setup s;
  s.asked = c;
  std::string names;
  for (auto const& k : simulate::phantom_kinds()) names.append(names.empty() ? "" : ", ").append(k.name);
  expects<value_error>(std::ranges::find(simulate::phantom_kinds(), std::string_view(c.kind),
                                         &simulate::phantom_kind::name) != simulate::phantom_kinds().end(),
                       "--kind {}: there is no such phantom; known are {}", c.kind, names);
  s.of_zhong = c.kind != "core-shell";
  s.size = c.size > 0 ? c.size : s.of_zhong ? 512 : 97;
  s.slices = c.slices.value_or(c.kind == "square-in-cube" ? 1 : s.size);
  expects<value_error>(s.size >= 8 && s.size <= 16384, "--size {}: give 8 to 16384 voxels", s.size);
  expects<value_error>(s.slices >= 1 && s.slices <= 16384, "--slices {}: give 1 to 16384", s.slices);
  s.kind = projector_named(c.projector);
  s.extension = extension_for(c.format);
  s.beam.tilts_deg = read_tilts(c.tilts);
  s.beam.width = s.beam.depth = s.beam.detector = s.size;
  validate(s.beam, "geometry");
  double const size = static_cast<double>(s.size);
  s.window = c.smooth.value_or(s.of_zhong ? paper_window * size / paper_pixels : 0);
  expects<value_error>(!c.counts || (*c.counts > 0 && *c.counts <= 1e9),
                       "--counts {}: give mean counts of a pixel, above 0", c.counts.value_or(0));
  expects<value_error>(c.background >= 0 && c.background <= 1e9,
                       "--background {}: give counts of a pixel, 0 or more", c.background);
  expects<value_error>(s.window >= 0 && s.window <= size,
                       "--smooth {}: give the length of the filter in pixels, 0 to {}", s.window, s.size);
  expects<value_error>(c.haadf_noise >= 0 && c.haadf_noise <= 10,
                       "--haadf-noise {}: give a part of the largest HAADF value, as 0.01", c.haadf_noise);
  check_threads(c.threads);
  check_output_directory(c.output, c.force, {});
  double const voxels = size * size * static_cast<double>(s.slices);
  double const pixels = size * static_cast<double>(s.slices) * static_cast<double>(s.beam.tilts());
  check_memory(4 * (4.5 * voxels + 5 * pixels), "take a smaller --size or fewer --slices");
  return s;
}

/// The phantom with the HAADF response z and the EDS response zeta of each element, per voxel edge.
simulate::phantom make(setup const& s) {
  if (s.of_zhong) {
    auto p = simulate::make_phantom(s.asked.kind, {.size = s.size, .slices = s.slices});
    // The same particle and beam on fewer pixels: a voxel is thicker, and a pixel gathers more beam, by
    // 512 / size.
    double const coarser = paper_pixels / static_cast<double>(s.size);
    for (auto& e : p.elements) e.eds_response *= coarser * coarser;
    return p;
  }
  auto p = simulate::core_shell(
      {.size = s.size, .slices = s.slices, .values = simulate::composition::mass_density});
  auto const responses =
      simulate::square_in_cube({.size = 8});  // the same elements, with the responses of Zhong
  for (auto& e : p.elements)
    for (auto const& known : responses.elements)
      if (known.name == e.name) e.haadf_response = known.haadf_response, e.eds_response = known.eds_response;
  return p;
}

struct series {
  std::vector<std::vector<float>> maps;
  std::vector<float> haadf;
};

/// Truth becomes x(e) = z(e) rho(e); the projections become expected counts and HAADF signal.
series project_all(setup const& s, simulate::phantom& p) {
  series out;
  out.haadf.resize(count_of(s.stack()));
  for (auto& e : p.elements) {
    for (float& v : e.values) v = static_cast<float>(static_cast<double>(v) * e.haadf_response);
    auto& map = out.maps.emplace_back(count_of(s.stack()));
    host::project(s.beam, s.kind, {e.values.data(), s.volume()}, {map.data(), s.stack()});
    for (std::size_t i = 0; i < map.size(); ++i) {
      out.haadf[i] += map[i];
      map[i] = static_cast<float>(static_cast<double>(map[i]) * e.eds_response / e.haadf_response);
    }
    stop_if_asked();
  }
  return out;
}

/// One factor on the dose, so that a map pixel holds `counts` in the mean over all maps.
void set_dose(double counts, simulate::phantom& p, series& data) {
  double total = 0;
  std::size_t pixels = 0;
  for (auto const& map : data.maps) {
    for (float const v : map) total += static_cast<double>(v);
    pixels += map.size();
  }
  expects<value_error>(total > 0, "--counts: the phantom projects to nothing at these tilts");
  double const factor = counts * static_cast<double>(pixels) / total;
  for (std::size_t e = 0; e < data.maps.size(); ++e) {
    p.elements[e].eds_response *= factor;
    for (float& v : data.maps[e]) v = static_cast<float>(static_cast<double>(v) * factor);
  }
}

void add_noise(setup const& s, series& data) {
  auto const& c = s.asked;
  std::size_t const tilts = s.beam.tilts(), per_map = count_of(s.stack()) / tilts;
  for (std::size_t e = 0; e < data.maps.size(); ++e) {
    auto& map = data.maps[e];
    simulate::add_background(map, tilts, c.background * static_cast<double>(per_map));
    simulate::poisson_counts(map, c.seed + (e + 1) * 0x100000000u, map);
    simulate::gaussian_along_x(map, s.size, sigma_of_window(s.window));
    stop_if_asked();
  }
  if (c.haadf_noise == 0) return;
  double const sigma = c.haadf_noise * static_cast<double>(*std::ranges::max_element(data.haadf));
  for (std::size_t i = 0; i < data.haadf.size(); ++i)
    data.haadf[i] += static_cast<float>(sigma * random_stream(c.seed, i).normal());
}

settings effective_options(setup const& s) {
  auto const& c = s.asked;
  return {{"kind", c.kind},
          {"size", static_cast<std::int64_t>(s.size)},
          {"slices", static_cast<std::int64_t>(s.slices)},
          {"tilts", c.tilts},
          {"projector", c.projector},
          {"counts", c.counts ? setting{*c.counts} : setting{}},
          {"background", c.background},
          {"smooth", s.window},
          {"haadf_noise", c.haadf_noise},
          {"seed", std::to_string(c.seed)},
          {"format", c.format}};
}

simulation_record record_of(setup const& s, simulate::phantom const& p, series const& data) {
  simulation_record r;
  r.version = version;
  r.options = effective_options(s);
  for (std::size_t e = 0; e < p.elements.size(); ++e) {
    auto const& element = p.elements[e];
    double counts = 0;
    for (float const v : data.maps[e]) counts += static_cast<double>(v);
    r.elements.push_back({element.name, element.haadf_response, element.eds_response,
                          element.haadf_response / element.eds_response,
                          counts / static_cast<double>(data.maps[e].size()), counts});
  }
  r.tilts = s.beam.tilts_deg;
  r.voxel_nm = p.voxel_nm;
  r.smooth_sigma = sigma_of_window(s.window);
  r.haadf_noise = s.asked.haadf_noise;
  r.notes = {
      "truth_NAME is x(e) = z(e) rho(e), HAADF signal per voxel edge: what HEBT reconstructs",
      "map_NAME are Poisson counts of expectation zeta(e) W rho(e), smoothed along x with smooth_sigma",
      "haadf is the sum over e of W x(e); ratios.txt holds r(e) = z(e) / zeta(e) in the order of the "
      "elements"};
  return r;
}

void write(setup const& s, simulate::phantom const& p, series const& data) {
  auto record = record_of(s, p, data);
  io::atomic_directory directory(s.asked.output,
                                 s.asked.force ? io::existing::replace : io::existing::refuse);
  auto const path = [&](std::string const& name) {
    stop_if_asked();
    record.files.push_back(name);
    return (directory.path() / name).string();
  };
  auto const volume = volume_axes(p.voxel_nm, p.voxel_nm), stack = stack_axes(p.voxel_nm, p.voxel_nm);
  std::string tilts, ratios;
  std::vector<drawn_volume> drawn;
  for (std::size_t e = 0; e < p.elements.size(); ++e) {
    auto const& element = p.elements[e];
    save(path("truth_" + element.name + s.extension), s.volume(), std::span<float const>(element.values),
         volume);
    save(path("mask_" + element.name + s.extension), s.volume(), std::span<std::uint8_t const>(element.mask),
         volume);
    save(path("map_" + element.name + s.extension), s.stack(), std::span<float const>(data.maps[e]), stack);
    ratios += fmt::format("{}{:.9g}", e == 0 ? "" : ",", record.elements[e].ratio);
    drawn.push_back({element.name, element.values});
  }
  save(path("haadf" + s.extension), s.stack(), std::span<float const>(data.haadf), stack);
  for (double const t : s.beam.tilts_deg) tilts += fmt::format("{}\n", t);
  save_text(path("tilts.txt"), tilts);
  save_text(path("ratios.txt"), ratios + "\n");
  if (has_pictures() && !s.asked.no_figures)
    draw_slices(path("phantom.png"), s.asked.kind + ": truth", drawn, s.volume(), p.voxel_nm);
  auto const parameters = path("parameters.json");
  save_text(parameters, to_json(record));
  stop_if_asked();
  directory.commit();
  if (s.asked.quiet) return;
  for (auto const& e : record.elements)
    fmt::print("{}: {:.3g} counts a pixel in the mean, ratio {:.5g}\n", e.name, e.counts_per_pixel, e.ratio);
  fmt::print("{}: {}\n", s.asked.output, fmt::join(record.files, " "));
}

}  // namespace

void run(phantom_command const& c) {
  setup const s = check(c);
  use_threads(c.threads);
  auto phantom = make(s);
  auto data = project_all(s, phantom);
  if (c.counts) set_dose(*c.counts, phantom, data);
  if (!c.counts && !s.of_zhong) set_dose(1, phantom, data);
  add_noise(s, data);
  write(s, phantom, data);
}

}  // namespace tomoedx::cli
