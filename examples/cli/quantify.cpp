// SPDX-License-Identifier: BSD-3-Clause
#include "quantify.hpp"

#include "denoise.hpp"
#include "pipeline.hpp"
#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/fractions.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tomoedx::cli {
namespace {

/// A Gaussian along one index of (n0, n1, n2), the border repeated.
void smooth_along(std::span<float> volume, shape3 const& shape, std::size_t index, double sigma) {
  std::size_t const length = shape[index];
  if (length == 1) return;
  auto const reach = static_cast<std::ptrdiff_t>(std::ceil(4 * sigma));
  std::vector<double> weight;
  double sum = 0;
  for (std::ptrdiff_t i = -reach; i <= reach; ++i)
    sum += weight.emplace_back(std::exp(-0.5 * static_cast<double>(i * i) / (sigma * sigma)));
  std::size_t const stride = index == 0 ? shape[1] * shape[2] : index == 1 ? shape[2] : 1;
  std::vector<double> line(length);
  for (std::size_t start = 0; start < volume.size(); ++start) {
    if (start / stride % length != 0) continue;
    for (std::size_t i = 0; i < length; ++i) line[i] = static_cast<double>(volume[start + i * stride]);
    for (std::size_t i = 0; i < length; ++i) {
      double v = 0;
      for (std::ptrdiff_t k = -reach; k <= reach; ++k) {
        auto const at = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(i) + k, 0,
                                                   static_cast<std::ptrdiff_t>(length) - 1);
        v += weight[static_cast<std::size_t>(k + reach)] * line[static_cast<std::size_t>(at)];
      }
      volume[start + i * stride] = static_cast<float>(v / sum);
    }
  }
}

/// The value that separates two groups best: the greatest variance between them.
///
/// source   Otsu, IEEE Trans. Syst. Man Cybern. 9 (1979) 62
double otsu_threshold(std::span<float const> values) {
  auto const [low, high] = std::ranges::minmax(values);
  if (!(high > low)) return low;
  constexpr std::size_t bins = 1024;
  std::vector<double> count(bins);
  double const step = (static_cast<double>(high) - static_cast<double>(low)) / bins;
  for (float const v : values)
    count[std::min(
        bins - 1, static_cast<std::size_t>((static_cast<double>(v) - static_cast<double>(low)) / step))] += 1;
  double all = 0, moment = 0;
  for (std::size_t b = 0; b < bins; ++b) all += count[b], moment += count[b] * static_cast<double>(b);
  double below = 0, moment_below = 0, best = -1;
  std::size_t at = 0;
  for (std::size_t b = 0; b + 1 < bins; ++b) {
    below += count[b], moment_below += count[b] * static_cast<double>(b);
    if (below == 0 || below == all) continue;
    double const difference = moment_below / below - (moment - moment_below) / (all - below);
    double const between = below * (all - below) * difference * difference;
    if (between > best) best = between, at = b;
  }
  return static_cast<double>(low) + (static_cast<double>(at) + 1) * step;
}

template <class Factor>
std::vector<Factor> factors_as(quantification_plan const& p) {
  std::vector<Factor> all;
  for (auto const& c : p.channels) all.emplace_back(c.factor);
  return all;
}

template <fraction Of>
std::vector<k_factor<Of>> k_factors(quantification_plan const& p) {
  std::vector<k_factor<Of>> all;
  for (auto const& c : p.channels) all.push_back({c.factor, *p.reference});
  return all;
}

template <class T>
std::span<T const> view(std::vector<T> const& v) {
  return v;
}

/// Densities where factors are absolute and the dose is known; else only ratios count.
mass_scale scale_of_factors(quantification_plan const& p) {
  double const dose = p.what == quantified::maps ? 0 : p.asked.dose.value_or(0);
  bool const dosed = dose > 0;
  auto const omega = p.scope.detector.solid_angle;
  nanometre const voxel(p.pixel_nm);
  auto const of = p.elements();
  switch (p.by) {
    case factor_kind::f: {
      auto const f = factors_as<f_factor>(p);
      return dosed ? densities(view(f), omega, dose, voxel) : masses(view(f));
    }
    case factor_kind::z: {
      auto const z = factors_as<z_factor>(p);
      return dosed ? densities(view(z), dose, voxel) : masses(view(z));
    }
    case factor_kind::zeta: {
      auto const zeta = factors_as<zeta_factor>(p);
      return dosed ? densities(view(zeta), dose, voxel) : masses(view(zeta));
    }
    case factor_kind::cross_section: {
      auto const sigma = factors_as<partial_cross_section>(p);
      return dosed ? densities(view(sigma), view(of), dose, voxel) : masses(view(sigma), view(of));
    }
    case factor_kind::k_weight:
      return masses(view(k_factors<fraction::weight>(p)));
    default:
      return masses(view(k_factors<fraction::atomic>(p)), view(of));
  }
}

