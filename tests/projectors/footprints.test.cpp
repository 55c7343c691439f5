// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/footprints.hpp>
#include <tomoedx/reference/projector.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using tomoedx::direction_of, tomoedx::joseph, tomoedx::siddon, tomoedx::strip;

namespace {

// -------------------------------------------------------------------------- the concept, at compile time

/// The least that is a footprint: a box.
struct box {
  static constexpr int taps = 2, ray_taps = 3;
  static constexpr char const* name = "box";
  template <class T>
  struct at_tilt {
    double reach = 0.5;
    explicit at_tilt(tomoedx::direction const&) {}
    T operator()(T d) const { return d * d < T(0.25) ? T(1) : T(0); }
    void spread(T d, T (&w)[taps]) const { w[0] = (*this)(d), w[1] = (*this)(d + 1); }
  };
};
static_assert(tomoedx::footprint<box>);

struct nameless : box {
  static void name();
};
struct without_taps {
  static constexpr int ray_taps = 3;
  static constexpr char const* name = "x";
  template <class T>
  using at_tilt = box::at_tilt<T>;
};
template <class Profile>
struct with_profile {
  static constexpr int taps = 2, ray_taps = 3;
  static constexpr char const* name = "x";
  template <class T>
  using at_tilt = typename Profile::template of<T>;
};
struct no_direction {
  template <class T>
  struct of {
    double reach = 0.5;
    T operator()(T) const { return 1; }
    void spread(T, T (&)[2]) const {}
  };
};
struct no_reach {
  template <class T>
  struct of {
    explicit of(tomoedx::direction const&) {}
    T operator()(T) const { return 1; }
    void spread(T, T (&)[2]) const {}
  };
};
struct always_float {
  template <class T>
  struct of {
    double reach = 0.5;
    explicit of(tomoedx::direction const&) {}
    float operator()(T) const { return 1; }
    void spread(T, T (&)[2]) const {}
  };
};
struct other_taps {
  template <class T>
  struct of {
    double reach = 0.5;
    explicit of(tomoedx::direction const&) {}
    T operator()(T) const { return 1; }
    void spread(T, T (&)[3]) const {}
  };
};
struct not_const {
  template <class T>
  struct of {
    double reach = 0.5;
    explicit of(tomoedx::direction const&) {}
    T operator()(T) { return 1; }
    void spread(T, T (&)[2]) const {}
  };
};
static_assert(!tomoedx::footprint<nameless> && !tomoedx::footprint<without_taps>);
static_assert(!tomoedx::footprint<with_profile<no_direction>>, "it is made from a direction");
static_assert(!tomoedx::footprint<with_profile<no_reach>>);
static_assert(!tomoedx::footprint<with_profile<always_float>>, "it computes in the type it is asked for");
static_assert(!tomoedx::footprint<with_profile<other_taps>>, "spread fills `taps` weights");
static_assert(!tomoedx::footprint<with_profile<not_const>>);
static_assert(!tomoedx::footprint<int>);

// ------------------------------------------------------------------------------- the three, in numbers

std::vector<double> tilts() {
  std::vector<double> t{0, 45, 90, 180, -45, -90, 135, 1e-9, 45 - 1e-9, 89.999999};
  for (double a = -180; a < 180; a += 6.7) t.push_back(a);
  return t;
}

template <class Footprint, class T = double>
typename Footprint::template at_tilt<T> at(double tilt) {
  return typename Footprint::template at_tilt<T>(direction_of(tilt));
}

double smaller(double tilt) {
  auto const d = direction_of(tilt);
  return std::min(std::abs(d.cos), std::abs(d.sin));
}

double by_reference(joseph, tomoedx::direction const& t, double d) {
  return tomoedx::reference::joseph_weight(0, 0, t, d);
}
double by_reference(siddon, tomoedx::direction const& t, double d) {
  return tomoedx::reference::siddon_weight(0, 0, t, d);
}
double by_reference(strip, tomoedx::direction const& t, double d) {
  return tomoedx::reference::strip_weight(0, 0, t, d);
}

}  // namespace

