// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <tomoedx/metrics/difference_pixels.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

namespace {

template <class T>
std::size_t wrong_at(std::vector<T> const& reference, std::vector<T> const& result, double threshold) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < result.size(); ++i)
    wrong += (static_cast<double>(result[i]) > threshold) != (reference[i] != 0);
  return wrong;
}

}  // namespace

TEST_CASE("difference_pixels of cases computed by hand") {
  std::vector<float> const reference{0, 0, 1, 1};
  CHECK(m::difference_pixels(reference, std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f}) == 0);
  CHECK(m::best_threshold(reference, std::vector<float>{1, 2, 3, 4}).threshold == 2);
  CHECK(m::difference_pixels(reference, std::vector<float>{1, 3, 2, 4}) == 1);
  CHECK(m::difference_pixels(reference, std::vector<float>{5, 5, 5, 5}) == 2);  // ties cannot be told apart
  CHECK(m::difference_pixels(reference, std::vector<float>{4, 3, 2, 1}) == 2);  // all in, or all out
  CHECK(m::best_threshold(reference, std::vector<float>{5, 5, 5, 5}).threshold < 5);  // the lowest of equals
  std::vector<float> const mostly_in{0, 1, 1, 1};
  auto const all_in = m::best_threshold(mostly_in, std::vector<float>{9, 1, 2, 3});
  CHECK(all_in.differing == 1);
  CHECK(all_in.threshold < 1);
}

TEST_CASE_TEMPLATE("difference_pixels is the least count over all thresholds, ties or not", T, float,
                   double) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    auto reference = support::random_values<T>(60, 100 + seed);
    auto result = support::random_values<T>(60, 200 + seed, -1, 1);
    for (std::size_t i = 0; i < reference.size(); ++i) {
      reference[i] = reference[i] < T(0.1 + 0.02 * seed) ? T(0) : T(2.5);
      result[i] += T(0.3) * reference[i];
      if (seed % 2 == 0) result[i] = T(int(4 * result[i])) / T(4);  // many ties
    }
    std::size_t least = reference.size();
    std::vector<T> cuts = result;
    cuts.push_back(T(-10));
    for (T const cut : cuts) least = std::min(least, wrong_at(reference, result, static_cast<double>(cut)));
    auto const best = m::best_threshold(reference, result);
    CHECK(best.differing == least);
    CHECK(wrong_at(reference, result, best.threshold) == least);
    CHECK(m::difference_pixels(reference, support::scaled(result, 8)) == least);
    std::vector<std::uint8_t> mask;
    for (T const v : reference) mask.push_back(v != 0);
    CHECK(m::difference_pixels(mask, result) == least);
  }
}

TEST_CASE("difference_pixels refuses references that are not binary and results that are not finite") {
  std::vector<float> const good{0, 1}, ramp{0, 1, 2}, ones{1, 1}, zeros{0, 0};
  std::vector<float> const bad{0, std::numeric_limits<float>::quiet_NaN()};
  CHECK(
      support::contains(support::message_of<tomoedx::value_error>([&] { m::difference_pixels(ramp, ramp); }),
                        "holds 0, 1 and (voxel 2) 2"));
  CHECK_THROWS_AS(m::difference_pixels(ones, good), tomoedx::value_error);
  CHECK_THROWS_AS(m::difference_pixels(zeros, good), tomoedx::value_error);
  CHECK_THROWS_AS(m::difference_pixels(good, bad), tomoedx::value_error);
  CHECK_THROWS_AS(m::difference_pixels(good, ramp), tomoedx::shape_error);
  std::vector<std::uint8_t> const mask{0, 1}, none{0, 0}, long_mask{0, 1, 1}, empty{};
  CHECK_THROWS_AS(m::difference_pixels(none, good), tomoedx::value_error);
  CHECK_THROWS_AS(m::difference_pixels(long_mask, good), tomoedx::shape_error);
  CHECK_THROWS_AS(m::difference_pixels(mask, bad), tomoedx::value_error);
  CHECK_THROWS_AS(m::difference_pixels(empty, std::vector<float>{}), tomoedx::value_error);
}
