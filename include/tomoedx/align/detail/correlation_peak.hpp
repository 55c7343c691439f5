// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_DETAIL_CORRELATION_PEAK_HPP
#define TOMOEDX_ALIGN_DETAIL_CORRELATION_PEAK_HPP

#include <tomoedx/align/detail/fft.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

// IWYU pragma: private, include <tomoedx/align/registration.hpp>
namespace tomoedx::detail {

/// A place on the plane of shifts and the correlation there.
struct correlation_peak {
  double x = 0, y = 0, value = 0;
};

/// Signed frequency of index k of n, in radians for each pixel; the Nyquist frequency, which has no sign, is 0.
inline double angular_frequency(std::size_t k, std::size_t n) {
  if (2 * k == n) return 0;
  auto const signed_k = 2 * k > n ? static_cast<double>(k) - static_cast<double>(n) : static_cast<double>(k);
  return 2 * std::numbers::pi * signed_k / static_cast<double>(n);
}

/// The trigonometric polynomial that a cross-power spectrum (kx, ky) is: its value between pixels is exact, where an
/// upsampled transform would give a table of it.
class correlation_polynomial {
 public:
  correlation_polynomial(std::size_t rows, std::size_t columns)
      : rows_(rows), columns_(columns), wy_(rows), cos_(rows), sin_(rows) {
    for (std::size_t k = 0; k < rows; ++k) wy_[k] = angular_frequency(k, rows);
  }

  /// Climb from `start` (a pixel) to the maximum next to it by Newton's method; stays where it is if there is
  /// none within a pixel.
  ///
  /// requires the spectrum of a real correlation: half of it is read
  correlation_peak climb(complex_array const& spectrum, correlation_peak start) {
    correlation_peak at = start;
    for (int step = 0; step < 12; ++step) {
      moments const m = at_point(spectrum, at.x, at.y);
      at.value = m.c;
      bool const one_row = rows_ < 3, one_column = columns_ < 3;
      double const xx = one_column ? -1 : m.xx, yy = one_row ? -1 : m.yy;
      double const xy = one_row || one_column ? 0 : m.xy;
      double const determinant = xx * yy - xy * xy;
      if (!(determinant > 0) || !(xx < 0)) return start;
      double const gx = one_column ? 0 : m.x, gy = one_row ? 0 : m.y;
      double const dx = -(yy * gx - xy * gy) / determinant, dy = -(xx * gy - xy * gx) / determinant;
      at.x += std::clamp(dx, -0.5, 0.5);
      at.y += std::clamp(dy, -0.5, 0.5);
      if (std::abs(at.x - start.x) > 1 || std::abs(at.y - start.y) > 1) return start;
      if (std::abs(dx) < 1e-6 && std::abs(dy) < 1e-6) break;
    }
    return at;
  }

 private:
  struct moments {
    double c = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  };

  /// The polynomial and its derivatives at (u, v).
  moments at_point(complex_array const& f, double u, double v) {
    for (std::size_t k = 0; k < rows_; ++k) cos_[k] = std::cos(wy_[k] * v), sin_[k] = std::sin(wy_[k] * v);
    moments m;
    for (std::size_t kx = 0; kx <= columns_ / 2; ++kx) {
      double const *const re = f.re.data() + kx * rows_, *const im = f.im.data() + kx * rows_;
      double a0 = 0, b0 = 0, a1 = 0, b1 = 0, a2 = 0, b2 = 0;
#pragma omp simd reduction(+ : a0, b0, a1, b1, a2, b2)
      for (std::size_t k = 0; k < rows_; ++k) {
        double const a = re[k] * cos_[k] - im[k] * sin_[k], b = re[k] * sin_[k] + im[k] * cos_[k];
        double const w = wy_[k];
        a0 += a, b0 += b, a1 += w * a, b1 += w * b, a2 += w * w * a, b2 += w * w * b;
      }
      double const wx = angular_frequency(kx, columns_), twice = kx == 0 || 2 * kx == columns_ ? 1 : 2;
      double const c = twice * std::cos(wx * u), s = twice * std::sin(wx * u);
      m.c += a0 * c - b0 * s;
      m.x -= wx * (a0 * s + b0 * c);
      m.y -= a1 * s + b1 * c;
      m.xx -= wx * wx * (a0 * c - b0 * s);
      m.xy -= wx * (a1 * c - b1 * s);
      m.yy -= a2 * c - b2 * s;
    }
    return m;
  }

  std::size_t rows_, columns_;
  std::vector<double> wy_, cos_, sin_;
};

/// The vertex of the parabola through three neighbouring values, from the middle one; 0 where there is none.
inline double parabola_vertex(double before, double middle, double after) {
  double const bend = before - 2 * middle + after;
  return bend < 0 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0.0;
}

}  // namespace tomoedx::detail

#endif
