// SPDX-License-Identifier: BSD-3-Clause
#include "align.hpp"
#include "geometry.hpp"
#include "pipeline.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/tilts.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tomoedx::cli {
namespace {

void check_words(char const* option, std::vector<std::string> const& words,
                 std::vector<std::string> const& known) {
  for (auto const& word : words)
    expects<value_error>(std::ranges::find(known, word) != known.end(), "{} {}: is none of {}", option, word,
                         fmt::format("{}", fmt::join(known, ", ")));
}

void look_at_series(alignment_plan& p) {
  auto const& c = p.asked;
  for (auto const& argument : c.maps) {
    auto const at = argument.find('=');
    expects<value_error>(at != std::string::npos && at > 0 && at + 1 < argument.size(),
                         "--map {}: give NAME=FILE, as Fe=fe.npy", argument);
    auto const name = argument.substr(0, at);
    expects<value_error>(std::ranges::find(p.series, name, &aligned_series::name) == p.series.end() &&
                             name != "HAADF" && name.find('/') == name.npos,
                         "--map {}: {} is the name of another series, or of none; results are files by these "
                         "names",
                         argument, name);
    p.series.push_back({name, argument.substr(at + 1)});
  }
  if (!c.haadf.empty()) p.series.push_back({"HAADF", c.haadf, false});
  expects<value_error>(!p.series.empty(), "nothing to align; give --haadf FILE or --map NAME=FILE");
  std::vector<std::size_t> first;
  io::info header;
  for (auto const& s : p.series) {
    auto const what = look_at_three(s.path, s.name);
    if (first.empty()) first = what.shape, header = what;
    expects<shape_error>(what.shape == first, "{} ({}): is {}, {} is {}; all series have the same shape",
                         s.name, s.path, io::text_of(what.shape), p.series.front().name, io::text_of(first));
    if (p.pixel_nm == 0) p.pixel_nm = nanometres_along(what.axes, 2);
  }
  p.shape = shape_of(header);
  p.tilts = read_tilts(c.tilts, &header);
  expects<shape_error>(p.tilts.size() == p.shape[0], "{} angles for the {} tilts of {}; give one for each",
                       p.tilts.size(), p.shape[0], text_of(p.shape));
  expects<shape_error>(p.shape[0] >= 2, "one tilt is no series; there is nothing to align");
}

void choose_series(alignment_plan& p) {
  auto const& by = p.asked.by;
  bool const haadf = !p.asked.haadf.empty();
  if (by.empty()) {
    p.by = haadf ? "HAADF" : "maps";
  } else if (by == "haadf" || by == "HAADF") {
    expects<value_error>(haadf, "--by haadf: --haadf is missing");
    p.by = "HAADF";
  } else if (by == "maps") {
    expects<value_error>(p.has_maps(), "--by maps: --map is missing");
    p.by = "maps";
  } else {
    expects<value_error>(std::ranges::find(p.series, by, &aligned_series::name) != p.series.end(),
                         "--by {}: is neither haadf nor maps nor the name of a map", by);
    p.by = by;
  }
}

void read_start(alignment_plan& p) {
  p.start = alignment(p.shape[0]);
  auto const& file = p.asked.shifts;
  if (file.empty()) return;
  auto const shifts = io::read_shifts(file);
  expects<shape_error>(shifts.size() == p.shape[0], "{}: {} shifts for {} tilts; give one line for each tilt",
                       file, shifts.size(), p.shape[0]);
  for (std::size_t t = 0; t < shifts.size(); ++t) {
    expects<value_error>(std::abs(shifts[t].x) < static_cast<double>(p.shape[2]) &&
                             std::abs(shifts[t].y) < static_cast<double>(p.shape[1]),
                         "{}: tilt {} is moved by ({}, {}) pixels, out of the image of {} x {}", file, t,
                         shifts[t].x, shifts[t].y, p.shape[2], p.shape[1]);
    p.start.dx[t] = shifts[t].x, p.start.dy[t] = shifts[t].y;
  }
}

void check_numbers(alignment_plan const& p) {
  auto const& c = p.asked;
  expects<value_error>(c.bin >= 1 && c.bin * 8 <= std::min(p.shape[1], p.shape[2]),
                       "--bin {}: leaves less than 8 of {} x {} pixels", c.bin, p.shape[1], p.shape[2]);
  expects<value_error>(c.rounds >= 1 && c.rounds <= 10000, "--rounds {}: give 1 to 10000", c.rounds);
  expects<value_error>(c.max_shift > 0 && c.max_shift <= 1e5, "--max-shift {}: give pixels, above 0",
                       c.max_shift);
  expects<value_error>(c.max_offset >= 0 && c.max_offset <= 1e5, "--max-offset {}: give 0 or more pixels",
                       c.max_offset);
  expects<value_error>(c.max_rotation >= 0 && c.max_rotation <= 45, "--max-rotation {}: give 0 to 45 degrees",
                       c.max_rotation);
  bool const axis = std::ranges::find(p.steps, "axis") != p.steps.end();
  expects<value_error>(axis || c.max_rotation == 0,
                       "--max-rotation is for the step axis; name it in --steps");
  bool const reconstructs = axis || std::ranges::find(p.steps, "reprojection") != p.steps.end();
  expects<value_error>(!reconstructs || p.shape[0] >= 4,
                       "--steps: {} tilts are too few to reconstruct from some and project onto others",
                       p.shape[0]);
  for (auto const& [option, n] : {std::pair("--width", c.width), std::pair("--depth", c.depth)})
    expects<value_error>(!n || (*n > 0 && *n <= 65536), "{} {}: give 1 to 65536 voxels", option,
                         n.value_or(0));
  expects<value_error>(!c.haadf_to_maps || (p.has_maps() && !c.haadf.empty()),
                       "--haadf-to-maps needs --haadf and --map");
  check_threads(c.threads);
}

}  // namespace