#define ALL_FOOTPRINTS joseph, siddon, strip

TEST_CASE_TEMPLATE("a footprint is its geometric definition at any distance and tilt", F, ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    CAPTURE(tilt);
    auto const p = at<F>(tilt);
    auto const t = direction_of(tilt);
    // between a box and a trapezoid siddon's flank is steeper than double can follow
    double const tolerance = std::is_same_v<F, siddon> && smaller(tilt) > 0 ? 2e-15 / smaller(tilt) : 1e-14;
    for (double d = -1.5; d <= 1.5; d += 0.0173) {
      double const edge = std::abs(std::abs(d) - 0.5);
      if (edge < 1e-6 && smaller(tilt) < 1e-6) continue;
      CHECK(std::abs(p(d) - by_reference(F{}, t, d)) <= std::min(tolerance, 1e-6) + 4e-14);
    }
  }
}

TEST_CASE_TEMPLATE("a footprint has area one", F, ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    CAPTURE(tilt);
    auto const p = at<F>(tilt);
    int const n = 200000;
    double const from = -1.25, step = 2.5 / n;
    double area = 0;
    for (int i = 0; i < n; ++i) area += p(from + (i + 0.5) * step);
    CHECK(area * step == doctest::Approx(1).epsilon(2e-5));  // a jump costs up to a step
  }
}

TEST_CASE("strips over all bins add up to one, wherever the voxel lies") {
  for (double const tilt : tilts()) {
    auto const p = at<strip>(tilt);
    auto const single = at<strip, float>(tilt);
    for (double first = -p.reach; first < 1 - p.reach; first += 0.0173) {
      double w[3], sum = 0;
      float f[3];
      p.spread(first, w);
      for (double d = first - 2; d <= first + 4; d += 1) sum += p(d);
      CHECK(std::abs(w[0] + w[1] + w[2] - 1) <= 2 * std::numeric_limits<double>::epsilon());
      CHECK(std::abs(sum - 1) <= 1e-15);
      single.spread(static_cast<float>(first), f);
      CHECK(std::abs(f[0] + f[1] + f[2] - 1) <= 2 * std::numeric_limits<float>::epsilon());
      for (int k = 0; k < 3; ++k) CHECK(w[k] >= -1e-16);
    }
  }
}

TEST_CASE_TEMPLATE("a footprint is even, never negative and zero beyond its reach, not before", F,
                   ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    CAPTURE(tilt);
    auto const p = at<F>(tilt);
    for (double d = 0; d < 1.5; d += 0.0091) {
      CHECK(std::abs(p(d) - p(-d)) <= 4e-16);
      CHECK(p(d) >= -1e-16);
    }
    for (double const beyond : {1e-9, 1e-3, 0.5, 10.0, 1e6}) CHECK(std::abs(p(p.reach + beyond)) <= 1e-16);
    CHECK(p(p.reach * (1 - 1e-3)) > 1e-9);
    CHECK(p(-p.reach * (1 - 1e-3)) > 1e-9);
    CHECK(p.reach <= 0.5 * F::taps);
  }
}

TEST_CASE_TEMPLATE("the taps cover every bin and every voxel of a row that a shadow can reach", F,
                   ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    CAPTURE(tilt);
    auto const p = at<F>(tilt);
    auto const t = direction_of(tilt);
    double const apart = std::max(std::abs(t.cos), std::abs(t.sin));
    for (double first = -p.reach; first < 1 - p.reach; first += 0.0137) {
      CHECK(std::abs(p(first - 1)) <= 1e-15);
      CHECK(std::abs(p(first + F::taps)) <= 1e-15);
    }
    for (double first = -p.reach; first < apart - p.reach; first += 0.0137)
      CHECK(std::abs(p(first + F::ray_taps * apart)) <= 1e-15);
  }
}

TEST_CASE_TEMPLATE("spread gives the weights of neighbouring bins", F, ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    CAPTURE(tilt);
    auto const p = at<F>(tilt);
    for (double first = -p.reach; first < 1 - p.reach; first += 0.0137) {
      double w[F::taps];
      p.spread(first, w);
      for (int k = 0; k < F::taps; ++k) CHECK(std::abs(w[k] - p(first + k)) <= 1e-15);
    }
  }
}

