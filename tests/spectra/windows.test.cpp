// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/windows.hpp>

#include <doctest/doctest.h>

#include <tomoedx/io/npy.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#ifdef TOMOEDX_HDF5
#include <tomoedx/io/event_list.hpp>
#endif

#include "counts.hpp"
#include "messages.hpp"
#include "shared.hpp"

using namespace tomoedx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

namespace {

energy_axis const axis{0.1, 0.01, 400};

line_window const raw{"raw", {1.9, 2.1}, {}, {}};
line_window const straight{"straight", {1.9, 2.1}, {1.5, 1.62}, {2.3, 2.52}, window_background::linear};
line_window const power{"power", {1.9, 2.1}, {1.5, 1.62}, {2.3, 2.52}, window_background::power_law};

// Counts of one window by the book, channel by channel.
double plain(line_window const& w, std::span<double const> spectrum, double exponent = 0) {
  auto const sum = [&](energy_range r, double e) {
    double s = 0;
    for (std::size_t c = 0; c < axis.channels; ++c) {
      double const kev = axis.energy(static_cast<double>(c));
      if (kev > r.from_kev - 1e-9 && kev < r.to_kev + 1e-9) s += e == 0 ? spectrum[c] : std::pow(kev, -e);
    }
    return s;
  };
  std::vector<double> const ones(axis.channels, 1.0);
  auto const mean = [&](energy_range r) { return (r.from_kev + r.to_kev) / 2; };
  double const n = std::round((w.signal.to_kev - w.signal.from_kev) / axis.width_kev) + 1;
  auto const level = [&](energy_range r) {
    return sum(r, 0) / (std::round((r.to_kev - r.from_kev) / axis.width_kev) + 1);
  };
  double const signal = sum(w.signal, 0);
  if (w.background == window_background::none) return signal;
  if (w.background == window_background::linear) {
    double const slope = (level(w.right) - level(w.left)) / (mean(w.right) - mean(w.left));
    return signal - n * (level(w.left) + slope * (mean(w.signal) - mean(w.left)));
  }
  double const amplitude =
      (sum(w.left, 0) + sum(w.right, 0)) / (sum(w.left, exponent) + sum(w.right, exponent));
  return signal - amplitude * sum(w.signal, exponent);
}

}  // namespace

TEST_CASE("windows count what the formulae say, from events and from dense spectra") {
  auto const image = counts::draw(
      7, 5, axis, 1, [](std::size_t p, std::size_t c) { return 0.1 * double(p % 5) + 0.002 * double(c); });
  std::vector const windows{raw, straight};
  auto const maps = integrate_windows(image, windows);
  CHECK(maps.names == std::vector<std::string>{"raw", "straight"});
  CHECK(maps.rows == 7);
  CHECK(maps.columns == 5);
  auto const values = counts::dense<double>(image);
  for (std::size_t p = 0; p < image.pixels(); ++p)
    for (std::size_t w = 0; w < windows.size(); ++w)
      CHECK(maps.counts_of(w)[p] ==
            doctest::Approx(plain(windows[w], std::span(values).subspan(p * axis.channels, axis.channels)))
                .epsilon(1e-6));
  auto const floats = counts::dense<float>(image);
  auto const same = integrate_windows(dense_spectra{7, 5, axis, floats}, windows);
  CHECK(same.counts == maps.counts);
  CHECK(same.sigma == maps.sigma);
}

