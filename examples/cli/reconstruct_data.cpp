// SPDX-License-Identifier: BSD-3-Clause
#include "reconstruct.hpp"
#include "signals.hpp"

#include <tomoedx/align/shift_rows.hpp>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

/// Keep a range of rows of an array (., y, x), in place.
void crop(std::vector<float>& values, shape3 const& shape, row_range const& rows) {
  if (rows.count() == shape[1]) return;
  std::size_t const run = rows.count() * shape[2];
  for (std::size_t i = 0; i < shape[0]; ++i)
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>((i * shape[1] + rows.first) * shape[2]), run,
                values.begin() + static_cast<std::ptrdiff_t>(i * run));
  values.resize(shape[0] * run);
  values.shrink_to_fit();
}

std::vector<float> read_series(series_file const& s, shape3 const& shape, allowed which) {
  stop_if_asked();
  auto values = load(s.path).values;
  check_values(values, shape, s.role(), "tilt", which);
  expects<value_error>(std::ranges::any_of(values, [](float v) { return v != 0; }),
                       "{}: all {} values are zero, there is nothing to reconstruct; leave it out", s.role(),
                       values.size());
  return values;
}

/// A mask or a volume to start from, cut to the rows that are reconstructed.
std::vector<float> read_volume(reconstruction_plan const& p, std::string const& file, std::string const& role,
                               allowed which) {
  auto a = load(file);
  shape3 const shape{a.shape.at(0), a.shape.at(1), a.shape.at(2)};
  check_values(a.values, shape, role + " (" + file + ")", "z", which);
  if (shape[1] != p.rows.count()) crop(a.values, shape, p.rows);
  return std::move(a.values);
}

std::string range_text(std::vector<double> const& values) {
  auto const [low, high] = std::ranges::minmax(values);
  return low == high ? fmt::format("{:.6g}", low) : fmt::format("{:.6g} to {:.6g}", low, high);
}

std::string list_text(std::vector<std::string> const& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// A map as it would be had every tilt the dose 1.
std::vector<float> at_dose_one(reconstruction_plan const& p, std::span<float const> map) {
  std::vector<float> scaled(map.begin(), map.end());
  std::size_t const frame = p.recorded[1] * p.recorded[2];
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] /= static_cast<float>(p.doses[i / frame]);
  return scaled;
}

/// Maps and HAADF as they are linked: as measured, or averaged over squares of pixels.
struct linked_series {
  std::vector<std::vector<float>> own_maps;
  std::vector<float> own_haadf;
  map_list maps;
  std::span<float const> haadf;

  linked_series(reconstruction_plan const& p, reconstruction_data const& d)
      : maps(d.maps.begin(), d.maps.end()), haadf(d.haadf) {
    own_maps.reserve(2 * maps.size());
    if (!p.doses.empty())
      for (auto& map : maps) map = own_maps.emplace_back(at_dose_one(p, map));
    if (p.asked.link_bin == 1) return;
    for (auto& map : maps) map = own_maps.emplace_back(averaged(map, p.recorded, p.asked.link_bin));
    haadf = own_haadf = averaged(haadf, p.recorded, p.asked.link_bin);
  }
};

void describe_link(reconstruction_plan const& p, reconstruction_data& d) {
  std::string ratios;
  for (std::size_t e = 0; e < p.maps.size(); ++e)
    ratios += fmt::format("{}{} {:.6g}", e == 0 ? "" : ", ", p.maps[e].name, d.link->ratios[e]);
  d.steps.push_back(fmt::format(
      "response ratios {}: {}; R^2 = {:.4g} over {} {}",
      p.options.has(option::ratios)                       ? "as given"
      : p.options.text(option::ratio_method) == "poisson" ? "estimated from the counts"
                                                          : "estimated by non-negative least squares",
      ratios, d.link->r_squared, d.link->pixels,
      p.asked.link_bin == 1 ? "pixels" : fmt::format("means of {0} x {0} pixels", p.asked.link_bin)));
}