void find_threshold(quantification_plan const& p, quantification_data& d) {
  if (p.threshold) {
    d.threshold = *p.threshold;
    d.steps.push_back(fmt::format("voxels with a mass above {:g} are inside, as given", d.threshold));
    return;
  }
  d.edge = edge_threshold(d.mass, {.shape = p.specimen});
  if (d.edge->found) {
    d.threshold = d.edge->threshold;
    d.steps.push_back(fmt::format(
        "threshold by the edge spread function: {:.4g} for a plateau of {:.4g}, {:.0f} voxels, R^2 {:.4f}",
        d.threshold, d.edge->plateau, d.edge->volume, d.edge->r_squared));
    return;
  }
  expects<value_error>(
      p.asked.threshold == "auto",
      "no edge between specimen and vacuum: {}; give --threshold T or --mask FILE, or --threshold "
      "auto to have the volume cut in two",
      d.edge->why_not);
  d.threshold = otsu_threshold(d.mass);
  d.warnings.push_back(
      fmt::format("no edge between specimen and vacuum was found ({}), so the threshold {:.4g} is the "
                  "one that cuts the masses into two groups best; look at slices.png",
                  d.edge->why_not, d.threshold));
}

void print_summary(quantification_plan const& p, quantification_data const& d, double seconds,
                   std::vector<std::string> const& files) {
  std::size_t const n = count_of(p.shape);
  auto const inside = static_cast<double>(std::ranges::count(d.inside, 1));
  fmt::print("{} elements by {}, {:.0f} of {} {} inside, in {:.1f} s\n", p.channels.size(), name_of(p.by),
             inside, n, p.what == quantified::maps ? "pixels" : "voxels", seconds);
  for (std::size_t e = 0; e < p.channels.size(); ++e) {
    double weight = 0, atoms = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (d.inside[i])
        weight += static_cast<double>(d.weight[e * n + i]), atoms += static_cast<double>(d.atomic[e * n + i]);
    fmt::print("  {:<4} {:<6} factor {:<10.4g} weight {:6.2f} %   atomic {:6.2f} %\n", p.channels[e].name,
               p.channels[e].of.line_name(), p.channels[e].factor, 100 * weight / inside,
               100 * atoms / inside);
  }
  fmt::print("{}: {}\n", p.asked.output, fmt::join(files, " "));
}

}  // namespace

mass_scale scale_of(quantification_plan const& p) {
  auto scale = scale_of_factors(p);
  if (p.what == quantified::hebt && p.by != factor_kind::z)
    for (std::size_t e = 0; e < p.channels.size(); ++e) scale.per_value[e] /= p.channels[e].ratio;
  return scale;
}

quantification_data load_quantification(quantification_plan const& p) {
  quantification_data d;
  d.warnings = p.warnings;
  d.steps = p.steps;
  std::size_t const n = count_of(p.shape);
  d.values.reserve(n * p.channels.size());
  auto const read = [&](std::string const& file, std::string const& role, allowed which,
                        std::vector<float>& to) {
    stop_if_asked();
    auto values = load(file).values;
    check_values(values, p.shape, role + " (" + file + ")", p.what == quantified::maps ? "tilt" : "z", which);
    if (p.asked.smooth > 0)
      for (std::size_t index = p.what == quantified::maps ? 1 : 0; index < 3; ++index)
        smooth_along(values, p.shape, index, p.asked.smooth);
    to.insert(to.end(), values.begin(), values.end());
  };
  for (auto const& c : p.channels) read(c.file, c.name, allowed::finite, d.values);
  if (p.has_sigma() && p.asked.smooth == 0)
    for (auto const& c : p.channels) read(c.sigma_file, "sigma of " + c.name, allowed::not_negative, d.sigma);
  std::string factors;
  for (auto const& c : p.channels)
    factors += fmt::format("{}{} {:.4g}", factors.empty() ? "" : ", ", c.of.line_name(), c.factor);
  d.steps.push_back(fmt::format(
      "factors ({}) {}: {}", name_of(p.by),
      p.theory ? fmt::format("from theory at {} keV, models {}", p.scope.beam.value, p.scope.models.name)
               : "from " + p.asked.factors,
      factors));
  if (p.asked.smooth > 0)
    d.steps.push_back(fmt::format("smoothed by a Gaussian of {:g} {}", p.asked.smooth,
                                  p.what == quantified::maps ? "pixels" : "voxels"));
  if (!p.asked.mask.empty()) {
    auto const mask = load(p.asked.mask).values;
    d.inside.resize(n);
    for (std::size_t i = 0; i < n; ++i) d.inside[i] = mask[i] != 0;
    d.steps.push_back(fmt::format("inside is {}", p.asked.mask));
  }
  return d;
}

void run(quantify_command const& c) {
  stopwatch clock;
  auto const plan = plan_quantification(c);
  auto const machine = start_host(c.threads);
  auto data = load_quantification(plan);
  if (plan.what == quantified::maps) {
    quantify_maps(plan, data);
  } else {
    if (c.mask.empty()) {
      auto const scale = scale_of(plan);
      data.mass = total_mass(data.values, scale);
      find_threshold(plan, data);
    }
    quantify_volumes(plan, data);
  }
  stop_if_asked();
  expects<value_error>(std::ranges::count(data.inside, 1) > 0,
                       "nothing is inside: no mass above {:g}; lower --threshold", data.threshold);
  for (auto const& warning : data.warnings) fmt::print(stderr, "tomoedx quantify: note: {}\n", warning);
  double const seconds = clock.seconds();
  auto const files = write_quantification(plan, data, machine, seconds);
  if (!c.quiet) print_summary(plan, data, seconds, files);
}

void rehearse(quantify_command const& c) {
  plan_quantification(c);
  std::filesystem::create_directory(c.output);
}

}  // namespace tomoedx::cli
