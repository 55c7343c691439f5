// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_GAUSSIAN_KERNEL_HPP
#define TOMOEDX_DENOISE_DETAIL_GAUSSIAN_KERNEL_HPP
// IWYU pragma: private, include "tomoedx/denoise/gaussian.hpp"

#include <tomoedx/core/detail/simd.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace tomoedx::detail {

/// Weights 0 .. radius of a Gaussian cut at int(truncate * sigma + 0.5) and normalised, for an axis of `extent`
/// values reflected at its ends. The reflected axis has the period 2 * extent, so weights further away are
/// added to those inside: the radius never exceeds the extent.
template <class T>
std::vector<T> gaussian_taps(double sigma, double truncate, std::size_t extent) {
  constexpr double furthest = 39;  // in sigma: beyond, the weights are 0 in double
  auto const radius = static_cast<std::size_t>(std::min(truncate, furthest) * sigma + 0.5);
  std::vector<double> half(radius + 1, 1.0);
  double sum = 1;
  for (std::size_t k = 1; k <= radius; ++k) {
    double const d = static_cast<double>(k) / sigma;
    sum += 2 * (half[k] = std::exp(-0.5 * d * d));
  }
  std::vector<double> folded(std::min(radius, extent) + 1, 0.0);
  folded[0] = half[0] / sum;
  for (std::size_t k = 1; k <= radius; ++k) {
    std::size_t const place = k % (2 * extent);
    std::size_t const near = std::min(place, 2 * extent - place);
    folded[near] += (near == 0 ? 2 : 1) * half[k] / sum;
  }
  return std::vector<T>(folded.begin(), folded.end());
}

/// Index i - k or i + k of an axis reflected at its ends (d c b a | a b c d | d c b a), for k up to the extent.
inline std::size_t reflected_below(std::size_t i, std::size_t k) {
  return k <= i ? i - k : k - i - 1;
}
inline std::size_t reflected_above(std::size_t i, std::size_t k, std::size_t extent) {
  return i + k < extent ? i + k : 2 * extent - 1 - (i + k);
}

/// One row of a filter across rows: to = w0 * centre + sum of w[k] * (below[k] + above[k]).
template <class T>
struct across_rows_job {
  T const* taps;
  std::size_t radius;
  T const* const* rows;  ///< the centre, then below and above for each k
  T* to;
  std::size_t width;

  template <int Bytes, int Vectors>
  [[gnu::always_inline]] void part(std::size_t x) const {
    using vec = simd::pack<T, Bytes>;
    typename vec::type sum[Vectors];
    TOMOEDX_UNROLL
    for (int i = 0; i < Vectors; ++i) sum[i] = taps[0] * vec::at(rows[0] + x + i * vec::size);
    for (std::size_t k = 1; k <= radius; ++k) {
      T const *const below = rows[2 * k - 1] + x, *const above = rows[2 * k] + x;
      T const w = taps[k];
      TOMOEDX_UNROLL
      for (int i = 0; i < Vectors; ++i)
        sum[i] += w * (vec::at(below + i * vec::size) + vec::at(above + i * vec::size));
    }
    TOMOEDX_UNROLL
    for (int i = 0; i < Vectors; ++i) vec::at(to + x + i * vec::size) = sum[i];
  }

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    constexpr std::size_t step = simd::pack<T, Bytes>::size;
    std::size_t x = 0;
    for (; x + 4 * step <= width; x += 4 * step) part<Bytes, 4>(x);
    for (; x + step <= width; x += step) part<Bytes, 1>(x);
    if (x == width) return;
    if (width >= step) return part<Bytes, 1>(width - step);
    for (; x < width; ++x) {
      T sum = taps[0] * rows[0][x];
      for (std::size_t k = 1; k <= radius; ++k) sum += taps[k] * (rows[2 * k - 1][x] + rows[2 * k][x]);
      to[x] = sum;
    }
  }
};