alignment_plan plan_alignment(align_command const& c) {
  alignment_plan p;
  p.asked = c;
  p.steps = c.steps.empty() ? std::vector<std::string>{"drift", "reprojection"} : c.steps;
  check_words("--steps", p.steps, {"none", "drift", "mass", "profile", "reprojection", "axis"});
  expects<value_error>(p.steps.size() == 1 || std::ranges::find(p.steps, "none") == p.steps.end(),
                       "--steps: none does not go with others");
  check_words("--prepare", c.prepare, {"background", "totals"});
  if (!c.rows.empty()) check_words("--rows", {c.rows}, {"whole", "fractional"});
  look_at_series(p);
  choose_series(p);
  read_start(p);
  check_numbers(p);
  p.whole_rows = c.rows.empty() ? p.has_maps() : c.rows == "whole";
  std::vector<std::string> inputs;
  for (auto const& s : p.series) inputs.push_back(s.path);
  for (auto const& file : {c.tilts, c.shifts})
    if (!file.empty()) inputs.push_back(file);
  check_output_directory(c.output, c.force, inputs);
  check_memory(
      sizeof(float) * (static_cast<double>(p.series.size()) + 4) * static_cast<double>(count_of(p.shape)),
      "align by one series and give --shifts to the others");
  return p;
}

void rehearse(align_command const& c) {
  auto const p = plan_alignment(c);
  std::filesystem::path const folder = c.output;
  std::filesystem::create_directory(folder);
  tree report, stacks = tree::list();
  if (p.writes())
    for (auto const& s : p.series) {
      write_stand_in((folder / (s.name + ".npy")).string(), {p.shape[0], p.shape[1], p.shape[2]});
      tree stack;
      stack.set("name", s.name).set("file", s.name + ".npy");
      stacks.push(std::move(stack));
    }
  report.set("axis_offset", 0.0).set("stacks", std::move(stacks));
  save_text((folder / "alignment.json").string(), to_json(report));
  std::string shifts;
  for (std::size_t t = 0; t < p.shape[0]; ++t) shifts += "0 0\n";
  save_text((folder / "shifts.txt").string(), shifts);
}

}  // namespace tomoedx::cli
