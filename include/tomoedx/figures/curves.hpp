// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_CURVES_HPP
#define TOMOEDX_FIGURES_CURVES_HPP

#include <tomoedx/figures/canvas.hpp>
#include <tomoedx/figures/detail/ticks.hpp>
#include <tomoedx/figures/font.hpp>

#include <array>
#include <limits>

namespace tomoedx::figures {

/// One line of the plot. A point that is not finite, or not above 1e-300 on a logarithmic axis, leaves a gap.
struct curve {
  std::string name;  ///< in the legend; no legend for a single curve without name
  std::vector<double> y;
  std::vector<double> x = {};  ///< 1, 2, 3, ... if empty
};

struct curve_options {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};  ///< written above the axis
  bool log_y = false;
  std::size_t width = 760, height = 460;
};

namespace detail {

/// The x of point i of a curve.
inline double abscissa(curve const& c, std::size_t i) {
  return c.x.empty() ? static_cast<double>(i + 1) : c.x[i];
}

inline bool drawable(double x, double y, bool log_y) {
  return std::isfinite(x) && std::isfinite(y) && (!log_y || y > 1e-300);
}

inline rgb curve_color(std::size_t index) {
  constexpr std::array<rgb, 8> all{{{0, 105, 175},
                                    {220, 95, 0},
                                    {0, 140, 95},
                                    {190, 60, 145},
                                    {90, 90, 95},
                                    {200, 150, 0},
                                    {70, 165, 225},
                                    {150, 35, 35}}};
  return all[index % all.size()];
}

struct plot_area {
  std::ptrdiff_t left, top, width, height;
  axis horizontal, vertical;

  double x(double v) const {
    return static_cast<double>(left) + horizontal.part(v) * static_cast<double>(width);
  }
  double y(double v) const {
    return static_cast<double>(top) + (1 - vertical.part(v)) * static_cast<double>(height);
  }
};

inline constexpr rgb plot_ink{30, 30, 34}, plot_faint{226, 227, 231}, plot_line{120, 122, 130};

inline void draw_axes(canvas& on, plot_area const& p) {
  for (auto const& t : p.vertical.ticks) {
    auto const y = static_cast<std::ptrdiff_t>(std::lround(p.y(t.value)));
    if (!t.label.empty()) {
      on.fill(p.left, y, p.width, 1, plot_faint);
      draw_text(on, p.left - 9 - text_width(t.label), y - 3, t.label, plot_ink);
    }
    auto const length = t.label.empty() ? 3 : 5;
    on.fill(p.left - length, y, length, 1, plot_line);
  }
  std::ptrdiff_t free_from = 0;  // labels that would touch the one before are left out
  for (auto const& t : p.horizontal.ticks) {
    auto const x = static_cast<std::ptrdiff_t>(std::lround(p.x(t.value)));
    on.fill(x, p.top, 1, p.height, plot_faint);
    on.fill(x, p.top + p.height, 1, 5, plot_line);
    auto const from = x - text_width(t.label) / 2;
    if (from < free_from) continue;
    draw_text(on, from, p.top + p.height + 8, t.label, plot_ink);
    free_from = from + text_width(t.label) + 8;
  }
  on.fill(p.left, p.top, 1, p.height + 1, plot_line);
  on.fill(p.left, p.top + p.height, p.width + 1, 1, plot_line);
}

inline void draw_curve(canvas& on, plot_area const& p, curve const& c, rgb color, bool log_y) {
  bool const dots = c.y.size() <= 40;
  double before_x = 0, before_y = 0;
  bool connected = false;
  for (std::size_t i = 0; i < c.y.size(); ++i) {
    double const vx = abscissa(c, i), vy = c.y[i];
    bool const here = drawable(vx, vy, log_y);
    bool const next = i + 1 < c.y.size() && drawable(abscissa(c, i + 1), c.y[i + 1], log_y);
    if (here) {
      double const x = p.x(vx), y = p.y(vy);
      if (connected) on.line(before_x, before_y, x, y, color, 2.0);
      if (dots || (!connected && !next)) on.line(x, y, x, y, color, 5.0);
      before_x = x;
      before_y = y;
    }
    connected = here;
  }
}

}  // namespace detail

