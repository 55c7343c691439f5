// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/calibrate_spectrum.hpp>

#include "../shared.hpp"
#include "synthetic_spectra.hpp"

#include <tomoedx/io/npy.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace tomoedx;

namespace {

energy_axis const axis{0, 0.01, 1000};
model_options const options{.from_kev = 0.4, .background_terms = 6};
std::vector<std::string> const lines{"O", "Mg", "Si", "Ca", "Fe"};

/// A detector that is not as its file says.
spectral_model real_one() {
  auto m =
      make_model({0.012, 0.009985, 1000}, lines,
                 {.resolution = {.mn_ka_ev = 141, .fano = 0.121}, .from_kev = 0.4, .background_terms = 6});
  m.components[3].parts[1].ratio = 1.15;  // Ca Kb
  m.bend_ev = 8;
  return m;
}

std::vector<double> spectrum(double scale) {
  auto const m = synthetic::with_one_background(real_one());
  auto const truth = synthetic::amplitudes(
      m, {{"O_Ka", 90}, {"Mg_Ka", 60}, {"Si_Ka", 70}, {"Ca_Ka", 50}, {"Fe_Ka", 40}}, 200);
  auto mu = synthetic::expected(m, truth);
  for (double& x : mu) x *= scale;
  return mu;
}

}  // namespace

TEST_CASE("energies, resolution and ratios are found in a rich spectrum") {
  auto const n = synthetic::counts(spectrum(3000), 1);
  auto const c = calibrate_spectrum(make_model(axis, lines, options), n);
  CHECK(c.fit.converged);
  auto const real = real_one();
  for (double const kev : {0.525, 1.25, 3.69, 6.4})  // where each line is seen, within half an eV
    CHECK(std::abs(c.model.axis.channel(c.model.seen_kev(kev)) - real.axis.channel(real.seen_kev(kev))) <
          0.05);
  CHECK(c.model.how.resolution.fwhm_ev(1.25) ==
        doctest::Approx(real.how.resolution.fwhm_ev(1.25)).epsilon(0.01));
  CHECK(c.model.how.resolution.fwhm_ev(6.4) ==
        doctest::Approx(real.how.resolution.fwhm_ev(6.4)).epsilon(0.01));
  CHECK(c.model.components[3].parts[1].ratio == doctest::Approx(1.15).epsilon(0.04));
  CHECK(c.start_deviance > 20 * c.fit.deviance);
  CHECK(c.fit.reduced_deviance() < 1.15);
  CHECK(c.fit.amplitude[c.fit.place_of("Ca_Ka")] == doctest::Approx(150000).epsilon(0.01));
  CHECK(c.fit.amplitude[c.fit.place_of("Fe_Ka")] == doctest::Approx(120000).epsilon(0.01));
}

TEST_CASE("the frozen background is that of the fit, in pieces") {
  auto const n = synthetic::counts(spectrum(300), 2);
  auto const c = calibrate_spectrum(make_model(axis, lines, options), n, {.pixel_backgrounds = 3});
  CHECK(c.model.background.cols() == 3);
  CHECK(c.full.background.cols() == 6);
  CHECK(c.model.background.minCoeff() >= 0);
  auto const f = fit_spectrum(c.model, n, amplitude_bounds::non_negative);
  for (std::size_t i = 0; i < f.background.size(); ++i)
    CHECK(f.background[i] == doctest::Approx(c.fit.background[i]).epsilon(0.02));
  auto const again = fit_spectrum(c.full, n, amplitude_bounds::non_negative);
  CHECK(again.deviance == doctest::Approx(c.fit.deviance).epsilon(1e-4));
}

TEST_CASE("few counts move little, and what has no prior stays") {
  auto const start = make_model(axis, lines, options);
  auto const c = calibrate_spectrum(start, synthetic::counts(spectrum(0.5), 3));
  CHECK(std::abs(c.model.how.resolution.mn_ka_ev - 130) < 40);
  CHECK(std::abs(c.model.axis.energy(300) - 3) < 0.05);
  auto const n = synthetic::counts(spectrum(30), 4);
  auto const kept = calibrate_spectrum(
      start, n,
      {.shift_ev = 0, .bend_ev = 0, .mn_ka_ev = 0, .fano = 0, .tail = 0, .tail_kev = 0, .ratios = 0});
  CHECK(kept.model.axis == start.axis);
  CHECK(kept.model.how.resolution == start.how.resolution);
  CHECK(kept.model.how.shape == start.how.shape);
  CHECK(kept.fit.deviance == doctest::Approx(kept.start_deviance));
  CHECK(kept.fit.deviance > calibrate_spectrum(start, n).fit.deviance);
}

