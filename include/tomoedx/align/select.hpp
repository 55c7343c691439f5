// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_SELECT_HPP
#define TOMOEDX_ALIGN_SELECT_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tomoedx {

/// A series of images and its shape (tilt, y, x).
struct image_series {
  std::array<std::size_t, 3> shape{};
  std::vector<float> values;
};

namespace detail {

inline void check_series(std::span<float const> series, std::array<std::size_t, 3> const& shape,
                         char const* who) {
  expects<shape_error>(!series.empty() && series.size() == shape[0] * shape[1] * shape[2],
                       "{}: {} values for a series of ({}, {}, {})", who, series.size(), shape[0], shape[1],
                       shape[2]);
}

}  // namespace detail

/// Sum n x n pixels into one: counts stay counts. Rows and columns beyond the last whole group are left out,
/// which moves the centre: in binned pixels the axis offset is (offset + crop_offset of what is kept) / n.
///
/// throws   tomoedx::shape_error where n is 0 or larger than the images
inline image_series rebin(std::span<float const> series, std::array<std::size_t, 3> const& shape,
                          std::size_t n) {
  detail::check_series(series, shape, "rebin");
  auto const [tilts, rows, columns] = shape;
  expects<shape_error>(n > 0 && n <= rows && n <= columns, "rebin: by {} of images of {} x {}", n, rows,
                       columns);
  image_series out{{tilts, rows / n, columns / n}, {}};
  out.values.reserve(tilts * (rows / n) * (columns / n));
  for (std::size_t t = 0; t < tilts; ++t)
    for (std::size_t y = 0; y < rows / n; ++y)
      for (std::size_t x = 0; x < columns / n; ++x) {
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j)
          for (std::size_t i = 0; i < n; ++i)
            sum += static_cast<double>(series[(t * rows + y * n + j) * columns + x * n + i]);
        out.values.push_back(static_cast<float>(sum));
      }
  return out;
}

/// A part of the images: rows and columns [first, last).
struct image_part {
  std::size_t first_row = 0, last_row = 0, first_column = 0, last_column = 0;
};

/// Cut a part out of every image. The centre of the images moves with it: the axis offset of the part is that
/// of the whole plus `crop_offset`.
///
/// throws   tomoedx::shape_error for a part that is empty or not inside
inline image_series crop(std::span<float const> series, std::array<std::size_t, 3> const& shape,
                         image_part const& part) {
  detail::check_series(series, shape, "crop");
  auto const [tilts, rows, columns] = shape;
  expects<shape_error>(part.first_row < part.last_row && part.last_row <= rows &&
                           part.first_column < part.last_column && part.last_column <= columns,
                       "crop: rows {} to {} and columns {} to {} of images of {} x {}", part.first_row,
                       part.last_row, part.first_column, part.last_column, rows, columns);
  image_series out{{tilts, part.last_row - part.first_row, part.last_column - part.first_column}, {}};
  for (std::size_t t = 0; t < tilts; ++t)
    for (std::size_t y = part.first_row; y < part.last_row; ++y) {
      auto const line = series.subspan((t * rows + y) * columns + part.first_column, out.shape[2]);
      out.values.insert(out.values.end(), line.begin(), line.end());
    }
  return out;
}

/// What the axis offset changes by when columns are cut off: the centre of the part is elsewhere.
inline double crop_offset(std::size_t columns, image_part const& part) {
  return 0.5 * (static_cast<double>(columns) - static_cast<double>(part.first_column + part.last_column));
}

/// Leave tilts out of anything that has `each` values for a tilt: images, angles, shifts.
///
/// throws   tomoedx::shape_error for numbers that are no tilts, or where none would stay
template <class T>
std::vector<T> drop_tilts(std::span<T const> values, std::size_t tilts,
                          std::span<std::size_t const> dropped) {
  expects<shape_error>(tilts > 0 && values.size() % tilts == 0,
                       "drop_tilts: {} values are no series of {} tilts", values.size(), tilts);
  std::vector<bool> gone(tilts);
  for (std::size_t const t : dropped) {
    expects<shape_error>(t < tilts, "drop_tilts: there is no tilt {}; the last of {} is {}", t, tilts,
                         tilts - 1);
    gone[t] = true;
  }
  expects<shape_error>(std::find(gone.begin(), gone.end(), false) != gone.end(),
                       "drop_tilts: all {} tilts are dropped", tilts);
  std::size_t const each = values.size() / tilts;
  std::vector<T> kept;
  for (std::size_t t = 0; t < tilts; ++t)
    if (!gone[t])
      kept.insert(kept.end(), values.begin() + static_cast<std::ptrdiff_t>(t * each),
                  values.begin() + static_cast<std::ptrdiff_t>((t + 1) * each));
  return kept;
}

