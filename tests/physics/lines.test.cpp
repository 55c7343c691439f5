// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/lines.hpp>

#include "csv.hpp"

#include <cmath>
#include <limits>

using namespace tomoedx::physics;
using doctest::Approx;
using tomoedx::value_error;
using tomoedx_tests::kev;

TEST_CASE("yields and shares are the published ones of xraylib and EADL") {
  struct expected {
    char const* name;
    double yield, share, yield_eadl, share_eadl;
  };
  for (auto const& [name, yield, share, yield_eadl, share_eadl] :
       {expected{"Co Ka", 0.388, 0.8810, 0.3687, 0.8914}, expected{"Zn Ka", 0.4857, 0.8796, 0.4659, 0.8896},
        expected{"Ag La", 0.052, 0.8799, 0.0570, 0.8159},
        expected{"Au Ma", 0.0256, 0.9221, 0.0298, 0.9319}}) {
    CAPTURE(name);
    xray_line const& l = line_named(name);
    CHECK(l.yield == Approx(yield).epsilon(1e-3));
    CHECK(l.share == Approx(share).epsilon(1e-4));
    CHECK(l.yield_eadl == Approx(yield_eadl).epsilon(2e-3));
    CHECK(l.share_eadl == Approx(share_eadl).epsilon(1e-4));
  }
}

TEST_CASE(
    "the two sources differ where published: EADL has too strong Ll and too weak La of light elements") {
  struct expected {
    char const* name;
    double share, share_eadl;
  };
  for (auto const& [name, share, share_eadl] :
       {expected{"Fe Ll", 0.096, 0.72}, expected{"Cu Ll", 0.059, 0.49}, expected{"Ag Ll", 0.033, 0.10},
        expected{"Fe La", 0.90, 0.27}}) {
    CAPTURE(name);
    CHECK(line_named(name).share == Approx(share).epsilon(0.015));
    CHECK(line_named(name).share_eadl == Approx(share_eadl).epsilon(0.03));
  }
}

TEST_CASE("vacancies move between subshells as often as published") {
  auto const ag = line_named("Ag La").transfer;
  CHECK(ag[0] == Approx(0.605).epsilon(1e-3));
  CHECK(ag[1] == Approx(0.151).epsilon(4e-3));
  CHECK(ag[2] == 1);
  auto const au = line_named("Au Ma").transfer;
  CHECK(au[0] == Approx(0.589).epsilon(1e-3));
  CHECK(au[1] == Approx(0.218).epsilon(1e-3));
  CHECK(au[2] == Approx(0.737).epsilon(1e-3));
  CHECK(au[3] == Approx(0.047).epsilon(1e-2));
  CHECK(au[4] == 1);
}

TEST_CASE("every line lies below its edge, has a share and comes with its subshell's transfer") {
  std::size_t count = 0;
  for (int z = 3; z <= 98; ++z) {
    element const e(z);
    count += lines(e).size();
    CHECK_FALSE(lines(e).empty());
    for (xray_line const& l : lines(e)) {
      CAPTURE(to_string(l));
      CHECK(l.of == e);
      CHECK(l.energy_kev > 0);
      CHECK(l.energy_kev <= l.edge_kev);
      for (double const v : {l.yield, l.share, l.yield_eadl, l.share_eadl}) {
        CHECK(v >= 0);
        CHECK(v <= 1);
      }
      CHECK(l.transfer[static_cast<std::size_t>(place_of(l.vacancy))] == 1);
      for (std::size_t i = static_cast<std::size_t>(place_of(l.vacancy)) + 1; i < 5; ++i)
        CHECK(l.transfer[i] == 0);
      CHECK(&line(e, l.name) == &l);  // so no name comes twice
    }
  }
  CHECK(count == 1793);
}

TEST_CASE("a sum of lines is what its components make together") {
  for (int z = 5; z <= 98; ++z) {
    element const e(z);
    xray_line const &sum = line(e, "Ka"), &one = line(e, "Ka1"), &two = line(e, "Ka2");
    CHECK(one.share + two.share == Approx(sum.share).epsilon(1e-4));
    CHECK((one.share * one.energy_kev + two.share * two.energy_kev) / sum.share ==
          Approx(sum.energy_kev).epsilon(2e-4));
  }
}

