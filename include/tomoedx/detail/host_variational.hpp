// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_VARIATIONAL_HPP
#define TOMOEDX_DETAIL_HOST_VARIATIONAL_HPP

#include <tomoedx/bimodal/detail/joint_estimates.hpp>
#include <tomoedx/bimodal/element_coupling.hpp>
#include <tomoedx/detail/host_problem.hpp>
#include <tomoedx/detail/host_series.hpp>
#include <tomoedx/host_convex.hpp>
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/noise/poisson.hpp>
#include <tomoedx/solvers/pdhg.hpp>

#include <cmath>
#include <vector>

namespace tomoedx::host::detail {

using library_regularizer = tomoedx::element_coupling<float, space>;

inline tomoedx::coupling library_coupling(variation v) {
  return v == variation::tv    ? tomoedx::coupling::tv
         : v == variation::vtv ? tomoedx::coupling::vectorial_tv
                               : tomoedx::coupling::tnv;
}

/// The standard deviation of each series, measured along the detector, and 1 % of its mean for what the model leaves out.
inline std::vector<double> measured_sigmas(series_set const& set) {
  std::vector<double> sigmas;
  for (std::size_t c = 0; c < set.data.extent(0); ++c) {
    auto const level =
        tomoedx::detail::level_of_haadf(set.all.channel(set.data, c), set.all.inner().range_grid());
    sigmas.push_back(std::hypot(level.noise, 0.01 * level.mean));
  }
  return sigmas;
}

/// The noise that the data put on the gradient of the misfit in one voxel of each volume: A' of random signs, each as
/// large as its datum's share. `size(c)` is that share in channel c.
template <class Size>
std::vector<double> gradient_noise(series_set const& set, Size const& size) {
  auto const s = set.all.space();
  auto const signs = make_range(set.all);
  auto const back = make_domain(set.all);
  std::size_t const each = signs.extent(1), voxels = back.extent(1);
  for (std::size_t c = 0; c < signs.extent(0); ++c)
    tomoedx::detail::random_signs(s, 31 + c, static_cast<float>(size(c)), signs.data() + c * each, each);
  clear_padding(set.all, signs);
  set.all.adjoint(signs, back);
  std::vector<double> noise;
  for (std::size_t e = 0; e < back.extent(0); ++e) {
    noise.push_back(tomoedx::detail::rms_of_seen(s, back.data() + e * voxels, voxels));
    expects<value_error>(noise.back() > 0, "variational: no ray of series {} meets the volume", e);
  }
  return noise;
}

/// A noise model of the series, and what its noise is.
struct noise_of_series {
  any_noise model;
  std::vector<double> gradient;  ///< noise of the misfit's gradient in a voxel of each volume
  std::vector<double> sigmas{};  ///< of each series, where they were measured
};

/// Counts: a count that no voxel can give is left out, or no volume would be likely at all.
inline noise_of_series counted(series_set const& set, double background) {
  auto const s = set.all.space();
  poisson_noise_options<series_set::op_type::range_view> o{.background = background};
  if (background == 0) {
    o.exposure = make_range(set.all);
    auto const filled = make_domain(set.all);
    if (set.mask.data() != nullptr)
      Kokkos::deep_copy(s, filled, set.mask);
    else
      Kokkos::deep_copy(s, filled, 1.0f);
    set.all.forward(filled, o.exposure);
    tomoedx::detail::drop_blind(s, std::numeric_limits<float>::min(), o.exposure.data(), o.exposure.size());
    clear_padding(set.all, o.exposure);
  }
  std::size_t const each = set.data.extent(1);
  grid const g = set.all.inner().range_grid();
  auto const share = [&](std::size_t c) {
    auto const counts = tomoedx::detail::sum_counts(s, set.data.data() + c * each, each);
    return 1 / std::sqrt(counts.level(g.lines * g.rows * g.columns) + background);
  };
  return {any_noise(make_poisson(set.all, set.data, o)), gradient_noise(set, share)};
}

inline noise_of_series measured(series_set const& set) {
  auto const sigmas = measured_sigmas(set);
  gaussian_noise_options<series_set::op_type::range_view> o{};
  o.weights = make_range(set.all);
  for (std::size_t c = 0; c < sigmas.size(); ++c)
    Kokkos::deep_copy(set.all.space(), set.all.channel(o.weights, c),
                      static_cast<float>(1 / (sigmas[c] * sigmas[c])));
  clear_padding(set.all, o.weights);
  return {any_noise(make_gaussian(set.all, set.data, o)),
          gradient_noise(set, [&](std::size_t c) { return 1 / sigmas[c]; }), sigmas};
}

inline float single(double bound) {
  return static_cast<float>(bound);
}

inline convex_report report_of(optimality_report const& r, std::vector<double> units,
                               std::vector<double> sigmas) {
  return {r, r.looked, r.objective, r.gap, r.deviance, std::move(units), std::move(sigmas)};
}

}  // namespace tomoedx::host::detail

#endif
