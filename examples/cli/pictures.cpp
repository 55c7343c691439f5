// SPDX-License-Identifier: BSD-3-Clause
#include "pictures.hpp"

#include <tomoedx/figures/comparison.hpp>
#include <tomoedx/figures/curves.hpp>
#include <tomoedx/figures/orthoslices.hpp>
#include <tomoedx/figures/png.hpp>

#include <algorithm>

namespace tomoedx::cli {
namespace {

void save_picture([[maybe_unused]] figures::canvas const& picture, [[maybe_unused]] std::string const& file) {
#ifdef TOMOEDX_PNG
  figures::write_png(picture, file);
#endif
}

}  // namespace

bool has_pictures() {
#ifdef TOMOEDX_PNG
  return true;
#else
  return false;
#endif
}

void draw_slices(std::string const& file, std::string const& title, std::vector<drawn_volume> const& volumes,
                 shape3 const& shape, double voxel_nm) {
  std::vector<figures::channel> channels;
  for (auto const& v : volumes) channels.push_back({v.name, v.values, v.element});
  save_picture(figures::orthoslices(channels, shape, {.title = title, .voxel_nm = voxel_nm}), file);
}

void draw_residuals(std::string const& file, std::string const& title,
                    std::vector<std::pair<std::string, std::vector<double>>> const& curves) {
  std::vector<figures::curve> drawn;
  bool positive = true;
  for (auto const& [name, norms] : curves) {
    if (norms.empty() || !(norms.front() > 0)) continue;
    figures::curve c{name, norms};
    for (double& v : c.y) v /= norms.front();
    positive = positive && std::ranges::all_of(c.y, [](double v) { return v > 0; });
    drawn.push_back(std::move(c));
  }
  if (drawn.empty()) return;
  save_picture(figures::plot(drawn, {.title = title,
                                     .x_label = "iteration",
                                     .y_label = "norm of data - model, relative to the first",
                                     .log_y = positive}),
               file);
}

void draw_denoised(std::string const& file, std::string const& title, std::span<float const> before,
                   std::span<float const> after, std::size_t height, std::size_t width,
                   std::span<double const> autocorrelation, double pixel_nm) {
  save_picture(figures::comparison(before, after, {height, width}, autocorrelation,
                                   {.title = title, .pixel_nm = pixel_nm}),
               file);
}

}  // namespace tomoedx::cli
