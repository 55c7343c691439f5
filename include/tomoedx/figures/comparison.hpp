// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_COMPARISON_HPP
#define TOMOEDX_FIGURES_COMPARISON_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/figures/canvas.hpp>
#include <tomoedx/figures/colormap.hpp>
#include <tomoedx/figures/detail/planes.hpp>
#include <tomoedx/figures/font.hpp>
#include <tomoedx/figures/scale_bar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::figures {

/// Blue over light gray to red, for values of both signs: 0.5 is zero.
inline colormap difference_map() {
  std::array<rgb, 256> colors;
  for (std::size_t i = 0; i < 256; ++i) {
    double const t = (static_cast<double>(i) - 127.5) / 127.5, part = std::abs(t);
    colors[i] = detail::within_gamut(0.93 - 0.50 * part, t < 0 ? 255 : 28, 0.19 * std::min(1.0, 1.3 * part));
  }
  return colormap(colors);
}

struct comparison_options {
  std::string title = {};
  double pixel_nm = 0;       ///< pixel size in nm; 0 if not known: the scale bar then counts pixels
  std::size_t panel = 360;   ///< wanted length of an image's longer side in pixels
  double brightest = 0.999;  ///< the part of the pixels that lies below the upper end of the colours
};

namespace detail {

/// One image of the figure, ready to be drawn.
struct compared_panel {
  std::string name;
  plane image;
  colormap colors;
  double low = 0, high = 1;
  bool cut = false;  ///< some pixels lie beyond the range
};

/// The value below which a part of the finite ones lies; of their sizes if `sizes`.
inline double quantile(std::vector<float> values, double part, bool sizes) {
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  if (values.empty()) return 0;
  if (sizes)
    for (float& v : values) v = std::abs(v);
  auto const rank =
      values.begin() + static_cast<std::ptrdiff_t>(std::floor(part * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), rank, values.end());
  return *rank;
}

/// Gray from the darkest (or 0, if that is near) to the brightest.
inline compared_panel gray_panel(std::string name, plane image, double brightest) {
  double const least = quantile(image.values, 0, false), top = quantile(image.values, 1, false);
  double low = quantile(image.values, 1 - brightest, false), high = quantile(image.values, brightest, false);
  if (high <= low) low = least, high = top;
  if (least >= 0 && low < 0.5 * high) low = 0;
  return {std::move(name), std::move(image), gray_map(), low, high, high < top || (low > least && low > 0)};
}

/// Both signs alike, zero in the middle.
inline compared_panel signed_panel(std::string name, plane image, double brightest) {
  double const top = quantile(image.values, 1, true);
  double const range = std::max(quantile(image.values, brightest, true), 1e-3 * top);
  return {std::move(name), std::move(image), difference_map(), -range, range, range < top};
}

inline constexpr rgb comparison_ink{235, 235, 238}, comparison_faint{150, 152, 160},
    comparison_ground{22, 23, 27}, comparison_border{70, 72, 80};

/// Draw a panel with its name above and its colours below, in a column `width` wide whose top left corner is (x, y).
inline void draw_compared(canvas& on, compared_panel const& p, std::ptrdiff_t x, std::ptrdiff_t y,
                          std::ptrdiff_t width, std::ptrdiff_t height, std::ptrdiff_t zoom) {
  draw_text(on, x, y, shortened(p.name, width, 2), comparison_ink, 2);
  y += text_height(2) + 6;
  auto const rows = static_cast<std::ptrdiff_t>(p.image.height) * zoom;
  auto const columns = static_cast<std::ptrdiff_t>(p.image.width) * zoom;
  auto const left = x + (width - columns) / 2, top = y + (height - rows) / 2;
  for (std::size_t j = 0; j < p.image.height; ++j)
    for (std::size_t i = 0; i < p.image.width; ++i) {
      double const v = p.image.values[j * p.image.width + i];
      double const t = !std::isfinite(v) ? std::numeric_limits<double>::quiet_NaN()
                       : p.high > p.low  ? (v - p.low) / (p.high - p.low)
                                         : 0.5;
      on.fill(left + static_cast<std::ptrdiff_t>(i) * zoom, top + static_cast<std::ptrdiff_t>(j) * zoom, zoom,
              zoom, p.colors(t));
    }
  on.frame(left - 1, top - 1, columns + 2, rows + 2, comparison_border);
  y += height + 8;
  for (std::ptrdiff_t i = 0; i < width; ++i)
    on.fill(x + i, y, 1, 8, p.colors(static_cast<double>(i) / static_cast<double>(width - 1)));
  y += 12;
  auto const high = fmt::format("{:.3g}{}", p.high, p.cut ? "+" : "");
  draw_text(on, x, y, fmt::format("{:.3g}", p.low), comparison_ink);
  draw_text(on, x + width - text_width(high), y, high, comparison_ink);
}

}  // namespace detail

