// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/production.hpp>

#include "csv.hpp"

#include <limits>

using namespace tomoedx::physics;
using doctest::Approx;
using tomoedx::value_error;
using tomoedx_tests::kev;

namespace {

// sigma omega p / M, what the factor f is but for the detector
double per_mass(char const* name, double beam, model_set const& models) {
  xray_line const& l = line_named(name);
  return production_barn(l, kev(beam), models) / l.of.weight();
}

}  // namespace

TEST_CASE("the yields and shares of Yuan et al. 2020, table 2, come out, but for one of gold") {
  CHECK(line_named("Co Ka").yield_eadl == Approx(0.369).epsilon(0.002));
  CHECK(line_named("Zn Ka").yield_eadl == Approx(0.466).epsilon(0.002));
  CHECK(line_named("Ag La").yield_eadl == Approx(0.057).epsilon(0.002));
  CHECK(line_named("Au Ma").yield_eadl == Approx(0.030).epsilon(0.007));
  CHECK(line_named("Co Ka").share_eadl == Approx(0.891).epsilon(0.001));
  CHECK(line_named("Zn Ka").share_eadl == Approx(0.890).epsilon(0.001));
  CHECK(line_named("Ag La").share_eadl == Approx(0.816).epsilon(0.001));
  CHECK(line_named("Au Ma").share_eadl == Approx(0.932).epsilon(0.001));  // printed there: 0.999
  auto const photons = [](char const* name, yield_source from) {
    return photons_per_vacancy(line_named(name), from);
  };
  CHECK(photons("Co Ka", yield_source::eadl) == Approx(0.329).epsilon(0.002));
  CHECK(photons("Zn Ka", yield_source::eadl) == Approx(0.414).epsilon(0.002));
  CHECK(photons("Ag La", yield_source::eadl) == Approx(0.0465).epsilon(0.002));
  CHECK(photons("Au Ma", yield_source::eadl) == Approx(0.0278).epsilon(0.002));
  CHECK(photons("Co Ka", yield_source::xraylib) == Approx(0.342).epsilon(0.002));
  CHECK(photons("Zn Ka", yield_source::xraylib) == Approx(0.427).epsilon(0.002));
  CHECK(photons("Ag La", yield_source::xraylib) == Approx(0.0458).epsilon(0.002));
  CHECK(photons("Au Ma", yield_source::xraylib) == Approx(0.0236).epsilon(0.002));
}

TEST_CASE("the factors of cobalt and zinc in the paper come out") {
  CHECK(per_mass("Co Ka", 80, yuan2020()) == Approx(2.342).epsilon(0.001));
  CHECK(per_mass("Zn Ka", 80, yuan2020()) == Approx(1.913).epsilon(0.001));
  double const ratio = production_barn(line_named("Co Ka"), kev(80), yuan2020()) /
                       production_barn(line_named("Zn Ka"), kev(80), yuan2020());
  CHECK(ratio == Approx(1.104).epsilon(0.001));
  CHECK(ratio == Approx(1.10).epsilon(0.005));
  CHECK(production_barn(line_named("Co Ka"), kev(80), default_models()) /
            production_barn(line_named("Zn Ka"), kev(80), default_models()) ==
        Approx(1.113).epsilon(0.002));
  CHECK(per_mass("Ag La", 100, yuan2020()) == Approx(1.054).epsilon(0.002));
  // with the share 0.999 that is printed for gold
  CHECK(per_mass("Au Ma", 100, yuan2020()) * 0.999 / 0.93195 == Approx(1.128).epsilon(0.003));
}

TEST_CASE("transfer raises L and M lines by what is published and leaves K lines alone") {
  xray_line const &ag = line_named("Ag La"), &au = line_named("Au Ma"), &au_l = line_named("Au La");
  CHECK(vacancy_barn(ag, kev(100), true) == Approx(3104).epsilon(0.003));
  CHECK(vacancy_barn(ag, kev(100), true) / vacancy_barn(ag, kev(100), false) == Approx(1.270).epsilon(0.001));
  CHECK(vacancy_barn(au, kev(100), true) == Approx(10400).epsilon(0.003));
  CHECK(vacancy_barn(au, kev(100), true) / vacancy_barn(au, kev(100), false) == Approx(1.395).epsilon(0.001));
  CHECK(vacancy_barn(au_l, kev(200), true) / vacancy_barn(au_l, kev(200), false) ==
        Approx(1.24).epsilon(0.004));
  xray_line const& fe = line_named("Fe Ka");
  CHECK(vacancy_barn(fe, kev(200), true) == ionization_barn(fe.of, shell::K, kev(200)));
  model_set without = default_models();
  without.transfer = false;
  CHECK(production_barn(ag, kev(100), without) ==
        Approx(ionization_barn(ag.of, shell::L3, kev(100)) * ag.yield * ag.share));
  CHECK(production_barn(ag, kev(100), default_models()) / production_barn(ag, kev(100), without) ==
        Approx(1.270).epsilon(0.001));
}

TEST_CASE("transfer is the sum over the subshells inside, each with its own cross section") {
  xray_line const& l = line_named("Au Ma");
  double sum = 0;
  for (shell const s : {shell::M1, shell::M2, shell::M3, shell::M4, shell::M5})
    sum += l.transfer[static_cast<std::size_t>(place_of(s))] * ionization_barn(l.of, s, kev(150));
  CHECK(vacancy_barn(l, kev(150), true) == Approx(sum).epsilon(1e-14));
}

TEST_CASE("a line without a yield in the chosen source is refused with the other one") {
  CHECK_THROWS_WITH_AS(production_barn(line_named("Li Ka"), kev(100), yuan2020()),
                       doctest::Contains("EADL has no yield of Li Ka; use xraylib"), value_error);
  CHECK_THROWS_WITH_AS(production_barn(line_named("Ce Ma"), kev(100), default_models()),
                       doctest::Contains("xraylib has no yield of Ce Ma; use EADL"), value_error);
  CHECK(production_barn(line_named("Li Ka"), kev(100), default_models()) > 0);
  CHECK_THROWS_AS(
      production_barn(line_named("Fe Ka"), kev(std::numeric_limits<double>::quiet_NaN()), default_models()),
      value_error);
  CHECK(production_barn(line_named("Au Ka"), kev(60), default_models()) == 0);  // below the edge
}