TEST_CASE("a line on its own kind of background is found to the last count") {
  auto const spectrum = [&](auto const& background) {
    std::vector<float> v(2 * axis.channels);
    for (std::size_t i = 0; i < v.size(); ++i) {
      std::size_t const c = i % axis.channels;
      double const kev = axis.energy(double(c));
      v[i] = static_cast<float>((i < axis.channels ? 1 : 3) *
                                (background(kev) + 500 * counts::line_share(axis, c, 2.0, 0.08)));
    }
    return v;
  };
  auto with = [](line_window w) {
    w.line_kev = 2;
    w.fwhm_kev = 0.08;
    return w;
  };
  auto const check = [&](line_window const& w, std::vector<float> const& v) {
    auto const m = integrate_windows(dense_spectra{1, 2, axis, v}, std::vector{with(w)});
    CHECK(m.counts[0] == doctest::Approx(500).epsilon(1e-4));
    CHECK(m.counts[1] == doctest::Approx(1500).epsilon(1e-4));
  };
  check(raw, spectrum([](double) { return 0.0; }));
  check(straight, spectrum([](double kev) { return 30 - 4 * kev; }));
  check(power, spectrum([](double kev) { return 40 * std::pow(kev, -3.3); }));
  check(power, spectrum([](double kev) { return 4 * std::pow(kev, 1.7); }));
  auto one_sided = straight;
  one_sided.left = {};
  check(one_sided, spectrum([](double) { return 7.0; }));
  std::swap(one_sided.left, one_sided.right);
  one_sided.left = straight.left;
  check(one_sided, spectrum([](double) { return 7.0; }));

  std::vector<double> all(axis.channels);
  auto const v = spectrum([](double kev) { return 40 * std::pow(kev, -3.3); });
  for (std::size_t i = 0; i < v.size(); ++i) all[i % all.size()] += v[i];
  auto const maps = integrate_windows(dense_spectra{1, 2, axis, v}, std::vector{power});
  CHECK(maps.counts[0] + maps.counts[1] == doctest::Approx(plain(power, all, 3.3)).epsilon(1e-5));
}

TEST_CASE("counts are unbiased and their sigma is the scatter, at 3 and at 300 counts of background") {
  for (double const level : {0.1, 10.0}) {
    CAPTURE(level);
    auto const image = counts::draw(80, 80, axis, 5, [&](std::size_t, std::size_t c) {
      double const kev = axis.energy(double(c));
      return level * (std::pow(kev / 2, -2.5) + 40 * counts::line_share(axis, c, 2.0, 0.08));
    });
    std::vector windows{raw, straight, power};
    for (auto& w : windows) {
      w.line_kev = 2;
      w.fwhm_kev = 0.08;
    }
    auto const m = integrate_windows(image, windows);
    for (std::size_t w = 0; w < 3; ++w) {
      CAPTURE(w);
      auto const net = counts::of(m.counts_of(w));
      double sigma2 = 0;
      for (float const s : m.sigma_of(w)) sigma2 += double(s) * s / double(m.pixels());
      CHECK(net.variance == doctest::Approx(sigma2).epsilon(0.06));
      // What the straight line and the empty background get wrong here, worked out without noise.
      double truth = 0;
      std::vector<float> quiet(axis.channels);
      for (std::size_t c = 0; c < axis.channels; ++c)
        quiet[c] = static_cast<float>(level * (std::pow(axis.energy(double(c)) / 2, -2.5) +
                                               40 * counts::line_share(axis, c, 2.0, 0.08)));
      truth = integrate_windows(dense_spectra{1, 1, axis, quiet}, std::span(windows).subspan(w, 1)).counts[0];
      // the exponent is one number for all pixels, so its error does not average out: it gets a sigma of its own
      CHECK(std::abs(net.mean - truth) < (w == 2 ? 4 : 3) * net.error);
      if (w == 2) CHECK(truth == doctest::Approx(40 * level).epsilon(1e-4));
    }
  }
}

TEST_CASE("the shared exponent's own uncertainty is part of sigma") {
  // Two pixels, many repeats: the exponent of each repeat comes from few counts, so it dominates.
  std::vector<double> net, told;
  line_window const w{"w", {2.6, 2.9}, {1.0, 1.2}, {1.4, 1.6}, window_background::power_law};
  CHECK_THROWS_AS(
      integrate_windows(counts::draw(1, 1, axis, 1, [](auto, auto) { return 1.0; }), std::vector{w}),
      value_error);  // beside, not both on one side
  line_window const inside{"w", {2.0, 2.4}, {1.6, 1.7}, {2.5, 3.9}, window_background::power_law};
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    auto const image = counts::draw(1, 2, axis, 100 + seed, [](std::size_t p, std::size_t c) {
      return (p == 0 ? 20 : 2) * std::pow(axis.energy(double(c)) / 2, -3.0);
    });
    auto const m = integrate_windows(image, std::vector{inside});
    net.push_back(m.counts[0]);
    told.push_back(double(m.sigma[0]) * m.sigma[0]);
  }
  auto const scatter = counts::of(net), sigma2 = counts::of(told);
  CHECK(std::abs(scatter.mean) < 3 * scatter.error + 0.01 * std::sqrt(scatter.variance));
  CHECK(scatter.variance == doctest::Approx(sigma2.mean).epsilon(0.1));
}

