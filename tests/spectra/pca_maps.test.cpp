// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/pca_maps.hpp>

#include <doctest/doctest.h>

#include <tomoedx/spectra/rebin.hpp>
#include <tomoedx/spectra/thin.hpp>

#include <cmath>
#include <vector>

#ifdef TOMOEDX_HDF5
#include <tomoedx/io/hyperspy.hpp>
#endif

#include "messages.hpp"
#include "phases.hpp"
#include "shared.hpp"

using namespace tomoedx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

namespace {

line_window around(std::size_t kind, window_background background = window_background::none) {
  double const e = phases::line_kev(kind);
  return {"line", {e - 0.07, e + 0.07}, {e - 0.15, e - 0.1}, {e + 0.08, e + 0.11}, background};
}

}  // namespace

TEST_CASE("maps of components are those of the denoised spectra, which were never made") {
  auto const specimen = phases::make(20, 18, 3, 150);
  std::vector const series{specimen.draw(1), specimen.draw(2)};
  auto const p = principal_components(series, {.components = 3});
  std::vector const windows{around(0), around(1, window_background::linear),
                            around(2, window_background::power_law)};
  for (std::size_t const image : {0, 1}) {
    auto const spectra = denoised_spectra(p, image);
    auto const maps = integrate_windows(p, windows, image);
    auto const expected = integrate_windows(dense_spectra{20, 18, specimen.energy, spectra}, windows);
    CHECK(maps.names == expected.names);
    for (std::size_t w = 0; w < 2; ++w)
      for (std::size_t i = 0; i < maps.pixels(); ++i)
        CHECK(maps.counts_of(w)[i] == doctest::Approx(expected.counts_of(w)[i]).epsilon(1e-4).scale(0.1));
    // the exponent comes from all images here, from one there
    auto const a = counts::of(maps.counts_of(2)), b = counts::of(expected.counts_of(2));
    CHECK(a.mean == doctest::Approx(b.mean).epsilon(0.02));
  }
  auto const one = integrate_windows(principal_components(series[0], {.components = 3}), windows);
  auto const spectra = denoised_spectra(principal_components(series[0], {.components = 3}));
  auto const expected = integrate_windows(dense_spectra{20, 18, specimen.energy, spectra}, windows);
  for (std::size_t i = 0; i < one.pixels(); ++i)
    CHECK(one.counts_of(2)[i] == doctest::Approx(expected.counts_of(2)[i]).epsilon(1e-3).scale(0.1));
}

TEST_CASE("denoised maps scatter around the truth as their sigma says, and less than raw ones") {
  // 30 x 30 pixels: few enough that the components are uncertain themselves
  for (double const per_pixel : {100.0, 1000.0}) {
    CAPTURE(per_pixel);
    auto const specimen = phases::make(30, 30, 3, per_pixel);
    std::vector<float> quiet(900 * specimen.energy.channels);
    for (std::size_t i = 0; i < quiet.size(); ++i)
      quiet[i] =
          static_cast<float>(specimen.mean(i / specimen.energy.channels, i % specimen.energy.channels));
    std::vector const windows{around(0), around(1, window_background::linear)};
    auto const truth = integrate_windows(dense_spectra{30, 30, specimen.energy, quiet}, windows);
    double square[2] = {}, told[2] = {}, raw[2] = {};
    int const repeats = 6;
    for (int seed = 0; seed < repeats; ++seed) {
      auto const image = specimen.draw(static_cast<std::uint64_t>(seed));
      auto const m = integrate_windows(principal_components(image, {.components = 3}), windows);
      auto const r = integrate_windows(image, windows);
      for (std::size_t w = 0; w < 2; ++w)
        for (std::size_t i = 0; i < m.pixels(); ++i) {
          double const error = m.counts_of(w)[i] - truth.counts_of(w)[i];
          square[w] += error * error;
          told[w] += std::pow(m.sigma_of(w)[i], 2);
          raw[w] += std::pow(r.counts_of(w)[i] - truth.counts_of(w)[i], 2);
        }
    }
    for (std::size_t w = 0; w < 2; ++w) {
      CAPTURE(w);
      CHECK(square[w] == doctest::Approx(told[w]).epsilon(0.1));
      CHECK(square[w] < 0.8 * raw[w]);
    }
  }
}

TEST_CASE("windows beside the channels of the components are refused") {
  auto const image = phases::make(6, 6, 2, 100).draw(1);
  auto const p = principal_components(image, {.ranges = {{0.6, 1.0}}, .components = 2});
  CHECK(integrate_windows(p, std::vector{around(0)}).pixels() == 36);
  auto const refused = [&](line_window const& w, std::size_t at) {
    return message_of<value_error>([&] { integrate_windows(p, std::vector{w}, at); });
  };
  CHECK(contains(refused(around(0, window_background::linear), 0), "not among the energies"));
  CHECK(contains(refused(around(0), 1), "image 1 of a series of 1"));
  CHECK(contains(message_of<value_error>([&] { denoised_spectra(p, 1); }), "image 1 of a series of 1"));
  CHECK(denoised_spectra(p).size() == 36 * p.channels.size());
}

#ifdef TOMOEDX_HDF5
TEST_CASE(
    "half of a real image's counts, denoised, foretells the other half better than raw, as far as sigma "
    "says") {
  TOMOEDX_SHARED_OR_SKIP(file, "realdata/mantle/71GPa_subsolidus.hspy");
  auto const image =
      crop(io::read_hyperspy(file), {.row_begin = 50, .row_end = 130, .column_begin = 60, .column_end = 140});
  auto const halves = thin(image, 0.5, 1);
  auto const p = principal_components(halves.taken, {.ranges = {{1.0, 4.6}, {5.3, 7.6}}});
  CHECK(p.components() >= 2);
  CHECK(p.components() <= 5);
  std::vector<line_window> windows;
  for (auto const& [name, kev] : {std::pair{"Mg", 1.254}, {"Si", 1.740}, {"Ca", 3.691}, {"Fe", 6.400}})
    windows.push_back({name, {kev - 0.07, kev + 0.07}, {}, {}});
  auto const denoised = integrate_windows(p, windows), raw = integrate_windows(halves.taken, windows),
             other = integrate_windows(halves.rest, windows);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    CAPTURE(windows[w].name);
    double from_denoised = 0, from_raw = 0, expected = 0;
    for (std::size_t i = 0; i < raw.pixels(); ++i) {
      double const o = other.counts_of(w)[i];
      from_denoised += std::pow(denoised.counts_of(w)[i] - o, 2);
      from_raw += std::pow(raw.counts_of(w)[i] - o, 2);
      expected += std::pow(denoised.sigma_of(w)[i], 2) + std::pow(other.sigma_of(w)[i], 2);
    }
    CHECK(from_denoised < 0.95 * from_raw);
    CHECK(from_denoised > 0.95 * expected);
    CHECK(from_denoised < 1.15 * expected);  // structure too weak to stand out of noise is lost besides
  }
}
#endif
