// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_DETAIL_MIRROR_HPP
#define TOMOEDX_CORE_DETAIL_MIRROR_HPP
// IWYU pragma: private

/// What lies beyond the ends of an axis of n values, any distance away.
namespace tomoedx::detail {

/// The index in 0 .. n-1 that mirrors at the middles of the first and last value show at i: d c b | a b c d | c b a.
inline int mirrored(int i, int n) {
  if (n == 1) return 0;
  int const period = 2 * (n - 1), phase = (i % period + period) % period;
  return phase < n ? phase : period - phase;
}

/// The index in 0 .. n-1 that mirrors behind the ends show at i, edges repeated: d c b a | a b c d | d c b a.
inline int reflected(int i, int n) {
  int const period = 2 * n, phase = (i % period + period) % period;
  return phase < n ? phase : period - 1 - phase;
}

}  // namespace tomoedx::detail

#endif
