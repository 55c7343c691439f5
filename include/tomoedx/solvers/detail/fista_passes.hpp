// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_FISTA_PASSES_HPP
#define TOMOEDX_SOLVERS_DETAIL_FISTA_PASSES_HPP
// IWYU pragma: private, include "tomoedx/solvers/fista.hpp"

#include <tomoedx/solvers/detail/primal_dual_passes.hpp>

namespace tomoedx::detail {

/// What FISTA decides by, kept where the space computes so that nothing waits: places in an array of numbers.
namespace fista_number {
inline constexpr int objective = 0;            ///< at x
inline constexpr int misfit = 1, penalty = 2;  ///< at z
inline constexpr int t = 3;                    ///< of the momentum
inline constexpr int taken = 4;                ///< 1 when z becomes x
inline constexpr int toward_z = 5, onward = 6;
inline constexpr int count = 7;
}  // namespace fista_number

/// Whether z becomes x, and the two factors of y = x + toward_z (z - x) + onward (x - x before).
template <class Numbers, class Number>
struct next_momentum {
  Numbers n;
  Number misfit, penalty;
  bool monotone, restart;
  double rounding;  ///< a rise by this part of the objective is none

  KOKKOS_FUNCTION void operator()(std::size_t) const {
    double const now = misfit() + penalty();
    double const last = n(fista_number::objective);
    bool const rises = !(now <= last + rounding * Kokkos::abs(last));
    bool const taken = !(rises && monotone), again = rises && restart;
    double const t = n(fista_number::t), next = (1 + Kokkos::sqrt(1 + 4 * t * t)) / 2;
    n(fista_number::taken) = taken ? 1 : 0;
    if (taken) n(fista_number::objective) = now;
    n(fista_number::toward_z) = again ? 0 : t / next;
    n(fista_number::onward) = again ? 0 : (t - 1) / next;
    n(fista_number::t) = again ? 1 : next;
  }
};

/// x <- z where z was taken, z <- y of the next step. For volumes and for what A makes of them.
template <class T, class Numbers>
struct extrapolate_pass {
  Numbers n;
  T* x;
  T* z;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const {
    bool const taken = n(fista_number::taken) > 0;
    T const onward = static_cast<T>(n(fista_number::onward)),
            toward = static_cast<T>(n(fista_number::toward_z));
    T const before = x[i], found = z[i], now = taken ? found : before;
    x[i] = now;
    z[i] = now + toward * (found - now) + onward * (now - before);
  }
};

/// z <- P(y - g / L) in place of y.
template <class C, class T>
struct descend_pass {
  C bounds;
  T step;
  T const* g;
  T* y;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { y[i] = clipped(bounds, i, y[i] - step * g[i]); }
};

/// h <- L (g / L - y), what the dual of the proximal map starts from.
template <class T>
struct slope_pass {
  T lipschitz;
  T const* g;
  T const* y;
  T* h;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { h[i] = g[i] - lipschitz * y[i]; }
};

/// to <- P(-h / L).
template <class C, class T>
struct primal_of_dual {
  C bounds;
  T step;
  T const* h;
  T* to;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { to[i] = clipped(bounds, i, -step * h[i]); }
};

/// to <- from.
template <class T>
struct copy_pass {
  T const* from;
  T* to;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { to[i] = from[i]; }
};

/// r <- r + beta (r - p), p <- r before.
template <class T>
struct dual_momentum {
  T beta;
  T* r;
  T* p;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const {
    T const now = r[i];
    r[i] = now + beta * (now - p[i]);
    p[i] = now;
  }
};

/// objective <- misfit + penalty at the start, and t <- 1.
template <class Numbers, class Number>
struct first_numbers {
  Numbers n;
  Number misfit, penalty;

  KOKKOS_FUNCTION void operator()(std::size_t) const {
    n(fista_number::objective) = misfit() + penalty();
    n(fista_number::t) = 1;
  }
};

}  // namespace tomoedx::detail

#endif