/// Maps explain HAADF by one number each; say so where they hardly do.
void judge_link(reconstruction_plan const& p, reconstruction_data& d) {
  double weighted = 0, signal = 0;
  std::size_t const frame = p.recorded[1] * p.recorded[2];
  for (std::size_t e = 0; e < p.maps.size(); ++e)
    for (std::size_t i = 0; i < d.maps[e].size(); ++i)
      weighted +=
          d.link->ratios[e] * static_cast<double>(d.maps[e][i]) / (p.doses.empty() ? 1 : p.doses[i / frame]);
  for (float const h : d.haadf) signal += static_cast<double>(h);
  if (signal > 0 && (weighted < 0.7 * signal || weighted > 1.4 * signal))
    d.warnings.push_back(fmt::format(
        "the weighted maps sum to {:.2g} of the HAADF signal, so the two contradict each other; noise of "
        "maps with few counts makes estimated ratios too small (--link-bin), a background of HAADF too "
        "large (--normalize-haadf)",
        weighted / signal));
  for (std::size_t e = 0; e < p.maps.size(); ++e)
    if (d.link->ratios[e] == 0)
      d.warnings.push_back(
          fmt::format("the response ratio of {0} is 0, so its map does not take part and what {0} "
                      "there is will come out as nothing or as noise; leave the map out, or give --ratios",
                      p.maps[e].name));
  if (d.link->r_squared < 0.3)
    d.warnings.push_back(
        fmt::format("the maps explain little of the HAADF signal (R^2 = {:.3g}); are the series of the same "
                    "field, is HAADF on one scale (--normalize-haadf), are elements missing?",
                    d.link->r_squared));
}

/// Where counts and HAADF are one model an element that gives no HAADF signal cannot be told.
void check_link(reconstruction_plan const& p, reconstruction_data const& d) {
  if (!p.how->knows(option::gamma)) return;
  for (std::size_t e = 0; e < p.maps.size(); ++e)
    expects<value_error>(
        d.link->ratios[e] > 0,
        "the response ratio of {} is 0, and {} takes counts and HAADF for two signals of one thing; "
        "leave the map out, give --ratios, or try --ratio-method poisson",
        p.maps[e].name, p.how->name);
}

/// HAADF on the scale of the maps if asked, and the ratios HEBT will use: all before rows are moved or left
/// out, so that slabs of rows go together.
void link_haadf(reconstruction_plan const& p, reconstruction_data& d) {
  if (!p.haadf_tilts.empty()) {
    d.link = haadf_link{p.options.list(option::ratios), 0, 0};
    check_link(p, d);
    return;
  }
  bool const joins = p.joins_haadf();
  auto const given = p.options.list(option::ratios);
  if (p.asked.normalize_haadf || joins) {
    linked_series const series(p, d);
    if (p.asked.normalize_haadf) {
      auto n = normalisation_of(series.maps, series.haadf, p.recorded[0], given);
      normalize_haadf(n, d.haadf);
      d.steps.push_back(fmt::format(
          "normalised each HAADF tilt against the maps weighted by the response ratios: gain {}, offset {}",
          range_text(n.gain), range_text(n.offset)));
      d.haadf_gain = std::move(n.gain);
      d.haadf_offset = std::move(n.offset);
      if (joins) d.link = std::move(n.link);
    } else {
      d.link = !given.empty() ? judge_ratios(given, series.maps, series.haadf)
               : p.options.text(option::ratio_method) == "poisson"
                   ? estimate_poisson_ratios(series.maps, series.haadf)
                   : estimate_ratios(series.maps, series.haadf);
    }
  }
  if (joins) describe_link(p, d);
  if (joins) judge_link(p, d);
  if (joins) check_link(p, d);
  if (!p.how->counts || !p.asked.normalize_haadf) return;
  std::size_t below = 0;
  for (float& h : d.haadf) below += h < 0, h = std::max(h, 0.0f);
  if (below > 0)
    d.steps.push_back(fmt::format("{} normalised HAADF pixels below zero were set to zero", below));
}

