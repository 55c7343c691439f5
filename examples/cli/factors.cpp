// SPDX-License-Identifier: BSD-3-Clause
#include "microscope.hpp"
#include "provenance.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/theory.hpp>

#include <fmt/format.h>

namespace tomoedx::cli {
namespace {

/// All that theory knows of a line.
struct factor_row {
  chosen_line of;
  double efficiency = 0, barn = 0;  ///< of the detector; production cross section
  f_factor f{};
  z_factor z{};
  partial_cross_section sigma{};
  zeta_factor zeta{};
  double k_weight = 1, k_atomic = 1, r = 0;
};

std::vector<factor_row> rows_of(std::vector<chosen_line> const& lines, microscope const& m) {
  std::vector<factor_row> rows;
  for (auto const& l : lines) {
    factor_row r;
    r.of = l;
    r.efficiency = m.detector.efficiency(kiloelectronvolt(l.line->energy_kev));
    r.barn = physics::production_barn(*l.line, m.beam, m.models);
    r.f = f_factor_of(*l.line, m.beam, m.detector, m.models);
    r.z = z_factor_of(l.line->of, m.beam, m.haadf, m.models);
    r.sigma = to_cross_section(r.f, m.detector.solid_angle, l.line->of);
    r.zeta = to_zeta(r.f, m.detector.solid_angle);
    auto const& first = rows.empty() ? r : rows.front();
    auto const k = to_k(r.f, first.f, first.of.line->of);
    r.k_weight = k.value;
    r.k_atomic = to_atomic(k, l.line->of).value;
    r.r = response_ratio(r.z, r.f, m.detector.solid_angle, 1, 1);
    rows.push_back(r);
  }
  return rows;
}

tree report_of(factors_command const& c, std::vector<factor_row> const& rows, microscope const& m) {
  tree t;
  t.set("options", tree_of(settings_of(c.microscope, m))).set("reference", rows.front().of.line_name());
  tree list = tree::list();
  for (auto const& r : rows) {
    tree row;
    row.set("line", r.of.line_name()).set("element", std::string(r.of.line->of.symbol()));
    row.set("energy_kev", r.of.line->energy_kev).set("weight", r.of.line->of.weight());
    row.set("production_barn", r.barn).set("efficiency", r.efficiency);
    row.set("f_barn_mol_per_g", r.f.value).set("z_barn_mol_per_g", r.z.value);
    row.set("cross_section_barn", r.sigma.value).set("zeta_kg_per_m2", r.zeta.value);
    row.set("k_weight", r.k_weight).set("k_atomic", r.k_atomic).set("r_at_equal_dose", r.r);
    list.push(std::move(row));
  }
  t.set("factors", std::move(list));
  return t;
}

}  // namespace

void run(factors_command const& c) {
  auto const m = microscope_of(c.microscope);
  auto const lines = choose_lines(c.elements, c.lines, m.beam);
  expects<value_error>(!lines.empty(), "which lines? give --elements, as Mg,Si,Fe, or --lines, as Fe_Ka");
  auto const rows = rows_of(lines, m);
  if (c.json) {
    fmt::print("{}", to_json(report_of(c, rows, m)));
    return;
  }
  fmt::print("{} keV, {}, {} sr, models {}\n", m.beam.value,
             m.haadf ? fmt::format("HAADF {} to {} mrad", m.haadf->inner_mrad, m.haadf->outer_mrad)
                     : "HAADF at all angles",
             m.detector.solid_angle.value, m.models.name);
  fmt::print("{:<8}{:>8}{:>10}{:>7}{:>10}{:>10}{:>10}{:>10}{:>9}{:>9}{:>11}\n", "line", "keV", "barn", "eff.",
             "f", "z", "sigma", "zeta", "k wt", "k at", "r");
  for (auto const& r : rows)
    fmt::print(
        "{:<8}{:>8.4g}{:>10.4g}{:>7.3f}{:>10.4g}{:>10.4g}{:>10.4g}{:>10.4g}{:>9.4g}{:>9.4g}{:>11.4g}\n",
        r.of.line_name(), r.of.line->energy_kev, r.barn, r.efficiency, r.f.value, r.z.value, r.sigma.value,
        r.zeta.value, r.k_weight, r.k_atomic, r.r);
  fmt::print("f, z in barn mol/g; sigma in barn; zeta in kg/m2; k against {}; r at equal doses\n",
             rows.front().of.line_name());
}

}  // namespace tomoedx::cli
