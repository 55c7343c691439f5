// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_DOSE_HPP
#define TOMOEDX_SIMULATE_DOSE_HPP

#include <tomoedx/simulate/detail/reals.hpp>

#include <limits>
#include <vector>

namespace tomoedx::simulate {

namespace detail {

template <class T>
double checked_total(std::string_view who, std::span<T> series, std::size_t maps, double counts) {
  expects<shape_error>(maps > 0 && !series.empty() && series.size() % maps == 0,
                       "{}: {} values cannot be {} maps of one size", who, series.size(), maps);
  expects<value_error>(counts >= 0 && std::isfinite(counts),
                       "{}: {} counts were asked for, give a finite number, 0 or more", who, counts);
  check_expected(who, series, std::numeric_limits<double>::max());
  double total = 0;
  for (T const v : series) total += static_cast<double>(v);
  return total;
}

template <class T>
void multiply(std::span<T> values, double factor) {
  for (T& v : values) v = static_cast<T>(static_cast<double>(v) * factor);
}

}  // namespace detail

/// Scale a whole series by one factor, so that a map holds `counts` in the mean over all maps.
///
/// shapes   (map, ...), the map index slowest; `maps` equal parts
/// throws   shape_error if the values do not divide into maps; value_error for a value that is negative or
///          not finite, or a series that is zero everywhere; the series is then untouched
/// returns  the factor
/// source   Skorikov et al. 2021, methods (1000 counts for each map)
template <writable_real_range W>
double scale_to_counts(W&& series, std::size_t maps, double counts) {
  auto const all = detail::span_of(series);
  double const total = detail::checked_total("scale_to_counts", all, maps, counts);
  expects<value_error>(total > 0 && std::isfinite(total),
                       "scale_to_counts: the series sums to {}, no factor brings it to {} counts a map",
                       total, counts);
  double const factor = counts * static_cast<double>(maps) / total;
  detail::multiply(all, factor);
  return factor;
}

/// The same, so that a pixel holds `counts` in the mean over all pixels of all maps.
template <writable_real_range W>
double scale_to_mean(W&& series, double counts) {
  auto const all = detail::span_of(series);
  double const total = detail::checked_total("scale_to_mean", all, 1, counts);
  expects<value_error>(total > 0 && std::isfinite(total),
                       "scale_to_mean: the series sums to {}, no factor brings it to {} counts a pixel",
                       total, counts);
  double const factor = counts * static_cast<double>(all.size()) / total;
  detail::multiply(all, factor);
  return factor;
}

/// Scale every map by its own factor to exactly `counts`, as when a measured map is brought to a lower dose.
///
/// throws   as scale_to_counts; value_error too for any single map that is zero everywhere
template <writable_real_range W>
void scale_each_map(W&& series, std::size_t maps, double counts) {
  auto const all = detail::span_of(series);
  detail::checked_total("scale_each_map", all, maps, counts);
  std::size_t const pixels = all.size() / maps;
  std::vector<double> factors(maps);
  for (std::size_t m = 0; m < maps; ++m) {
    double total = 0;
    for (auto const v : all.subspan(m * pixels, pixels)) total += static_cast<double>(v);
    expects<value_error>(total > 0 && std::isfinite(total),
                         "scale_each_map: map {} of {} sums to {}, no factor brings it to {} counts", m, maps,
                         total, counts);
    factors[m] = counts / total;
  }
  for (std::size_t m = 0; m < maps; ++m) detail::multiply(all.subspan(m * pixels, pixels), factors[m]);
}

/// Add a uniform background of `counts` expected counts to every map.
///
/// throws   as scale_to_counts, but a series of zeros is fine
/// source   Skorikov et al. 2021, methods (100 counts for each map)
template <writable_real_range W>
void add_background(W&& series, std::size_t maps, double counts) {
  auto const all = detail::span_of(series);
  detail::checked_total("add_background", all, maps, counts);
  double const each = counts / static_cast<double>(all.size() / maps);
  for (auto& v : all) v = static_cast<std::remove_reference_t<decltype(v)>>(static_cast<double>(v) + each);
}

}  // namespace tomoedx::simulate

#endif