/// Move and cut a series; returns how many of its rows were not measured and had to be filled.
std::size_t bring_into_register(reconstruction_plan const& p, std::vector<float>& series,
                                shape3 const& shape) {
  std::size_t const filled = p.dy.empty() ? 0 : shift_rows(series, shape, p.dy);
  crop(series, shape, p.rows);
  return filled;
}

void describe_register(reconstruction_plan const& p, reconstruction_data& d, std::size_t filled) {
  if (!p.beam.shifts.empty())
    d.steps.push_back(
        fmt::format("shifts along x of {} pixels are part of the projection geometry, no image was resampled",
                    range_text(p.beam.shifts)));
  if (!p.dy.empty())
    d.steps.push_back(
        fmt::format("moved each tilt along y by {} pixels; {} border rows in all were not measured and "
                    "repeat the nearest measured row",
                    range_text(p.dy), filled));
  if (p.rows.count() != p.recorded[1])
    d.steps.push_back(fmt::format("kept rows {} to {} of {}", p.rows.first, p.rows.last - 1, p.recorded[1]));
}

}  // namespace

reconstruction_data load_reconstruction(reconstruction_plan const& p) {
  reconstruction_data d;
  std::size_t filled = 0;
  bool const whole_first = p.joins_haadf() || p.asked.normalize_haadf;
  for (auto const& m : p.maps) {
    d.maps.push_back(read_series(m, p.recorded, allowed::not_negative));
    if (!whole_first) filled = bring_into_register(p, d.maps.back(), p.recorded);
  }
  if (p.haadf) {
    d.haadf =
        read_series(*p.haadf, p.recorded,
                    p.how->counts && !p.asked.normalize_haadf ? allowed::not_negative : allowed::finite);
    if (!whole_first) filled = bring_into_register(p, d.haadf, p.recorded);
  }
  std::vector<std::string> names;
  for (auto const& m : p.maps) names.push_back(m.name);
  d.steps.push_back(fmt::format("read {}{}{}: {} tilts of {} rows and {} columns",
                                p.maps.empty() ? "" : "the maps " + list_text(names),
                                p.maps.empty() || !p.haadf ? "" : " and ", p.haadf ? haadf_name : "",
                                p.recorded[0], p.recorded[1], p.recorded[2]));
  if (!p.haadf_tilts.empty())
    d.steps.push_back(fmt::format("HAADF has {} tilts of its own, from {} degrees", p.haadf_tilts.size(),
                                  range_text(p.haadf_tilts)));
  if (!p.doses.empty())
    d.steps.push_back(
        fmt::format("doses of the tilts of the maps, {}, are part of the model", range_text(p.doses)));
  stop_if_asked();
  link_haadf(p, d);
  if (whole_first) {
    for (auto& m : d.maps) bring_into_register(p, m, p.recorded);
    filled = bring_into_register(p, d.haadf, p.haadf_recorded());
  }
  describe_register(p, d, filled);

  if (auto const mask = p.options.text(option::mask); !mask.empty()) {
    d.mask = read_volume(p, mask, "mask", allowed::finite);
    auto const inside = d.mask.size() - static_cast<std::size_t>(std::ranges::count(d.mask, 0.0f));
    expects<value_error>(inside > 0, "mask ({}): is zero in every voxel, so the result would be", mask);
    d.steps.push_back(fmt::format("masked: {} of {} voxels may differ from zero", inside, d.mask.size()));
  }
  auto const volumes = p.volume_names();
  for (std::size_t v = 0; v < volumes.size(); ++v)
    if (p.warm_files.empty())
      d.volumes.emplace_back(count_of(p.volume()));
    else
      d.volumes.push_back(read_volume(p, p.warm_files[v], volumes[v],
                                      p.how->counts ? allowed::not_negative : allowed::finite));
  if (!p.warm_files.empty())
    d.steps.push_back(fmt::format("started from the volumes in {}", p.options.text(option::warm_start)));
  if (p.resumes)
    d.steps.push_back(fmt::format("went on from the checkpoint {}", p.options.text(option::checkpoint)));
  d.steps.insert(d.steps.end(), d.warnings.begin(), d.warnings.end());
  return d;
}

}  // namespace tomoedx::cli
