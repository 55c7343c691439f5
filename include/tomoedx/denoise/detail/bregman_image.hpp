// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BREGMAN_IMAGE_HPP
#define TOMOEDX_DENOISE_DETAIL_BREGMAN_IMAGE_HPP
// IWYU pragma: private, include "tomoedx/denoise/total_variation.hpp"

#include <tomoedx/denoise/detail/bregman_rows.hpp>
#include <tomoedx/denoise/detail/tv_scale.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tomoedx::detail {

/// What lies outside the image: nothing (no differences across the border), or the noisy image's own border held
/// fixed, as scikit-image has it: the second row and column before the first, the last ones repeated behind.
enum class bregman_border { none, held };

/// The state of one image. Rows -1 and `height` exist, for what lies outside; so do columns -1 and `width`.
template <class T>
struct bregman_image {
  enum array : std::size_t { u, qx, qy, bx, by, f, arrays };

  std::size_t height = 0, width = 0;
  row_layout<T> half;  ///< of half a row
  bregman_border border = bregman_border::none;
  bregman_shrink shrink = bregman_shrink::isotropic;
  T threshold = 1;
  std::vector<T> memory;
  std::vector<double> changes;  ///< sums of squares of each row in the last iteration

  void resize(std::size_t rows, std::size_t columns) {
    height = rows, width = columns, half = row_layout<T>((columns + 1) / 2);
    memory.resize((arrays * (height + 2) + tables) * 2 * half.stride + half.halo);
    changes.resize(height);
  }

  /// Columns `odd`, `odd` + 2, ... of row r of an array.
  T* row(array which, std::ptrdiff_t r, std::size_t odd) {
    return half_row(which * (height + 2) + static_cast<std::size_t>(r + 1), odd);
  }
  T& value(array which, std::ptrdiff_t r, std::ptrdiff_t c) {
    return row(which, r, static_cast<std::size_t>(c & 1))[c >> 1];
  }

  /// The factors of bregman_image_job for rows with `missing` neighbours above and below.
  T* factor_a(std::size_t missing, std::size_t odd) { return half_row(arrays * (height + 2) + missing, odd); }
  T* factor_b(std::size_t missing, std::size_t odd) { return factor_a(3 + missing, odd); }
  T* keep(std::size_t odd) { return factor_a(6, odd); }

  std::size_t missing(std::size_t r) const {
    return border == bregman_border::held ? 0u : (r == 0 ? 1u : 0u) + (r + 1 == height ? 1u : 0u);
  }

  /// Make the tables. The image is fitted with weight w and the split with 2 w, so w drops out. Outside the image a
  /// is 0 and b is 1: there u stays what f holds.
  void prepare() {
    std::fill(memory.begin(), memory.end(), T(0));
    bool const held = border == bregman_border::held;
    for (std::size_t odd = 0; odd < 2; ++odd)
      for (std::size_t j = 0; j < half.stride - half.halo; ++j) {
        std::size_t const c = 2 * j + odd;
        bool const inside = c < width;
        keep(odd)[j] = c + 1 < width || (held && inside) ? T(1) : T(0);
        for (std::size_t m = 0; m < 3; ++m) {
          std::size_t const beside = held ? 2 : (c > 0 ? 1u : 0u) + (c + 1 < width ? 1u : 0u);
          T const share = T(1) / static_cast<T>(1 + 2 * (beside + 2 - m));
          factor_a(m, odd)[j] = inside ? 2 * share : T(0);
          factor_b(m, odd)[j] = inside ? share : T(1);
        }
      }
  }

