// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/real_range.hpp>

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <list>
#include <span>
#include <vector>

TEST_CASE("what lies next to each other and is float or double is a real range, and nothing else is") {
  using tomoedx::real_range, tomoedx::writable_real_range;
  static_assert(real_range<std::vector<float>&> && real_range<std::span<double const>> &&
                real_range<double(&)[3]>);
  static_assert(writable_real_range<std::vector<float>&> && writable_real_range<std::span<double>>);
  // near misses: not contiguous, not real, not writable
  static_assert(!real_range<std::deque<float>&> && !real_range<std::list<double>&>);
  static_assert(!real_range<std::vector<int>&> && !real_range<std::vector<long double>&>);
  static_assert(!writable_real_range<std::vector<float> const&> &&
                !writable_real_range<std::span<double const>>);
  CHECK(real_range<std::array<float, 2>>);
}
