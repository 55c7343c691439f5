// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_FBP_HPP
#define TOMOEDX_DETAIL_HOST_FBP_HPP

#include <tomoedx/detail/host_series.hpp>
#include <tomoedx/solvers/fbp.hpp>

#include <cmath>

namespace tomoedx::host::detail {

inline fbp_filter library_filter(filter f) {
  switch (f) {
    case filter::shepp_logan:
      return fbp_filter::shepp_logan;
    case filter::hann:
      return fbp_filter::hann;
    case filter::cosine:
      return fbp_filter::cosine;
    default:
      return fbp_filter::ram_lak;
  }
}

/// The squared difference of two arrays.
struct squared_difference {
  float const* a;
  float const* b;

  KOKKOS_FUNCTION void operator()(std::size_t i, double& sum) const {
    double const d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += d * d;
  }
};

/// What a volume leaves of its data, as a report of a method without iterations. `scratch` is a range.
inline solve_report residual_of(series_set const& set, series_set::op_type::range_view const& scratch) {
  set.all.forward(set.x, scratch);
  solve_report report;
  report.iterations = 1;
  report.by_channel.emplace_back();
  double sum = 0;
  std::size_t const count = scratch.extent(1);
  for (std::size_t c = 0; c < scratch.extent(0); ++c) {
    double part = 0;
    Kokkos::parallel_reduce(
        "tomoedx::host::residual",
        Kokkos::RangePolicy<space, Kokkos::IndexType<std::size_t>>(set.all.space(), 0, count),
        squared_difference{set.data.data() + c * count, scratch.data() + c * count}, part);
    report.by_channel[0].push_back(std::sqrt(part));
    sum += part;
  }
  report.residuals.push_back(std::sqrt(sum));
  return report;
}

}  // namespace tomoedx::host::detail

#endif
