// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/haadf_scale.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <doctest/doctest.h>

#include <algorithm>

namespace {

/// Two smooth elements over `tilts` frames of 40 x 40 and the HAADF signal 3 p0 + 5 p1 they make.
struct series {
  static constexpr std::size_t tilts = 6, frame = 1600;
  std::vector<float> p0, p1, haadf;

  explicit series(double counts) {
    for (std::size_t t = 0; t < tilts; ++t)
      for (std::size_t i = 0; i < frame; ++i) {
        double const x = static_cast<double>(i % 40) / 40, y = static_cast<double>(i / 40) / 40;
        double const bend = x < 0.15 ? 0 : 1 + 0.1 * static_cast<double>(t);  // vacuum at the left
        p0.push_back(static_cast<float>(counts * bend * std::max(0.0, std::sin(3.1 * x) * y)));
        p1.push_back(static_cast<float>(counts * std::max(0.0, 0.8 - x) * (1 - y) * bend));
        haadf.push_back(3 * p0.back() + 5 * p1.back());
      }
  }
  std::vector<std::span<float const>> maps() const { return {p0, p1}; }

  /// Stretch each frame to its own minimum and maximum, as some programs save them.
  std::vector<float> stretched() const {
    auto h = haadf;
    for (std::size_t t = 0; t < tilts; ++t) {
      auto const [low, high] = std::minmax_element(h.begin() + t * frame, h.begin() + (t + 1) * frame);
      float const from = *low - 0.3f * static_cast<float>(t), span = *high - from;
      for (std::size_t i = t * frame; i < (t + 1) * frame; ++i) h[i] = (h[i] - from) / span * 65535;
    }
    return h;
  }
};

}  // namespace

TEST_CASE("frames that were stretched one by one come back to one scale") {
  series const s(10);
  for (auto const zero : {tomoedx::haadf_zero::darkest, tomoedx::haadf_zero::regressed}) {
    auto h = s.stretched();
    auto const scaling = tomoedx::scale_haadf_to_maps(s.maps(), h, series::tilts, zero);
    tomoedx::scale_haadf(scaling, h);
    double const factor = scaling.fit.ratios[0] / 3;
    CHECK(scaling.fit.ratios[1] / scaling.fit.ratios[0] == doctest::Approx(5.0 / 3).epsilon(1e-3));
    CHECK(scaling.fit.r_squared > 0.99999);
    for (std::size_t i = 0; i < h.size(); i += 17)
      CHECK(h[i] == doctest::Approx(factor * s.haadf[i]).epsilon(2e-3).scale(factor));
  }
}

TEST_CASE("counting noise in the maps does not bias the scale from frame to frame") {
  series s(4);
  auto h = s.stretched();
  tomoedx::simulate::poisson_counts(std::span<float>(s.p0), 1);
  tomoedx::simulate::poisson_counts(std::span<float>(s.p1), 2);
  auto const scaling = tomoedx::scale_haadf_to_maps(s.maps(), h, series::tilts);
  tomoedx::scale_haadf(scaling, h);
  // every frame against the signal before the stretching: the same factor within a few per cent
  double first = 0;
  for (std::size_t t = 0; t < series::tilts; ++t) {
    double scaled = 0, truth = 0;
    for (std::size_t i = t * series::frame; i < (t + 1) * series::frame; ++i)
      scaled += h[i], truth += s.haadf[i];
    if (t == 0) first = scaled / truth;
    CHECK(scaled / truth == doctest::Approx(first).epsilon(0.05));
  }
}

TEST_CASE("an element that has no map does not lift the vacuum when the darkest per cent is the zero") {
  series s(10);
  auto h = s.haadf;
  // a bright band without counts, as a deposit of an element that was not mapped
  for (std::size_t i = 0; i < h.size(); ++i)
    if (i % series::frame / 40 >= 30) h[i] = 120, s.p0[i] = 0, s.p1[i] = 0;
  auto scaled = h;
  tomoedx::scale_haadf(tomoedx::scale_haadf_to_maps(s.maps(), h, series::tilts), scaled);
  for (std::size_t t = 0; t < series::tilts; ++t) CHECK(std::abs(scaled[t * series::frame]) < 1e-3);
}

TEST_CASE("scaling refuses frames without contrast or running against their maps") {
  series s(10);
  auto flat = s.haadf;
  std::fill(flat.begin() + 2 * series::frame, flat.begin() + 3 * series::frame, 7.0f);
  CHECK_THROWS_WITH_AS(tomoedx::scale_haadf_to_maps(s.maps(), flat, series::tilts),
                       doctest::Contains("frame 2"), tomoedx::value_error);
  auto against = s.haadf;
  for (std::size_t i = series::frame; i < 2 * series::frame; ++i) against[i] = 1000 - against[i];
  CHECK_THROWS_WITH_AS(
      tomoedx::scale_haadf_to_maps(s.maps(), against, series::tilts, tomoedx::haadf_zero::regressed),
      doctest::Contains("frame 1"), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::scale_haadf_to_maps(s.maps(), s.haadf, 7), tomoedx::shape_error);
  std::vector<float> wrong(5);
  tomoedx::haadf_scaling const two{{1, 1}, {0, 0}, {}};
  CHECK_THROWS_AS(tomoedx::scale_haadf(two, wrong), tomoedx::shape_error);
}