/// A picture of one or more curves over a common axis, for residuals and metrics against iterations.
///
/// throws   value_error for no curve, one without points, nothing that can be drawn (a logarithmic axis wants
///          positive values), or a picture smaller than 240 x 160; shape_error if x and y differ in length
inline canvas plot(std::span<curve const> curves, curve_options const& options = {}) {
  expects<value_error>(!curves.empty(), "plot: there is no curve to draw; give one or more");
  expects<value_error>(
      options.width >= 240 && options.height >= 160 && options.width <= 8192 && options.height <= 8192,
      "plot: a picture of {} x {} pixels, give 240 x 160 to 8192 x 8192", options.width, options.height);
  double low_x = std::numeric_limits<double>::infinity(), high_x = -low_x, low_y = low_x, high_y = -low_x;
  std::ptrdiff_t longest_name = 0;
  bool whole = true;
  for (auto const& c : curves) {
    expects<value_error>(!c.y.empty(), "plot: curve {} has no points", c.name);
    expects<shape_error>(c.x.empty() || c.x.size() == c.y.size(), "plot: curve {} has {} x and {} y", c.name,
                         c.x.size(), c.y.size());
    longest_name = std::max(longest_name, text_width(c.name));
    for (std::size_t i = 0; i < c.y.size(); ++i) {
      double const x = detail::abscissa(c, i);
      if (!detail::drawable(x, c.y[i], options.log_y)) continue;
      whole = whole && x == std::floor(x);
      low_x = std::min(low_x, x);
      high_x = std::max(high_x, x);
      low_y = std::min(low_y, c.y[i]);
      high_y = std::max(high_y, c.y[i]);
    }
  }
  expects<value_error>(low_x <= high_x, "plot: none of the points of the {} curves can be drawn{}",
                       curves.size(), options.log_y ? "; a logarithmic axis wants positive values" : "");
  for (double const end : {low_x, high_x, low_y, high_y})
    expects<value_error>(std::abs(end) < 1e300,
                         "plot: a value of {:g} is too large to draw; scale the curves", end);
  canvas picture(options.width, options.height);
  auto const width = static_cast<std::ptrdiff_t>(options.width);
  auto const height = static_cast<std::ptrdiff_t>(options.height);
  std::ptrdiff_t const legend = longest_name == 0 ? 0 : std::min(longest_name, width / 3) + 44;
  detail::plot_area p{};
  p.top = 16 + (options.title.empty() ? 0 : text_height(2) + 8) +
          (options.y_label.empty() ? 0 : text_height() + 10);
  p.height = height - p.top - 24 - (options.x_label.empty() ? 8 : text_height() + 16);
  p.vertical = options.log_y
                   ? detail::log_axis(low_y, high_y)
                   : detail::linear_axis(low_y, high_y, std::max(2, static_cast<int>(p.height / 55)), true);
  std::ptrdiff_t widest = 0;
  for (auto const& t : p.vertical.ticks) widest = std::max(widest, text_width(t.label));
  p.left = 14 + widest + 10;
  p.width = width - p.left - 22 - legend;
  p.horizontal =
      detail::linear_axis(low_x, high_x, std::max(2, static_cast<int>(p.width / 80)), false, whole ? 1 : 0);
  draw_text(picture, 14, 14, shortened(options.title, width - 28, 2), detail::plot_ink, 2);
  draw_text(picture, 14, p.top - text_height() - 10, shortened(options.y_label, width - 28),
            detail::plot_ink);
  auto const x_label = shortened(options.x_label, p.width);
  draw_text(picture, p.left + (p.width - text_width(x_label)) / 2, height - text_height() - 8, x_label,
            detail::plot_ink);
  detail::draw_axes(picture, p);
  for (std::size_t c = 0; c < curves.size(); ++c)
    detail::draw_curve(picture, p, curves[c], detail::curve_color(c), options.log_y);
  for (std::size_t c = 0; c < curves.size() && legend > 0; ++c) {
    auto const x = p.left + p.width + 18,
               y = p.top + 4 + static_cast<std::ptrdiff_t>(c) * (text_height() + 8);
    if (y + text_height() > height) break;
    picture.fill(x, y + 2, 16, 3, detail::curve_color(c));
    draw_text(picture, x + 22, y, shortened(curves[c].name, legend - 40), detail::plot_ink);
  }
  return picture;
}

}  // namespace tomoedx::figures

#endif
