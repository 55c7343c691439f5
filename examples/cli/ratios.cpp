// SPDX-License-Identifier: BSD-3-Clause
#include "ratios.hpp"

#include <tomoedx/bimodal/haadf_scale.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>

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

haadf_link estimate_ratios(map_list const& maps, std::span<float const> haadf) {
  return link_of(estimate_response_ratios(maps, haadf));
}

haadf_link judge_ratios(std::vector<double> const& ratios, map_list const& maps,
                        std::span<float const> haadf) {
  haadf_link link{ratios, 0, 0};
  double mean = 0, spread = 0, error = 0;
  for (std::size_t i = 0; i < haadf.size(); ++i) {
    double model = 0;
    bool any = false;
    for (std::size_t e = 0; e < maps.size(); ++e) {
      model += ratios[e] * static_cast<double>(maps[e][i]);
      any = any || maps[e][i] != 0;
    }
    double const h = haadf[i];
    if (!any || h == 0) continue;
    ++link.pixels;
    double const delta = h - mean;  // Welford's running variance
    mean += delta / static_cast<double>(link.pixels);
    spread += delta * (h - mean);
    error += (h - model) * (h - model);
  }
  expects<value_error>(spread > 0,
                       "response ratios: the HAADF signal is the same in every pixel that has counts");
  link.r_squared = 1 - error / spread;
  return link;
}

haadf_normalisation normalize_haadf(map_list const& maps, std::span<float> haadf, std::size_t tilts,
                                    std::vector<double> const& ratios) {
  haadf_scaling scaling;
  if (ratios.empty()) {
    scaling = scale_haadf_to_maps(maps, haadf, tilts);
    tomoedx::apply(scaling, haadf);
    return {scaling.gain, scaling.offset, link_of(scaling.fit)};
  }
  auto const sum = weighted_sum(ratios, maps);
  scaling = scale_haadf_to_maps({std::span<float const>(sum)}, haadf, tilts);
  double const unit =
      scaling.fit.ratios[0];  // the facade holds the total of HAADF; the given ratios have units
  expects<value_error>(unit > 0,
                       "HAADF scaling: the maps weighted by --ratios explain none of the HAADF signal");
  for (std::size_t t = 0; t < tilts; ++t) scaling.gain[t] /= unit, scaling.offset[t] /= unit;
  tomoedx::apply(scaling, haadf);
  return {scaling.gain, scaling.offset, judge_ratios(ratios, maps, haadf)};
}

}  // namespace tomoedx::cli
