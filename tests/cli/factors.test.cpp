// SPDX-License-Identifier: BSD-3-Clause
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>

using namespace cli_tests;

TEST_CASE("factors prints the table of a paper") {
  place const here;
  auto const table = nlohmann::json::parse(
      here.done({"factors", "--elements", "Co,Zn", "--beam", "80", "--models", "yuan2020", "--json"}));
  CHECK(table["reference"] == "Co_Ka");
  auto const &co = table["factors"][0], &zn = table["factors"][1];
  auto const number = [](nlohmann::json const& of, char const* name) { return of[name].get<double>(); };
  // Yuan et al. 2020, table 2 and section 3.2.3
  CHECK(number(co, "z_barn_mol_per_g") == doctest::Approx(9.49e4).epsilon(0.002));
  CHECK(number(zn, "z_barn_mol_per_g") == doctest::Approx(9.96e4).epsilon(0.002));
  auto const partial = [&](nlohmann::json const& of) { return number(of, "production_barn"); };
  CHECK(partial(co) / partial(zn) == doctest::Approx(1.10).epsilon(0.01));
  // all factors of a line say the same thing
  for (auto const& row : {co, zn}) {
    double const f = number(row, "f_barn_mol_per_g"), weight = number(row, "weight");
    CHECK(f == doctest::Approx(number(row, "production_barn") * number(row, "efficiency") / weight));
    CHECK(number(row, "cross_section_barn") == doctest::Approx(f * weight * 0.7 / 12.566370614359172));
    CHECK(number(row, "k_weight") == doctest::Approx(number(co, "f_barn_mol_per_g") / f));
    CHECK(number(row, "k_atomic") ==
          doctest::Approx(number(row, "k_weight") * number(co, "weight") / weight));
  }
}

TEST_CASE("factors sees an annulus, a window and lines that are named") {
  place const here;
  auto const table = [&](words const& more) {
    return nlohmann::json::parse(
        here.done(words{"factors", "--beam", "200", "--json", "--elements", "O,Si"} + more))["factors"];
  };
  auto const plain = table({});
  CHECK(table({"--annulus", "60,200"})[0]["z_barn_mol_per_g"] < plain[0]["z_barn_mol_per_g"]);
  auto const behind = table({"--window", "polymer"});
  CHECK(behind[0]["efficiency"] < plain[0]["efficiency"]);
  CHECK(behind[0]["production_barn"] == plain[0]["production_barn"]);
  auto const lines = table({"--lines", "Pt_La,Pt_Ma"});
  CHECK(lines[2]["line"] == "Pt_La");
  CHECK(lines[3]["line"] == "Pt_Ma");
  CHECK(contains(here.done({"factors", "--elements", "O", "--beam", "200"}), "O_Ka"));
}

TEST_CASE("factors refuses what has none") {
  place const here;
  auto const refuses = [&](words const& arguments, std::string_view part) {
    check_refused(here.run(words{"factors"} + arguments), "tomoedx factors", part);
    CHECK(here.names().empty());
  };
  refuses({"--elements", "Fe"}, "--beam is required");
  refuses({"--beam", "200"}, "which lines?");
  refuses({"--beam", "2", "--elements", "Fe"}, "--beam 2: cross sections are known from 30 to 400 keV");
  refuses({"--beam", "nan", "--elements", "Fe"}, "--beam nan");
  refuses({"--beam", "200", "--elements", "Xx"}, "--elements Xx");
  refuses({"--beam", "200", "--elements", "H"}, "H emits no X-ray line");
  refuses({"--beam", "200", "--elements", "Fe_Ka"}, "lines go to --lines");
  refuses({"--beam", "200", "--lines", "Fe"}, "is no line");
  refuses({"--beam", "200", "--lines", "Fe_Kz"}, "Fe has no line 'Kz'");
  refuses({"--beam", "80", "--lines", "Au_Ka"}, "a beam of 80 keV makes no such photon");
  refuses({"--beam", "200", "--elements", "Fe,Fe"}, "there is that line already");
  refuses({"--beam", "200", "--elements", "Fe", "--models", "magic"}, "magic");
  refuses({"--beam", "200", "--elements", "Fe", "--annulus", "60"}, "--annulus: 1 numbers");
  refuses({"--beam", "200", "--elements", "Fe", "--annulus", "200,60"}, "is no annulus");
  refuses({"--beam", "200", "--elements", "Fe", "--solid-angle", "0"}, "--solid-angle 0");
  refuses({"--beam", "200", "--elements", "Fe", "--window", "glass"}, "--window glass");
  refuses({"--beam", "200", "--elements", "Fe", "--ice", "-1"}, "--ice -1");
  refuses({"--beam", "200", "--elements", "Fe", "--azimuths", "0,500"}, "--azimuths 500");
}
#endif
