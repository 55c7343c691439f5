// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_PDHG_ROWS_HPP
#define TOMOEDX_DENOISE_DETAIL_PDHG_ROWS_HPP
// IWYU pragma: private, include "tomoedx/denoise/tv_pdhg.hpp"

#include <tomoedx/denoise/detail/tv_vector.hpp>

#include <cstddef>

/// The three sweeps of the primal-dual method, one row at a time. Rows have a value behind their end (a copy of the
/// last one, so that the difference there is 0) and a zero before their first in px. A neighbouring row that does
/// not exist is the row itself in differences and a row of zeros in divergences.
namespace tomoedx::detail {

/// p <- projection of p + sigma grad xb on the ball of radius lambda, pixel by pixel.
template <class T, bool Volume>
struct pdhg_dual_job {
  T const *x, *x_y, *x_z;  ///< this row of the extrapolated image, the next in y and in z
  T *px, *py, *pz;
  T sigma, lambda;
  std::size_t width;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using pack = simd::pack<T, Bytes>;
    using vec = typename pack::type;
    for (std::size_t c = 0; c < width; c += pack::size) {
      vec const here = pack::at(x + c);
      vec const vx = pack::at(px + c) + sigma * (pack::at(x + c + 1) - here);
      vec const vy = pack::at(py + c) + sigma * (pack::at(x_y + c) - here);
      vec square = vx * vx + vy * vy, vz{}, inverse;
      if constexpr (Volume) {
        vz = pack::at(pz + c) + sigma * (pack::at(x_z + c) - here);
        square += vz * vz;
      }
      inverse_root<T, Bytes>(square, inverse);
      vec shrink = lambda * inverse;
      shrink = shrink < T(1) ? shrink : vec{} + T(1);
      pack::at(px + c) = vx * shrink;
      pack::at(py + c) = vy * shrink;
      if constexpr (Volume) pack::at(pz + c) = vz * shrink;
    }
  }
};

/// div p of a row.
template <class T, bool Volume>
struct pdhg_divergence {
  T const *px, *py, *py_before, *pz, *pz_before;

  template <int Bytes>
  [[gnu::always_inline]] void at(std::size_t c, typename simd::pack<T, Bytes>::type& d) const {
    using pack = simd::pack<T, Bytes>;
    d = pack::at(px + c) - pack::at(px + c - 1) + (pack::at(py + c) - pack::at(py_before + c));
    if constexpr (Volume) d += pack::at(pz + c) - pack::at(pz_before + c);
  }
};

/// x <- (x + tau (f + div p)) / (1 + tau), xb <- x + theta (x - what it was).
template <class T, bool Volume>
struct pdhg_primal_job {
  pdhg_divergence<T, Volume> p;
  T const* f;
  T *x, *xb;
  T tau, theta;
  std::size_t width;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using pack = simd::pack<T, Bytes>;
    using vec = typename pack::type;
    T const old_part = T(1) / (T(1) + tau), new_part = tau / (T(1) + tau);
    for (std::size_t c = 0; c < width; c += pack::size) {
      vec d;
      p.template at<Bytes>(c, d);
      vec const old = pack::at(x + c);
      vec const now = old * old_part + new_part * (pack::at(f + c) + d);
      pack::at(x + c) = now;
      pack::at(xb + c) = now + theta * (now - old);
    }
    x[width] = x[width - 1];
    xb[width] = xb[width - 1];
  }
};

/// The row's part of primal minus dual value, 1/2 (x - f - div p)^2 + lambda |grad x| - <p, grad x>: a sum of
/// terms that are not negative, so nothing cancels.
template <class T, bool Volume>
struct pdhg_gap_job {
  pdhg_divergence<T, Volume> p;
  T const *f, *x, *x_y, *x_z;
  T lambda;
  std::size_t width;
  double* sum;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using pack = simd::pack<T, Bytes>;
    using vec = typename pack::type;
    constexpr std::size_t step = pack::size;
    vec all{}, gap;
    std::size_t c = 0;
    for (; c + step <= width; c += step) {
      part<Bytes>(c, gap);
      all += gap;
    }
    double total = double_sum<T, Bytes>(all, step);
    if (c < width) {
      part<Bytes>(c, gap);
      total += double_sum<T, Bytes>(gap, static_cast<int>(width - c));
    }
    *sum = total;
  }

  template <int Bytes>
  [[gnu::always_inline]] void part(std::size_t c, typename simd::pack<T, Bytes>::type& gap) const {
    using pack = simd::pack<T, Bytes>;
    using vec = typename pack::type;
    vec d, inverse;
    p.template at<Bytes>(c, d);
    vec const here = pack::at(x + c);
    vec const gx = pack::at(x + c + 1) - here, gy = pack::at(x_y + c) - here;
    vec square = gx * gx + gy * gy, product = gx * pack::at(p.px + c) + gy * pack::at(p.py + c);
    if constexpr (Volume) {
      vec const gz = pack::at(x_z + c) - here;
      square += gz * gz;
      product += gz * pack::at(p.pz + c);
    }
    inverse_root<T, Bytes>(square, inverse);
    vec const off = here - pack::at(f + c) - d;
    gap = T(0.5) * off * off + (lambda * square * inverse - product);
  }
};

}  // namespace tomoedx::detail

#endif