TEST_CASE("a calibration needs counts and priors that mean something") {
  auto const m = make_model(axis, lines, options);
  std::vector<double> n(1000);
  CHECK_THROWS_AS(calibrate_spectrum(m, n), value_error);
  n = spectrum(10);
  CHECK_THROWS_AS(calibrate_spectrum(m, n, {.fano = -1}), value_error);
  CHECK_THROWS_AS(calibrate_spectrum(m, n, {.shift_ev = std::numeric_limits<double>::quiet_NaN()}),
                  value_error);
  CHECK_THROWS_AS(calibrate_spectrum(m, n, {.pixel_backgrounds = 0}), value_error);
  n.pop_back();
  CHECK_THROWS_AS(calibrate_spectrum(m, n), shape_error);
}

TEST_CASE("ranges that begin at the ends of the energies are calibrated too") {
  for (double const from : {9.9, 10.0, 12.0}) {
    model_options const high{.from_kev = from, .to_kev = 20, .companions = false, .background_terms = 5};
    auto const real = synthetic::with_one_background(make_model({0.012, 0.009985, 2048}, {"Zr", "Mo"}, high));
    auto const n = synthetic::counts(
        synthetic::expected(real, synthetic::amplitudes(real, {{"Zr_Ka", 30000}, {"Mo_Ka", 20000}}, 20000)),
        5);
    auto const c = calibrate_spectrum(make_model({0, 0.01, 2048}, {"Zr", "Mo"}, high), n);
    CHECK(c.fit.converged);
    CHECK(c.iterations < 20);
    CHECK(c.fit.reduced_deviance() < 1.3);
    CHECK(c.model.axis.channel(17.44) == doctest::Approx(real.axis.channel(17.44)).epsilon(1e-4));
  }
  model_options const low{.from_kev = 0.01,
                          .background_terms = 6};  // 0 keV is within the calibration's reach
  auto const real = synthetic::with_one_background(make_model(axis, lines, low));
  auto const n = synthetic::counts(
      synthetic::expected(real, synthetic::amplitudes(real, {{"O_Ka", 30000}, {"Fe_Ka", 20000}}, 20000)), 6);
  auto const c = calibrate_spectrum(make_model({0.06, 0.01, 1000}, lines, low), n);
  CHECK(c.model.background.allFinite());
  CHECK(c.model.axis.energy(static_cast<double>(c.model.range.begin)) > 0);
}

TEST_CASE("the largest tail a model may have is calibrated") {
  auto const m = make_model(axis, lines, {.from_kev = 0.4, .shape = {.tail = 0.5}});
  CHECK(calibrate_spectrum(m, spectrum(30)).fit.deviance >= 0);
}

TEST_CASE("a real detector is calibrated on its iron, titanium and copper") {
  TOMOEDX_SHARED_OR_SKIP(path, "realdata/idp/sum_spectra_tE_u32.npy");
  auto const all = io::read_npy<double>(path);
  REQUIRE(all.shape == std::vector<std::size_t>{16, 2048});
  std::vector<double> n(all.values.begin() + 8 * 2048, all.values.begin() + 9 * 2048);
  auto const c = calibrate_spectrum(
      make_model({-0.4709, 0.010003, 2048}, {"Ca", "Ti", "Fe"},
                 {.from_kev = 3, .to_kev = 9, .artefacts = {"Cu", "Co", "Ni"}, .background_terms = 5}),
      n);
  CHECK(c.fit.converged);
  CHECK(c.fit.reduced_deviance() < 3);
  CHECK(std::abs(c.model.axis.energy(688) - 6.411) < 0.02);
  CHECK(c.model.how.resolution.mn_ka_ev > 120);
  CHECK(c.model.how.resolution.mn_ka_ev < 150);
}
