// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_FAMILIES_HPP
#define TOMOEDX_PHYSICS_FAMILIES_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/physics/ionization.hpp>
#include <tomoedx/physics/lines.hpp>
#include <tomoedx/physics/models.hpp>
#include <tomoedx/physics/production.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace tomoedx::physics {

/// One line of a family and its strength against the main line of it.
struct line_member {
  double energy_kev;
  double weight;
};

namespace detail {

/// The transitions that the table lists of a sum of lines; none for a single transition.
inline std::vector<xray_line const*> components(xray_line const& sum) {
  if (sum.name != "Ka" && sum.name != "Kb" && sum.name != "La") return {};
  std::vector<xray_line const*> found;
  for (xray_line const& l : lines(sum.of))
    if (l.name.size() == 3 && l.name.starts_with(sum.name) && l.vacancy == sum.vacancy) found.push_back(&l);
  return found;
}

/// The share of a line in the photons of its subshell.
inline double share_of(xray_line const& l, yield_source from) {
  return from == yield_source::eadl ? l.share_eadl : l.share;
}

/// Adds the members of one line, a sum resolved. What a sum has beyond its listed components, at most 8 % of Kb,
/// goes to the one of highest energy.
inline void add_members(xray_line const& l, double strength, yield_source from,
                        std::vector<line_member>& to) {
  auto const parts = components(l);
  if (parts.empty()) return to.push_back({l.energy_kev, strength});
  double listed = 0;
  for (xray_line const* p : parts) listed += share_of(*p, from);
  double const rest = std::max(share_of(l, from) - listed, 0.0);
  auto const* const last = std::ranges::max(parts, {}, [](auto const* p) { return p->energy_kev; });
  for (xray_line const* p : parts) {
    double const share = share_of(*p, from) + (p == last ? rest : 0.0);
    if (share > 0) to.push_back({p->energy_kev, strength * share / (listed + rest)});
  }
}

/// Whether the table lists this line as part of a sum.
inline bool is_component(xray_line const& l) {
  if (l.name.size() != 3) return false;
  xray_line const* const sum = find_line(l.of, l.name.substr(0, 2));
  return sum && sum->vacancy == l.vacancy && !components(*sum).empty();
}

}  // namespace detail

/// All lines of a main shell with their strengths at a beam energy, against the main line (Ka, La or Ma) = 1.
///
/// Sums of lines are resolved into their components: Ka stands there as Ka1 and Ka2, which have 1 together.
/// Where the element has no main line (L below Sc) the strongest line has 1. Where the source of the models lacks
/// the main line and the other has it (xraylib: M of Ce to Sm), the other is taken for the family.
///
/// units    keV
/// throws   value_error if the letter is not K, L or M, or the element has no such line at that beam energy; as
///          ionization_barn for the energy
/// returns  the members by energy, none with weight 0
inline std::vector<line_member> family(element e, char letter, kiloelectronvolt beam,
                                       model_set const& models) {
  expects<value_error>(letter == 'K' || letter == 'L' || letter == 'M',
                       "family: '{}' is no main shell; use K, L or M", letter);
  detail::expect_ionization_range(beam.value);
  std::array<char, 2> const main_letters{letter, 'a'};
  xray_line const* const main_line = find_line(e, {main_letters.data(), 2});
  model_set used = models;
  if (main_line && photons_per_vacancy(*main_line, used.yields) <= 0)
    used.yields = used.yields == yield_source::eadl ? yield_source::xraylib : yield_source::eadl;

  std::vector<line_member> members;
  double one = 0;
  for (xray_line const& l : lines(e)) {
    if (letter_of(l.vacancy) != letter || detail::is_component(l) || !has_ionization(e, l.vacancy) ||
        photons_per_vacancy(l, used.yields) <= 0)
      continue;
    double const strength = production_barn(l, beam, used);
    if (strength <= 0) continue;
    detail::add_members(l, strength, used.yields, members);
    if (&l == main_line || !main_line) one = std::max(one, strength);
  }
  expects<value_error>(!members.empty() && one > 0,
                       "family: {} emits no {} line at {} keV; use another family or beam energy", e.symbol(),
                       letter, beam.value);
  for (line_member& m : members) m.weight /= one;
  std::ranges::sort(members, {}, &line_member::energy_kev);
  return members;
}

}  // namespace tomoedx::physics

#endif