/// One row of a filter along the row; `from` has `radius` values of border on both sides and may be read a
/// vector further.
template <class T>
struct along_row_job {
  T const* taps;
  std::size_t radius;
  T const* from;
  T* to;
  std::size_t width;

  template <int Bytes, int Vectors>
  [[gnu::always_inline]] void part(std::size_t x, std::size_t count) const {
    using vec = simd::pack<T, Bytes>;
    typename vec::type sum[Vectors];
    TOMOEDX_UNROLL
    for (int i = 0; i < Vectors; ++i) sum[i] = taps[0] * vec::at(from + x + i * vec::size);
    T const *below = from + x, *above = from + x;
    for (std::size_t k = 1; k <= radius; ++k) {
      --below, ++above;
      T const w = taps[k];
      TOMOEDX_UNROLL
      for (int i = 0; i < Vectors; ++i)
        sum[i] += w * (vec::at(below + i * vec::size) + vec::at(above + i * vec::size));
    }
    if (count == Vectors * vec::size) {
      TOMOEDX_UNROLL
      for (int i = 0; i < Vectors; ++i) vec::at(to + x + i * vec::size) = sum[i];
    } else {
      for (std::size_t i = 0; i < count; ++i) to[x + i] = sum[0][i];
    }
  }

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    constexpr std::size_t step = simd::pack<T, Bytes>::size;
    std::size_t x = 0;
    for (; x + 4 * step <= width; x += 4 * step) part<Bytes, 4>(x, 4 * step);
    for (; x < width; x += step) part<Bytes, 1>(x, std::min(step, width - x));
  }
};

/// Taps of the three axes, as every worker reads them.
template <class T>
struct gaussian_taps_of {
  std::vector<T> z, y, x;
};

/// Scratch of one worker: a padded row, the rows that meet in one, and for volumes a plane.
template <class T>
struct gaussian_scratch {
  std::vector<T> row;
  std::vector<T const*> meeting;
  std::vector<T> plane;
};

/// Filter rows [first, end) of an image in y and x.
template <class T>
void gaussian_rows(isa level, gaussian_taps_of<T> const& taps, gaussian_scratch<T>& s, T const* in, T* out,
                   std::size_t height, std::size_t width, std::size_t first, std::size_t end) {
  std::size_t const ry = taps.y.size() - 1, rx = taps.x.size() - 1;
  T* const row = s.row.data() + rx;
  for (std::size_t y = first; y < end; ++y) {
    s.meeting[0] = in + y * width;
    for (std::size_t k = 1; k <= ry; ++k) {
      s.meeting[2 * k - 1] = in + reflected_below(y, k) * width;
      s.meeting[2 * k] = in + reflected_above(y, k, height) * width;
    }
    simd::run_at(level, across_rows_job<T>{taps.y.data(), ry, s.meeting.data(), row, width});
    for (std::size_t k = 1; k <= rx; ++k) {
      row[-static_cast<std::ptrdiff_t>(k)] = row[k - 1];
      row[width + k - 1] = row[width - k];
    }
    simd::run_at(level, along_row_job<T>{taps.x.data(), rx, row, out + y * width, width});
  }
}

/// Filter plane z of a volume in all three axes.
template <class T>
void gaussian_plane(isa level, gaussian_taps_of<T> const& taps, gaussian_scratch<T>& s, T const* in, T* out,
                    std::size_t depth, std::size_t height, std::size_t width, std::size_t z) {
  std::size_t const rz = taps.z.size() - 1, plane = height * width;
  s.meeting[0] = in + z * plane;
  for (std::size_t k = 1; k <= rz; ++k) {
    s.meeting[2 * k - 1] = in + reflected_below(z, k) * plane;
    s.meeting[2 * k] = in + reflected_above(z, k, depth) * plane;
  }
  simd::run_at(level, across_rows_job<T>{taps.z.data(), rz, s.meeting.data(), s.plane.data(), plane});
  gaussian_rows(level, taps, s, static_cast<T const*>(s.plane.data()), out + z * plane, height, width, 0,
                height);
}

}  // namespace tomoedx::detail

#endif
