// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_LINE_FAMILIES_HPP
#define TOMOEDX_SPECTRA_LINE_FAMILIES_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/families.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx {

/// Share of the photons of an energy that a detector counts; empty for a detector that counts all alike.
using efficiency_curve = std::function<double(kiloelectronvolt)>;

/// Lines whose ratios are kept: those that fill one subshell of L or M, the Ka or the Kb lines.
struct family_part {
  std::string name;                         ///< "Pt_L3", "Fe_Kb"
  std::vector<physics::line_member> lines;  ///< weights against the main line, efficiency included
  double ratio = 1;                         ///< what calibration multiplies these weights by
  double spread = 0;                        ///< how far theory may be off, as a share; 0: the ratio is kept
};

/// The lines of one element that are fitted with one amplitude, which counts photons of the main line.
struct line_family {
  std::string name;  ///< of the main line, "Fe_Ka"
  std::vector<family_part> parts;
};

/// What a name like "Fe_Ka", "Fe_K" or "Fe" asks for.
struct family_name {
  physics::element of;
  char letter;  ///< K, L or M, or 0 where only the element is named
};

/// Take a name apart.
///
/// throws   value_error for an element or a line that does not exist
inline family_name family_named(std::string_view text) {
  auto const cut = text.find_first_of("_ -");
  family_name found{physics::element_named(text.substr(0, cut)), 0};
  if (cut == text.npos) return found;
  auto const line = text.substr(cut + 1);
  expects<value_error>(!line.empty() && (line[0] == 'K' || line[0] == 'L' || line[0] == 'M'),
                       "'{}' names no line; write it like Fe_Ka, Fe_K or Fe", text);
  if (line.size() > 1) physics::line(found.of, line);
  found.letter = line[0];
  return found;
}

/// Energy of the line a family is named after, 0 where the beam excites none of it.
inline double main_energy_kev(physics::element e, char letter, kiloelectronvolt beam) {
  char const name[2] = {letter, 'a'};
  auto const* const main = physics::find_line(e, std::string_view(name, 2));
  return main && physics::photons_per_vacancy(*main, physics::yield_source::xraylib) > 0 &&
                 main->edge_kev < beam.value
             ? main->energy_kev
             : 0.0;
}

/// The lines of a family with strengths as a detector counts them.
///
/// throws   value_error where there is no such family at this beam energy, or the efficiency is no share
inline line_family family_of(physics::element e, char letter, kiloelectronvolt beam,
                             efficiency_curve const& efficiency = {},
                             physics::model_set const& models = physics::default_models()) {
  double const main = main_energy_kev(e, letter, beam);
  expects<value_error>(main > 0, "{} has no {}a line at a beam of {} keV; use another family", e.symbol(),
                       letter, beam.value);
  auto const counted = [&](double kev) {
    double const share = efficiency ? efficiency(kiloelectronvolt(kev)) : 1.0;
    expects<value_error>(share >= 0 && share <= 1, "the efficiency is {} at {} keV; it is a share, 0 to 1",
                         share, kev);
    return share;
  };
  double const at_main = counted(main);
  expects<value_error>(at_main > 0, "the detector counts nothing at {} keV, where {} {}a is; leave it out",
                       main, e.symbol(), letter);
  line_family f{std::string(e.symbol()) + "_" + letter + "a", {}};
  auto const part_named = [&](std::string const& name) -> family_part& {
    for (auto& p : f.parts)
      if (p.name == name) return p;
    return f.parts.emplace_back(family_part{name, {}, 1, 0});
  };
  for (auto const& m : physics::family(e, letter, beam, models)) {
    std::string name(e.symbol());
    for (auto const& l : physics::lines(e))
      if (physics::letter_of(l.vacancy) == letter && l.energy_kev == m.energy_kev) {
        name += "_" + (letter == 'K' ? std::string(l.name.substr(0, 2)) : std::string(name_of(l.vacancy)));
        break;
      }
    part_named(name).lines.push_back({m.energy_kev, m.weight * counted(m.energy_kev) / at_main});
  }
  std::string const main_part = std::string(e.symbol()) + (letter == 'K'   ? "_Ka"
                                                           : letter == 'L' ? "_L3"
                                                                           : "_M5");
  for (auto& p : f.parts)
    if (p.name != main_part) p.spread = letter == 'K' ? 0.1 : 0.3;
  std::ranges::stable_partition(f.parts, [&](family_part const& p) { return p.name == main_part; });
  return f;
}

}  // namespace tomoedx

#endif
