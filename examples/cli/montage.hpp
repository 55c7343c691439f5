// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_MONTAGE_HPP
#define TOMOEDX_CLI_MONTAGE_HPP

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::cli {

/// Colours of an image of a montage.
enum class tone {
  heat,    ///< black to light yellow, from 0
  gray,    ///< black to white, from the darkest
  signed_  ///< blue over light gray to red, both signs alike
};

/// An image (y, x) with its name; the range of its colours is its own unless `high` is above `low`.
struct tile {
  std::string name;
  std::vector<float> values;
  std::size_t rows = 0, columns = 0;
  tone colors = tone::heat;
  double low = 0, high = 0;
};

/// One picture of several images of the same scale, each with its colours written below, in rows of up to `across`.
void draw_montage(std::string const& file, std::string const& title, std::vector<tile> const& tiles,
                  double pixel_nm, std::size_t across = 4);

/// A curve over x; `draw_plot` leaves out what a logarithmic axis cannot show.
struct plotted {
  std::string name;
  std::vector<double> x, y;
};
struct plot_labels {
  std::string title, x, y;
  bool log_y = false;
};
void draw_plot(std::string const& file, plot_labels const& labels, std::vector<plotted> const& curves);

/// The first image of a stack, or any other.
std::vector<float> image_of(std::span<float const> stack, std::size_t pixels, std::size_t index);

}  // namespace tomoedx::cli

#endif