/// Exchange x and y of every image, for series whose tilt axis lies along x.
inline image_series exchange_axes(std::span<float const> series, std::array<std::size_t, 3> const& shape) {
  detail::check_series(series, shape, "exchange_axes");
  auto const [tilts, rows, columns] = shape;
  image_series out{{tilts, columns, rows}, std::vector<float>(series.size())};
  for (std::size_t t = 0; t < tilts; ++t)
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < columns; ++x)
        out.values[(t * columns + x) * rows + y] = series[(t * rows + y) * columns + x];
  return out;
}

/// The median of some numbers, 0 of none.
inline double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

namespace detail {

/// How far figure k is from where its six nearest neighbours would have it: from the median of the lines
/// through two of them, or of the parabolas through three, whichever is nearer, so that neither a bend nor noise at an
/// end counts.
inline double off_its_neighbours(std::span<double const> x, std::span<double const> y, std::size_t k) {
  std::size_t const n = x.size(), first = std::min(k > 3 ? k - 3 : 0, n > 7 ? n - 7 : 0),
                    last = std::min(n, first + 7);
  std::vector<double> lines, parabolas;
  for (std::size_t i = first; i < last; ++i)
    for (std::size_t j = i + 1; j < last; ++j) {
      if (i == k || j == k) continue;
      double const slope = (y[j] - y[i]) / (x[j] - x[i]), line = y[i] + slope * (x[k] - x[i]);
      lines.push_back(line);
      for (std::size_t l = j + 1; l < last; ++l) {
        if (l == k) continue;
        double const bend = ((y[l] - y[i]) / (x[l] - x[i]) - slope) / (x[l] - x[j]);
        parabolas.push_back(line + bend * (x[k] - x[i]) * (x[k] - x[j]));
      }
    }
  return std::min(std::abs(y[k] - median_of(std::move(lines))),
                  std::abs(y[k] - median_of(std::move(parabolas))));
}

}  // namespace detail

/// The tilts whose figure (a total, a score) does not lie where its neighbours would have it: the worst one
/// whose distance is more than `limit` standard deviations, then the worst of the others, and so on. The deviation is
/// told by the median distance, and is at least a millionth of the figures.
///
/// throws   tomoedx::value_error for a limit that is not positive or figures that are not finite
/// returns  a list of tilts in order, at most a third of them; none of fewer than five
inline std::vector<std::size_t> outlying_tilts(std::span<double const> figures, double limit = 8) {
  expects<value_error>(limit > 0, "outlying_tilts: the limit is {}, it must be positive", limit);
  std::vector<double> x, y, height;
  for (std::size_t t = 0; t < figures.size(); ++t) {
    expects<value_error>(std::isfinite(figures[t]), "outlying_tilts: the figure of tilt {} is {}", t,
                         figures[t]);
    x.push_back(static_cast<double>(t)), y.push_back(figures[t]), height.push_back(std::abs(figures[t]));
  }
  double const least = 1e-6 * median_of(std::move(height));
  std::vector<std::size_t> list;
  while (y.size() >= 5 && 3 * (list.size() + 1) <= figures.size()) {
    std::vector<double> off(y.size());
    for (std::size_t k = 0; k < y.size(); ++k) off[k] = detail::off_its_neighbours(x, y, k);
    auto const worst = std::max_element(off.begin(), off.end()) - off.begin();
    if (off[static_cast<std::size_t>(worst)] <= limit * std::max(1.4826 * median_of(off), least)) break;
    list.push_back(static_cast<std::size_t>(x[static_cast<std::size_t>(worst)]));
    x.erase(x.begin() + worst), y.erase(y.begin() + worst);
  }
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace tomoedx

#endif
