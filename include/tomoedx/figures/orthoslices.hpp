// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_ORTHOSLICES_HPP
#define TOMOEDX_FIGURES_ORTHOSLICES_HPP

#include <tomoedx/figures/colormap.hpp>
#include <tomoedx/figures/detail/planes.hpp>
#include <tomoedx/figures/font.hpp>
#include <tomoedx/figures/scale_bar.hpp>

namespace tomoedx::figures {

/// One volume of the picture; the values are borrowed.
///
/// shapes   (z, y, x), z slowest
struct channel {
  std::string name;
  std::span<float const> values;
  bool element = true;  ///< takes part in the composite; false for a HAADF volume, which is drawn in gray
};

struct orthoslice_options {
  std::string title = {};
  double voxel_nm = 0;       ///< voxel edge in nm; 0 if not known: the scale bar then counts voxels
  std::size_t panel = 256;   ///< wanted length of a panel's longer side in pixels
  double brightest = 0.999;  ///< the part of the drawn pixels that lies below the upper end of the colours
  bool composite = true;     ///< add a column with all elements, if there are two or more
};

namespace detail {

inline constexpr std::array<section, 3> sections{section::xy, section::xz, section::zy};

/// The three sections of one channel and the range of their colours.
struct prepared {
  std::array<plane, 3> planes;
  double low = 0, high = 0;
  bool cut = false;      ///< some pixels are brighter than `high`
  bool defects = false;  ///< some values are not finite
  bool values = false;   ///< some are

  double relative(float v) const {
    if (!std::isfinite(v)) return std::numeric_limits<double>::quiet_NaN();
    return high > low ? (static_cast<double>(v) - low) / (high - low) : 0.0;
  }
};

inline prepared prepare(std::span<float const> volume, extents const& shape, std::size_t factor,
                        double brightest) {
  prepared p;
  std::vector<float> finite;
  for (std::size_t s = 0; s < 3; ++s) {
    p.planes[s] = reduced(central_plane(sections[s], volume, shape), factor);
    for (float const v : p.planes[s].values)
      if (std::isfinite(v))
        finite.push_back(v);
      else
        p.defects = true;
  }
  if (finite.empty()) return p;
  p.values = true;
  auto const [least, most] = std::minmax_element(finite.begin(), finite.end());
  p.low = std::min(0.0, static_cast<double>(*least));
  double const top = *most;
  auto const rank = static_cast<std::ptrdiff_t>(brightest * static_cast<double>(finite.size() - 1));
  std::nth_element(finite.begin(), finite.begin() + rank, finite.end());
  p.high = finite[static_cast<std::size_t>(rank)];
  if (p.high <= p.low) p.high = top;
  p.cut = p.high < top;
  return p;
}

inline std::ptrdiff_t pixels(std::size_t n) {
  return static_cast<std::ptrdiff_t>(n);
}

/// Where everything goes, in pixels.
struct layout {
  std::size_t zoom = 1, factor = 1;  ///< pixels for a voxel, or voxels for a pixel
  std::ptrdiff_t margin = 14, labels = 66, gap = 14, column = 0, heading = 0, columns = 0;
  std::array<std::ptrdiff_t, 3> top{}, height{};
  std::ptrdiff_t bars = 0, footer = 0, width = 0, total_height = 0;

