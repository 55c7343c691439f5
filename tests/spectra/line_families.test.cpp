// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/line_families.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tomoedx;

namespace {

kiloelectronvolt const beam{200};

line_family family(char const* symbol, char letter, efficiency_curve const& e = {}) {
  return family_of(physics::element_named(symbol), letter, beam, e);
}

double weight_between(line_family const& f, double from, double to) {
  double sum = 0;
  for (auto const& p : f.parts)
    for (auto const& l : p.lines)
      if (l.energy_kev >= from && l.energy_kev <= to) sum += l.weight;
  return sum;
}

}  // namespace

TEST_CASE("names say an element, a family or a line of it") {
  CHECK(family_named("Fe").letter == 0);
  CHECK(family_named("Fe").of.z() == 26);
  CHECK(family_named("Pt_M").letter == 'M');
  CHECK(family_named("Pt Lb1").letter == 'L');
  CHECK_THROWS_AS(family_named("Xx"), value_error);
  CHECK_THROWS_AS(family_named("Fe_"), value_error);
  CHECK_THROWS_AS(family_named("Fe_Na"), value_error);
  CHECK_THROWS_AS(family_named("Fe_Kz"), value_error);
  CHECK_THROWS_AS(family_named(""), value_error);
}

TEST_CASE("a family counts photons of its main line, and holds all its lines in parts of one subshell") {
  auto const k = family("Fe", 'K');
  CHECK(k.name == "Fe_Ka");
  REQUIRE(k.parts.size() == 2);
  CHECK(k.parts[0].name == "Fe_Ka");
  CHECK(k.parts[0].spread == 0);
  CHECK(k.parts[1].name == "Fe_Kb");
  CHECK(k.parts[1].spread > 0);
  CHECK(weight_between(k, 6.3, 6.5) == doctest::Approx(1));
  CHECK(weight_between(k, 7, 7.2) == doctest::Approx(0.134).epsilon(0.05));
  auto const m = family("Pt", 'M');
  CHECK(m.name == "Pt_Ma");
  CHECK(m.parts.front().name == "Pt_M5");
  CHECK(m.parts.size() >= 4);
  CHECK(weight_between(m, 2.04, 2.06) == doctest::Approx(1));
  std::size_t lines = 0;
  for (auto const& p : m.parts) lines += p.lines.size();
  CHECK(lines == physics::family(physics::element_named("Pt"), 'M', beam, physics::default_models()).size());
}

TEST_CASE("a detector's efficiency enters relative to the main line") {
  auto const blind = family("Fe", 'K', [](kiloelectronvolt e) { return e.value > 6.8 ? 0.25 : 0.5; });
  auto const plain = family("Fe", 'K');
  CHECK(weight_between(blind, 6.3, 6.5) == doctest::Approx(1));
  CHECK(weight_between(blind, 7, 7.2) == doctest::Approx(0.5 * weight_between(plain, 7, 7.2)));
  CHECK_THROWS_AS(family("Fe", 'K', [](kiloelectronvolt) { return 0.0; }), value_error);
  CHECK_THROWS_AS(family("Fe", 'K', [](kiloelectronvolt) { return 1.5; }), value_error);
  CHECK_THROWS_AS(
      family("Fe", 'K', [](kiloelectronvolt) { return std::numeric_limits<double>::quiet_NaN(); }),
      value_error);
}

TEST_CASE("families that the beam cannot excite or that do not exist are refused") {
  CHECK(main_energy_kev(physics::element_named("Pt"), 'K', kiloelectronvolt(60)) == 0);
  CHECK(main_energy_kev(physics::element_named("Pt"), 'K', beam) > 60);
  CHECK_THROWS_AS(family_of(physics::element_named("Pt"), 'K', kiloelectronvolt(60)), value_error);
  CHECK_THROWS_AS(family("C", 'M'), value_error);
}
