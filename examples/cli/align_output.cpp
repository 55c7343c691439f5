// SPDX-License-Identifier: BSD-3-Clause
#include "align.hpp"
#include "montage.hpp"
#include "pictures.hpp"
#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/align/apply_alignment.hpp>
#include <tomoedx/io/atomic_directory.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

tree options_of(alignment_plan const& p) {
  auto const& c = p.asked;
  tree t;
  t.set("by", p.by).set("steps", tree(p.steps)).set("prepare", tree(c.prepare));
  t.set("shifts", c.shifts.empty() ? tree() : tree(c.shifts)).set("haadf_to_maps", c.haadf_to_maps);
  t.set("width", c.width ? tree(*c.width) : tree()).set("depth", c.depth ? tree(*c.depth) : tree());
  t.set("bin", c.bin).set("rounds", c.rounds).set("max_shift", c.max_shift).set("max_offset", c.max_offset);
  t.set("max_rotation", c.max_rotation)
      .set("rows", p.whole_rows ? "whole" : "fractional")
      .set("write", c.write);
  return t;
}

/// Sums of each image along x: what must not change along y from tilt to tilt.
tile profiles(std::vector<float> const& stack, shape3 const& shape, std::string name) {
  auto const [tilts, rows, columns] = shape;
  tile t{std::move(name), std::vector<float>(rows * tilts), rows, tilts, tone::gray};
  for (std::size_t i = 0; i < tilts; ++i) {
    double most = 0;
    std::vector<double> sum(rows);
    for (std::size_t y = 0; y < rows; ++y) {
      for (std::size_t x = 0; x < columns; ++x)
        sum[y] += static_cast<double>(stack[(i * rows + y) * columns + x]);
      most = std::max(most, std::abs(sum[y]));
    }
    for (std::size_t y = 0; y < rows; ++y)
      t.values[y * tilts + i] = static_cast<float>(most > 0 ? sum[y] / most : 0);
  }
  return t;
}

/// The middle rows of all images, a line for each tilt.
tile sinogram(std::vector<float> const& stack, shape3 const& shape, std::string name) {
  auto const [tilts, rows, columns] = shape;
  tile t{std::move(name), std::vector<float>(tilts * columns), tilts, columns, tone::gray};
  std::size_t const first = rows / 2 - std::min<std::size_t>(rows / 2, 2),
                    last = std::min(rows, rows / 2 + 3);
  for (std::size_t i = 0; i < tilts; ++i)
    for (std::size_t y = first; y < last; ++y)
      for (std::size_t x = 0; x < columns; ++x)
        t.values[i * columns + x] += stack[(i * rows + y) * columns + x];
  return t;
}

/// Each line several times, so that few tilts are seen.
tile stretched(tile t) {
  bool const tall = t.rows < t.columns;
  std::size_t const times = std::max<std::size_t>(1, (tall ? t.columns / t.rows : t.rows / t.columns) / 2);
  tile s{t.name, {}, tall ? t.rows * times : t.rows, tall ? t.columns : t.columns * times, t.colors};
  for (std::size_t y = 0; y < s.rows; ++y)
    for (std::size_t x = 0; x < s.columns; ++x)
      s.values.push_back(t.values[(tall ? y / times : y) * t.columns + (tall ? x : x / times)]);
  return s;
}

void draw(alignment_plan const& p, alignment_data const& d, std::string const& file) {
  auto const at = p.by == "maps"
                      ? 0
                      : static_cast<std::size_t>(std::ranges::find(p.series, p.by, &aligned_series::name) -
                                                 p.series.begin());
  auto before = d.stacks[at];
  for (std::size_t i = 1; p.by == "maps" && i < p.series.size(); ++i)
    if (p.series[i].counts)
      for (std::size_t k = 0; k < before.size(); ++k) before[k] += d.stacks[i][k];
  auto after = before;
  auto whole = d.found;
  for (double& x : whole.dx) x -= whole.axis_offset;
  apply_alignment(after, p.shape, whole, pixel_values::intensity, shifts_across::images);
  draw_montage(file, fmt::format("{}: columns are tilts, then rows are", p.by),
               {stretched(profiles(before, p.shape, "profiles before")),
                stretched(profiles(after, p.shape, "profiles after")),
                stretched(sinogram(before, p.shape, "sinogram before")),
                stretched(sinogram(after, p.shape, "sinogram after"))},
               0, 2);
}

}  // namespace

