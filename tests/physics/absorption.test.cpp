// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/absorption.hpp>
#include <tomoedx/physics/lines.hpp>

#include "csv.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tomoedx::physics;
using doctest::Approx;
using tomoedx::value_error;
using tomoedx_tests::kev;

namespace {

std::span<detail::absorption_row const> pieces(int z) {
  auto const i = static_cast<std::size_t>(z - 3);
  return std::span(detail::absorption_rows)
      .subspan(static_cast<std::size_t>(detail::absorption_begin[i]),
               static_cast<std::size_t>(detail::absorption_begin[i + 1] - detail::absorption_begin[i]));
}

bool is_edge(detail::absorption_row const& below, detail::absorption_row const& above) {
  return std::abs(above.at_begin - below.at_end) > 1e-6;
}

}  // namespace

TEST_CASE("the pieces of every element follow each other from 0.1 keV on") {
  std::size_t count = 0;
  for (int z = 3; z <= 98; ++z) {
    auto const p = pieces(z);
    count += p.size();
    REQUIRE_FALSE(p.empty());
    CHECK(p.front().from_kev == 0.1);
    CHECK(p.back().from_kev < 150);
    for (std::size_t i = 0; i < p.size(); ++i) {
      CHECK(p[i].z == z);
      if (i) CHECK(p[i].from_kev > p[i - 1].from_kev);
    }
  }
  CHECK(count == std::size(detail::absorption_rows));
}

TEST_CASE("absorption is continuous but for edges, and these go up") {
  int edges = 0;
  for (int z = 3; z <= 98; ++z) {
    auto const p = pieces(z);
    for (std::size_t i = 1; i < p.size(); ++i) {
      double const at = p[i].from_kev;
      double const below = mass_absorption_cm2_g(element(z), kev(at * (1 - 1e-12)));
      double const above = mass_absorption_cm2_g(element(z), kev(at));
      CAPTURE(z);
      CAPTURE(at);
      if (is_edge(p[i - 1], p[i])) {
        ++edges;
        CHECK(above > 1.003 * below);
      } else {
        CHECK(above == Approx(below).epsilon(1e-6));
      }
    }
  }
  CHECK(edges > 900);
}

TEST_CASE("within a piece nothing jumps or runs away") {
  for (int z = 3; z <= 98; ++z) {
    auto const p = pieces(z);
    for (std::size_t i = 0; i < p.size(); ++i) {
      double const end = i + 1 < p.size() ? p[i + 1].from_kev : 150;
      double const low = std::min(p[i].at_begin, p[i].at_end), high = std::max(p[i].at_begin, p[i].at_end);
      for (double s = 0.02; s < 1; s += 0.04) {
        double const e = p[i].from_kev * std::pow(end / p[i].from_kev, s);
        double const mu = std::log(mass_absorption_cm2_g(element(z), kev(e)));
        CHECK(mu > low - 0.35);
        CHECK(mu < high + 0.35);
      }
    }
  }
}

TEST_CASE("K and L edges of the table are where they belong, and lines are not above their own edge") {
  for (int z = 3; z <= 98; ++z) {
    auto const p = pieces(z);
    for (xray_line const& l : lines(element(z))) {
      if (l.edge_kev < 0.2 || l.edge_kev > 149) continue;
      CAPTURE(to_string(l));
      double nearest = 0;
      for (std::size_t i = 1; i < p.size(); ++i)
        if (is_edge(p[i - 1], p[i]) && std::abs(p[i].from_kev - l.edge_kev) < std::abs(nearest - l.edge_kev))
          nearest = p[i].from_kev;
      if (letter_of(l.vacancy) != 'M' && l.edge_kev > 1) CHECK(nearest == Approx(l.edge_kev).epsilon(0.005));
      if (nearest > 0 && std::abs(nearest / l.edge_kev - 1) < 0.05 && l.share * l.yield > 0)
        CHECK(l.energy_kev < nearest);
    }
  }
}

TEST_CASE("absorption has the published magnitude") {
  // Hubbell and Seltzer 1995 (NIST), total attenuation with coherent scattering
  struct expected {
    char const* symbol;
    double e, mu;
  };
  for (auto const& [symbol, e, mu] :
       {expected{"C", 1, 2.211e3}, expected{"C", 10, 2.373}, expected{"Si", 10, 33.89},
        expected{"Fe", 10, 170.6}, expected{"Cu", 10, 215.9}, expected{"Au", 20, 78.83},
        expected{"Fe", 60, 1.205}})
    CHECK(mass_absorption_cm2_g(element_named(symbol), kev(e)) == Approx(mu).epsilon(0.01));
}

TEST_CASE("a photon outside the table is refused") {
  element const fe(26);
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const e : {nan, -1.0, 0.0, 0.0999, 150.1, inf})
    CHECK_THROWS_WITH_AS(mass_absorption_cm2_g(fe, kev(e)), doctest::Contains("outside the 0.1 to 150 keV"),
                         value_error);
  CHECK(mass_absorption_cm2_g(fe, kev(0.1)) > 0);
  CHECK(mass_absorption_cm2_g(fe, kev(150)) > 0);
}
