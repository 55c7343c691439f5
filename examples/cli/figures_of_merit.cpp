// SPDX-License-Identifier: BSD-3-Clause
#include "figures_of_merit.hpp"

#include <tomoedx/metrics/metrics.hpp>

#include <algorithm>
#include <utility>

namespace tomoedx::cli {
namespace {

/// The values inside the region; all of them without one.
std::vector<float> inside(std::span<float const> values, std::span<std::uint8_t const> region) {
  if (region.empty()) return {values.begin(), values.end()};
  std::vector<float> some;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (region[i] != 0) some.push_back(values[i]);
  return some;
}

/// (z, y, x) to (y, z, x): images across the tilt axis, which are reconstructed one by one.
std::vector<float> across_the_axis(std::span<float const> values, shape3 const& n) {
  std::vector<float> turned(values.size());
  for (std::size_t z = 0; z < n[0]; ++z)
    for (std::size_t y = 0; y < n[1]; ++y)
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>((z * n[1] + y) * n[2]), n[2],
                  turned.begin() + static_cast<std::ptrdiff_t>((y * n[0] + z) * n[2]));
  return turned;
}

double windowed_ssim(compared const& c) {
  expects<value_error>(c.region.empty(), "is taken over windows, so it is not defined for a mask");
  return metrics::ssim(across_the_axis(c.reference, c.shape), across_the_axis(c.result, c.shape),
                       {c.shape[1], c.shape[0], c.shape[2]});
}

/// DP against a reference of two values, cut in the middle between them.
double differing_pixels(std::vector<float> const& reference, std::vector<float> const& result) {
  auto const [low, high] = std::ranges::minmax(reference);
  bool const two =
      std::ranges::all_of(reference, [low = low, high = high](float v) { return v == low || v == high; });
  expects<value_error>(two && low < high, "needs a reference of two values, this one is not binary");
  std::vector<std::uint8_t> mark(reference.size());
  for (std::size_t i = 0; i < mark.size(); ++i) mark[i] = reference[i] == high;
  return static_cast<double>(metrics::difference_pixels(metrics::region_mask(mark), result));
}

}  // namespace

std::vector<figure_of_merit> const& figures_of_merit() {
  static std::vector<figure_of_merit> const all{
      {"nmae", "nMAE [%]", "{:.3f}", false}, {"ssim-structure", "SSIM-structure", "{:.4f}", true},
      {"ssim", "SSIM", "{:.4f}", true},      {"mse-scaled", "MSE-scaled", "{:.5g}", false},
      {"mse", "MSE", "{:.5g}", false},       {"dp", "DP", "{:.0f}", false},
      {"psnr", "PSNR [dB]", "{:.2f}", true}, {"r2", "R^2", "{:.4f}", true},
  };
  return all;
}

figure_of_merit const& figure_named(std::string const& name) {
  std::string names;
  for (auto const& f : figures_of_merit()) {
    if (f.name == name) return f;
    names.append(names.empty() ? "" : ", ").append(f.name);
  }
  fail<value_error>("--metrics {}: there is no such figure; known are {}", name, names);
}

std::optional<double> nearest_scale(compared const& c) {
  auto const x = inside(c.reference, c.region), y = inside(c.result, c.region);
  if (std::ranges::all_of(y, [](float v) { return v == 0; })) return std::nullopt;
  double const factor = metrics::best_scale(x, y);
  return factor > 0 ? std::optional(factor) : std::nullopt;
}

double compute(figure_of_merit const& f, compared const& c) {
  if (f.name == "ssim") return windowed_ssim(c);
  auto const x = inside(c.reference, c.region), y = inside(c.result, c.region);
  if (f.name == "nmae") return metrics::nmae(x, y);
  if (f.name == "ssim-structure") return metrics::ssim_structure(x, y);
  if (f.name == "mse-scaled") return metrics::mse_scaled(x, y);
  if (f.name == "mse") return metrics::mse(x, y);
  if (f.name == "dp") return differing_pixels(x, y);
  if (f.name == "psnr") return metrics::psnr(x, y);
  return metrics::r_squared(x, y);
}

}  // namespace tomoedx::cli
