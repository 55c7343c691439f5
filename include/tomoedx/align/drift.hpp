// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_DRIFT_HPP
#define TOMOEDX_ALIGN_DRIFT_HPP

#include <tomoedx/align/alignment.hpp>
#include <tomoedx/align/detail/pair_network.hpp>
#include <tomoedx/align/registration.hpp>
#include <tomoedx/align/select.hpp>
#include <tomoedx/core/host_threads.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace tomoedx {

/// Options of the drift between neighbours.
struct drift_options {
  std::size_t neighbours =
      2;  ///< each image is registered to those up to so many places away, in order of angle
  bool stretch =
      true;  ///< the flatter of two views is narrowed about its middle by the ratio of cosines, as the specimen is
  double outlier = 3;  ///< pairs this many times the median disagreement away lose weight
  registration_options registration{};
};

namespace detail {

/// The image as seen from another tilt by what a thin specimen does: x stretched by `factor` about the middle.
inline void stretch_columns(std::span<float const> image, std::size_t rows, std::size_t columns,
                            double factor, std::span<float> result) {
  double const middle = 0.5 * (static_cast<double>(columns) - 1);
  for (std::size_t x = 0; x < columns; ++x) {
    double const from = std::clamp((static_cast<double>(x) - middle) / factor + middle, 0.0, 2 * middle);
    auto const low = static_cast<std::size_t>(from);
    std::size_t const high = std::min(low + 1, columns - 1);
    auto const f = static_cast<float>(from - static_cast<double>(low));
    for (std::size_t y = 0; y < rows; ++y)
      result[y * columns + x] = (1 - f) * image[y * columns + low] + f * image[y * columns + high];
  }
}

}  // namespace detail

/// Align a series by registering each image to its neighbours in tilt angle.
///
/// Pairs up to `neighbours` apart are joined by least squares, weighted by their scores; a pair that contradicts the
/// others loses its weight. The image nearest to 0 degrees stays. With equal angles it is the drift of repeated
/// frames. What this cannot know is how far from the tilt axis the specimen is: follow with the
/// centre of mass or reprojection.
/// shapes   series (tilt, y, x)
/// throws   tomoedx::shape_error for sizes that differ, value_error for NaN and options out of range; an image without
///          contrast has pairs of score 0, which hardly count, and follows its neighbours
/// returns  the alignment, its step telling the pairs, the mean score and the rms disagreement of pairs [pixel]
inline alignment align_by_drift(std::span<float const> series, std::array<std::size_t, 3> const& shape,
                                std::span<double const> tilts_deg, drift_options const& options = {}) {
  detail::check_series(series, shape, "align_by_drift");
  auto const [tilts, rows, columns] = shape;
  expects<shape_error>(tilts_deg.size() == tilts, "align_by_drift: {} angles for {} tilts", tilts_deg.size(),
                       tilts);
  expects<value_error>(options.neighbours > 0 && options.outlier > 0,
                       "align_by_drift: {} neighbours and outliers at {}; both are positive",
                       options.neighbours, options.outlier);
  for (double const a : tilts_deg)
    expects<value_error>(std::isfinite(a), "align_by_drift: an angle is {}", a);
  std::vector<std::size_t> order(tilts);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return tilts_deg[a] < tilts_deg[b]; });

  std::vector<detail::measured_pair> pairs;
  for (std::size_t i = 0; i < tilts; ++i)
    for (std::size_t k = 1; k <= options.neighbours && i + k < tilts; ++k)
      pairs.push_back({order[i], order[i + k]});
  std::size_t const image = rows * columns;
  struct scratch {
    image_registration registration;
    std::vector<float> narrowed;
  };
  on_host_threads(
      "align_by_drift", pairs.size(),
      [&] {
        return scratch{image_registration(rows, columns, options.registration), std::vector<float>(image)};
      },
      [&](scratch& s, std::size_t p) {
        auto const of = [&](std::size_t t) { return series.subspan(t * image, image); };
        auto& pair = pairs[p];
        auto a = of(pair.first), b = of(pair.second);
        double const ratio = std::abs(direction_of(tilts_deg[pair.first]).cos) /
                             std::max(std::abs(direction_of(tilts_deg[pair.second]).cos), 1e-9);
        if (options.stretch && ratio > 0.5 && ratio < 2 && ratio != 1) {
          bool const narrow_second = ratio < 1;
          detail::stretch_columns(narrow_second ? b : a, rows, columns, narrow_second ? ratio : 1 / ratio,
                                  s.narrowed);
          (narrow_second ? b : a) = s.narrowed;
          (narrow_second ? pair.narrow_second : pair.narrow_first) = narrow_second ? ratio : 1 / ratio;
        }
        auto const found = s.registration(a, b);
        pair.dx = found.dx, pair.dy = found.dy, pair.score = found.score;
      });
  std::size_t const fixed = static_cast<std::size_t>(
      std::min_element(tilts_deg.begin(), tilts_deg.end(),
                       [](double a, double b) { return std::abs(a) < std::abs(b); }) -
      tilts_deg.begin());
  alignment result(tilts);
  auto const solved = detail::join_pairs(pairs, tilts, fixed, options.outlier, result.dx, result.dy);
  result.steps.push_back({"drift",
                          {{"pairs", static_cast<double>(pairs.size())},
                           {"pairs without weight", static_cast<double>(solved.outliers)},
                           {"mean score", solved.mean_score},
                           {"rms disagreement [pixel]", solved.disagreement}}});
  return result;
}

}  // namespace tomoedx

#endif
