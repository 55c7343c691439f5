// SPDX-License-Identifier: BSD-3-Clause
// IWYU pragma: private, include "tomoedx/figures/curves.hpp"
#ifndef TOMOEDX_FIGURES_DETAIL_TICKS_HPP
#define TOMOEDX_FIGURES_DETAIL_TICKS_HPP

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace tomoedx::figures::detail {

struct tick {
  double value = 0;   ///< in the data
  std::string label;  ///< empty for a small tick
};

/// The values from `low` to `high` on an axis, and their ticks.
struct axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<tick> ticks;

  /// 0 at the low end, 1 at the high one.
  double part(double v) const {
    return logarithmic ? std::log(v / low) / std::log(high / low) : (v - low) / (high - low);
  }
};

/// A number with as many digits as tell it from its neighbour a step away.
inline std::string plain(double v, double step) {
  if (std::abs(v) < 1e-6 * step) return "0";
  auto const digits =
      static_cast<int>(std::floor(std::log10(std::abs(v))) - std::floor(std::log10(step))) + 1;
  return fmt::format("{:.{}g}", v, std::clamp(digits, 4, 16));
}

/// Steps of 1, 2 or 5 times a power of ten; the ends move out to a step if `widen`, and no step is below
/// `least`.
inline axis linear_axis(double low, double high, int wanted, bool widen, double least = 0) {
  double const size = std::max(std::abs(low), std::abs(high));
  if (high - low <= 1e-12 * size) {
    double const room = size == 0 ? 1 : 0.1 * size;
    low -= room;
    high += room;
  }
  double const rough = high / wanted - low / wanted;
  double const decade = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (double const digit : {5.0, 2.0, 1.0})
    if (digit * decade >= rough * (1 - 1e-9)) step = digit * decade;
  step = std::max(step, least);
  axis a{low, high, false, {}};
  if (widen) {
    a.low = std::floor(low / step + 1e-9) * step;
    a.high = std::ceil(high / step - 1e-9) * step;
  }
  double const first = std::ceil(a.low / step - 1e-9);
  for (int k = 0; k < 100; ++k) {
    double const v = (first + k) * step;
    if (v > a.high + 1e-9 * step) break;
    a.ticks.push_back({v, plain(v, step)});
  }
  return a;
}

inline std::string power_of_ten(int exponent) {
  if (exponent >= -3 && exponent <= 3) return fmt::format("{:g}", std::pow(10.0, exponent));
  return fmt::format("1e{}", exponent);
}

/// Labels at powers of ten, small ticks between; less than a decade and a half is labelled at 1, 2 and 5, and
/// less than a factor of two in even steps.
inline axis log_axis(double low, double high) {
  auto const down = [](double v) { return static_cast<int>(std::floor(std::log10(v) + 1e-9)); };
  auto const power = [](int e) { return std::pow(10.0, e); };
  axis a{low, high, true, {}};
  if (high / low < 2) {
    a = linear_axis(low, high, 4, true);
    a.logarithmic = a.low > 0;
    return a;
  }
  bool const narrow = high / low < 30;
  if (narrow) {
    auto const snap = [&](double v, bool up) {
      int const e = down(v);
      double best = up ? 10 * power(e) : power(e);
      for (double const digit : {1.0, 2.0, 5.0}) {
        double const candidate = digit * power(e);
        if (up && candidate >= v * (1 - 1e-9)) best = std::min(best, candidate);
        if (!up && candidate <= v * (1 + 1e-9)) best = std::max(best, candidate);
      }
      return best;
    };
    a.low = snap(low, false);
    a.high = snap(high, true);
  } else {
    a.low = power(down(low));
    a.high = power(down(high));
    if (a.high < high * (1 - 1e-9)) a.high = power(down(high) + 1);
  }
  int const from = down(a.low), to = down(a.high);
  int const every = std::max(1, (to - from + 7) / 8);
  for (int e = from; e <= to; ++e)
    for (int digit = 1; digit <= 9; ++digit) {
      double const v = digit * power(e);
      if (v < a.low * (1 - 1e-9) || v > a.high * (1 + 1e-9)) continue;
      bool const labelled = narrow ? digit == 1 || digit == 2 || digit == 5 || a.high / a.low < 6
                                   : digit == 1 && (e - from) % every == 0;
      if (labelled)
        a.ticks.push_back({v, digit == 1 ? power_of_ten(e) : fmt::format("{:g}", v)});
      else if (every == 1)
        a.ticks.push_back({v, {}});
    }
  return a;
}

}  // namespace tomoedx::figures::detail

#endif
