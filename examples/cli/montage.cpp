// SPDX-License-Identifier: BSD-3-Clause
#include "montage.hpp"

#include <tomoedx/figures/colormap.hpp>
#include <tomoedx/figures/comparison.hpp>
#include <tomoedx/figures/curves.hpp>
#include <tomoedx/figures/png.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tomoedx::cli {
namespace {
using namespace figures;
using place = std::ptrdiff_t;

constexpr rgb ink{235, 235, 238}, faint{150, 152, 160}, ground{22, 23, 27}, border{70, 72, 80};
constexpr place margin = 14, gap = 16, footing = 34;

colormap map_of(tone t) {
  return t == tone::heat ? perceptual_map() : t == tone::gray ? gray_map() : difference_map();
}

struct range {
  double low = 0, high = 1;
  bool cut = false;
};

/// From the values, but for one in a thousand at the ends.
range range_of(tile const& t) {
  if (t.high > t.low) return {t.low, t.high, false};
  std::vector<float> v;
  for (float const x : t.values)
    if (std::isfinite(x)) v.push_back(t.colors == tone::signed_ ? std::abs(x) : x);
  if (v.empty()) return {};
  std::ranges::sort(v);
  auto const last = static_cast<double>(v.size() - 1);
  auto const at = [&](double part) { return static_cast<double>(v[static_cast<std::size_t>(part * last)]); };
  double high = at(0.999), low = t.colors == tone::gray ? at(0.001) : 0;
  if (high <= low) high = at(1);
  if (high <= low) high = low + 1;
  return {t.colors == tone::signed_ ? -high : low, high, at(1) > high};
}

/// Means of squares of pixels, or pixels repeated.
struct scale {
  std::size_t factor = 1, zoom = 1;

  scale(std::size_t longest, std::size_t panel)
      : factor((longest + panel - 1) / panel),
        zoom(factor > 1 ? 1 : std::max<std::size_t>(1, panel / longest)) {}
  std::size_t size(std::size_t n) const { return (n + factor - 1) / factor * zoom; }
};

void draw_image(canvas& on, tile const& t, scale const& s, place x, place y) {
  auto const colors = map_of(t.colors);
  auto const r = range_of(t);
  for (std::size_t j = 0; j < (t.rows + s.factor - 1) / s.factor; ++j)
    for (std::size_t i = 0; i < (t.columns + s.factor - 1) / s.factor; ++i) {
      double sum = 0, count = 0;
      for (std::size_t b = j * s.factor; b < std::min(t.rows, (j + 1) * s.factor); ++b)
        for (std::size_t a = i * s.factor; a < std::min(t.columns, (i + 1) * s.factor); ++a, ++count)
          sum += static_cast<double>(t.values[b * t.columns + a]);
      auto const zoom = static_cast<place>(s.zoom);
      on.fill(x + static_cast<place>(i) * zoom, y + static_cast<place>(j) * zoom, zoom, zoom,
              colors((sum / count - r.low) / (r.high - r.low)));
    }
  auto const width = static_cast<place>(s.size(t.columns)), height = static_cast<place>(s.size(t.rows));
  on.frame(x - 1, y - 1, width + 2, height + 2, border);
  place const bar = y + height + 6;
  for (place i = 0; i < width; ++i)
    on.fill(x + i, bar, 1, 8,
            colors(static_cast<double>(i) / static_cast<double>(std::max<place>(width - 1, 1))));
  auto const high = fmt::format("{:.3g}{}", r.high, r.cut ? "+" : "");
  draw_text(on, x, bar + 12, fmt::format("{:.3g}", r.low), ink);
  draw_text(on, x + width - text_width(high), bar + 12, high, ink);
}

}  // namespace

std::vector<float> image_of(std::span<float const> stack, std::size_t pixels, std::size_t index) {
  auto const image = stack.subspan(index * pixels, pixels);
  return {image.begin(), image.end()};
}

void draw_montage([[maybe_unused]] std::string const& file, std::string const& title,
                  std::vector<tile> const& tiles, double pixel_nm, std::size_t across) {
  if (tiles.empty()) return;
  std::size_t longest = 1, rows = 1, columns = 1;
  for (auto const& t : tiles) {
    rows = std::max(rows, t.rows), columns = std::max(columns, t.columns);
    longest = std::max({longest, t.rows, t.columns});
  }
  scale const s(longest, 256);
  across = std::min(across, tiles.size());
  std::size_t const down = (tiles.size() + across - 1) / across;
  auto const cell_width = std::max<place>(static_cast<place>(s.size(columns)), 96);
  place const heading = text_height(2) + 6,
              cell_height = heading + static_cast<place>(s.size(rows)) + footing;
  place const top = margin + (title.empty() ? 0 : text_height(2) + 12);
  place const width = std::max(2 * margin + static_cast<place>(across) * (cell_width + gap) - gap,
                               2 * margin + text_width(title, 2));
  place const bottom = top + static_cast<place>(down) * (cell_height + gap);
  canvas picture(static_cast<std::size_t>(width), static_cast<std::size_t>(bottom + text_height() + margin),
                 ground);
  draw_text(picture, margin, margin, title, ink, 2);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    place const x = margin + static_cast<place>(i % across) * (cell_width + gap),
                y = top + static_cast<place>(i / across) * (cell_height + gap);
    draw_text(picture, x, y, shortened(tiles[i].name, cell_width, 2), ink, 2);
    draw_image(picture, tiles[i], s, x, y + heading);
  }
  auto const bar = bar_for(columns, pixel_nm);
  auto const length = std::max<place>(
      1, std::lround(bar.voxels * static_cast<double>(s.zoom) / static_cast<double>(s.factor)));
  picture.fill(margin, bottom + 2, length, 5, ink);
  draw_text(picture, margin + length + 8, bottom,
            fmt::format("{}   {} x {} pixels (y x)", bar.label, rows, columns), faint);
#ifdef TOMOEDX_PNG
  write_png(picture, file);
#endif
}

void draw_plot([[maybe_unused]] std::string const& file, plot_labels const& labels,
               std::vector<plotted> const& curves) {
  std::vector<curve> drawn;
  for (auto const& c : curves) {
    bool const any =
        std::ranges::any_of(c.y, [&](double v) { return std::isfinite(v) && (!labels.log_y || v > 1e-300); });
    if (any) drawn.push_back({c.name, c.y, c.x});
  }
  if (drawn.empty()) return;
  auto const picture = plot(drawn, {.title = labels.title,
                                    .x_label = labels.x,
                                    .y_label = labels.y,
                                    .log_y = labels.log_y,
                                    .width = 960,
                                    .height = 520});
#ifdef TOMOEDX_PNG
  write_png(picture, file);
#endif
}

}  // namespace tomoedx::cli
