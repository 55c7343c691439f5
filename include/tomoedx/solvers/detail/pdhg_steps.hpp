// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_PDHG_STEPS_HPP
#define TOMOEDX_SOLVERS_DETAIL_PDHG_STEPS_HPP
// IWYU pragma: private, include "tomoedx/solvers/pdhg.hpp"

#include <tomoedx/solvers/detail/primal_dual_passes.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// y(i) = factor r(i).
template <class T>
struct scale_pass {
  T factor;
  T const* r;
  T* y;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { y[i] = factor * r[i]; }
};

/// r g where a ray sees the volume.
template <class T>
struct seen_product {
  T const* r;
  T const* g;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const {
    return r[i] > T(0) ? static_cast<double>(r[i]) * static_cast<double>(g[i]) : 0;
  }
};

/// Puts the sum of channel c at c.
template <class Numbers>
struct to_channel {
  Numbers sums;

  KOKKOS_FUNCTION void operator()(std::size_t c, double sum) const { sums(c) = sum; }
};

/// What the data say about the scale of the problem: the constant volume that fits them best, and how strongly each
/// channel bends about it.
struct problem_scale {
  double level = 1;               ///< of the volume
  std::vector<double> curvature;  ///< F'' of each channel, on the mean
  std::vector<double> row;        ///< mean row sum of each channel, weighed by itself
};

/// Measures the scale with r = A 1 and a buffer of the range. Waits; runs once.
///
/// source   the slope of F(c r) in c is found by bisection of log c, the curvature by its change over c/4
template <class Space, class Noise, class Flat>
problem_scale scale_of(Space const& space, Noise const& noise, Flat const& r, Flat const& scratch,
                       std::size_t channels) {
  using T = typename Flat::non_const_value_type;
  sum_parts const cut(channels, r.size() / channels, whole_parts);
  auto const strands = make_sum_scratch(space, cut.scratch());
  Kokkos::View<double*, Kokkos::LayoutRight, typename Space::memory_space> const sums(
      "tomoedx::solvers::scale", channels);
  auto const host = Kokkos::create_mirror_view(sums);
  number_on<Space> const f("tomoedx::solvers::scale");
  auto const products = [&](Flat const& g) {
    sum_channels(space, "tomoedx::solvers::scale", cut, strands, seen_product<T>{r.data(), g.data()},
                 to_channel<std::remove_const_t<decltype(sums)>>{sums});
    Kokkos::deep_copy(space, host, sums);
    space.fence("tomoedx::solvers: the scale of the problem");
    return std::vector<double>(host.data(), host.data() + channels);
  };
  auto const slope = [&](double c) {
    for_each_value(space, "tomoedx::solvers::scale", r.size(), 1,
                   scale_pass<T>{static_cast<T>(c), r.data(), scratch.data()});
    noise.gradient(scratch, f);
    return products(scratch);
  };
  auto const total = [](std::vector<double> const& v) {
    double sum = 0;
    for (double const s : v) sum += s;
    return sum;
  };
  problem_scale scale;
  // c between 2^-40 and 2^40 or, beyond them, what T holds, to within a factor of 2^(1/4)
  constexpr double most = 0.75 * std::numeric_limits<T>::max_exponent;
  double low = -40, high = 40;
  if (total(slope(std::exp2(high))) < 0)
    low = high, high = most;
  else if (!(total(slope(std::exp2(low))) < 0))
    high = low, low = -most;
  if (total(slope(std::exp2(low))) < 0)
    while (high - low > 0.25) {
      double const middle = (low + high) / 2;
      (total(slope(std::exp2(middle))) < 0 ? low : high) = middle;
    }
  else
    low = high = 0;
  scale.level = std::exp2(std::round(2 * (low + high)) / 4);
  auto const squares = products(r);
  auto const at = slope(scale.level), beyond = slope(1.25 * scale.level);
  Kokkos::deep_copy(space, scratch, T(1));
  auto const plain = products(scratch);
  for (std::size_t c = 0; c < channels; ++c) {
    double const bend = squares[c] > 0 ? (beyond[c] - at[c]) / (0.25 * scale.level * squares[c]) : 0;
    scale.curvature.push_back(bend > 0 && std::isfinite(bend) ? bend : 0);
    scale.row.push_back(plain[c] > 0 ? squares[c] / plain[c] : 0);
  }
  return scale;
}

/// The dual step of each channel times its row sums: by its curvature times its mean row sum, or by its noise.
inline std::vector<double> gains(problem_scale const& scale, double balance, bool by_noise) {
  std::vector<double> gain;
  for (std::size_t c = 0; c < scale.row.size(); ++c)
    gain.push_back(balance * (by_noise ? std::sqrt(scale.curvature[c]) / scale.level
                                       : scale.curvature[c] * scale.row[c]));
  double const largest = *std::max_element(gain.begin(), gain.end());
  for (double& g : gain) g = g > 0 ? g : largest > 0 ? largest : balance;
  return gain;
}