  /// Load row r and start there: u = f, no differences split off.
  void load(T const* image, tv_scale const& scale, std::size_t row_number) {
    auto const r = static_cast<std::ptrdiff_t>(row_number), w = static_cast<std::ptrdiff_t>(width);
    for (std::size_t a = qx; a <= by; ++a)
      std::fill_n(row(static_cast<array>(a), r, 0), 2 * half.stride - half.halo, T(0));
    T const* const from = image + row_number * width;
    for (std::ptrdiff_t c = 0; c < w; ++c) value(f, r, c) = value(u, r, c) = scale.in(from[c]);
    if (border == bregman_border::none) return;
    value(f, r, w) = value(u, r, w) = scale.in(from[width - 1]);
    value(u, r, -1) = scale.in(from[width > 1 ? 1 : 0]);
    auto const outside = [&](std::ptrdiff_t to) {
      for (std::ptrdiff_t c = 0; c < w; ++c) value(u, to, c) = scale.in(from[c]);
    };
    if (row_number == (height > 1 ? 1u : 0u)) outside(-1);
    if (row_number + 1 == height) outside(r + 1);
  }
  void store(T* image, tv_scale const& scale, std::size_t r) {
    for (std::size_t c = 0; c < width; ++c)
      image[r * width + c] =
          scale.out(value(u, static_cast<std::ptrdiff_t>(r), static_cast<std::ptrdiff_t>(c)));
  }

  /// Fit the pixels of one colour of row r.
  void fit(isa level, std::size_t row_number, std::size_t colour, double& change) {
    auto const r = static_cast<std::ptrdiff_t>(row_number);
    std::size_t const odd = (row_number + colour) % 2, m = missing(row_number), back = 1 - odd;
    simd::run_at(level,
                 bregman_image_job<T>{row(u, r, 1 - odd) - back, row(u, r - 1, odd), row(u, r + 1, odd),
                                      row(qx, r, 1 - odd) - back, row(qx, r, odd), row(qy, r - 1, odd),
                                      row(qy, r, odd), row(f, r, odd), factor_a(m, odd), factor_b(m, odd),
                                      row(u, r, odd), half.width, &change});
  }

  /// Shrink the differences of row r.
  void split(isa level, std::size_t row_number) {
    if (shrink == bregman_shrink::isotropic) return split_as<bregman_shrink::isotropic>(level, row_number);
    if (shrink == bregman_shrink::smooth) return split_as<bregman_shrink::smooth>(level, row_number);
    split_as<bregman_shrink::anisotropic>(level, row_number);
  }

  double squared_change() const {
    double sum = 0;
    for (double const c : changes) sum += c;
    return sum;
  }

  /// Several iterations in one sweep over the rows: red, black and split follow each other a row apart, iteration k
  /// is three rows behind k - 1. `changes` are those of the last one.
  void sweep(isa level, std::size_t iterations) {
    double not_asked = 0;
    for (std::size_t s = 0; s < height + 2 + 3 * (iterations - 1); ++s)
      for (std::size_t k = 0; k < iterations && 3 * k <= s; ++k) {
        std::size_t const r = s - 3 * k;
        auto const change = [&](std::size_t at) -> double& {
          return k + 1 == iterations ? changes[at] : not_asked;
        };
        if (r < height) change(r) = 0, fit(level, r, 0, change(r));
        if (r >= 1 && r - 1 < height) fit(level, r - 1, 1, change(r - 1));
        if (r >= 2 && r - 2 < height) split(level, r - 2);
      }
  }

 private:
  static constexpr std::size_t tables = 7;

  T* half_row(std::size_t number, std::size_t odd) {
    auto const address = reinterpret_cast<std::uintptr_t>(memory.data());
    return memory.data() + (64 - address % 64) % 64 / sizeof(T) + (2 * number + odd) * half.stride +
           half.halo;
  }

  template <bregman_shrink Shrink>
  void split_as(isa level, std::size_t row_number) {
    auto const r = static_cast<std::ptrdiff_t>(row_number);
    std::ptrdiff_t const next = row_number + 1 == height && border == bregman_border::none ? r : r + 1;
    for (std::size_t odd = 0; odd < 2; ++odd)
      simd::run_at(level,
                   bregman_split_job<T, Shrink>{row(u, r, 1 - odd) + odd, row(u, r, odd), row(u, next, odd),
                                                keep(odd), row(bx, r, odd), row(by, r, odd), row(qx, r, odd),
                                                row(qy, r, odd), threshold, half.width});
  }
};

}  // namespace tomoedx::detail

#endif
