// SPDX-License-Identifier: BSD-3-Clause
#include "microscope.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/physics/ionization.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

void check_range(char const* option, double v, double least, double most, char const* unit) {
  expects<value_error>(v >= least && v <= most, "{} {}: give {} to {} {}", option, v, least, most, unit);
}

edx_detector detector_of(microscope_arguments const& a) {
  expects<value_error>(a.solid_angle_sr > 0 && a.solid_angle_sr <= 12.566370614359174,
                       "--solid-angle {}: give more than 0 and at most 4 pi steradian", a.solid_angle_sr);
  check_range("--elevation", a.elevation_deg, -90, 90, "degrees");
  check_range("--dead-layer", a.dead_layer_nm, 0, 1e6, "nm");
  check_range("--ice", a.ice_nm, 0, 1e6, "nm");
  check_range("--crystal", a.crystal_um, 1, 1e6, "um");
  expects<value_error>(!a.azimuths_deg.empty() && a.azimuths_deg.size() <= 64,
                       "--azimuths: {} segments; give 1 to 64 angles", a.azimuths_deg.size());
  edx_detector d{.solid_angle = steradian(a.solid_angle_sr), .segments = {}, .in_front = {}};
  for (double const azimuth : a.azimuths_deg) {
    check_range("--azimuths", azimuth, -360, 360, "degrees");
    d.segments.push_back({a.elevation_deg, azimuth, 1 / static_cast<double>(a.azimuths_deg.size())});
  }
  if (a.window == "polymer")
    d.in_front = polymer_window();
  else if (a.window == "be")
    d.in_front = {beryllium_window(nanometre(8000))};
  else
    expects<value_error>(a.window == "none", "--window {}: is none of none, polymer and be", a.window);
  if (a.dead_layer_nm > 0) d.in_front.push_back(dead_layer(nanometre(a.dead_layer_nm)));
  if (a.ice_nm > 0) d.in_front.push_back(ice(nanometre(a.ice_nm)));
  d.silicon_um = a.crystal_um;
  return d;
}

bool excites(physics::xray_line const& l, kiloelectronvolt beam) {
  return physics::has_ionization(l.of, l.vacancy) && l.edge_kev * 1.02 < beam.value && l.yield * l.share > 0;
}

}  // namespace

microscope microscope_of(microscope_arguments const& a, std::optional<double> beam_of_file) {
  auto const beam = a.beam_kev ? a.beam_kev : beam_of_file;
  expects<value_error>(beam.has_value(),
                       "--beam is missing, and no file says it; give the energy of the beam in keV, as 200");
  expects<value_error>(*beam >= 30 && *beam <= 400, "--beam {}: cross sections are known from 30 to 400 keV",
                       *beam);
  microscope m{.beam = kiloelectronvolt(*beam),
               .haadf = std::nullopt,
               .detector = detector_of(a),
               .models = physics::models_named(a.models)};
  if (!a.annulus.empty()) {
    expects<value_error>(a.annulus.size() == 2, "--annulus: {} numbers; give INNER,OUTER in mrad, as 94,611",
                         a.annulus.size());
    expects<value_error>(a.annulus[0] >= 0 && a.annulus[1] > a.annulus[0] && a.annulus[1] <= 3141,
                         "--annulus {},{}: is no annulus; give 0 <= INNER < OUTER in mrad", a.annulus[0],
                         a.annulus[1]);
    m.haadf = physics::annulus{a.annulus[0], a.annulus[1]};
  }
  return m;
}

settings settings_of(microscope_arguments const& a, microscope const& m) {
  settings s{{"beam_kev", m.beam.value}, {"models", std::string(m.models.name)}};
  s.emplace_back("annulus_mrad", m.haadf
                                     ? setting(fmt::format("{},{}", m.haadf->inner_mrad, m.haadf->outer_mrad))
                                     : setting());
  s.emplace_back("solid_angle_sr", a.solid_angle_sr);
  s.emplace_back("elevation_deg", a.elevation_deg);
  s.emplace_back("azimuths_deg", fmt::format("{}", fmt::join(a.azimuths_deg, ",")));
  s.emplace_back("window", a.window);
  s.emplace_back("dead_layer_nm", a.dead_layer_nm);
  s.emplace_back("ice_nm", a.ice_nm);
  s.emplace_back("crystal_um", a.crystal_um);
  return s;
}

std::string chosen_line::line_name() const {
  return fmt::format("{}_{}", line->of.symbol(), line->name);
}

physics::xray_line const& usual_line(physics::element of, kiloelectronvolt beam, double from_kev,
                                     double to_kev) {
  for (char const* name : {"Ka", "La", "Ma"})
    if (auto const* l = physics::find_line(of, name))
      if (excites(*l, beam) && l->edge_kev * 1.5 <= beam.value && l->energy_kev >= from_kev &&
          l->energy_kev <= to_kev)
        return *l;
  fail<value_error>(
      "{} has no Ka, La or Ma line between {:.3g} and {:.3g} keV at a beam of {} keV; name one, as {}_La",
      of.symbol(), from_kev, to_kev, beam.value, of.symbol());
}

physics::xray_line const& line_called(std::string const& text, kiloelectronvolt beam, double from_kev,
                                      double to_kev) {
  if (text.find_first_of("_ -") == text.npos)
    return usual_line(physics::element_named(text), beam, from_kev, to_kev);
  auto const& l = physics::line_named(text);
  expects<value_error>(excites(l, beam), "{}: a beam of {} keV makes no such photon: the edge is at {} keV",
                       text, beam.value, l.edge_kev);
  return l;
}

std::vector<chosen_line> choose_lines(std::vector<std::string> const& elements,
                                      std::vector<std::string> const& lines, kiloelectronvolt beam,
                                      double from_kev, double to_kev) {
  std::vector<chosen_line> all;
  auto const add = [&](char const* option, std::string const& text) {
    try {
      auto const& l = line_called(text, beam, from_kev, to_kev);
      auto const same = std::ranges::find(all, &l, &chosen_line::line);
      expects<value_error>(same == all.end(), "there is that line already");
      all.push_back({std::string(l.of.symbol()), &l});
    } catch (value_error const& e) {
      fail<value_error>("{} {}: {}", option, text, e.what());
    }
  };
  for (auto const& e : elements) {
    expects<value_error>(e.find_first_of("_ -") == e.npos, "--elements {}: is no symbol; lines go to --lines",
                         e);
    add("--elements", e);
  }
  for (auto const& l : lines) {
    expects<value_error>(l.find_first_of("_ -") != l.npos, "--lines {}: is no line; write it like Fe_Ka", l);
    add("--lines", l);
  }
  for (auto& l : all)
    if (std::ranges::count(all, l.line->of, [](chosen_line const& o) { return o.line->of; }) > 1)
      l.name = l.line_name();
  return all;
}

}  // namespace tomoedx::cli
