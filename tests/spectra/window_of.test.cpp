// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/window_of.hpp>

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <vector>

#include "messages.hpp"

using namespace tomoedx;
using doctest::Approx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

namespace {

detector_resolution const detector{130};

double fwhm(double kev) {
  return detector.fwhm_ev(kev) / 1000;
}

line_window fe(std::vector<double> const& neighbours, window_options const& options = {}) {
  return window_of("Fe_Ka", kiloelectronvolt(6.4), detector, neighbours, options);
}

}  // namespace

TEST_CASE("a line alone has its window in the middle and background on both sides") {
  auto const w = fe({});
  double const f = fwhm(6.4);
  CHECK(w.name == "Fe_Ka");
  CHECK(w.signal.from_kev == Approx(6.4 - f));
  CHECK(w.signal.to_kev == Approx(6.4 + f));
  CHECK(w.left.from_kev == Approx(6.4 - 2.5 * f));
  CHECK(w.left.to_kev == Approx(6.4 - 1.5 * f));
  CHECK(w.right.from_kev == Approx(6.4 + 1.5 * f));
  CHECK(w.right.to_kev == Approx(6.4 + 2.5 * f));
  CHECK(w.background == window_background::linear);
  CHECK(w.line_kev == 6.4);
  CHECK(w.fwhm_kev == Approx(f));
  auto const raw = fe({}, {.background = window_background::none, .width = 3, .whole_line = false});
  CHECK(raw.signal.from_kev == Approx(6.4 - 1.5 * f));
  CHECK(raw.left.empty());
  CHECK(raw.right.empty());
  CHECK(raw.fwhm_kev == 0);
}

TEST_CASE("background windows move out of the way of other lines") {
  double const f = fwhm(6.4);
  for (double const at : {5.2, 5.8, 5.95, 6.12, 6.66, 6.75, 6.9, 7.058, 7.4}) {
    CAPTURE(at);
    auto const w = fe({at});
    double const off = 1.5 * fwhm(at) * (1 - 1e-9);
    for (energy_range const& side : {w.left, w.right}) {
      REQUIRE(!side.empty());
      CHECK((side.to_kev <= at - off || side.from_kev >= at + off));
      CHECK(side.to_kev - side.from_kev >= f / 2 * (1 - 1e-9));
      CHECK((side.to_kev <= w.signal.from_kev || side.from_kev >= w.signal.to_kev));
    }
  }
  // Two neighbours leave a narrow gap: a narrower window is taken if half of it fits, else the next place.
  double const a = 6.4 + 2 * f;
  auto const gap = [&](double room) { return a + 1.5 * fwhm(a) + room * f; };
  double b = gap(0.7) + 1.5 * f;
  for (int i = 0; i < 50; ++i) b = gap(0.7) + 1.5 * fwhm(b);
  auto const narrow = fe({a, b}, {.reach = 6.2});
  CHECK(narrow.right.to_kev - narrow.right.from_kev == Approx(0.7 * f));
  auto const wide = fe({a, b}, {.reach = 9});
  CHECK(wide.right.to_kev - wide.right.from_kev == Approx(f));
  CHECK(wide.right.from_kev == Approx(b + 1.5 * fwhm(b)));
}

TEST_CASE("a near neighbour takes its half of the room between") {
  auto const w = fe({6.4 + 0.15, 6.4 - 0.12});
  CHECK(w.signal.from_kev == Approx(6.34));
  CHECK(w.signal.to_kev == Approx(6.475));
  CHECK(contains(message_of<value_error>([] { fe({6.43}); }), "fit the lines"));
}

TEST_CASE("where only one side has room the other is empty, where none has it is said") {
  auto const w = fe({}, {.lowest_kev = 6.3});
  CHECK(w.left.empty());
  CHECK(!w.right.empty());
  CHECK(w.signal.from_kev == 6.3);
  CHECK(contains(message_of<value_error>([] { fe({}, {.lowest_kev = 6.3, .highest_kev = 6.5}); }),
                 "no room for background windows"));
  CHECK(contains(message_of<value_error>(
                     [] { fe({}, {.background = window_background::power_law, .lowest_kev = 6.3}); }),
                 "no room for background windows"));
}

TEST_CASE("windows of lines know the lines of the elements that are there") {
  using physics::element_named;
  auto const& s = physics::line_named("S_Ka");
  std::array const with_lead{element_named("Pb")};
  CHECK(contains(message_of<value_error>([&] { window_of(s, detector, with_lead); }), "S_Ka"));

  auto const& ti = physics::line_named("Ti_Ka");
  std::array const with_barium{element_named("V"), element_named("Ti"), element_named("O")};
  auto const w = window_of(ti, detector, with_barium);
  CHECK(w.name == "Ti_Ka");
  CHECK(w.signal.from_kev == Approx(ti.energy_kev - fwhm(ti.energy_kev)));
  for (auto const name : {"V_Ka", "Ti_Kb", "V_Kb"}) {
    double const at = physics::line_named(name).energy_kev, off = 1.5 * fwhm(at) * (1 - 1e-9);
    CHECK((w.right.to_kev <= at - off || w.right.from_kev >= at + off));
  }
  // Silicon's Kb is within the gap of its Ka and stays part of it.
  auto const& si = physics::line_named("Si_Ka");
  auto const own = window_of(si, detector, {});
  CHECK(own.signal.to_kev == Approx(si.energy_kev + fwhm(si.energy_kev)));
}

TEST_CASE("numbers that mean nothing are refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(window_of("x", kiloelectronvolt(nan), detector), value_error);
  CHECK_THROWS_AS(window_of("x", kiloelectronvolt(-1), detector), value_error);
  CHECK_THROWS_AS(window_of("x", kiloelectronvolt(0.05), detector), value_error);
  CHECK_THROWS_AS(window_of("x", kiloelectronvolt(6), detector_resolution{-1}), value_error);
  CHECK_THROWS_AS(fe({nan}), value_error);
  for (double const bad : {0.0, -1.0, nan}) {
    CHECK_THROWS_AS(fe({}, {.width = bad}), value_error);
    CHECK_THROWS_AS(fe({}, {.background_width = bad}), value_error);
    CHECK_THROWS_AS(fe({}, {.gap = bad}), value_error);
    CHECK_THROWS_AS(fe({}, {.reach = bad}), value_error);
  }
}