/// One picture of an image before and after denoising, of what was taken off (before - after), and if given of its
/// autocorrelation, lag (0, 0) in the middle and left out of the colours.
///
/// Every panel has its own range of colours, written below it; a + says that the ends are cut. Small images are
/// enlarged by a whole factor, large ones reduced by averaging squares.
/// shapes   before and after (y, x) = `shape`; autocorrelation a square of odd edge, lags along y slowest
/// throws   shape_error for images of another size or no pixels, value_error for an option out of range
inline canvas comparison(std::span<float const> before, std::span<float const> after,
                         std::array<std::size_t, 2> const& shape,
                         std::span<double const> autocorrelation = {},
                         comparison_options const& options = {}) {
  expects<value_error>(options.panel >= 32 && options.panel <= 4096,
                       "comparison: panels of {} pixels, give 32 to 4096", options.panel);
  expects<value_error>(options.brightest > 0.5 && options.brightest <= 1,
                       "comparison: brightest is {}, give a part between 0.5 and 1", options.brightest);
  expects<shape_error>(shape[0] > 0 && shape[1] > 0 && shape[0] <= before.size() &&
                           before.size() % shape[0] == 0 && before.size() / shape[0] == shape[1],
                       "comparison: the image holds {} values, {} x {} are said", before.size(), shape[0],
                       shape[1]);
  expects<shape_error>(before.size() == after.size(), "comparison: {} values before and {} after",
                       before.size(), after.size());
  auto const edge =
      static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(autocorrelation.size()))));
  expects<shape_error>(autocorrelation.empty() || (edge * edge == autocorrelation.size() && edge % 2 == 1),
                       "comparison: {} values of autocorrelation are no square of odd edge",
                       autocorrelation.size());

  std::size_t const longest = std::max(shape[0], shape[1]);
  std::size_t const factor = (longest + options.panel - 1) / options.panel;
  std::size_t const zoom = factor > 1 ? 1 : std::min<std::size_t>(options.panel / longest, 32);
  auto const image = [&](auto const& value) {
    detail::plane p{shape[1], shape[0], std::vector<float>(before.size())};
    for (std::size_t i = 0; i < p.values.size(); ++i) p.values[i] = value(i);
    return detail::reduced(p, factor);
  };
  std::vector<detail::compared_panel> panels;
  panels.push_back(
      detail::gray_panel("before", image([&](std::size_t i) { return before[i]; }), options.brightest));
  panels.push_back(
      detail::gray_panel("after", image([&](std::size_t i) { return after[i]; }), options.brightest));
  panels.push_back(detail::signed_panel(
      "before - after", image([&](std::size_t i) { return before[i] - after[i]; }), options.brightest));

  auto const pixels = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
  std::ptrdiff_t const margin = 14, gap = 18;
  std::ptrdiff_t const rows = pixels(panels[0].image.height * zoom);
  std::ptrdiff_t const column = std::max<std::ptrdiff_t>(pixels(panels[0].image.width * zoom), 168);
  std::ptrdiff_t const cell = edge == 0 ? 0 : std::max<std::ptrdiff_t>(1, 198 / pixels(edge));
  std::ptrdiff_t const square = std::max<std::ptrdiff_t>(cell * pixels(edge), edge == 0 ? 0 : 198);
  std::ptrdiff_t const height = std::max(rows, square);
  std::ptrdiff_t const heading = margin + (options.title.empty() ? 0 : text_height(2) + 12);
  std::ptrdiff_t const footer = heading + text_height(2) + 6 + height + 8 + 12 + text_height() + 12;
  std::ptrdiff_t width = 2 * margin + 3 * column + 2 * gap + (edge == 0 ? 0 : gap + square);
  width = std::max(width, 2 * margin + text_width(options.title, 2));
  canvas picture(static_cast<std::size_t>(width), static_cast<std::size_t>(footer + text_height() + margin),
                 detail::comparison_ground);
  draw_text(picture, margin, margin, options.title, detail::comparison_ink, 2);
  std::ptrdiff_t x = margin;
  for (auto const& p : panels) {
    detail::draw_compared(picture, p, x, heading, column, height, pixels(zoom));
    x += column + gap;
  }
  if (edge > 0) {
    detail::plane lags{edge, edge, std::vector<float>(autocorrelation.begin(), autocorrelation.end())};
    lags.values[lags.values.size() / 2] = std::numeric_limits<float>::quiet_NaN();  // 1, whatever the image
    auto p = detail::signed_panel("its correlation", std::move(lags), 1);
    p.high = std::max(p.high, 0.05);
    p.low = -p.high;
    p.image.values[p.image.values.size() / 2] = 0;
    detail::draw_compared(picture, p, x, heading, square, height, cell);
    draw_text(picture, x, footer, fmt::format("lags up to {} pixels", edge / 2), detail::comparison_faint);
  }
  auto const bar = bar_for(shape[1], options.pixel_nm);
  auto const length = std::max<std::ptrdiff_t>(
      1, std::lround(bar.voxels * static_cast<double>(zoom) / static_cast<double>(factor)));
  picture.fill(margin, footer + 2, length, 5, detail::comparison_ink);
  auto const size = fmt::format("{}   {} x {} pixels (y x)", bar.label, shape[0], shape[1]);
  draw_text(picture, margin + length + 8, footer, size, detail::comparison_ink);
  return picture;
}

}  // namespace tomoedx::figures

#endif
