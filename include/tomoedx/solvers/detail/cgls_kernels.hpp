// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_CGLS_KERNELS_HPP
#define TOMOEDX_SOLVERS_DETAIL_CGLS_KERNELS_HPP
// IWYU pragma: private, include "tomoedx/solvers/cgls.hpp"

#include <Kokkos_Core.hpp>

#include <cstddef>

/// The passes of CGLS over its vectors, and what is done with their sums. The scalars of the method stay where
/// the space computes, so that nothing waits for them.
namespace tomoedx::detail {

/// Where the scalars lie: squared norms of the gradient and of the search direction, the squared norm of a
/// gradient that is nothing but rounding, the step along the direction, how much of it the next one keeps.
inline constexpr std::size_t cgls_gradient_norm = 0, cgls_direction_norm = 1, cgls_floor = 2, cgls_step = 3,
                             cgls_kept = 4, cgls_scalar_count = 5;

struct set_scalar {
  double* to;

  KOKKOS_FUNCTION void operator()(std::size_t, double sum) const { *to = sum; }
};

/// The gradient at x = 0 says where rounding begins.
struct set_floor {
  double* scalars;
  double fraction;

  KOKKOS_FUNCTION void operator()(std::size_t, double sum) const {
    scalars[cgls_gradient_norm] = sum;
    scalars[cgls_floor] = fraction * sum;
  }
};

/// The gradient at an x to start from says so too.
struct raise_floor {
  double* scalars;
  double fraction;

  KOKKOS_FUNCTION void operator()(std::size_t, double sum) const {
    scalars[cgls_gradient_norm] = sum;
    scalars[cgls_floor] = Kokkos::max(scalars[cgls_floor], fraction * sum);
  }
};

/// The step to the least value along the direction p from sum = p A' w A p; none when there is nothing to gain.
struct choose_step {
  double* scalars;
  double damping;  ///< squared

  KOKKOS_FUNCTION void operator()(std::size_t, double sum) const {
    double const curvature = sum + damping * scalars[cgls_direction_norm];
    double const gradient = scalars[cgls_gradient_norm];
    scalars[cgls_step] = gradient > scalars[cgls_floor] && curvature > 0 ? gradient / curvature : 0;
  }
};

/// How much of the last direction makes the next one conjugate, from the squared norm of the new gradient.
struct choose_direction {
  double* scalars;

  KOKKOS_FUNCTION void operator()(std::size_t, double sum) const {
    scalars[cgls_kept] = scalars[cgls_step] > 0 ? sum / scalars[cgls_gradient_norm] : 0;
    scalars[cgls_gradient_norm] = sum;
  }
};

/// w v^2.
template <class T>
struct weighted_square {
  T const* values;
  T const* weights;

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, std::size_t) const {
    double const v = static_cast<double>(values[i]);
    return weights != nullptr ? static_cast<double>(weights[i]) * v * v : v * v;
  }
};

/// v^2, the gradient's norm where nothing is added to it.
template <class T>
struct plain_square {
  T const* values;

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, std::size_t) const {
    double const v = static_cast<double>(values[i]);
    return v * v;
  }
};

/// to <- to - from.
template <class T>
struct subtract_values {
  T const* from;
  T* to;

  KOKKOS_FUNCTION std::size_t row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, std::size_t) const { to[i] -= from[i]; }
};

/// r <- r - step q, its square for the norm, and q <- w r.
template <class T>
struct cgls_residual {
  T* image;
  T* residual;
  T const* weights;
  double const* scalars;

  KOKKOS_FUNCTION T row(std::size_t) const { return static_cast<T>(scalars[cgls_step]); }
  KOKKOS_FUNCTION double operator()(std::size_t i, T step) const {
    T const r = residual[i] - step * image[i];
    residual[i] = r;
    image[i] = weights != nullptr ? weights[i] * r : r;
    return static_cast<double>(r) * static_cast<double>(r);
  }
};

/// g <- g - damping (x + step p) inside the mask, and its square for the norm.
template <class T>
struct cgls_gradient {
  T* gradient;
  T const* x;
  T const* direction;
  T const* mask;
  double const* scalars;
  T damping;  ///< squared

  KOKKOS_FUNCTION T row(std::size_t) const { return static_cast<T>(scalars[cgls_step]); }
  KOKKOS_FUNCTION double operator()(std::size_t i, T step) const {
    T g = gradient[i];
    if (damping > T(0)) g -= damping * (x[i] + step * direction[i]);
    if (mask != nullptr && mask[i] == T(0)) g = T(0);
    gradient[i] = g;
    return static_cast<double>(g) * static_cast<double>(g);
  }
};

/// x <- x + step p, p <- g + kept p.
template <class T>
struct cgls_update {
  T const* gradient;
  T* x;
  T* direction;
  double const* scalars;

  struct factors {
    T step, kept;
  };

  KOKKOS_FUNCTION factors row(std::size_t) const {
    return {static_cast<T>(scalars[cgls_step]), static_cast<T>(scalars[cgls_kept])};
  }
  KOKKOS_FUNCTION void operator()(std::size_t i, factors const& f) const {
    T const p = direction[i];
    x[i] += f.step * p;
    direction[i] = gradient[i] + f.kept * p;
  }
};

}  // namespace tomoedx::detail

#endif