  layout(extents const& n, orthoslice_options const& options, std::size_t column_count) {
    std::size_t const longest = std::max({n[0], n[1], n[2]});
    factor = (longest + options.panel - 1) / options.panel;
    zoom = factor > 1 ? 1 : std::min<std::size_t>(options.panel / longest, 32);
    auto const size = [&](std::size_t voxels) { return pixels((voxels + factor - 1) / factor * zoom); };
    columns = pixels(column_count);
    column = std::max<std::ptrdiff_t>({size(n[2]), size(n[0]), 118});
    heading = margin + (options.title.empty() ? 0 : text_height(2) + 12);
    std::ptrdiff_t y = heading + text_height(2) + 8;
    for (std::size_t s = 0; s < 3; ++s) {
      top[s] = y;
      height[s] = std::max<std::ptrdiff_t>(size(plane_height(sections[s], n)), 28);
      y += height[s] + 8;
    }
    bars = y + 4;
    footer = bars + 10 + 2 * (text_height() + 3) + 8;
    width = margin + labels + columns * (column + gap) - gap + margin;
    width = std::max({width, 2 * margin + text_width(options.title, 2), std::ptrdiff_t{400}});
    total_height = footer + 3 * (text_height() + 5) + margin;
  }
  std::ptrdiff_t left(std::size_t c) const { return margin + labels + pixels(c) * (column + gap); }
};

inline constexpr rgb ink{235, 235, 238}, faint{150, 152, 160}, ground{22, 23, 27}, border{70, 72, 80};

/// Draw the pixels of one section, centred in its column; `color` gives that of pixel i.
template <class Color>
void draw_panel(canvas& on, layout const& l, std::size_t column, std::size_t s, plane const& p, Color color) {
  auto const zoom = pixels(l.zoom);
  auto const width = pixels(p.width) * zoom, height = pixels(p.height) * zoom;
  auto const x = l.left(column) + (l.column - width) / 2, y = l.top[s] + (l.height[s] - height) / 2;
  for (std::size_t j = 0; j < p.height; ++j)
    for (std::size_t i = 0; i < p.width; ++i)
      on.fill(x + pixels(i) * zoom, y + pixels(j) * zoom, zoom, zoom, color(j * p.width + i));
  on.frame(x - 1, y - 1, width + 2, height + 2, border);
}

inline void draw_heading(canvas& on, layout const& l, std::size_t column, std::string_view name, rgb color) {
  int const scale = text_width(name, 2) <= l.column ? 2 : 1;
  auto const text = shortened(name, l.column, scale);
  draw_text(on, l.left(column) + (l.column - text_width(text, scale)) / 2,
            l.heading + (scale == 1 ? text_height(2) - text_height() : 0), text, color, scale);
}

inline void draw_channel(canvas& on, layout const& l, std::size_t column, prepared const& p,
                         colormap const& colors) {
  for (std::size_t s = 0; s < 3; ++s)
    draw_panel(on, l, column, s, p.planes[s],
               [&](std::size_t i) { return colors(p.relative(p.planes[s].values[i])); });
  auto const x = l.left(column);
  for (std::ptrdiff_t i = 0; i < l.column; ++i)
    on.fill(x + i, l.bars, 1, 10, colors(static_cast<double>(i) / static_cast<double>(l.column - 1)));
  auto const y = l.bars + 10 + 4;
  if (!p.values) return draw_text(on, x, y, "no finite value", faint);
  draw_text(on, x, y, fmt::format("{:.3g}", p.low), ink);
  auto const high = fmt::format("{:.3g}{}", p.high, p.cut ? "+" : "");
  draw_text(on, x + l.column - text_width(high), y, high, ink);
}

/// The sum of all elements, each in its colour from the low to the high end of its range.
inline void draw_composite(canvas& on, layout const& l, std::size_t column,
                           std::vector<prepared const*> const& elements,
                           std::vector<std::string> const& names) {
  for (std::size_t s = 0; s < 3; ++s)
    draw_panel(on, l, column, s, elements[0]->planes[s], [&](std::size_t i) {
      double red = 0, green = 0, blue = 0;
      for (std::size_t e = 0; e < elements.size(); ++e) {
        double const t = elements[e]->relative(elements[e]->planes[s].values[i]);
        if (std::isnan(t)) return not_a_number;
        double const part = std::clamp(t, 0.0, 1.0);
        red += part * element_tint(e).red;
        green += part * element_tint(e).green;
        blue += part * element_tint(e).blue;
      }
      auto const level = [](double v) { return static_cast<std::uint8_t>(std::lround(std::min(v, 255.0))); };
      return rgb{level(red), level(green), level(blue)};
    });
  std::ptrdiff_t x = l.left(column), y = l.bars + 1;
  for (std::size_t e = 0; e < names.size(); ++e) {
    auto const name = shortened(names[e], l.column - 12);
    auto const width = 12 + text_width(name);
    if (x > l.left(column) && x + width > l.left(column) + l.column) {
      x = l.left(column);
      y += text_height() + 3;
    }
    on.fill(x, y, 8, 8, element_tint(e));
    draw_text(on, x + 12, y, name, ink);
    x += width + 10;
  }
}

inline void draw_labels(canvas& on, layout const& l, extents const& n) {
  constexpr std::array<std::string_view, 3> names{"xy", "xz", "zy"};
  std::array<std::string, 3> const where{fmt::format("z = {}", n[0] / 2), fmt::format("y = {}", n[1] / 2),
                                         fmt::format("x = {}", n[2] / 2)};
  for (std::size_t s = 0; s < 3; ++s) {
    auto const y = l.top[s] + l.height[s] / 2 - 14;
    draw_text(on, l.margin, y, names[s], ink, 2);
    draw_text(on, l.margin, y + 20, where[s], faint);
  }
}

inline void draw_footer(canvas& on, layout const& l, extents const& n, double voxel_nm, bool cut,
                        bool defects, double brightest) {
  auto const bar = bar_for(n[2], voxel_nm);
  double const per_voxel = static_cast<double>(l.zoom) / static_cast<double>(l.factor);
  auto const length = std::max<std::ptrdiff_t>(1, std::lround(bar.voxels * per_voxel));
  auto const x = l.margin + l.labels;
  on.fill(x, l.footer + 2, length, 5, ink);
  draw_text(on, x + length + 8, l.footer, bar.label, ink);
  std::string shape = fmt::format("{} x {} x {} voxels (z y x)", n[0], n[1], n[2]);
  if (voxel_nm > 0) shape += fmt::format(", edge {:.4g} nm", voxel_nm);
  auto y = l.footer + text_height() + 5;
  draw_text(on, x, y, shape, faint);
  y += text_height() + 5;
  if (cut) {
    auto const note = fmt::format("+ brightest {:.2g} % cut", 100 * (1 - brightest));
    draw_text(on, x, y, note, faint);
  }
  if (defects) {
    auto const beside = cut ? x + 27 * 6 : x;
    on.fill(beside, y - 1, 9, 9, not_a_number);
    draw_text(on, beside + 14, y, "not finite", faint);
  }
}

}  // namespace detail

/// One picture with the three central sections of every volume: a column for each channel and one for the
/// composite of the elements (the first six), a row for each of xy, xz and zy.
///
/// Small volumes are enlarged by a whole factor, large ones reduced by averaging squares. The colours of a
/// channel run from 0 (or its least drawn value, if negative) to its brightest; values that are not finite
/// are drawn in `not_a_number`.
/// shapes   every channel (z, y, x) = `shape`
/// throws   value_error for no channel or an option out of range; shape_error for a volume that has another
///          size or none
inline canvas orthoslices(std::span<channel const> channels, std::array<std::size_t, 3> const& shape,
                          orthoslice_options const& options = {}) {
  expects<value_error>(!channels.empty(), "orthoslices: there is no channel to draw; give one or more");
  expects<value_error>(options.panel >= 32 && options.panel <= 4096,
                       "orthoslices: panels of {} pixels, give 32 to 4096", options.panel);
  expects<value_error>(options.brightest > 0 && options.brightest <= 1,
                       "orthoslices: the brightest part is {}, give more than 0, at most 1",
                       options.brightest);
  expects<value_error>(options.voxel_nm >= 0 && std::isfinite(options.voxel_nm),
                       "orthoslices: a voxel of {} nm, give 0 if it is not known", options.voxel_nm);
  auto const [nz, ny, nx] = shape;
  expects<shape_error>(nz > 0 && ny > 0 && nx > 0, "orthoslices: a volume of {} x {} x {} voxels is empty",
                       nz, ny, nx);
  for (auto const& c : channels)
    expects<shape_error>(
        c.values.size() % nx == 0 && c.values.size() / nx % ny == 0 && c.values.size() / nx / ny == nz,
        "orthoslices: channel {} has {} values, the volumes are {} x {} x {}", c.name, c.values.size(), nz,
        ny, nx);
  std::vector<std::size_t> elements;
  for (std::size_t c = 0; c < channels.size() && elements.size() < tints; ++c)
    if (channels[c].element) elements.push_back(c);
  bool const composite = options.composite && elements.size() >= 2;
  detail::layout const l(shape, options, channels.size() + (composite ? 1 : 0));
  canvas picture(static_cast<std::size_t>(l.width), static_cast<std::size_t>(l.total_height), detail::ground);
  draw_text(picture, l.margin, l.margin, options.title, detail::ink, 2);
  detail::draw_labels(picture, l, shape);
  colormap const gray = gray_map(), colors = perceptual_map();
  std::vector<detail::prepared> prepared;
  bool cut = false, defects = false;
  for (std::size_t c = 0; c < channels.size(); ++c) {
    prepared.push_back(detail::prepare(channels[c].values, shape, l.factor, options.brightest));
    cut = cut || prepared[c].cut;
    defects = defects || prepared[c].defects;
    detail::draw_heading(picture, l, c, channels[c].name, detail::ink);
    detail::draw_channel(picture, l, c, prepared[c], channels[c].element ? colors : gray);
  }
  if (composite) {
    std::vector<detail::prepared const*> parts;
    std::vector<std::string> names;
    for (std::size_t const c : elements) {
      parts.push_back(&prepared[c]);
      names.push_back(channels[c].name);
    }
    detail::draw_heading(picture, l, channels.size(), "composite", detail::ink);
    detail::draw_composite(picture, l, channels.size(), parts, names);
  }
  detail::draw_footer(picture, l, shape, options.voxel_nm, cut, defects, options.brightest);
  return picture;
}

}  // namespace tomoedx::figures

#endif
