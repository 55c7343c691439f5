// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_DETAIL_BINOMIAL_HPP
#define TOMOEDX_SPECTRA_DETAIL_BINOMIAL_HPP

// IWYU pragma: private, include <tomoedx/spectra/thin.hpp>

#include <tomoedx/core/random.hpp>

#include <bit>
#include <cstdint>

namespace tomoedx::detail {

/// How many of n coins show heads.
inline std::uint32_t heads(random_stream& random, std::uint32_t n) {
  std::uint32_t sum = 0;
  for (; n >= 64; n -= 64) sum += static_cast<std::uint32_t>(std::popcount(random.bits()));
  if (n > 0) sum += static_cast<std::uint32_t>(std::popcount(random.bits() >> (64 - n)));
  return sum;
}

/// How many of n uniform numbers in [0, 1) are below p: compared bit by bit, half of those undecided fall at each.
///
/// requires 0 <= p < 1
inline std::uint32_t binomial(random_stream& random, std::uint32_t n, double p) {
  std::uint32_t below = 0;
  while (n > 0 && p > 0) {
    std::uint32_t const ones = heads(random, n);
    p *= 2;
    if (p >= 1) {
      p -= 1;
      below += n - ones;
      n = ones;
    } else {
      n -= ones;
    }
  }
  return below;
}

}  // namespace tomoedx::detail

#endif