TEST_CASE("a line is asked for by element and name in one text") {
  CHECK(&line_named("Fe_Ka") == &line(element(26), "Ka"));
  CHECK(&line_named("Fe Ka") == &line_named("Fe-Ka"));
  CHECK(to_string(line_named("Pb_Mb")) == "Pb Mb");
  CHECK(line_named("Fe Ka").energy_kev == Approx(6.3995).epsilon(1e-4));
}

TEST_CASE("a line that is not there is refused with those that are") {
  CHECK_THROWS_WITH_AS(line_named("C_La"), doctest::Contains("C has no line 'La'; it has Ka, Ka1, Ka2"),
                       value_error);
  CHECK_THROWS_WITH_AS(line_named("FeKa"), doctest::Contains("write it like Fe_Ka"), value_error);
  for (auto const* const text : {"", "_", "Fe_", "_Ka", "He Ka", "Fe__Ka", "Fe ka"})
    CHECK_THROWS_AS(line_named(text), value_error);
  CHECK(find_line(element(6), "La") == nullptr);
}

TEST_CASE("what a peak might be is found by its energy, nearest first") {
  auto const iron = lines_near(kev(6.40), kev(0.03));
  REQUIRE_FALSE(iron.empty());
  CHECK(to_string(iron.front()) == "Fe Ka");  // not Ka1 and Ka2 besides
  for (xray_line const& l : iron) CHECK_FALSE((l.of.symbol() == "Fe" && l.name != "Ka"));

  std::string names;
  auto const overlap = lines_near(kev(2.32), kev(0.05));
  for (xray_line const& l : overlap) names += to_string(l) + ";";
  for (auto const* const wanted : {"S Ka;", "Pb Ma;", "Mo La;"})
    CHECK_MESSAGE(names.find(wanted) != names.npos, wanted);
  for (std::size_t i = 1; i < overlap.size(); ++i)
    CHECK(std::abs(overlap[i - 1].energy_kev - 2.32) <= std::abs(overlap[i].energy_kev - 2.32));
  for (xray_line const& l : overlap) CHECK(std::abs(l.energy_kev - 2.32) <= 0.05);

  // far from the mean of their sum the components stand for themselves
  auto const gold = lines_near(kev(80.15), kev(0.05));
  CHECK(std::ranges::any_of(gold, [](auto const& l) { return to_string(l) == "Au Kb2"; }));
  CHECK(lines_near(kev(300), kev(1)).empty());
}

TEST_CASE("a search for no energy is refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const e : {0.0, -1.0, nan, inf}) {
    CHECK_THROWS_AS(lines_near(kev(e), kev(0.1)), value_error);
    CHECK_THROWS_AS(lines_near(kev(6.4), kev(e)), value_error);
  }
}

TEST_CASE("the compiled lines are those of the table, in its order") {
  TOMOEDX_SHARED_OR_SKIP(path, "physics/lines.csv");
  auto const& all = detail::all_lines().lines;
  auto const rows = tomoedx_tests::read_csv(path);
  REQUIRE(all.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const& [l, r] = std::tie(all[i], rows[i]);
    CAPTURE(to_string(l));
    CHECK(l.of.z() == std::stoi(r("Z")));
    CHECK(l.name == r("line"));
    CHECK(name_of(l.vacancy) == r("shell"));
    bool const same = l.edge_kev == r["edge_keV"] && l.energy_kev == r["energy_keV"] &&
                      l.yield == r["omega"] && l.share == r["rel"] && l.yield_eadl == r["omega_eadl"] &&
                      l.share_eadl == r["rel_eadl"];
    CHECK(same);
    for (std::size_t k = 0; k < 5; ++k) CHECK(l.transfer[k] == r["t" + std::to_string(k + 1)]);
  }
}
