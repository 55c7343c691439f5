// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_BEST_PARAMETER_HPP
#define TOMOEDX_DENOISE_BEST_PARAMETER_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/denoise/j_invariant.hpp>
#include <tomoedx/denoise/reference_risk.hpp>
#include <tomoedx/denoise/unbiased_risk.hpp>
#include <tomoedx/solvers/brent.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <vector>

namespace tomoedx {

/// Where a parameter is searched, and how exactly; on a logarithmic axis.
struct parameter_range {
  double low, high;
  double tolerance = 0.02;  ///< relative, of the parameter
  std::size_t max_evaluations = 40;
  std::size_t scan =
      5;  ///< so many places are tried first, ends included, so that the lowest valley is searched
};

/// One parameter that was tried.
struct parameter_risk {
  double parameter, risk;
};

/// What a search found.
struct best_parameter_result {
  double parameter = 0;
  double risk = 0;
  std::vector<parameter_risk> curve;  ///< everything that was tried, by parameter
  bool converged = false;             ///< false when evaluations ran out or the observer stopped
  bool at_end = false;                ///< the best is an end of the range: widen it there
};

/// Choose a denoiser's parameter: the one of lowest risk.
///
///     auto const best = best_parameter([&](double h) { return non_local_means_denoiser<float>({.h = h}); },
///                                      poisson_risk(counts), {.low = 0.1, .high = 10});
///
/// `make(parameter)` gives a denoiser; `risk(denoiser)` judges it: reference_risk against a known truth,
/// unbiased_risk (poisson_risk, gaussian_risk) or j_invariant_risk without one, or your own. The observer is told the
/// number of evaluations, and the lowest risk so far as the residual; when it stops, the best so far is returned.
///
/// requires 0 < low < high; a deterministic risk
/// throws   value_error for a range out of order or a risk that is not finite; what `make`, the denoiser or
///          `risk` throw
/// source   the search is Brent's (solvers/brent.hpp) between the neighbours of the best of `scan` places
template <std::invocable<double> Make, class Risk, observer Watch = ignore>
requires denoiser<std::remove_cvref_t<std::invoke_result_t<Make&, double>>> &&
    requires(Risk& risk, std::remove_cvref_t<std::invoke_result_t<Make&, double>>& d) {
  { risk(d) } -> std::convertible_to<double>;
}
best_parameter_result best_parameter(Make&& make, Risk&& risk, parameter_range const& range,
                                     Watch&& watch = {}) {
  expects<value_error>(range.low > 0 && range.low < range.high && std::isfinite(range.high),
                       "best_parameter: the range is {} to {}; give two positive numbers, the lower first",
                       range.low, range.high);
  expects<value_error>(range.tolerance > 0 && range.tolerance < 1,
                       "best_parameter: the tolerance is {}; give a part of the parameter, such as 0.02",
                       range.tolerance);
  expects<value_error>(range.max_evaluations > 0 && range.max_evaluations <= 100000,
                       "best_parameter: max_evaluations is {}; ask for 1 to 100000", range.max_evaluations);
  expects<value_error>(range.scan <= range.max_evaluations,
                       "best_parameter: scan is {}, max_evaluations only {}", range.scan,
                       range.max_evaluations);
  best_parameter_result result;
  auto const by_risk = [](parameter_risk const& a, parameter_risk const& b) { return a.risk < b.risk; };
  auto const lowest = [&] { return std::min_element(result.curve.begin(), result.curve.end(), by_risk); };
  bool stopped = false;
  auto const evaluate = [&](double parameter) {
    auto denoise = make(parameter);
    double const value = static_cast<double>(risk(denoise));
    expects<value_error>(std::isfinite(value), "best_parameter: the risk at {} is {}; narrow the range",
                         parameter, value);
    result.curve.push_back({parameter, value});
    stopped = watch(progress{.iteration = result.curve.size(),
                             .iterations = range.max_evaluations,
                             .residual = lowest()->risk}) == decision::stop;
    return value;
  };

  double low = range.low, high = range.high;
  std::size_t const scan = range.scan < 3 ? 0 : range.scan;  // fewer places tell no valley from another
  double const factor = scan > 0 ? std::pow(high / low, 1.0 / static_cast<double>(scan - 1)) : 1;
  for (std::size_t i = 0; i < scan && !stopped; ++i)
    evaluate(i + 1 == scan ? high : low * std::pow(factor, static_cast<double>(i)));
  if (scan > 0) {
    double const middle = lowest()->parameter;
    low = std::max(low, middle / factor);
    high = std::min(high, middle * factor);
  }
  if (!stopped && range.max_evaluations > scan)
    result.converged = brent(evaluate, low, high,
                             {.tolerance = range.tolerance,
                              .max_evaluations = range.max_evaluations - scan,
                              .axis = search_axis::logarithmic},
                             [&](progress const&) { return stopped ? decision::stop : decision::proceed; })
                           .converged;
  result.parameter = lowest()->parameter;
  result.risk = lowest()->risk;
  double const near = 1 + 2 * range.tolerance;
  result.at_end = result.parameter <= range.low * near || result.parameter * near >= range.high;
  std::sort(result.curve.begin(), result.curve.end(),
            [](parameter_risk const& a, parameter_risk const& b) { return a.parameter < b.parameter; });
  return result;
}

}  // namespace tomoedx

#endif
