// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_DETAIL_JOINT_ESTIMATES_HPP
#define TOMOEDX_BIMODAL_DETAIL_JOINT_ESTIMATES_HPP
// IWYU pragma: private, include "tomoedx/bimodal/joint.hpp"

#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

/// What the joint problem learns from its data before it starts.
namespace tomoedx::detail {

/// sum p, sum p (p - 1) and the least p of counts.
struct count_sums {
  double total = 0, pairs = 0, least = 0;

  /// The mean expected count where there are any, weighed by itself: of Poisson counts, E p (p - 1) = m^2.
  double level(std::size_t values) const {
    double const mean = total / static_cast<double>(values);
    return total > 0 ? std::max(pairs / total, mean) : 1;
  }
};
template <class Space, class T>
count_sums sum_counts(Space const& space, T const* p, std::size_t values) {
  count_sums s;
  Kokkos::parallel_reduce(
      "tomoedx::joint::counts", Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, values),
      KOKKOS_LAMBDA(std::size_t i, double& total, double& pairs, double& least) {
        double const v = static_cast<double>(p[i]);
        total += v;
        pairs += v * (v - 1);
        least = v < least ? v : least;
      },
      s.total, s.pairs, Kokkos::Min<double>(s.least));
  return s;
}

/// Independent values +size or -size.
template <class Space, class T>
void random_signs(Space const& space, std::uint64_t seed, T size, T* to, std::size_t values) {
  Kokkos::parallel_for(
      "tomoedx::joint::signs", Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, values),
      KOKKOS_LAMBDA(std::size_t i) {
        random_stream stream(seed, i);
        to[i] = stream.bits() >> 63 ? size : -size;
      });
}

/// The root mean square of the values that are not 0, and 0 when all are.
template <class Space, class T>
double rms_of_seen(Space const& space, T const* from, std::size_t values) {
  double squares = 0;
  std::size_t seen = 0;
  Kokkos::parallel_reduce(
      "tomoedx::joint::rms", Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, values),
      KOKKOS_LAMBDA(std::size_t i, double& sum, std::size_t& n) {
        double const v = static_cast<double>(from[i]);
        sum += v * v;
        n += v != 0 ? 1 : 0;
      },
      squares, seen);
  return seen > 0 ? std::sqrt(squares / static_cast<double>(seen)) : 0;
}

/// exposure <- 0 where counts can come from no voxel, 1 elsewhere; `exposure` holds A 1 of the voxels that may be filled.
template <class Space, class T>
void drop_blind(Space const& space, T tiny, T* exposure, std::size_t values) {
  Kokkos::parallel_for(
      "tomoedx::joint::blind", Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, values),
      KOKKOS_LAMBDA(std::size_t i) { exposure[i] = exposure[i] > tiny ? T(1) : T(0); });
}

/// The mean of a HAADF series weighed by itself, and its noise: the median size of second differences along the detector
/// where the signal is at least a quarter of that mean.
struct haadf_level {
  double mean = 0, noise = 0;
};
template <class View>
haadf_level level_of_haadf(View const& series, grid const& g) {
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), series);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < host.size(); ++i) {
    double const h = static_cast<double>(host.data()[i]);
    sum += h, squares += h * h;
  }
  expects<value_error>(std::isfinite(squares), "joint: the HAADF series holds NaN or infinity");
  expects<value_error>(sum > 0, "joint: the HAADF series sums to {}; is its offset right?", sum);
  haadf_level level{squares / sum, 0};
  std::size_t const rows = g.channels * g.lines * g.rows,
                    every = std::max<std::size_t>(1, rows * g.columns / 1'000'000);
  std::vector<double> sizes;
  for (std::size_t r = 0; r < rows; r += every)
    for (std::size_t c = 1; c + 1 < g.columns; ++c) {
      auto const at = [&](std::size_t column) {
        return static_cast<double>(
            host.data()[g(r / (g.lines * g.rows), r / g.rows % g.lines, r % g.rows, column)]);
      };
      if (at(c) >= level.mean / 4) sizes.push_back(std::abs(at(c - 1) - 2 * at(c) + at(c + 1)));
    }
  if (sizes.empty()) return level;
  auto const middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  constexpr double upper_quartile = 0.6744897501960817;  // of the standard normal distribution
  level.noise = *middle / upper_quartile / std::sqrt(6.0);
  return level;
}

/// All voxels are at least 0, and 0 where a mask is 0.
template <class T>
struct non_negative_within {
  using value_type = T;
  T const* mask = nullptr;  ///< null for none

  KOKKOS_FUNCTION T lower(std::size_t) const { return T(0); }
  KOKKOS_FUNCTION T upper(std::size_t i) const {
    return mask != nullptr && mask[i] == T(0) ? T(0) : Kokkos::Experimental::infinity_v<T>;
  }
};

}  // namespace tomoedx::detail

#endif