TEST_CASE("nothing counted gives nothing, and no NaN") {
  spectrum_image const empty{2, 2, axis, {0, 0, 0, 0, 0}, {}, {}, {}};
  auto const m = integrate_windows(empty, std::vector{raw, straight, power});
  for (float const v : m.counts) CHECK(v == 0);
  for (float const v : m.sigma) CHECK(v == 0);
  // one window of the power law empty in all pixels: finite all the same
  spectrum_image one{1, 1, axis, {0, 2}, {145, 190}, {3, 5}, {}};
  auto const finite = integrate_windows(one, std::vector{power});
  CHECK(std::isfinite(finite.counts[0]));
  CHECK(std::isfinite(finite.sigma[0]));
}

TEST_CASE("windows that cannot be counted are refused with the reason") {
  auto const image = counts::draw(1, 1, axis, 1, [](auto, auto) { return 1.0; });
  auto const refused = [&](line_window const& w) {
    return message_of<value_error>([&] { integrate_windows(image, std::vector{w}); });
  };
  double const inf = std::numeric_limits<double>::infinity();
  CHECK(contains(message_of<value_error>([&] { integrate_windows(image, {}); }), "there is no window"));
  CHECK(contains(refused({"a", {3.9, 4.5}, {}, {}}), "make it narrower"));
  CHECK(contains(refused({"a", {0.0, 1}, {}, {}}), "make it narrower"));
  CHECK(contains(refused({"a", {1, inf}, {}, {}}), "reaches from 1 to inf"));
  CHECK(contains(refused({"a", {}, {}, {}}), "make it"));
  CHECK(contains(refused({"a", {1.001, 1.002}, {}, {}}), "holds no channel"));
  CHECK(contains(refused({"a", {2, 2.1}, {}, {}, window_background::linear}), "no background window"));
  CHECK(contains(refused({"a", {2, 2.1}, {1.9, 2.05}, {}, window_background::linear}), "not beside"));
  CHECK(contains(refused({"a", {2, 2.1}, {1.8, 1.9}, {}, window_background::power_law}), "on either side"));
  CHECK(contains(refused({"a", {2, 2.1}, {}, {}, window_background::none, 3, 0.08}), "of a line at 3 keV"));
  energy_axis const below{-0.5, 0.01, 400};
  auto const zero = counts::draw(1, 1, below, 1, [](auto, auto) { return 1.0; });
  CHECK(contains(message_of<value_error>([&] {
                   integrate_windows(
                       zero, std::vector<line_window>{
                                 {"a", {1, 1.1}, {-0.2, 0.2}, {1.2, 1.3}, window_background::power_law}});
                 }),
                 "above 0"));
}

#ifdef TOMOEDX_HDF5
TEST_CASE("the maps that came with a real series are found again, count by count") {
  TOMOEDX_SHARED_OR_SKIP(folder, "realdata/idp");
  std::vector<line_window> windows;
  for (auto const& [name, kev] :
       {std::pair{"O", 0.5249}, {"Mg", 1.2536}, {"Si", 1.7397}, {"S", 2.3075}, {"Fe", 6.4}})
    windows.push_back({name, {kev - (0.06 + 0.01 * kev), kev + (0.06 + 0.01 * kev)}, {}, {}});
  std::vector<std::vector<std::uint16_t>> given;
  for (auto const& w : windows)
    given.push_back(io::read_npy<std::uint16_t>(folder / ("map_" + w.name + "_tyx_u16.npy")).values);
  for (std::size_t const tilt : {0, 7, 15}) {
    auto const maps = integrate_windows(io::read_event_list(folder / "idp_events.h5", tilt), windows);
    REQUIRE(maps.pixels() == 65536);
    for (std::size_t w = 0; w < windows.size(); ++w) {
      CAPTURE(windows[w].name);
      std::size_t different = 0;
      for (std::size_t p = 0; p < 65536; ++p)
        different += maps.counts_of(w)[p] != static_cast<float>(given[w][tilt * 65536 + p]);
      CHECK(different == 0);
    }
  }
}
#endif
