// SPDX-License-Identifier: BSD-3-Clause
#include "align.hpp"

#include "denoise.hpp"
#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/align/apply_alignment.hpp>
#include <tomoedx/align/background.hpp>
#include <tomoedx/align/centre_of_mass.hpp>
#include <tomoedx/align/drift.hpp>
#include <tomoedx/align/haadf_to_maps.hpp>
#include <tomoedx/align/reprojection.hpp>
#include <tomoedx/align/reprojector.hpp>
#include <tomoedx/align/tilt_axis.hpp>
#include <tomoedx/align/totals.hpp>
#include <tomoedx/align/vertical_profile.hpp>
#include <tomoedx/core/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

/// The series that shifts are found on, joined and prepared as asked.
image_series reference_series(alignment_plan const& p, alignment_data& d) {
  image_series s{p.shape, {}};
  if (p.by == "maps") {
    std::vector<std::span<float const>> maps;
    for (std::size_t i = 0; i < p.series.size(); ++i)
      if (p.series[i].counts) maps.emplace_back(d.stacks[i]);
    s.values = weighted_sum(maps);
  } else {
    auto const at = std::ranges::find(p.series, p.by, &aligned_series::name) - p.series.begin();
    s.values = d.stacks[static_cast<std::size_t>(at)];
  }
  for (auto const& what : p.asked.prepare) {
    if (what == "background") {
      auto const levels = remove_background(s.values, s.shape);
      d.steps.push_back(fmt::format("took the background off each image, {:.4g} to {:.4g}",
                                    std::ranges::min(levels), std::ranges::max(levels)));
    } else {
      auto const factors = normalize_totals(s.values, s.shape);
      d.steps.push_back(fmt::format("brought the images to one total, by {:.4g} to {:.4g}",
                                    std::ranges::min(factors), std::ranges::max(factors)));
    }
  }
  if (p.asked.bin > 1) {
    s = rebin(s.values, s.shape, p.asked.bin);
    d.steps.push_back(fmt::format("joined {0} x {0} pixels to find the shifts", p.asked.bin));
  }
  return s;
}

/// The shifts of an alignment in pixels that are `factor` times as small.
alignment scaled(alignment a, double factor) {
  for (auto* shifts : {&a.dx, &a.dy})
    for (double& s : *shifts) s *= factor;
  a.axis_offset *= factor;
  return a;
}

/// An alignment in squares of `bin` pixels joined to one; columns that do not fill a square were dropped at the end, so
/// the middle lies elsewhere.
alignment joined(alignment a, std::size_t bin, std::size_t columns) {
  a.axis_offset += 0.5 * static_cast<double>(columns % bin);
  return scaled(std::move(a), 1 / static_cast<double>(bin));
}

/// The same alignment in the pixels themselves.
alignment parted(alignment a, std::size_t bin, std::size_t columns) {
  a = scaled(std::move(a), static_cast<double>(bin));
  a.axis_offset -= 0.5 * static_cast<double>(columns % bin);
  return a;
}

class chain {
 public:
  chain(alignment_plan const& p, image_series series)
      : plan_(p), series_(std::move(series)), found_(joined(p.start, p.asked.bin, p.shape[2])) {
    beam_.tilts_deg = p.tilts;
    beam_.detector = series_.shape[2];
    auto const size = [&](std::optional<std::size_t> n, std::size_t otherwise) {
      return n ? std::max<std::size_t>(*n / p.asked.bin, 1) : otherwise;
    };
    beam_.width = size(p.asked.width, beam_.detector);
    beam_.depth = size(p.asked.depth, beam_.width);
  }

  void perform(std::string const& step) {
    if (step == "drift") found_ = then(found_, align_by_drift(moved(), series_.shape, plan_.tilts, drift()));
    if (step == "mass")
      found_ = then(found_, align_by_centre_of_mass(moved(), series_.shape, plan_.tilts, found_.axis_offset));
    if (step == "profile") found_ = then(found_, align_by_vertical_profile(moved(), series_.shape));
    if (step == "reprojection") reproject();
    if (step == "axis")
      found_ = find_tilt_axis(
          model(), beam_, series_.values, series_.shape[1], found_,
          {.max_offset = plan_.asked.max_offset / bin(), .max_rotation_deg = plan_.asked.max_rotation});
    stop_if_asked();
  }

  alignment result() const { return parted(found_, plan_.asked.bin, plan_.shape[2]); }

 private:
  double bin() const { return static_cast<double>(plan_.asked.bin); }
  bool counts() const { return plan_.by != "HAADF"; }

