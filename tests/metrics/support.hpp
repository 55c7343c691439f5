// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_METRICS_SUPPORT_HPP
#define TOMOEDX_TESTS_METRICS_SUPPORT_HPP

#include "../messages.hpp"

#include <cstddef>
#include <random>
#include <vector>

namespace support {

using tomoedx_tests::contains, tomoedx_tests::message_of;

template <class T>
std::vector<T> random_values(std::size_t count, unsigned seed, double low = 0, double high = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> draw(low, high);
  std::vector<T> values(count);
  for (T& v : values) v = static_cast<T>(draw(engine));
  return values;
}

template <class T>
std::vector<T> scaled(std::vector<T> values, double factor, double offset = 0) {
  for (T& v : values) v = static_cast<T>(static_cast<double>(v) * factor + offset);
  return values;
}

}  // namespace support

#endif