TEST_CASE_TEMPLATE("a footprint has no jumps, but for siddon's box along the axes", F, ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    double const s = smaller(tilt), c = std::sqrt(1 - s * s);
    if (std::is_same_v<F, siddon> && s < 0.01) continue;
    CAPTURE(tilt);
    // the steepest flank: joseph 1/c^2, siddon 1/(c s), strip the height of siddon, 1/c
    double const slope = std::is_same_v<F, joseph>   ? 1 / (c * c)
                         : std::is_same_v<F, siddon> ? 1 / (c * s)
                                                     : 1 / c;
    auto const p = at<F>(tilt);
    double const h = 1e-4;
    double most = 0;
    for (double d = -1.5; d <= 1.5; d += h) most = std::max(most, std::abs(p(d + h) - p(d)));
    CHECK(most <= slope * h * (1 + 1e-9));
    CHECK(most >= 0.99 * slope * h);
  }
}

TEST_CASE("along the axes and across the diagonal the shapes are known") {
  for (double const tilt : {0.0, 90.0, 180.0, -90.0}) {
    CHECK(at<joseph>(tilt)(0) == 1);
    CHECK(at<joseph>(tilt)(0.25) == 0.75);
    CHECK(at<joseph>(tilt).reach == 1);
    CHECK(at<siddon>(tilt)(0) == 1);
    CHECK(at<siddon>(tilt)(0.499) == 1);
    CHECK(at<siddon>(tilt)(0.5) == 0.5);  // half to each side of an edge
    CHECK(at<siddon>(tilt)(0.501) == 0);
    CHECK(at<siddon>(tilt).reach == 0.5);
    CHECK(at<strip>(tilt)(0) == 1);  // a bin's box meets a voxel's box: a triangle
    CHECK(at<strip>(tilt)(-0.25) == 0.75);
    CHECK(at<strip>(tilt).reach == 1);
  }
  double const root = std::sqrt(0.5);
  for (double const tilt : {45.0, 135.0, -45.0, -135.0}) {
    CHECK(at<joseph>(tilt)(0) == doctest::Approx(1 / root).epsilon(1e-15));
    CHECK(at<siddon>(tilt)(0) == doctest::Approx(1 / root).epsilon(1e-15));  // the diagonal
    CHECK(at<siddon>(tilt)(root / 2) == doctest::Approx(root).epsilon(1e-14));
    CHECK(at<siddon>(tilt).reach == doctest::Approx(root).epsilon(1e-15));
    CHECK(at<strip>(tilt)(0) == doctest::Approx(1 - 2 * std::pow(root - 0.5, 2)).epsilon(1e-14));
    CHECK(at<strip>(tilt).reach == doctest::Approx(root + 0.5).epsilon(1e-15));
  }
}

TEST_CASE_TEMPLATE("float weights are double weights to float rounding", F, ALL_FOOTPRINTS) {
  for (double const tilt : tilts()) {
    CAPTURE(tilt);
    auto const exact = at<F>(tilt);
    auto const single = at<F, float>(tilt);
    CHECK(single.reach == exact.reach);
    // what a flank makes of the rounding of the distance
    double const steep = std::is_same_v<F, siddon> ? std::max(1.0, 1 / std::max(smaller(tilt), 1e-12)) : 1;
    double const tolerance = 4 * static_cast<double>(std::numeric_limits<float>::epsilon()) * steep;
    for (double d = -1.5; d <= 1.5; d += 0.0171) {
      auto const rounded = static_cast<float>(d);
      double const difference = std::abs(single(rounded) - exact(static_cast<double>(rounded)));
      // beyond the foot of siddon's flank both are 0 or the full height, whatever the slope
      CHECK(difference <= tolerance);
    }
  }
}

TEST_CASE("footprints have names of their own") {
  CHECK(std::string(joseph::name) == "joseph");
  CHECK(std::string(siddon::name) == "siddon");
  CHECK(std::string(strip::name) == "strip");
}
