// SPDX-License-Identifier: BSD-3-Clause
#include "ratios.hpp"

#include <tomoedx/bimodal/haadf_scale.hpp>
#include <tomoedx/bimodal/poisson_ratios.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tomoedx::cli {
namespace {

haadf_link link_of(response_ratios fit) {
  return {std::move(fit.ratios), fit.r_squared, fit.pixels};
}

std::vector<float> weighted_sum(std::vector<double> const& ratios, map_list const& maps) {
  std::vector<float> sum(maps.at(0).size());
  for (std::size_t i = 0; i < sum.size(); ++i) {
    double s = 0;
    for (std::size_t e = 0; e < maps.size(); ++e) s += ratios[e] * static_cast<double>(maps[e][i]);
    sum[i] = static_cast<float>(s);
  }
  return sum;
}

}  // namespace

std::vector<float> averaged(std::span<float const> series, shape3 const& shape, std::size_t bin) {
  auto const [tilts, rows, columns] = shape;
  std::vector<float> means;
  for (std::size_t t = 0; t < tilts; ++t)
    for (std::size_t y = 0; y < rows; y += bin)
      for (std::size_t x = 0; x < columns; x += bin) {
        std::size_t const y_end = std::min(y + bin, rows), x_end = std::min(x + bin, columns);
        double sum = 0;
        for (std::size_t j = y; j < y_end; ++j)
          for (std::size_t i = x; i < x_end; ++i)
            sum += static_cast<double>(series[(t * rows + j) * columns + i]);
        means.push_back(static_cast<float>(sum / static_cast<double>((y_end - y) * (x_end - x))));
      }
  return means;
}

haadf_link estimate_ratios(map_list const& maps, std::span<float const> haadf) {
  return link_of(estimate_response_ratios(maps, haadf));
}

haadf_link estimate_poisson_ratios(map_list const& maps, std::span<float const> haadf) {
  for (std::size_t e = 0; e < maps.size(); ++e)
    for (float const v : maps[e])
      expects<value_error>(
          std::abs(v - std::round(v)) <= 1e-3f + 1e-6f * v,
          "--ratio-method poisson: map number {} holds {}, and wants raw counts, neither smoothed, "
          "averaged (--link-bin) nor divided by --doses; take --ratio-method nnls",
          e + 1, v);
  auto fit = tomoedx::estimate_poisson_ratios(maps, haadf);
  return {std::move(fit.ratios), fit.r_squared, fit.pixels};
}

haadf_link judge_ratios(std::vector<double> const& ratios, map_list const& maps,
                        std::span<float const> haadf) {
  return link_of(judge_response_ratios(maps, haadf, ratios));
}

haadf_normalisation normalisation_of(map_list const& maps, std::span<float const> haadf, std::size_t tilts,
                                     std::vector<double> const& ratios) {
  if (ratios.empty()) {
    auto scaling = scale_haadf_to_maps(maps, haadf, tilts);
    return {std::move(scaling.gain), std::move(scaling.offset), link_of(std::move(scaling.fit))};
  }
  auto const sum = weighted_sum(ratios, maps);
  auto scaling = scale_haadf_to_maps({std::span<float const>(sum)}, haadf, tilts);
  // the scaling holds the total of HAADF; the given ratios have units
  double const unit = scaling.fit.ratios[0];
  expects<value_error>(unit > 0,
                       "HAADF scaling: the maps weighted by --ratios explain none of the HAADF signal");
  for (std::size_t t = 0; t < tilts; ++t) scaling.gain[t] /= unit, scaling.offset[t] /= unit;
  std::vector<float> scaled(haadf.begin(), haadf.end());
  tomoedx::scale_haadf(scaling, scaled);
  return {std::move(scaling.gain), std::move(scaling.offset), judge_ratios(ratios, maps, scaled)};
}

void normalize_haadf(haadf_normalisation const& n, std::span<float> haadf) {
  tomoedx::scale_haadf(haadf_scaling{n.gain, n.offset, {}}, haadf);
}

}  // namespace tomoedx::cli