std::vector<std::string> write_alignment(alignment_plan const& p, alignment_data& d, settings const& machine,
                                         double seconds) {
  stopwatch clock;
  io::atomic_directory directory(p.asked.output,
                                 p.asked.force ? io::existing::replace : io::existing::refuse);
  auto const path = [&](std::string const& name) { return (directory.path() / name).string(); };
  auto report = begin_report("align", options_of(p));
  std::vector<std::string> inputs, files;
  for (auto const& s : p.series) inputs.push_back(s.path);
  if (!p.asked.shifts.empty()) inputs.push_back(p.asked.shifts);
  report.set("inputs", identities_of(inputs)).set("tilts", tree(p.tilts));
  report.set("dx", tree(d.found.dx)).set("dy", tree(d.found.dy));
  report.set("axis_offset", d.found.axis_offset).set("rotation_deg", d.found.rotation_deg);
  tree pictures = tree::list(), stacks = tree::list();
  if (has_pictures() && !p.asked.no_figures) {
    draw(p, d, path("alignment.png"));
    draw_plot(path("shifts.png"), {.title = "shifts into register", .x = "tilt [degree]", .y = "pixels"},
              {{"dx", p.tilts, d.found.dx}, {"dy", p.tilts, d.found.dy}});
    for (char const* picture : {"alignment.png", "shifts.png"})
      pictures.push(picture), files.emplace_back(picture);
  } else if (!p.asked.no_figures) {
    d.steps.emplace_back("no pictures: this build has no libpng");
  }

  auto left = d.found;
  if (p.writes()) {
    alignment applied = d.found;
    if (p.whole_rows && applied.rotation_deg == 0)
      for (double& y : applied.dy) y = std::nearbyint(y);
    for (std::size_t i = 0; i < p.series.size(); ++i) {
      stop_if_asked();
      auto const& s = p.series[i];
      left = apply_alignment(d.stacks[i], p.shape, applied,
                             s.counts ? pixel_values::counts : pixel_values::intensity);
      save(path(s.name + ".npy"), p.shape, d.stacks[i], stack_axes(p.pixel_nm, p.pixel_nm));
      files.push_back(s.name + ".npy");
      tree stack;
      stack.set("name", s.name).set("file", files.back());
      stacks.push(std::move(stack));
    }
    std::ranges::fill(left.dy, 0.0);
    left.dx = d.found.dx;
    d.steps.push_back(
        fmt::format("the stacks written are {}moved along y{}; shifts along x are left to the geometry",
                    d.found.rotation_deg != 0 ? "turned and " : "",
                    p.whole_rows && d.found.rotation_deg == 0 ? " by whole rows" : ""));
  } else if (p.whole_rows) {
    for (double& y : left.dy) y = std::nearbyint(y);
    d.steps.emplace_back(
        "shifts along y are whole rows, so that counts stay counts; those along x are left to the geometry");
  }
  std::string text =
      fmt::format("# x y in pixels, a line for each tilt: the move into register. Axis offset {:.6g}\n",
                  d.found.axis_offset);
  for (std::size_t t = 0; t < p.shape[0]; ++t) text += fmt::format("{:.4f} {:.4f}\n", left.dx[t], left.dy[t]);
  save_text(path("shifts.txt"), text);
  files.emplace_back("shifts.txt");
  report.set("stacks", std::move(stacks)).set("steps", tree(d.steps)).set("warnings", tree(d.warnings));
  report.set("pictures", std::move(pictures));
  end_report(report, machine, seconds + clock.seconds());
  save_text(path("alignment.json"), to_json(report));
  files.emplace_back("alignment.json");
  stop_if_asked();
  directory.commit();
  return files;
}

}  // namespace tomoedx::cli
