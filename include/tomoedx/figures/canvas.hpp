// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_CANVAS_HPP
#define TOMOEDX_FIGURES_CANVAS_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tomoedx::figures {

/// One pixel, 8 bits a colour, sRGB.
struct rgb {
  std::uint8_t red = 0, green = 0, blue = 0;
  friend bool operator==(rgb const&, rgb const&) = default;
};

/// The pixels of a picture, and what is needed to draw a figure. Whatever lies outside is cut off.
///
/// Coordinates are (x, y) in pixels from the upper left corner; pixel (0, 0) covers [0, 1) x [0, 1).
class canvas {
 public:
  /// throws   value_error for a side of 0 or a picture of more than 2^28 pixels
  canvas(std::size_t width, std::size_t height, rgb background = {255, 255, 255})
      : width_(checked(width, height)), height_(height), pixels_(width * height, background) {}

  std::size_t width() const { return width_; }
  std::size_t height() const { return height_; }
  std::span<rgb const> pixels() const { return pixels_; }  ///< row by row

  /// requires x < width() and y < height()
  rgb at(std::size_t x, std::size_t y) const { return pixels_[y * width_ + x]; }

  void set(std::ptrdiff_t x, std::ptrdiff_t y, rgb color) {
    if (inside(x, y)) pixels_[index(x, y)] = color;
  }

  /// Lay `color` over a pixel; opacity from 0 (nothing) to 1 (all).
  void blend(std::ptrdiff_t x, std::ptrdiff_t y, rgb color, double opacity) {
    if (!inside(x, y)) return;
    rgb& p = pixels_[index(x, y)];
    auto const mix = [&](std::uint8_t under, std::uint8_t over) {
      return static_cast<std::uint8_t>(std::lround(under + (over - under) * std::clamp(opacity, 0.0, 1.0)));
    };
    p = {mix(p.red, color.red), mix(p.green, color.green), mix(p.blue, color.blue)};
  }

  void fill(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t width, std::ptrdiff_t height, rgb color) {
    auto const right = std::min(x + width, static_cast<std::ptrdiff_t>(width_));
    auto const below = std::min(y + height, static_cast<std::ptrdiff_t>(height_));
    for (auto j = std::max<std::ptrdiff_t>(y, 0); j < below; ++j)
      for (auto i = std::max<std::ptrdiff_t>(x, 0); i < right; ++i) pixels_[index(i, j)] = color;
  }

  /// A frame of one pixel just inside the rectangle.
  void frame(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t width, std::ptrdiff_t height, rgb color) {
    fill(x, y, width, 1, color);
    fill(x, y + height - 1, width, 1, color);
    fill(x, y, 1, height, color);
    fill(x + width - 1, y, 1, height, color);
  }

  /// A smooth line with round ends; a line to the same point is a disc.
  void line(double x0, double y0, double x1, double y1, rgb color, double thickness = 1) {
    if (!(std::isfinite(x0) && std::isfinite(y0) && std::isfinite(x1) && std::isfinite(y1))) return;
    double const radius = 0.5 * thickness, reach = radius + 1;
    auto const clip = [](double v, std::size_t size) {
      return static_cast<std::ptrdiff_t>(std::clamp(std::floor(v), -1.0, static_cast<double>(size)));
    };
    auto const left = clip(std::min(x0, x1) - reach, width_), right = clip(std::max(x0, x1) + reach, width_);
    auto const top = clip(std::min(y0, y1) - reach, height_), below = clip(std::max(y0, y1) + reach, height_);
    double const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
    for (auto j = top; j <= below; ++j)
      for (auto i = left; i <= right; ++i) {
        double const px = static_cast<double>(i) + 0.5 - x0, py = static_cast<double>(j) + 0.5 - y0;
        double const t = length > 0 ? std::clamp((px * dx + py * dy) / length, 0.0, 1.0) : 0.0;
        double const cover = radius + 0.5 - std::hypot(px - t * dx, py - t * dy);
        if (cover > 0) blend(i, j, color, cover);
      }
  }

  /// Copy another picture with its upper left corner to (x, y).
  void blit(canvas const& other, std::ptrdiff_t x, std::ptrdiff_t y) {
    for (std::size_t j = 0; j < other.height_; ++j)
      for (std::size_t i = 0; i < other.width_; ++i)
        set(x + static_cast<std::ptrdiff_t>(i), y + static_cast<std::ptrdiff_t>(j), other.at(i, j));
  }

 private:
  static std::size_t checked(std::size_t width, std::size_t height) {
    constexpr std::size_t most = std::size_t{1} << 28;
    expects<value_error>(width > 0 && height > 0 && width <= most && height <= most / width,
                         "canvas: a picture of {} x {} pixels; give 1 to {} in all", width, height, most);
    return width;
  }
  bool inside(std::ptrdiff_t x, std::ptrdiff_t y) const {
    return x >= 0 && y >= 0 && static_cast<std::size_t>(x) < width_ && static_cast<std::size_t>(y) < height_;
  }
  std::size_t index(std::ptrdiff_t x, std::ptrdiff_t y) const {
    return static_cast<std::size_t>(y) * width_ + static_cast<std::size_t>(x);
  }

  std::size_t width_, height_;
  std::vector<rgb> pixels_;
};

}  // namespace tomoedx::figures

#endif
