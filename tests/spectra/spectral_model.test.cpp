// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/spectral_model.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tomoedx;

namespace {
energy_axis const axis{-0.47, 0.01, 2048};

std::vector<std::string> names(spectral_model const& m) {
  std::vector<std::string> n;
  for (auto const& c : m.components) n.push_back(c.name);
  return n;
}
}  // namespace

TEST_CASE(
    "a model holds what is asked for, the other families of these elements, and artefacts as one each") {
  auto const m = make_model(axis, {"Fe", "S_Ka", "O"}, {.artefacts = {"Cu", "Pt"}});
  CHECK(names(m) == std::vector<std::string>{"Fe_Ka", "S_Ka", "O_Ka", "Fe_La", "Cu_Ka", "Pt_La"});
  CHECK(m.wanted() == 3);
  CHECK(m.components[3].role == component_role::companion);
  CHECK(m.components[4].role == component_role::artefact);
  CHECK(m.size() == 6 + m.how.background_terms);
  CHECK(m.axis.energy(static_cast<double>(m.range.begin)) >= 0.2);
  auto const& copper = m.components[4].parts;  // both families, in the ratio of their production
  CHECK(copper.front().name == "Cu_Ka");
  CHECK(copper.back().name.starts_with("Cu_L"));
  auto const cu = physics::element_named("Cu");
  auto const models = physics::default_models();
  double l3 = 0;
  for (auto const& p : copper)
    if (p.name == "Cu_L3") {
      CHECK(p.spread == 1);
      for (auto const& l : p.lines)
        if (l.energy_kev > 0.92 && l.energy_kev < 0.94) l3 += l.weight;
    }
  CHECK(l3 == doctest::Approx(physics::production_barn(physics::line(cu, "La"), m.how.beam, models) /
                              physics::production_barn(physics::line(cu, "Ka"), m.how.beam, models)));
  auto const alone = make_model(axis, {"Pt_Ma", "Fe"}, {.companions = false});
  CHECK(names(alone) == std::vector<std::string>{"Pt_Ma", "Fe_Ka"});
}

TEST_CASE("a component counts the photons of its main line in the channels of the range") {
  auto const m = make_model(axis, {"Fe_Ka", "Ti_Ka"}, {.from_kev = 1});
  auto const t = spectra_of(m);
  CHECK(t.rows() == static_cast<Eigen::Index>(m.range.size()));
  CHECK(t.cols() == static_cast<Eigen::Index>(m.size()));
  auto const first = static_cast<Eigen::Index>(m.range.begin);
  auto const at = [&](double kev) { return static_cast<Eigen::Index>(m.axis.channel(kev) + 0.5) - first; };
  double const main = t.col(0).segment(at(6.0), at(6.7) - at(6.0)).sum();
  CHECK(main == doctest::Approx(1 - escape_share(6.4)).epsilon(1e-3));
  CHECK(t.col(0).sum() > 1.1);  // with Kb
  for (Eigen::Index b = 2; b < t.cols(); ++b) CHECK(t.col(b).sum() == doctest::Approx(1));
  auto bent = m;
  bent.bend_ev = 10;
  CHECK(bent.seen_kev(0.3) == doctest::Approx(0.3));
  CHECK(bent.seen_kev(10) == doctest::Approx(10));
  CHECK(bent.seen_kev(std::sqrt(3.0)) == doctest::Approx(std::sqrt(3.0) + 0.010));
}

TEST_CASE("models that mean nothing are refused with the reason") {
  CHECK_THROWS_AS(make_model(axis, {}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Qq"}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe", "Fe_Kb"}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe"}, {.artefacts = {"Fe"}}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe"}, {.artefacts = {"Cu", "Cu"}}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Ag_Ka"}), value_error);  // at 22 keV, beyond the axis
  CHECK_THROWS_AS(make_model(axis, {"Li"}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe_Ka"}, {.beam = kiloelectronvolt(6)}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe"}, {.from_kev = -1}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe"}, {.from_kev = 6.35, .to_kev = 6.45}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe"}, {.shape = {.tail = 0.7}}), value_error);
  CHECK_THROWS_AS(make_model(axis, {"Fe"}, {.background_terms = 2}), value_error);
  CHECK_THROWS_AS(make_model({0, -0.01, 2048}, {"Fe"}), value_error);
  CHECK_THROWS_AS(
      make_model(axis, {"Fe"}, {.beam = kiloelectronvolt(std::numeric_limits<double>::quiet_NaN())}),
      value_error);
  // Ge La and Gd Ma, 3 eV apart, differ in their smaller lines only
  model_options blurred{.resolution = {.mn_ka_ev = 250}, .companions = false};
  CHECK_THROWS_AS(make_model(axis, {"Ge_La", "Gd_Ma"}, blurred), value_error);
  CHECK(make_model(axis, {"Ge_La", "Gd_Ma"}, {.companions = false}).wanted() == 2);
}
