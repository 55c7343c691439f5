// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/line_shape.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

using namespace tomoedx;

namespace {

energy_axis const axis{-0.5, 0.01, 1500};
channel_range const all{0, 1500};
detector_resolution const resolution{};

std::vector<double> line(double kev, peak_shape const& shape, channel_range range = all) {
  std::vector<double> s(range.size());
  add_line(s, axis, range, resolution, kev, 1000, shape);
  return s;
}

double sum(std::vector<double> const& s) {
  return std::accumulate(s.begin(), s.end(), 0.0);
}

double mean(std::vector<double> const& s) {
  double m = 0;
  for (std::size_t c = 0; c < s.size(); ++c) m += s[c] * axis.energy(static_cast<double>(c));
  return m / sum(s);
}

}  // namespace

TEST_CASE("a line keeps its counts, its energy and its width") {
  auto const s = line(4.5, {.escape = false});
  CHECK(sum(s) == doctest::Approx(1000));
  CHECK(mean(s) == doctest::Approx(4.5));
  double variance = 0;
  for (std::size_t c = 0; c < s.size(); ++c)
    variance += s[c] / 1000 * std::pow(axis.energy(static_cast<double>(c)) - 4.5, 2);
  CHECK(std::sqrt(variance - 0.01 * 0.01 / 12) == doctest::Approx(resolution.sigma_kev(4.5)).epsilon(1e-4));
}

TEST_CASE("a part of the range holds what the whole has there") {
  peak_shape const shape{.tail = 0.1, .tail_kev = 0.15};
  auto const whole = line(4.5, shape), part = line(4.5, shape, {440, 505});
  for (std::size_t c = 0; c < part.size(); ++c) CHECK(part[c] == doctest::Approx(whole[c + 440]));
  CHECK(sum(line(4.5, shape, {900, 1000})) == 0);
}

TEST_CASE("the tail is an exponential blurred by the resolution") {
  peak_shape const shape{.tail = 0.3, .tail_kev = 0.12, .escape = false};
  auto const s = line(2.0, shape);
  CHECK(sum(s) == doctest::Approx(1000).epsilon(1e-6));
  CHECK(mean(s) == doctest::Approx(2.0 - 0.3 * 0.12).epsilon(1e-6));  // a tail's mean is its decay
  // against the convolution by sums, in the middle of each channel's integral
  double const sigma = resolution.sigma_kev(2.0), step = 1e-4;
  for (std::size_t const c : {205u, 225u, 240u, 250u, 260u}) {
    double tail = 0;
    for (double t = step / 2; t < 3; t += step) {
      double const at = 2.0 - t, left = axis.energy(static_cast<double>(c) - 0.5),
                   right = axis.energy(static_cast<double>(c) + 0.5);
      tail += step / 0.12 * std::exp(-t / 0.12) * 0.5 *
              (std::erfc((left - at) / sigma / std::sqrt(2.0)) -
               std::erfc((right - at) / sigma / std::sqrt(2.0)));
    }
    double const gauss = line(2.0, {.escape = false})[c];
    CHECK(s[c] == doctest::Approx(0.7 * gauss + 300 * tail).epsilon(1e-5));
  }
  for (double const decay : {0.001, 0.01, 9.0})  // no overflow where one width is far above the other
    for (double const x : line(8.0, {.tail = 0.2, .tail_kev = decay})) CHECK((std::isfinite(x) && x >= 0));
}

TEST_CASE("escape peaks stand 1.740 keV below lines above the edge of silicon, and weaken with energy") {
  CHECK(escape_share(1.74) == 0);
  CHECK(escape_share(1.9) > escape_share(2.5));
  CHECK(escape_share(2.5) > escape_share(8.0));
  CHECK(escape_share(2.01) < 0.02);  // P Ka: one to two per cent
  CHECK(escape_share(2.01) > 0.01);
  CHECK(escape_share(5.895) == doctest::Approx(0.004).epsilon(0.25));  // Mn Ka: 0.3 to 0.5 %
  CHECK(escape_share(20) > 0);
  auto const with = line(4.5, {}), without = line(4.5, {.escape = false});
  CHECK(sum(with) == doctest::Approx(1000));
  double escaped = 0;
  for (auto c = channels_between(axis, 2.4, 3.1); c.begin < c.end; ++c.begin) escaped += with[c.begin];
  CHECK(escaped == doctest::Approx(1000 * escape_share(4.5)).epsilon(1e-6));
  CHECK(mean(with) == doctest::Approx(mean(without) - 1.740 * escape_share(4.5)));
}
