// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_DETAIL_FFT_HPP
#define TOMOEDX_ALIGN_DETAIL_FFT_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

// IWYU pragma: private, include <tomoedx/align/registration.hpp>
namespace tomoedx::detail {

/// The smallest length of at least n whose only prime factors are 2, 3 and 5.
inline std::size_t fft_length(std::size_t n) {
  for (std::size_t m = n > 0 ? n : 1;; ++m) {
    std::size_t rest = m;
    for (std::size_t const p : {2, 3, 5})
      while (rest % p == 0) rest /= p;
    if (rest == 1) return m;
  }
}

/// Real and imaginary parts side by side, which is what compilers vectorise.
struct complex_array {
  std::vector<double> re, im;
  explicit complex_array(std::size_t n = 0) : re(n), im(n) {}
};

/// A turn, exp(-2 pi i k / n).
struct fft_turn {
  double cos, sin;
  fft_turn(std::size_t k, std::size_t n)
      : cos(std::cos(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n))),
        sin(-std::sin(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n))) {}
};

/// Where a step reads and writes: real and imaginary parts.
struct fft_buffers {
  double const *re, *im;
  double *to_re, *to_im;
};

/// One step of Stockham's transform by 4: the current length is 4 * rest, `run` values lie side by side in each
/// sub-transform.
inline void fft_step_4(std::size_t rest, std::size_t run, fft_buffers const& f) {
  std::size_t const apart = run * rest;
  for (std::size_t p = 0; p < rest; ++p) {
    fft_turn const w1(p, 4 * rest), w2(2 * p, 4 * rest), w3(3 * p, 4 * rest);
    double const *const a0 = f.re + p * run, *const a1 = a0 + apart, *const a2 = a1 + apart,
                        *const a3 = a2 + apart;
    double const *const b0 = f.im + p * run, *const b1 = b0 + apart, *const b2 = b1 + apart,
                        *const b3 = b2 + apart;
    double *const x0 = f.to_re + 4 * p * run, *const x1 = x0 + run, *const x2 = x1 + run,
                  *const x3 = x2 + run;
    double *const y0 = f.to_im + 4 * p * run, *const y1 = y0 + run, *const y2 = y1 + run,
                  *const y3 = y2 + run;
#pragma omp simd
    for (std::size_t q = 0; q < run; ++q) {
      double const s = a0[q] + a2[q], d = a0[q] - a2[q], u = a1[q] + a3[q], v = a1[q] - a3[q];
      double const t = b0[q] + b2[q], e = b0[q] - b2[q], w = b1[q] + b3[q], z = b1[q] - b3[q];
      x0[q] = s + u, y0[q] = t + w;
      double const r1 = d + z, i1 = e - v, r2 = s - u, i2 = t - w, r3 = d - z, i3 = e + v;
      x1[q] = r1 * w1.cos - i1 * w1.sin, y1[q] = r1 * w1.sin + i1 * w1.cos;
      x2[q] = r2 * w2.cos - i2 * w2.sin, y2[q] = r2 * w2.sin + i2 * w2.cos;
      x3[q] = r3 * w3.cos - i3 * w3.sin, y3[q] = r3 * w3.sin + i3 * w3.cos;
    }
  }
}

/// The same by 2, 3 or 5.
template <std::size_t R>
void fft_step(std::size_t rest, std::size_t run, fft_buffers const& f) {
  std::size_t const apart = run * rest;
  for (std::size_t p = 0; p < rest; ++p)
    for (std::size_t j = 0; j < R; ++j) {
      double cos[R], sin[R];
      for (std::size_t k = 0; k < R; ++k) {
        fft_turn const w(j * (p + k * rest) % (R * rest), R * rest);
        cos[k] = w.cos, sin[k] = w.sin;
      }
      double const *const a = f.re + p * run, *const b = f.im + p * run;
      double *const x = f.to_re + (R * p + j) * run, *const y = f.to_im + (R * p + j) * run;
#pragma omp simd
      for (std::size_t q = 0; q < run; ++q) {
        double re = 0, im = 0;
        for (std::size_t k = 0; k < R; ++k) {
          re += a[q + k * apart] * cos[k] - b[q + k * apart] * sin[k];
          im += a[q + k * apart] * sin[k] + b[q + k * apart] * cos[k];
        }
        x[q] = re, y[q] = im;
      }
    }
}

/// Transform along the slow index of (n, width), in place: X(k, .) = sum over j of x(j, .) exp(-2 pi i j k /
/// n). For the inverse (without 1 / n) exchange real and imaginary parts.
///
/// source   Stockham's self-sorting form; Van Loan, Computational Frameworks for the FFT, 1992, section 1.7
inline void fft_slow(std::size_t n, std::size_t width, std::span<double> re, std::span<double> im,
                     complex_array& scratch) {
  double *from_re = re.data(), *from_im = im.data(), *to_re = scratch.re.data(), *to_im = scratch.im.data();
  std::size_t run = width;
  for (std::size_t length = n; length > 1;) {
    std::size_t const radix = length % 4 == 0 ? 4 : length % 2 == 0 ? 2 : length % 3 == 0 ? 3 : 5;
    std::size_t const rest = length / radix;
    auto const step = radix == 4   ? fft_step_4
                      : radix == 2 ? fft_step<2>
                      : radix == 3 ? fft_step<3>
                                   : fft_step<5>;
    step(rest, run, {from_re, from_im, to_re, to_im});
    std::swap(from_re, to_re);
    std::swap(from_im, to_im);
    length = rest;
    run *= radix;
  }
  if (from_re != re.data())
    for (std::size_t i = 0; i < n * width; ++i) re[i] = from_re[i], im[i] = from_im[i];
}

/// (rows, columns) to (columns, rows), in squares that stay in cache.
inline void transpose(std::size_t rows, std::size_t columns, double const* from, double* to) {
  constexpr std::size_t edge = 16;
  for (std::size_t y0 = 0; y0 < rows; y0 += edge)
    for (std::size_t x0 = 0; x0 < columns; x0 += edge)
      for (std::size_t y = y0; y < std::min(rows, y0 + edge); ++y)
        for (std::size_t x = x0; x < std::min(columns, x0 + edge); ++x)
          to[x * rows + y] = from[y * columns + x];
}

/// Transforms of images of one size, there and back. A spectrum lies as (kx, ky).
class fft_plane {
 public:
  fft_plane(std::size_t rows, std::size_t columns)
      : rows_(rows), columns_(columns), scratch_(rows * columns) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t size() const { return rows_ * columns_; }

  /// (y, x) to (kx, ky).
  void forward(complex_array& a) {
    fft_slow(rows_, columns_, a.re, a.im, scratch_);
    turn(rows_, columns_, a);
    fft_slow(columns_, rows_, a.re, a.im, scratch_);
  }

  /// (kx, ky) to (y, x), without the factor 1 / size.
  void inverse(complex_array& a) {
    fft_slow(columns_, rows_, a.im, a.re, scratch_);
    turn(columns_, rows_, a);
    fft_slow(rows_, columns_, a.im, a.re, scratch_);
  }

 private:
  void turn(std::size_t rows, std::size_t columns, complex_array& a) {
    transpose(rows, columns, a.re.data(), scratch_.re.data());
    transpose(rows, columns, a.im.data(), scratch_.im.data());
    std::swap(a, scratch_);
  }

  std::size_t rows_, columns_;
  complex_array scratch_;
};

}  // namespace tomoedx::detail

#endif
