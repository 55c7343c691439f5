// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_BRENT_HPP
#define TOMOEDX_SOLVERS_BRENT_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/observer.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>

namespace tomoedx {

/// On which axis a scalar is searched.
enum class search_axis { linear, logarithmic };

/// How exactly a minimum is wanted.
struct brent_options {
  double tolerance = 1e-6;  ///< of the place: absolute on a linear axis, relative on a logarithmic one
  std::size_t max_evaluations = 100;
  search_axis axis = search_axis::linear;
};

/// The lowest point that was met.
struct scalar_minimum {
  double at = 0;
  double value = 0;
  std::size_t evaluations = 0;
  bool converged = false;  ///< false when evaluations ran out or the observer stopped
};

/// Find a local minimum of `f` between `low` and `high` by Brent's method: parabolas through the three best points
/// where they help, golden sections where they do not. A function with one minimum is found; of several, one.
///
/// The ends themselves are never evaluated: a minimum there is met to within twice the tolerance. The observer is
/// told the number of evaluations, and the lowest value so far as the residual.
/// units    `at`, `low` and `high` are in the unit of f's argument, whatever the axis
/// requires low < high; low > 0 on a logarithmic axis; f deterministic
/// throws   value_error for options out of range, or where f is not finite
/// source   Brent, Algorithms for Minimization without Derivatives, 1973, chapter 5
template <std::invocable<double> F, observer Watch = ignore>
scalar_minimum brent(F&& f, double low, double high, brent_options const& options = {}, Watch&& watch = {}) {
  bool const logarithmic = options.axis == search_axis::logarithmic;
  expects<value_error>(std::isfinite(low) && std::isfinite(high) && low < high,
                       "brent: the interval is {} to {}; give two finite numbers, the lower first", low,
                       high);
  expects<value_error>(!logarithmic || low > 0,
                       "brent: the interval begins at {}; a logarithmic axis needs a positive number", low);
  expects<value_error>(options.tolerance > 0 && std::isfinite(options.tolerance),
                       "brent: the tolerance is {}, it must be positive", options.tolerance);
  expects<value_error>(options.max_evaluations > 0, "brent: max_evaluations is 0; allow at least one");

  auto const place = [&](double u) { return logarithmic ? std::exp(u) : u; };
  scalar_minimum best;
  bool stopped = false;
  auto const evaluate = [&](double u) {
    double const at = place(u), value = static_cast<double>(f(at));
    expects<value_error>(std::isfinite(value), "brent: the function is {} at {}; narrow the interval", value,
                         at);
    if (best.evaluations++ == 0 || value < best.value) best.at = at, best.value = value;
    stopped = watch(progress{.iteration = best.evaluations,
                             .iterations = options.max_evaluations,
                             .residual = best.value}) == decision::stop;
    return value;
  };

  double const golden = 0.5 * (3 - std::sqrt(5.0));
  double a = logarithmic ? std::log(low) : low, b = logarithmic ? std::log(high) : high;
  double x = a + golden * (b - a), w = x,
         v = x;  // the best point, the second, the one that was second before
  double fx = evaluate(x), fw = fx, fv = fx;
  double step = 0, before = 0;  // the last step, and the one before it
  for (;;) {
    double const middle = 0.5 * (a + b), tolerance = options.tolerance / 3 + 1.5e-8 * std::abs(x);
    if (std::abs(x - middle) <= 2 * tolerance - 0.5 * (b - a)) {
      best.converged = true;
      return best;
    }
    if (stopped || best.evaluations >= options.max_evaluations) return best;

    bool parabolic = false;
    if (std::abs(before) > tolerance) {
      double const r = (x - w) * (fx - fv), s = (x - v) * (fx - fw);
      double const q = 2 * (s - r), p = (x - v) * s - (x - w) * r;
      double const move = q != 0 ? -p / q : 0;
      if (q != 0 && std::abs(move) < 0.5 * std::abs(before) && x + move > a && x + move < b) {
        parabolic = true;
        before = step;
        step = move;
        if (x + step - a < 2 * tolerance || b - (x + step) < 2 * tolerance)
          step = std::copysign(tolerance, middle - x);
      }
    }
    if (!parabolic) {
      before = (x < middle ? b : a) - x;
      step = golden * before;
    }
    double const u = x + (std::abs(step) >= tolerance ? step : std::copysign(tolerance, step));
    double const fu = evaluate(u);
    if (fu <= fx) {
      (u < x ? b : a) = x;
      v = w, fv = fw;
      w = x, fw = fx;
      x = u, fx = fu;
    } else {
      (u < x ? a : b) = u;
      if (fu <= fw || w == x) {
        v = w, fv = fw;
        w = u, fw = fu;
      } else if (fu <= fv || v == x || v == w) {
        v = u, fv = fu;
      }
    }
  }
}

}  // namespace tomoedx

#endif
