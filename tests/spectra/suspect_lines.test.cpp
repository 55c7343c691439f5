// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/suspect_lines.hpp>

#include "synthetic_spectra.hpp"

#include <doctest/doctest.h>

using namespace tomoedx;

namespace {
energy_axis const axis{0, 0.01, 1000};
model_options const options{.from_kev = 0.4, .background_terms = 5};
}  // namespace

TEST_CASE("lines that a model lacks are named, the strongest first, and nothing else is") {
  auto const all =
      synthetic::with_one_background(make_model(axis, {"O", "Mg", "Si", "Ti", "Fe", "Co"}, options));
  auto const mu = synthetic::expected(
      all,
      synthetic::amplitudes(
          all,
          {{"O_Ka", 3e4}, {"Mg_Ka", 2e4}, {"Si_Ka", 2e4}, {"Ti_Ka", 9000}, {"Fe_Ka", 2e4}, {"Co_Ka", 1500}},
          1e5));
  auto const n = synthetic::counts(mu, 5);
  auto const found = suspect_lines(make_model(axis, {"O", "Mg", "Si", "Fe"}, options), n);
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "Ti_Ka");
  CHECK(found[0].counts == doctest::Approx(9000).epsilon(0.1));
  CHECK(found[0].rivals.empty());
  CHECK(found[1].name == "Co_Ka");
  CHECK(found[1].counts == doctest::Approx(1500).epsilon(0.2));
  CHECK(found[0].sigmas > found[1].sigmas);
  CHECK(suspect_lines(make_model(axis, {"O", "Mg", "Si", "Ti", "Fe", "Co"}, options), n).empty());
  CHECK(suspect_lines(make_model(axis, {"O", "Mg", "Si", "Fe"}, options), n, {.most = 1}).size() == 1);
}

TEST_CASE("a spectrum without counts raises no suspicion") {
  auto const m = make_model(axis, {"O", "Fe"}, options);
  CHECK(suspect_lines(m, std::vector<double>(axis.channels)).empty());
  CHECK_THROWS_AS(suspect_lines(m, std::vector<double>(axis.channels), {.least_sigmas = 0}), value_error);
  CHECK_THROWS_AS(suspect_lines(m, std::vector<double>(3)), shape_error);
}
