// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/families.hpp>

#include "csv.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tomoedx::physics;
using doctest::Approx;
using tomoedx::value_error;
using tomoedx_tests::kev;

namespace {

double weight_at(std::vector<line_member> const& f, double energy) {
  double sum = 0;
  for (line_member const& m : f)
    if (std::abs(m.energy_kev - energy) < 1e-9) sum += m.weight;
  return sum;
}

double weight_at(std::vector<line_member> const& f, char const* line) {
  return weight_at(f, line_named(line).energy_kev);
}

double sum_of(std::vector<line_member> const& f) {
  double sum = 0;
  for (line_member const& m : f) sum += m.weight;
  return sum;
}

}  // namespace

TEST_CASE("a K family is Ka1, Ka2 and the Kb lines, Ka being one in all") {
  auto const fe = family(element_named("Fe"), 'K', kev(200), default_models());
  REQUIRE(fe.size() == 4);  // Kb1 and Kb3 at one energy
  CHECK(weight_at(fe, "Fe Ka1") + weight_at(fe, "Fe Ka2") == Approx(1).epsilon(1e-12));
  CHECK(weight_at(fe, "Fe Ka2") / weight_at(fe, "Fe Ka1") == Approx(0.29799 / 0.58357).epsilon(1e-6));
  CHECK(sum_of(fe) == Approx(1 + 0.11844 / 0.88156).epsilon(1e-6));
  // K has one subshell, so the beam does not matter
  auto const slower = family(element_named("Fe"), 'K', kev(20), default_models());
  for (std::size_t i = 0; i < fe.size(); ++i) CHECK(slower[i].weight == Approx(fe[i].weight).epsilon(1e-12));
}

TEST_CASE("the lightest elements have one line") {
  auto const li = family(element(3), 'K', kev(100), default_models());
  REQUIRE(li.size() == 1);
  CHECK(li[0].energy_kev == Approx(0.0543));
  CHECK(li[0].weight == 1);
  CHECK(sum_of(family(element(6), 'K', kev(100), default_models())) == Approx(1));
}

TEST_CASE("an L family has every line once, with the strengths of its production") {
  for (auto const& models : {default_models(), yuan2020()})
    for (double const beam : {30.0, 100.0, 300.0}) {
      element const ag = element_named("Ag");
      auto const f = family(ag, 'L', kev(beam), models);
      double const main = production_barn(line_named("Ag La"), kev(beam), models);
      double sum = 0;
      for (xray_line const& l : lines(ag)) {
        if (letter_of(l.vacancy) != 'L' || l.name == "La1" || l.name == "La2") continue;
        double const s = production_barn(l, kev(beam), models) / main;
        sum += s;
        if (l.name != "La") CHECK(weight_at(f, l.energy_kev) == Approx(s).epsilon(1e-12));
      }
      CHECK(sum_of(f) == Approx(sum).epsilon(1e-9));
      CHECK(weight_at(f, "Ag La1") + weight_at(f, "Ag La2") == Approx(1).epsilon(1e-9));
    }
}

TEST_CASE("the strengths of L lines move with the beam as the subshells do") {
  element const au = element_named("Au");
  auto const slow = family(au, 'L', kev(16), default_models());
  auto const fast = family(au, 'L', kev(200), default_models());
  // near their edges L1 and L2 are weak
  CHECK(weight_at(slow, "Au Lb1") < 0.7 * weight_at(fast, "Au Lb1"));
  CHECK(weight_at(slow, "Au Lb3") < 0.5 * weight_at(fast, "Au Lb3"));
  // between the edges of L3 and L2 only L3 is left
  auto const only = family(au, 'L', kev(13), default_models());
  CHECK(weight_at(only, "Au Lb1") == 0);
  CHECK(weight_at(only, "Au Ll") > 0);
}

TEST_CASE("a sum is resolved without loss also where it has more than the listed components") {
  for (char const* const symbol : {"Cu", "Ag", "Gd", "Au"})
    for (auto const from : {yield_source::xraylib, yield_source::eadl}) {
      model_set models;
      models.yields = from;
      auto const f = family(element_named(symbol), 'K', kev(300), models);
      element const e = element_named(symbol);
      double const kb = detail::share_of(line(e, "Kb"), from) / detail::share_of(line(e, "Ka"), from);
      CHECK(sum_of(f) == Approx(1 + kb).epsilon(2e-4));
    }
}

TEST_CASE("families of all elements are in order, positive and led by the main line") {
  for (int z = 3; z <= 98; ++z)
    for (char const letter : {'K', 'L', 'M'}) {
      element const e(z);
      if ((letter == 'L' && z < 21) || (letter == 'M' && (z < 64))) continue;
      if (letter == 'K' && z > 90) continue;
      CAPTURE(z);
      auto const f = family(e, letter, kev(200), default_models());
      CHECK(std::ranges::is_sorted(f, {}, &line_member::energy_kev));
      for (line_member const& m : f) CHECK(m.weight > 0);
      auto const& main = line(e, letter == 'K' ? "Ka" : letter == 'L' ? "La" : "Ma");
      double near_main = 0;
      for (line_member const& m : f)
        if (std::abs(m.energy_kev / main.energy_kev - 1) < 0.03) near_main += m.weight;
      CHECK(near_main > 0.99);
    }
}

TEST_CASE("where the source has no main line the other one stands in") {
  auto const ce = family(element_named("Ce"), 'M', kev(200), default_models());
  CHECK(weight_at(ce, "Ce Ma") == Approx(1));
  model_set eadl;
  eadl.yields = yield_source::eadl;
  auto const same = family(element_named("Ce"), 'M', kev(200), eadl);
  REQUIRE(same.size() == ce.size());
  for (std::size_t i = 0; i < ce.size(); ++i) CHECK(same[i].weight == ce[i].weight);
  // EADL begins at carbon
  CHECK(family(element(4), 'K', kev(100), yuan2020())[0].weight == 1);
}

TEST_CASE("without a main line at all the strongest has one") {
  auto const ca = family(element_named("Ca"), 'L', kev(100), default_models());
  CHECK(std::ranges::max(ca, {}, &line_member::weight).weight == Approx(1));
}

TEST_CASE("a family that is not emitted is refused") {
  CHECK_THROWS_WITH_AS(family(element_named("Au"), 'K', kev(60), default_models()),
                       doctest::Contains("Au emits no K line at 60 keV"), value_error);
  CHECK_THROWS_WITH_AS(family(element_named("C"), 'L', kev(100), default_models()),
                       doctest::Contains("C emits no L line"), value_error);
  CHECK_THROWS_WITH_AS(family(element_named("Fe"), 'N', kev(100), default_models()),
                       doctest::Contains("use K, L or M"), value_error);
  CHECK_THROWS_AS(family(element_named("Fe"), 'k', kev(100), default_models()), value_error);
  for (double const e : {std::numeric_limits<double>::quiet_NaN(), 0.0, 1000.0})
    CHECK_THROWS_AS(family(element_named("C"), 'L', kev(e), default_models()), value_error);
}
