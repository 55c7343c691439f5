// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/ionization.hpp>

#include "csv.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace tomoedx::physics;
using doctest::Approx;
using tomoedx::value_error;
using tomoedx_tests::kev;

TEST_CASE("the cross sections of Yuan et al. 2020, table 2, come out") {
  CHECK(ionization_barn(element_named("Ag"), shell::L3, kev(100)) == Approx(2.44e3).epsilon(0.005));
  CHECK(ionization_barn(element_named("Au"), shell::M5, kev(100)) == Approx(7.46e3).epsilon(0.005));
  CHECK(ionization_barn(element_named("Co"), shell::K, kev(80)) == Approx(420).epsilon(0.005));
  CHECK(ionization_barn(element_named("Zn"), shell::K, kev(80)) == Approx(302).epsilon(0.005));
}

TEST_CASE("the formulas that were fitted are met as closely as stated") {
  // D. Bote et al. 2009 with four-figure coefficients, as quoted in the data notes of this project
  CHECK(ionization_barn(element_named("Ag"), shell::L3, kev(100)) == Approx(2443.8).epsilon(0.0061));
  CHECK(ionization_barn(element_named("Au"), shell::M5, kev(100)) == Approx(7457.8).epsilon(0.0061));
  CHECK(ionization_barn(element_named("Co"), shell::K, kev(80)) == Approx(419.92).epsilon(0.0061));
  CHECK(ionization_barn(element_named("Zn"), shell::K, kev(80)) == Approx(301.77).epsilon(0.0061));
  CHECK(ionization_barn(element_named("Ag"), shell::L3, kev(100)) == Approx(2440.7).epsilon(1e-4));
  CHECK(ionization_barn(element_named("Au"), shell::M5, kev(100)) == Approx(7448.5).epsilon(1e-4));
  CHECK(ionization_barn(element_named("Co"), shell::K, kev(80)) == Approx(420.41).epsilon(1e-4));
  CHECK(ionization_barn(element_named("Zn"), shell::K, kev(80)) == Approx(302.16).epsilon(1e-4));
}

TEST_CASE("nothing is ionised up to the edge, something right above it") {
  element const fe(26), au(79);
  double const edge = 7.1;  // of Fe K, about
  CHECK(ionization_barn(fe, shell::K, kev(7.0)) == 0);
  CHECK(ionization_barn(fe, shell::K, kev(1.05 * edge)) > 0);
  CHECK(ionization_barn(au, shell::K, kev(60)) == 0);
  CHECK(ionization_barn(au, shell::K, kev(82)) > 0);
  // and it grows steadily from there
  double before = 0;
  for (double e = 7.3; e < 15; e += 0.1) {
    double const now = ionization_barn(fe, shell::K, kev(e));
    CHECK(now > before);
    before = now;
  }
}

TEST_CASE("the two fits agree where one takes over from the other") {
  double worst = 0;
  for (auto const& row : detail::ionization_rows) {
    if (1.1 * row.edge_kev > 30 || row.edge_kev >= 30) continue;
    double const narrow = detail::ionization_kernel(30, row.edge_kev, row.electrons, row.narrow);
    double const wide = detail::ionization_kernel(30, row.edge_kev, row.electrons, row.wide);
    worst = std::max(worst, std::abs(wide / narrow - 1));
  }
  MESSAGE("largest step at 30 keV: " << 100 * worst << " %");
  CHECK(worst < 0.0061 + 0.0101);
}

TEST_CASE("deeper shells are ionised less, and every subshell is positive above its edge") {
  for (int z = 3; z <= 98; ++z) {
    element const e(z);
    for (shell const s : all_shells) {
      if (!has_ionization(e, s)) continue;
      auto const edge = detail::find_ionization(e, s)->edge_kev;
      for (double beam : {5.0, 20.0, 29.999, 30.0, 100.0, 400.0}) {
        double const sigma = ionization_barn(e, s, kev(beam));
        CHECK((beam > edge ? sigma > 0 : sigma == 0));
      }
    }
    if (z >= 12) CHECK(ionization_barn(e, shell::K, kev(100)) < ionization_barn(e, shell::L3, kev(100)));
    if (z >= 33) CHECK(ionization_barn(e, shell::L3, kev(100)) < ionization_barn(e, shell::M5, kev(100)));
  }
}

TEST_CASE("an energy outside the fit and a shell without data are refused") {
  element const fe(26);
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const e : {nan, -100.0, 0.0, 4.99, 400.1, inf})
    CHECK_THROWS_WITH_AS(ionization_barn(fe, shell::K, kev(e)), doctest::Contains("outside the 5 to 400 keV"),
                         value_error);
  CHECK_NOTHROW(ionization_barn(fe, shell::K, kev(5)));
  CHECK_NOTHROW(ionization_barn(fe, shell::K, kev(400)));
  CHECK_THROWS_WITH_AS(ionization_barn(fe, shell::M5, kev(100)), doctest::Contains("no data of Fe M5"),
                       value_error);
  CHECK_FALSE(has_ionization(element(6), shell::L3));
  CHECK(has_ionization(element(12), shell::L3));
}

TEST_CASE("the compiled fits are those of the tables at random energies") {
  TOMOEDX_SHARED_OR_SKIP(narrow, "physics/ionization_fit.csv");
  TOMOEDX_SHARED_OR_SKIP(wide, "physics/ionization_fit_wide.csv");
  std::mt19937 random(5);
  auto const compare = [&](std::filesystem::path const& path, double least, double most) {
    double worst = 0;
    std::size_t rows = 0;
    for (auto const& r : tomoedx_tests::read_csv(path)) {
      ++rows;
      element const e(std::stoi(r("Z")));
      shell const s =
          *std::ranges::find(all_shells, r("shell"), [](shell x) { return std::string(name_of(x)); });
      double const from = std::max(least, r["E_b_keV"] * 1.0001);
      if (from >= most) continue;
      for (int i = 0; i < 4; ++i) {
        double const E = std::uniform_real_distribution(from, most)(random);
        // as written in the head of the file
        double const gamma = 1 + E / 510.99895, beta2 = 1 - 1 / (gamma * gamma), U = E / r["E_b_keV"];
        double const X = 2 * 510.99895 * beta2 * gamma * gamma / r["E_b_keV"];
        double const pre = 18738.84 * r["n_s"] * (0.013605693 / r["E_b_keV"]) / beta2;
        double const sigma =
            pre * (1 - 1 / U) * (r["a0"] * (std::log(X) - beta2) + r["a1"] + r["a2"] / U + r["a3"] / (U * U));
        worst = std::max(worst, std::abs(ionization_barn(e, s, kev(E)) / sigma - 1));
      }
    }
    CHECK(rows == 720);
    return worst;
  };
  CHECK(compare(narrow, 30, 400) < 1e-9);
  CHECK(compare(wide, 5, 29.999) < 1e-9);
}
