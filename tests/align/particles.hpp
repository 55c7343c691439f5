// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_ALIGN_PARTICLES_HPP
#define TOMOEDX_TESTS_ALIGN_PARTICLES_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace tomoedx_tests {

/// Balls in space, whose projections are known between pixels: nothing is interpolated in a series made of them.
struct ball {
  double x, y, z, radius, density;
};

/// `count` balls of radius 1.5 to 4 pixels within a ball of `reach` pixels.
inline std::vector<ball> particles(std::size_t count, double reach, std::uint64_t seed) {
  std::vector<ball> all;
  for (std::size_t i = 0; all.size() < count; ++i) {
    tomoedx::random_stream random(seed, i);
    auto const place = [&] { return reach * (2 * random.uniform() - 1); };
    ball const b{place(), place(), place(), 1.5 + 2.5 * random.uniform(), 0.5 + random.uniform()};
    if (b.x * b.x + b.y * b.y + b.z * b.z < reach * reach) all.push_back(b);
  }
  return all;
}

/// Where an image was taken: content that belongs at (x, y) lies at (x - dx, y - dy), before that turned by -rotation
/// about the centre.
struct misplacement {
  double dx = 0, dy = 0, rotation_deg = 0;
};

/// The image (y, x) of balls at one tilt, each pixel the mean of 4 x 4 rays.
inline std::vector<float> image_of(std::vector<ball> const& balls, double tilt_deg, std::size_t rows,
                                   std::size_t columns, double axis_offset = 0, misplacement const& at = {}) {
  std::vector<float> image(rows * columns);
  auto const tilt = tomoedx::direction_of(tilt_deg), turn = tomoedx::direction_of(at.rotation_deg);
  double const middle_x = 0.5 * (static_cast<double>(columns) - 1),
               middle_y = 0.5 * (static_cast<double>(rows) - 1);
  for (ball const& b : balls) {
    // in register, from the centre of the image; then where it was seen
    double const s = axis_offset + b.x * tilt.cos + b.z * tilt.sin - at.dx, v = b.y - at.dy;
    double const cx = middle_x + turn.cos * s + turn.sin * v, cy = middle_y - turn.sin * s + turn.cos * v;
    for (double y = std::floor(cy - b.radius); y <= cy + b.radius + 1; ++y)
      for (double x = std::floor(cx - b.radius); x <= cx + b.radius + 1; ++x) {
        if (x < 0 || y < 0 || x >= static_cast<double>(columns) || y >= static_cast<double>(rows)) continue;
        double sum = 0;
        for (int k = 0; k < 16; ++k) {
          double const px = x + 0.25 * (k % 4) - 0.375 - cx, py = y + 0.25 * (k / 4) - 0.375 - cy;
          sum += std::sqrt(std::max(0.0, b.radius * b.radius - px * px - py * py));
        }
        image[static_cast<std::size_t>(y) * columns + static_cast<std::size_t>(x)] +=
            static_cast<float>(b.density * sum / 8);
      }
  }
  return image;
}

/// A series (tilt, y, x), misplaced image by image.
inline std::vector<float> series_of(std::vector<ball> const& balls, std::vector<double> const& tilts_deg,
                                    std::size_t rows, std::size_t columns, double axis_offset = 0,
                                    std::vector<misplacement> const& at = {}) {
  std::vector<float> series;
  for (std::size_t t = 0; t < tilts_deg.size(); ++t) {
    auto const image =
        image_of(balls, tilts_deg[t], rows, columns, axis_offset, at.empty() ? misplacement{} : at[t]);
    series.insert(series.end(), image.begin(), image.end());
  }
  return series;
}

}  // namespace tomoedx_tests

#endif