  drift_options drift() const {
    drift_options o;
    o.registration.max_shift = std::max(plan_.asked.max_shift / bin(), 1.0) * 4;
    return o;
  }
  host_reprojector model() const {
    return host_reprojector({.method = counts() ? reprojection_method::em : reprojection_method::sirt});
  }
  std::vector<float> moved() const {
    auto images = series_.values;
    apply_alignment(images, series_.shape, found_, pixel_values::intensity, shifts_across::images);
    return images;
  }

  void reproject() {
    auto images = series_.values;
    auto start = found_;
    if (start.rotation_deg != 0) {
      auto turn = start;
      std::ranges::fill(turn.dx, 0.0), std::ranges::fill(turn.dy, 0.0);
      apply_alignment(images, series_.shape, turn, pixel_values::intensity);
    }
    reprojection_alignment_options o;
    o.rounds = plan_.asked.rounds;
    o.likelihood = counts() ? likelihood::poisson : likelihood::gaussian;
    o.registration.max_shift = std::max(plan_.asked.max_shift / bin(), 1.0);
    if (counts()) o.registration.smooth = 0;
    progress_display display("reprojection", plan_.asked.quiet, "round");
    found_ = align_by_reprojection(model(), beam_, images, series_.shape[1], std::move(start), o,
                                   [&](progress const& now) { return display(now); });
  }

  alignment_plan const& plan_;
  image_series series_;
  parallel_beam beam_;
  alignment found_;
};

std::string sentence(alignment_step const& s) {
  std::string figures;
  for (auto const& [name, value] : s.figures)
    figures += fmt::format("{}{} {:.4g}", figures.empty() ? "" : ", ", name, value);
  return figures.empty() ? s.name : s.name + ": " + figures;
}

void print_summary(alignment_plan const& p, alignment_data const& d, double seconds,
                   std::vector<std::string> const& files) {
  auto const spread = [](std::vector<double> const& v) {
    auto const [low, high] = std::ranges::minmax(v);
    return fmt::format("{:.2f} to {:.2f}", low, high);
  };
  fmt::print(
      "aligned {} tilts by {} in {:.1f} s: dx {}, dy {} pixels, axis offset {:.2f}, rotation {:.2f} "
      "degrees\n",
      p.shape[0], p.by, seconds, spread(d.found.dx), spread(d.found.dy), d.found.axis_offset,
      d.found.rotation_deg);
  for (auto const& s : d.found.steps) fmt::print("  {}\n", sentence(s));
  fmt::print("{}: {}\n", p.asked.output, fmt::join(files, " "));
}

}  // namespace

alignment_data find_alignment(alignment_plan const& p) {
  alignment_data d;
  for (auto const& s : p.series) {
    stop_if_asked();
    d.stacks.push_back(load(s.path).values);
    check_values(d.stacks.back(), p.shape, s.name + " (" + s.path + ")", "tilt",
                 s.counts ? allowed::not_negative : allowed::finite);
  }
  d.steps.push_back(fmt::format("read {} series of {} tilts, {} x {} pixels", p.series.size(), p.shape[0],
                                p.shape[1], p.shape[2]));
  if (p.asked.haadf_to_maps) {
    std::vector<std::span<float const>> maps(d.stacks.begin(), d.stacks.end() - 1);
    auto const onto = register_haadf_to_maps(d.stacks.back(), weighted_sum(maps), p.shape);
    apply_alignment(d.stacks.back(), p.shape, onto, pixel_values::intensity, shifts_across::images);
    d.steps.push_back("moved each HAADF image onto the maps of its tilt; " + sentence(onto.steps.back()));
  }
  if (!p.asked.shifts.empty()) d.steps.push_back("began with the shifts of " + p.asked.shifts);
  auto series = reference_series(p, d);
  chain steps(p, std::move(series));
  d.steps.push_back("shifts were found on " + (p.by == "maps" ? std::string("the sum of the maps") : p.by));
  for (auto const& step : p.steps)
    if (step != "none") steps.perform(step);
  d.found = steps.result();
  for (auto const& s : d.found.steps) d.steps.push_back(sentence(s));
  auto const [low, high] = std::ranges::minmax(d.found.dy);
  if (std::max(std::abs(low), std::abs(high)) > 0.25 * static_cast<double>(p.shape[1]))
    d.warnings.push_back(fmt::format("images are moved by up to {:.0f} of their {} rows; is that so?",
                                     std::max(std::abs(low), std::abs(high)), p.shape[1]));
  return d;
}

void run(align_command const& c) {
  stopwatch clock;
  auto const plan = plan_alignment(c);
  auto const machine = start_host(c.threads);
  auto data = find_alignment(plan);
  for (auto const& warning : data.warnings) fmt::print(stderr, "tomoedx align: note: {}\n", warning);
  double const seconds = clock.seconds();
  auto const files = write_alignment(plan, data, machine, seconds);
  if (!c.quiet) print_summary(plan, data, seconds, files);
}

}  // namespace tomoedx::cli
