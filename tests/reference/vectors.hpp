// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_REFERENCE_VECTORS_HPP
#define TOMOEDX_TESTS_REFERENCE_VECTORS_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/io/tensor.hpp>
#include <tomoedx/reference/activations.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace tomoedx_tests {

using tomoedx::reference::activations;

inline std::vector<double> random_values(std::size_t n, std::uint64_t seed) {
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = tomoedx::random_stream(seed, i).normal();
  return v;
}

inline activations random_activations(tomoedx::nn::size const& s, std::size_t items, std::uint64_t seed) {
  return {s, items, random_values(tomoedx::reference::count(s, items), seed)};
}

inline tomoedx::io::tensor random_tensor(std::vector<std::size_t> const& shape, std::uint64_t seed) {
  std::size_t const n = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>{});
  return {shape, random_values(n, seed)};
}

/// An image of one channel, row by row.
inline activations image(int ny, int nx, std::vector<double> values) {
  return {{1, {1, ny, nx}}, 1, std::move(values)};
}

/// A tensor (item, channel, y, x) or (item, channel, z, y, x) of a file.
inline activations activations_of(tomoedx::io::tensor const& t) {
  auto const& shape = t.shape();
  std::vector<int> e(shape.begin() + 1, shape.end());
  if (e.size() == 3) e.insert(e.begin() + 1, 1);
  activations a{{e.at(0), {e.at(1), e.at(2), e.at(3)}}, shape[0], {}};
  for (std::size_t i = 0; i < t.size(); ++i) a.values.push_back(t[i]);
  return a;
}

inline double inner_product(activations const& a, activations const& b) {
  return std::inner_product(a.values.begin(), a.values.end(), b.values.begin(), 0.0);
}

/// The largest difference over the largest value of `b`; infinite when they are not of one shape.
inline double difference(activations const& a, activations const& b) {
  if (!(a.size == b.size) || a.items != b.items || a.values.size() != b.values.size())
    return std::numeric_limits<double>::infinity();
  double worst = 0, most = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    double const d = std::abs(a.values[i] - b.values[i]);
    if (std::isnan(d)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, d);
    most = std::max(most, std::abs(b.values[i]));
  }
  return worst == 0 ? 0 : worst / most;
}

}  // namespace tomoedx_tests

#endif
