// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_PDHG_IMAGE_HPP
#define TOMOEDX_DENOISE_DETAIL_PDHG_IMAGE_HPP
// IWYU pragma: private, include "tomoedx/denoise/tv_pdhg.hpp"

#include <tomoedx/denoise/detail/pdhg_rows.hpp>
#include <tomoedx/denoise/detail/tv_scale.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace tomoedx::detail {

/// The steps of one iteration. The accelerated method shortens tau and lengthens sigma as it goes.
template <class T>
struct pdhg_steps {
  T tau, sigma, theta;
};

/// The state of one image or volume: rows y of plane z are row z * height + y.
template <class T, bool Volume>
struct pdhg_image {
  std::size_t depth = 0, height = 0;
  row_layout<T> layout;
  T lambda = 0;
  double tau = 1;
  std::vector<T> memory;
  std::vector<double> sums;

  void resize(std::size_t planes, std::size_t rows_of_plane, std::size_t width) {
    depth = planes, height = rows_of_plane, layout = row_layout<T>(width);
    memory.resize(((Volume ? 6 : 5) * rows() + 1) * layout.stride + layout.halo);
    sums.resize(rows());
  }

  std::size_t rows() const { return depth * height; }
  T* row(std::size_t array, std::size_t r) {
    auto const address = reinterpret_cast<std::uintptr_t>(memory.data());
    T* const aligned = memory.data() + (64 - address % 64) % 64 / sizeof(T);
    return aligned + (array * rows() + r) * layout.stride + layout.halo;
  }
  T* f(std::size_t r) { return row(0, r); }
  T* x(std::size_t r) { return row(1, r); }
  T* xb(std::size_t r) { return row(2, r); }
  T* p(std::size_t axis, std::size_t r) { return row(3 + axis, r); }
  T* zeros() { return row(Volume ? 6 : 5, 0); }

  /// Load row r and start there: x = f, p = 0.
  void load(T const* image, tv_scale const& scale, std::size_t r) {
    std::size_t const halo = layout.halo, width = layout.width;
    for (std::size_t a = 3; a < (Volume ? 6 : 5); ++a) std::fill_n(row(a, r) - halo, layout.stride, T(0));
    if (r == 0) std::fill_n(zeros() - halo, layout.stride, T(0));
    T* const to = f(r);
    std::fill_n(to - halo, halo, T(0));
    for (std::size_t c = 0; c < width; ++c) to[c] = scale.in(image[r * width + c]);
    std::fill_n(to + width, layout.stride - halo - width, to[width - 1]);
    std::copy_n(to - halo, layout.stride, x(r) - halo);
    std::copy_n(to - halo, layout.stride, xb(r) - halo);
  }
  void store(T* image, tv_scale const& scale, std::size_t r) {
    for (std::size_t c = 0; c < layout.width; ++c) image[r * layout.width + c] = scale.out(x(r)[c]);
  }

  T* next_y(T* here, std::size_t r) const { return (r + 1) % height == 0 ? here : here + layout.stride; }
  T* next_z(T* here, std::size_t r) const {
    return r + height >= rows() ? here : here + height * layout.stride;
  }
  pdhg_divergence<T, Volume> divergence(std::size_t r) {
    T* const none = zeros();
    T* const py = p(1, r);
    T* const pz = Volume ? p(2, r) : nullptr;
    return {p(0, r), py, r % height == 0 ? none : py - layout.stride, pz,
            r < height ? none : pz - height * layout.stride};
  }

  void dual(isa level, std::size_t r, pdhg_steps<T> const& s) {
    T* const here = xb(r);
    simd::run_at(
        level, pdhg_dual_job<T, Volume>{here, next_y(here, r), Volume ? next_z(here, r) : nullptr, p(0, r),
                                        p(1, r), Volume ? p(2, r) : nullptr, s.sigma, lambda, layout.width});
  }
  void primal(isa level, std::size_t r, pdhg_steps<T> const& s) {
    simd::run_at(level,
                 pdhg_primal_job<T, Volume>{divergence(r), f(r), x(r), xb(r), s.tau, s.theta, layout.width});
  }
  void gap(isa level, std::size_t r) {
    T* const here = x(r);
    simd::run_at(level,
                 pdhg_gap_job<T, Volume>{divergence(r), f(r), here, next_y(here, r),
                                         Volume ? next_z(here, r) : nullptr, lambda, layout.width, &sums[r]});
  }
  double total_gap() const {
    double sum = 0;
    for (double const s : sums) sum += s;
    return sum;
  }

  /// The steps of the next iteration; tau is then that of the one after it.
  ///
  /// source   Chambolle and Pock, J. Math. Imaging Vis. 40 (2011) 120, algorithm 2 with gamma = 1
  pdhg_steps<T> next_steps() {
    double const norm = Volume ? 12 : 8;  // of the gradient, squared
    double const theta = 1 / std::sqrt(1 + 2 * tau);
    pdhg_steps<T> const s{static_cast<T>(tau), static_cast<T>(1 / (norm * tau)), static_cast<T>(theta)};
    tau *= theta;
    return s;
  }

  /// Several iterations in one sweep over the rows: iteration k is `lag` rows behind k - 1, and finds its rows in
  /// the cache.
  void sweep(isa level, std::size_t iterations) {
    std::size_t const lag = Volume ? height + 1 : 2;
    std::array<pdhg_steps<T>, 16> steps;
    for (std::size_t k = 0; k < iterations; ++k) steps[k] = next_steps();
    for (std::size_t s = 0; s < rows() + lag * (iterations - 1); ++s)
      for (std::size_t k = 0; k < iterations; ++k) {
        if (s < lag * k || s - lag * k >= rows()) continue;
        std::size_t const r = s - lag * k;
        dual(level, r, steps[k]);
        primal(level, r, steps[k]);
      }
  }
};

}  // namespace tomoedx::detail

#endif
