// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_POISSON_HPP
#define TOMOEDX_SIMULATE_POISSON_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/simulate/detail/reals.hpp>

#include <cstdint>
#include <vector>

namespace tomoedx::simulate {

/// The largest mean a double can still count one by one.
inline constexpr double largest_poisson_mean = 0x1p53;

namespace detail {

/// Logarithm of the Poisson probability of `count` at `mean`, with an error of about 1e-16 sqrt(mean): the
/// saddle-point form has no large terms that cancel.
///
/// source   Loader, "Fast and accurate computation of binomial probabilities", 2000
KOKKOS_INLINE_FUNCTION double poisson_log_pmf(double count, double mean) {
  if (count < 16) {
    double factorial = 1;
    for (double k = 2; k <= count; ++k) factorial *= k;
    return count * Kokkos::log(mean) - mean - Kokkos::log(factorial);
  }
  double const x = (count - mean) / mean, inverse = 1 / count, square = inverse * inverse;
  double const stirling =
      inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680))));
  double const deviance = mean * ((1 + x) * Kokkos::log1p(x) - x);
  return -deviance - 0.5 * Kokkos::log(6.283185307179586 * count) - stirling;
}

/// Walk up the distribution function from 0: for means below 10.
KOKKOS_INLINE_FUNCTION std::uint64_t poisson_by_inversion(random_stream& stream, double mean) {
  double const none = Kokkos::exp(-mean);
  for (;;) {
    double rest = stream.uniform(), probability = none;
    // The sum of all terms may round to less than the uniform number: then draw again, beyond any count
    // that has a probability above 1e-80.
    for (int k = 0; k < 128; ++k) {
      if (rest <= probability) return static_cast<std::uint64_t>(k);
      rest -= probability;
      probability *= mean / (k + 1);
    }
  }
}

/// Transformed rejection with squeeze (PTRS): for means of 10 and more, about 1.2 trials a number.
///
/// source   Hoermann, "The transformed rejection method for generating Poisson random variables", Insurance:
///          Mathematics and Economics 12 (1993) 39
KOKKOS_INLINE_FUNCTION std::uint64_t poisson_by_rejection(random_stream& stream, double mean) {
  double const b = 0.931 + 2.53 * Kokkos::sqrt(mean);
  double const a = -0.059 + 0.02483 * b;
  double const inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  double const inside = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    double const u = stream.uniform() - 0.5, v = stream.uniform();
    double const edge = 0.5 - Kokkos::fabs(u);
    double const count = Kokkos::floor((2 * a / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= inside) return static_cast<std::uint64_t>(count);
    if (count < 0 || (edge < 0.013 && v > edge)) continue;
    if (Kokkos::log(v * inverse_alpha / (a / (edge * edge) + b)) <= poisson_log_pmf(count, mean))
      return static_cast<std::uint64_t>(count);
  }
}

}  // namespace detail

/// One Poisson number, exact for any mean. Runs on devices.
///
/// requires 0 <= mean <= largest_poisson_mean; a mean below, or NaN, counts as 0, one above as the largest
///          (`poisson_counts` refuses both)
KOKKOS_INLINE_FUNCTION std::uint64_t poisson(random_stream& stream, double mean) {
  if (!(mean > 0)) return 0;
  if (mean < 10) return detail::poisson_by_inversion(stream, mean);
  return detail::poisson_by_rejection(stream, mean < 0x1p53 ? mean : 0x1p53);
}

/// Draw the counts of a series from its expected counts; `counts` may be `expected` itself.
///
/// Value i is drawn from the stream (seed, first + i): a slab gives the numbers it has within the whole, in
/// any order and on any number of threads. Take another seed for each element. A float holds every count up
/// to 2^24 exactly, and rounds larger ones.
/// throws   shape_error for unequal sizes; value_error for an expected count that is negative, not finite or
///          above largest_poisson_mean; `counts` is then untouched
template <real_range R, writable_real_range W>
void poisson_counts(R const& expected, std::uint64_t seed, W&& counts, std::uint64_t first = 0) {
  auto const from = detail::span_of(expected);
  auto const to = detail::span_of(counts);
  expects<shape_error>(from.size() == to.size(),
                       "poisson_counts: {} expected counts, but room for {}; give arrays of one size",
                       from.size(), to.size());
  detail::check_expected("poisson_counts", from, largest_poisson_mean);
  using count = typename decltype(to)::value_type;
  for (std::size_t i = 0; i < from.size(); ++i) {
    random_stream stream(seed, first + i);
    to[i] = static_cast<count>(poisson(stream, static_cast<double>(from[i])));
  }
}

/// The same into a new vector.
template <real_range R>
auto poisson_counts(R const& expected, std::uint64_t seed) {
  std::vector<std::remove_cv_t<std::ranges::range_value_t<R>>> counts(std::ranges::size(expected));
  poisson_counts(expected, seed, counts);
  return counts;
}

}  // namespace tomoedx::simulate

#endif