/// The mean of values >= 0, weighed by themselves. Waits.
template <class T>
struct sum_of_values {
  T const* v;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION double operator()(std::size_t i, int) const { return static_cast<double>(v[i]); }
};
template <class Space, class View>
double mean_of_seen(Space const& space, View const& v) {
  using T = typename View::non_const_value_type;
  sum_parts const cut(1, v.size(), whole_parts);
  auto const strands = make_sum_scratch(space, cut.scratch());
  Kokkos::View<double*, Kokkos::LayoutRight, typename Space::memory_space> const sum("tomoedx::solvers::mean",
                                                                                     1),
      squares("tomoedx::solvers::mean", 1);
  sum_channels(space, "tomoedx::solvers::mean", cut, strands, sum_of_values<T>{v.data()},
               to_channel<std::remove_const_t<decltype(sum)>>{sum});
  sum_channels(space, "tomoedx::solvers::mean", cut, strands, seen_product<T>{v.data(), v.data()},
               to_channel<std::remove_const_t<decltype(sum)>>{squares});
  space.fence("tomoedx::solvers: the mean");
  auto const s = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), sum);
  auto const q = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), squares);
  return s(0) > 0 ? q(0) / s(0) : 0;
}

/// gain(c) / v for each channel c of repeated values v, such as row sums: the dual steps. What is no more than rounding
/// beside the largest value counts as the largest: no volume comes through there, and any step will do.
///
/// throws   tomoedx::shape_error when v does not repeat over the channels, value_error for negative values
template <class Space, class T, class Memory>
repeated_values<T, Memory> gains_over(Space const& space, repeated_values<T, Memory> const& v,
                                      std::size_t count, std::vector<double> const& gain, char const* who) {
  using values = Kokkos::View<T*, Kokkos::LayoutRight, Memory>;
  std::size_t const each = count / gain.size(), stride = std::min(v.stride, each), parts = each / stride;
  expects<shape_error>(v.lanes > 0 && each % v.lanes == 0 && each % stride == 0 &&
                           (v.scale.extent(0) == 0 || v.scale.extent(0) * v.stride >= count) &&
                           count % (v.lanes * v.values.extent(0)) == 0,
                       "{}: row sums of {} values in rows of {} do not repeat over {} channels of {} data",
                       who, v.values.extent(0), v.lanes, gain.size(), each);
  auto const inverse = [&](auto const& from) {
    values to(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::steps"),
              from.extent(0));
    auto const host = Kokkos::create_mirror_view(to);
    Kokkos::deep_copy(space, host, from);
    space.fence("tomoedx::solvers: sums on the host");
    T largest = 0;
    for (std::size_t i = 0; i < host.extent(0); ++i) {
      expects<value_error>(host(i) >= T(0), "{}: a row sum is {}; with weights below 0 take step_rule::norm",
                           who, host(i));
      largest = std::max(largest, host(i));
    }
    largest = largest > T(0) ? largest : T(1);
    for (std::size_t i = 0; i < host.extent(0); ++i)
      host(i) = 1 / (host(i) > static_cast<T>(1e-8) * largest ? host(i) : largest);
    return std::pair(to, host);
  };
  auto const [to, host] = inverse(v.values);
  Kokkos::deep_copy(space, to, host);
  Kokkos::View<T*, Kokkos::LayoutRight, Kokkos::HostSpace> factors("tomoedx::solvers::steps",
                                                                   gain.size() * parts);
  for (std::size_t i = 0; i < factors.extent(0); ++i) factors(i) = static_cast<T>(gain[i / parts]);
  if (v.scale.extent(0) > 0) {
    auto const scale = inverse(v.scale).second;
    for (std::size_t i = 0; i < factors.extent(0); ++i) factors(i) *= scale(i * stride / v.stride);
  }
  auto const scale = upload(space, factors);
  space.fence("tomoedx::solvers: steps are in place");
  return {to, v.lanes, scale, stride};
}

/// One value for `count` elements, in rows that divide it and make long vector loops.
template <class Space, class T>
repeated_values<T, typename Space::memory_space> same_value(Space const& space, double value,
                                                            std::size_t count) {
  std::size_t lanes = std::min<std::size_t>(count, 1024);
  while (count % lanes != 0) --lanes;
  Kokkos::View<T*, Kokkos::LayoutRight, typename Space::memory_space> const one("tomoedx::solvers::step", 1);
  Kokkos::deep_copy(space, one, static_cast<T>(value));
  space.fence("tomoedx::solvers: the step is in place");
  return {.values = one, .lanes = lanes};
}

/// tau <- 1 / (tau + more), 0 where nothing would move.
template <class T>
struct invert_pass {
  T more;
  T* tau;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const {
    T const sum = tau[i] + more;
    tau[i] = sum > T(0) ? T(1) / sum : T(0);
  }
};

}  // namespace tomoedx::detail

#endif
